"""A table as it was handed in: named columns of text or plain values, and the row each record came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.problem import Ints


@dataclass(frozen=True, eq=False)
class RawTable:
    """Columns before anything is understood of them.

    ``frame`` holds text (missing: NA or "") or the plain types of a workbook or DataFrame; ``rows`` the
    spreadsheet row of each record; ``origin`` where it came from, as a planner would say it ("stores.csv").
    ``comma_decimals``: the file separates by semicolons, so that 1,234 may well be a decimal comma.
    """

    name: str
    origin: str
    frame: pd.DataFrame
    rows: Ints
    comma_decimals: bool = False


def as_text(series: pd.Series[Any]) -> pd.Series[Any]:
    """Any column as text, stripped of blanks (full-width ones too); empty becomes missing.

    A whole number is written without a decimal point (an id 7.0 of Excel is ``7``), a date as ISO, a truth
    value as true or false, a list with ``;`` between.
    """
    if pd.api.types.is_bool_dtype(series.dtype):
        text = series.map({True: "true", False: "false"}).astype("str")
    elif pd.api.types.is_integer_dtype(series.dtype) or isinstance(series.dtype, pd.StringDtype):
        text = series.astype("str")
    elif isinstance(series.dtype, pd.CategoricalDtype):
        return as_text(series.astype(object))
    else:
        cells = [_cell_text(cell) for cell in series.astype(object).to_list()]
        text = pd.Series(cells, index=series.index, dtype="str")
    text = text.str.strip()
    return text.mask(text == "")


def is_number(series: pd.Series[Any]) -> bool:
    """True when the column already holds numbers."""
    return pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype)


def blank_rows(frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows hold nothing at all."""
    empty = np.ones(len(frame), dtype=bool)
    for k in range(frame.shape[1]):
        if not empty.any():
            break
        column = frame.iloc[:, k]
        missing = column.isna().to_numpy(dtype=bool)
        if not pd.api.types.is_numeric_dtype(column.dtype) and not missing.all():
            missing = as_text(column).isna().to_numpy(dtype=bool)
        empty &= missing
    return empty


def table_from_columns(
    name: str,
    origin: str,
    names: Sequence[str],
    columns: Sequence[Any],
    rows: Ints,
    comma_decimals: bool = False,
) -> RawTable:
    """A table from columns beside each other; rows wholly empty are left out."""
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)), index=range(len(rows)))
    return drop_blank(RawTable(name, origin, frame, rows, comma_decimals))


def drop_blank(table: RawTable) -> RawTable:
    """The table without the rows that hold nothing."""
    blank = blank_rows(table.frame)
    if not blank.any():
        return table
    frame = table.frame[~blank].reset_index(drop=True)
    return RawTable(table.name, table.origin, frame, table.rows[~blank], table.comma_decimals)


def _cell_text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float | np.floating):
        if np.isnan(cell):
            return None
        number = float(cell)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if cell is pd.NaT or cell is pd.NA:
        return None
    if isinstance(cell, dt.datetime):
        midnight = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, list | tuple | set | frozenset | np.ndarray):
        items = sorted(cell, key=str) if isinstance(cell, set | frozenset) else cell
        return ";".join("" if item is None else str(item) for item in items)
    return str(cell)
