"""The tables as CSV: utf-8, one header line, points as decimals, the same bytes for the same plan.

Ids stand exactly as they came in, so that other programs can join on them. Texts that people wrote or read
(names, reasons, sentences) get an apostrophe in front when they begin like a formula, because spreadsheets
would run it.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.reports.content.tables import Column, Table

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE = 100_000  # how many rows stand in memory as text


def write_csv(table: Table, folder: Path) -> None:
    """Write ``<table name>.csv`` into the folder."""
    path = folder / f"{table.name}.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.columns)
        for first in range(0, len(table), ROWS_AT_ONCE):
            rows = table.frame.iloc[first : first + ROWS_AT_ONCE]
            cells = [format_column(rows[name], column) for name, column in table.columns.items()]
            writer.writerows(zip(*cells, strict=True))


def format_column(values: pd.Series, column: Column) -> list[str]:
    """The cells of a column as text: numbers with their fixed decimals, missing ones empty."""
    if column.is_number:
        # Adding 0.0 turns a rounded -0.0 into 0.0, which nobody wants to see as "-0.000".
        numbers = np.round(values.to_numpy(dtype=float), column.decimals) + 0.0
        pattern = f"%.{column.decimals}f"
        shown = [pattern % number for number in numbers.tolist()]
        for at in np.flatnonzero(~np.isfinite(numbers)):
            shown[at] = ""
        return shown
    written: list[str] = values.tolist()
    return [guard_formula(text) for text in written] if column.kind == "text" else written


def guard_formula(text: str) -> str:
    """The text, with an apostrophe in front when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
