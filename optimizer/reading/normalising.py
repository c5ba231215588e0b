"""Raw columns turned into columns of the contract; a cell that does not fit is a finding and empty."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import Phrase
from optimizer.problem import Floats
from optimizer.reading.aliases import VALUE_ALIASES
from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.columns import ALL_CONTRACTS, Column
from optimizer.reading.parsing import (
    clean_choice,
    clean_flag,
    clean_names,
    clean_skills,
    parse_by,
    parse_dates,
    parse_numbers,
)
from optimizer.reading.tables import RawTable, as_text, is_number

LARGEST_MEASURE = 1e12
LARGEST_HOURS = 1e6
_LARGEST = {
    "hours": LARGEST_HOURS,
    "travel_hours": LARGEST_HOURS,
    "cost": LARGEST_HOURS,
    "hours_per_week": 168.0,
}
_POINTS = ("lat", "lon")  # their ranges are judged together, in checks.points


def find_largest(column: str) -> float:
    """The largest number that a column of this name may hold."""
    return _LARGEST.get(column, LARGEST_MEASURE)


def empty_table(table: str) -> pd.DataFrame:
    """A table that was not given: every column of the contract, no rows."""
    return pd.DataFrame({c.name: _empty(c, 0) for c in ALL_CONTRACTS[table].values()}, index=range(0))


def normalise(table: str, raw: RawTable, measures: Collection[str], findings: Findings) -> pd.DataFrame:
    """The table as ``Records`` promises it. ``measures``: unknown columns that must be numbers."""
    findings.rows[table] = raw.rows
    n = len(raw.frame)
    columns: dict[str, Any] = {}
    for column in ALL_CONTRACTS[table].values():
        if column.name in raw.frame.columns:
            columns[column.name] = _fill(table, column, raw, findings)
        else:
            columns[column.name] = _empty(column, n)
            if column.required:
                hint = suggest(column.name, map(str, raw.frame.columns))
                findings.add(
                    "missing_column", "error", table, None, column.name, origin=raw.origin, hint=hint
                )
    for name in raw.frame.columns:
        if name in columns:
            continue
        if name in measures:
            columns[name] = _fill(table, Column(name, "number", low=0.0), raw, findings)
        else:
            columns[name] = _guess(raw.frame[name])
    return pd.DataFrame(columns, index=range(n))


def _empty(column: Column, n: int) -> pd.Series[Any]:
    match column.kind:
        case "number" | "whole":
            return pd.Series(np.full(n, np.nan))
        case "date":
            return pd.Series(np.full(n, "NaT", dtype="M8[s]"))
        case "flag":
            return pd.Series([None] * n, dtype=object)
        case _:
            return pd.Series([None] * n, dtype="str")


def _fill(table: str, column: Column, raw: RawTable, findings: Findings) -> pd.Series[Any]:
    given = raw.frame[column.name]
    values, bad = _parse(column, given, raw.comma_decimals)
    text = None
    for code, where in bad.items():
        at = np.flatnonzero(where)
        text = as_text(given) if text is None else text
        findings.add_all(
            code, "error", table, at, column.name, text.iloc[at].to_list(), **_expectation(column)
        )
    if column.required:
        missing = as_text(given).isna().to_numpy(dtype=bool) if bad else values.isna().to_numpy(dtype=bool)
        code = "missing_key" if column.key else "missing_value"
        findings.add_all(code, "error", table, np.flatnonzero(missing), column.name)
    return values


def _parse(
    column: Column, given: pd.Series[Any], comma_decimals: bool
) -> tuple[pd.Series[Any], dict[str, Any]]:
    match column.kind:
        case "number" | "whole":
            numbers, bad = parse_numbers(given, share=column.high == 1, comma_decimals=comma_decimals)
            return pd.Series(_limit(column, numbers, bad)), bad
        case "date":
            days, bad = parse_dates(given)
            return pd.Series(days), bad
        case "flag":
            return parse_by(given, clean_flag, "object")
        case "choice":
            aliases = VALUE_ALIASES.get(column.name, {})
            others = {said: meant for said, meant in aliases.items() if meant in column.choices}
            return parse_by(given, partial(clean_choice, choices=column.choices, others=others), "str")
        case "names":
            return parse_by(given, clean_names, "str")
        case "skills":
            return parse_by(given, clean_skills, "str")
        case _:
            return as_text(given), {}


def _limit(column: Column, numbers: Floats, bad: dict[str, Any]) -> Floats:
    """Numbers within the column's range; those outside become NaN and are noted in ``bad``."""
    low = -np.inf if column.low is None or column.name in _POINTS else column.low
    high = np.inf if column.high is None or column.name in _POINTS else column.high
    largest = find_largest(column.name)
    with np.errstate(invalid="ignore"):
        tests = {
            "out_of_range": (numbers < low) | (numbers > high),
            "too_large": ((numbers > largest) | (numbers < -largest)) & (numbers >= low) & (numbers <= high),
            "not_whole": (numbers != np.trunc(numbers)) & (column.kind == "whole") & ~np.isnan(numbers),
        }
    for code, where in tests.items():
        if where.any():
            bad[code] = where
            numbers[where] = np.nan
    return numbers + 0.0  # -0.0 becomes 0.0: equal input must look equal


def _expectation(column: Column) -> dict[str, Any]:
    """What the sentences about a bad cell need to know of its column."""
    low = Phrase("range.any") if column.low is None else Phrase("range.from", {"low": column.low})
    span = low
    if column.high is not None:
        span = Phrase("range.between", {"low": column.low, "high": column.high})
    largest = f"{find_largest(column.name):,.0f}"
    return {"range": span, "largest": largest, "choices": ", ".join(column.choices)}


def _guess(given: pd.Series[Any]) -> pd.Series[Any]:
    """A column nobody described: numbers when every value is one and none is written like a code (007)."""
    if is_number(given):
        numbers, _ = parse_numbers(given)
        return pd.Series(numbers + 0.0) if not np.isnan(numbers).all() else _empty(Column(""), len(given))
    text = as_text(given)
    filled = text.dropna()
    if filled.empty or _like_codes(filled):
        return text.reset_index(drop=True)
    numbers, bad = parse_numbers(text)
    return text.reset_index(drop=True) if bad else pd.Series(numbers + 0.0)


def _like_codes(filled: pd.Series[Any]) -> bool:
    return bool(filled.str.match(r"0\d|\d{16,}").any())
