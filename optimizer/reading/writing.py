"""Findings as a table that opens in any spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from optimizer.findings import Finding

COLUMNS = ("severity", "code", "table", "row", "column", "value", "problem", "expected", "fix")


def write_findings(findings: Iterable[Finding], path: str | Path, lang: str = "") -> None:
    """One row a finding. Cells that a spreadsheet might run as a formula get a leading apostrophe."""
    # The byte order mark tells Excel that this is utf-8.
    with Path(path).open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for f in findings:
            said = (f.problem(lang), f.expected(lang), f.fix(lang))
            cells = (f.severity, f.code, f.table, f.row, f.column, f.value, *said)
            writer.writerow([escape(cell) for cell in cells])


def escape(cell: Any) -> Any:
    """Text that begins like a formula, made harmless; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + cell
    return cell
