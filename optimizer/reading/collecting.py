"""The list of findings while it grows: many cells are told at once, and a million do not flood it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from optimizer.findings import Finding, Severity
from optimizer.messages import Phrase
from optimizer.problem import Ints

LIMIT = 1000  # findings of one code in one column; the rest is one finding that counts them
LONGEST_VALUE = 120


class Findings:
    """Collects findings. ``rows[table]`` gives the spreadsheet row of each position of a table's frame."""

    def __init__(self) -> None:
        self.rows: dict[str, Ints] = {}
        self._found: list[Finding] = []
        self._counts: dict[tuple[str, Severity, str, str | None], int] = {}

    def add(
        self,
        code: str,
        severity: Severity,
        table: str,
        row: int | None = None,
        column: str | None = None,
        value: Any = None,
        **details: Any,
    ) -> None:
        """One finding; past ``LIMIT`` of its kind it is only counted."""
        key = (code, severity, table, column)
        self._counts[key] = count = self._counts.get(key, 0) + 1
        if count <= LIMIT:
            self._found.append(Finding(code, severity, table, row, column, _plain(value), details))

    def add_all(
        self,
        code: str,
        severity: Severity,
        table: str,
        positions: Any,
        column: str | None = None,
        values: Sequence[Any] | None = None,
        details: Sequence[Mapping[str, Any]] | None = None,
        **same: Any,
    ) -> None:
        """A finding for every position of the table's frame.

        ``values`` and ``details`` stand beside ``positions``; ``same`` details belong to all.
        """
        rows = self.rows.get(table)
        positions = np.asarray(positions, dtype=np.int64)
        for k in range(min(len(positions), LIMIT)):
            at = int(positions[k])
            row = at + 2 if rows is None else int(rows[at])
            more = dict(same) | (dict(details[k]) if details is not None else {})
            self.add(code, severity, table, row, column, None if values is None else values[k], **more)
        if len(positions) > LIMIT:
            self._counts[(code, severity, table, column)] += len(positions) - LIMIT

    def extend(self, findings: Iterable[Finding]) -> None:
        """Findings that were made elsewhere."""
        for f in findings:
            self.add(f.code, f.severity, f.table, f.row, f.column, f.value, **f.details)

    @property
    def has_errors(self) -> bool:
        """True once anything was found that stops planning."""
        return any(severity == "error" for _, severity, _, _ in self._counts)

    def listed(self) -> list[Finding]:
        """All findings: errors first, then by the order they were found, with the counts of what was cut."""
        cut = [
            Finding("and_more", severity, table, None, column, None, {"count": count - LIMIT, "of": code})
            for (code, severity, table, column), count in self._counts.items()
            if count > LIMIT
        ]
        return sorted([*self._found, *cut], key=lambda f: f.severity != "error")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, np.generic):
        return value.item()
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None when none is alike."""
    choices = {k.casefold(): k for k in known}
    found = get_close_matches(str(name).casefold(), list(choices), n=1, cutoff=0.6)
    return choices[found[0]] if found else None


def suggest(name: str, known: Iterable[str]) -> Phrase:
    """A half sentence that names the nearest known name, or lists the known ones when none is alike."""
    known = list(known)
    near = nearest(name, known)
    if near is not None:
        return Phrase("hint.near", {"near": near})
    listed = ", ".join(known[:30]) + (", ..." if len(known) > 30 else "")
    return Phrase("hint.known", {"listed": listed}) if listed else Phrase("hint.none_known")
