"""The tables as CSV: utf-8, one header line, points as decimals, the same bytes for the same plan.

Ids stand exactly as they came in, so that other programs can join on them. Texts that people wrote or read
(names, reasons, sentences) get an apostrophe in front when they begin like a formula, because spreadsheets
would run it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.reports.tables import Column, Table

Objects = NDArray[np.object_]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(table: Table, folder: Path) -> None:
    """Write ``<table name>.csv`` into the folder."""
    shown = {name: format_column(table.frame[name], column) for name, column in table.columns.items()}
    pd.DataFrame(shown, dtype=object).to_csv(
        folder / f"{table.name}.csv", index=False, encoding="utf-8", lineterminator="\n", errors="replace"
    )


def format_column(values: pd.Series, column: Column) -> Objects:
    """The cells of a column as text: numbers with their fixed decimals, missing ones empty."""
    if column.is_number:
        numbers = values.to_numpy(dtype=float)
        # Adding 0.0 turns a rounded -0.0 into 0.0, which nobody wants to see as "-0.000".
        shown = np.char.mod(f"%.{column.decimals}f", np.round(numbers, column.decimals) + 0.0).astype(object)
        shown[~np.isfinite(numbers)] = ""
        return shown
    written: Objects = values.to_numpy(dtype=object)
    if column.kind == "text":
        written = np.array([guard_formula(text) for text in written], dtype=object)
    return written


def guard_formula(text: str) -> str:
    """The text, with an apostrophe in front when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
