"""What a planner writes to say what is swept: ``corridors.0.tolerance=0.05,0.1``, ``0,1,2``, or a table of points."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimizer.comparing.sweep.sweeping import TABLE
from optimizer.reading.collecting import Findings

_OPEN, _CLOSE = "[{", "]}"


def read_settings(words: Sequence[str], findings: Findings) -> dict[str, list[Any]]:
    """The values of each setting, from ``PLACE=VALUE,VALUE`` each.

    A value is written as in scenario.toml; a text needs no quotes. An empty one empties what may be empty.
    """
    settings: dict[str, list[Any]] = {}
    for word in words:
        place, sign, text = word.partition("=")
        place = place.strip()
        if not sign or not all(place.replace("[", ".").replace("]", "").split(".")):
            findings.add("sweep_unreadable", "error", TABLE, None, None, word)
        elif place in settings:
            findings.add("sweep_twice", "error", TABLE, None, place)
        else:
            settings[place] = [read_value(part) for part in _split(text)]
    return settings


def read_seeds(text: str, findings: Findings) -> list[int]:
    """Seeds from ``0,1,2``."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and len(word) < 11 for word in words):
        findings.add("sweep_seeds", "error", TABLE, None, "seeds", text)
        return []
    seeds = list(map(int, words))
    if len(set(seeds)) < len(seeds):
        findings.add("sweep_seeds", "error", TABLE, None, "seeds", text)
    return seeds


def read_points(file: str | Path, findings: Findings) -> list[dict[str, Any]]:
    """The points of a CSV table: a column a setting, named by its place, a row a point. An empty cell sets nothing."""
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as lines:
            rows = [row for row in csv.reader(lines) if any(cell.strip() for cell in row)]
    except (OSError, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", "") or error
        findings.add("unreadable", "error", TABLE, value=Path(file).name, reason=reason)
        return []
    head = [cell.strip() for cell in rows[0]] if rows else []
    for k, place in enumerate(head):
        if not all(place.replace("[", ".").replace("]", "").split(".")):
            findings.add("sweep_unreadable", "error", TABLE, 1, None, place or Path(file).name)
        elif place in head[:k]:
            findings.add("sweep_twice", "error", TABLE, 1, place)
    return [
        {place: read_value(cell) for place, cell in zip(head, row, strict=False) if cell.strip()}
        for row in rows[1:]
    ]


def read_value(text: str) -> Any:
    """A value as scenario.toml would hold it; what is none there is the text itself."""
    text = text.strip()
    try:
        content = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return text
    return content["value"] if list(content) == ["value"] else text


def _split(text: str) -> list[str]:
    """The parts between commas; those within brackets and quotes are no ends."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        depth += 0 if quote else (letter in _OPEN) - (letter in _CLOSE)
        if letter == "," and depth <= 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
