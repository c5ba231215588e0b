"""The header row of a table: a name for every column, each name once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optimizer.reading.collecting import Findings

WIDEST = 2000  # columns; a table of people's records has tens


def take_headers(cells: Sequence[Any], row: int, origin: str, findings: Findings) -> list[tuple[int, str]]:
    """Position and name of every column that has a name. A name that comes twice counts the first time."""
    seen: dict[str, int] = {}
    for k, cell in enumerate(cells[:WIDEST]):
        name = str(cell if cell is not None else "").strip().strip("\ufeff\u200b").strip()
        if not name:
            continue
        if name in seen:
            findings.add("duplicate_header", "error", "case", row, name, origin)
        else:
            seen[name] = k
    if len(cells) > WIDEST:
        findings.add("too_wide", "error", "case", row, None, origin, columns=len(cells), limit=WIDEST)
    return [(k, name) for name, k in seen.items()]
