"""calendar.ics: a rep's weeks for an ordinary calendar (RFC 5545), one entry a week with its tasks.

An entry lasts the week's working days and blocks no time: the order inside a week is the rep's. Its UID is made of the
rep and the week, so a later plan takes the place of an earlier one; its stamp is the first day of the horizon, so the
same plan gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_OCTETS = 75  # of a line, RFC 5545 section 3.1
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "territory-optimizer")


@dataclass(frozen=True)
class Entry:
    """One all-day entry from ``starts`` up to, not including, ``ends``; ``key`` tells it from a rep's others."""

    key: str
    starts: dt.date
    ends: dt.date
    title: str
    text: str


def write_calendar(rep_id: str, name: str, entries: Sequence[Entry], stamp: dt.date) -> bytes:
    """The calendar as a file: utf-8, lines ended by CRLF and folded at 75 octets."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//territory-optimizer//weeks//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape_text(name)}",
    ]
    for entry in entries:
        lines += _list_lines(rep_id, entry, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in fold_line(line)).encode("utf-8")


def _list_lines(rep_id: str, entry: Entry, stamp: dt.date) -> list[str]:
    # NUL stands in no id, so no two pairs of rep and week run together.
    uid = uuid.uuid5(NAMESPACE, f"{rep_id}\0{entry.key}".encode("utf-8", "replace").decode())
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}@territory-optimizer",
        f"DTSTAMP:{_write_day(stamp)}T000000Z",
        f"DTSTART;VALUE=DATE:{_write_day(entry.starts)}",
        f"DTEND;VALUE=DATE:{_write_day(entry.ends)}",
        f"SUMMARY:{escape_text(entry.title)}",
        f"DESCRIPTION:{escape_text(entry.text)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def escape_text(text: str) -> str:
    """Text as a value of type TEXT (RFC 5545, 3.3.11): no control characters, and nothing that ends the value."""
    text = FORBIDDEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    for letter, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(letter, escaped)
    return text


def fold_line(line: str) -> Iterator[str]:
    """The line in parts of at most 75 octets, the second and later ones begun by a blank; no letter is cut."""
    part, octets = "", 0
    for letter in line:
        size = len(letter.encode("utf-8"))
        if octets + size > MOST_OCTETS:
            yield part
            part, octets = " ", 1
        part, octets = part + letter, octets + size
    yield part


def _write_day(day: dt.date) -> str:
    return day.isoformat().replace("-", "")
