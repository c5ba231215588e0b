"""A company's own table turned into a table of the contract, as its mapping says."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from optimizer.problem import Floats
from optimizer.reading.aliases import plain
from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.mapping import UNITS, Filter, Mapping, Rule
from optimizer.reading.parsing import parse_numbers
from optimizer.reading.tables import RawTable, as_text, is_number


def apply_mapping(table: str, raw: RawTable, mapping: Mapping, findings: Findings) -> RawTable:
    """The table with its rows chosen and its columns made. Columns only renamed lose their old name."""
    maker = _Maker(table, raw, findings)
    keep = np.ones(len(raw.frame), dtype=bool)
    for wish in mapping.where:
        keep &= maker.choose(wish)
    if mapping.unique is not None and (column := maker.column(mapping.unique, "unique")) is not None:
        kept = as_text(column)[keep]
        keep[np.flatnonzero(keep)] = ~(kept.duplicated() | kept.isna()).to_numpy(dtype=bool)
    made = {name: maker.make(rule, name) for name, rule in mapping.columns.items()}
    frame = raw.frame.drop(columns=[c for c in maker.renamed if c not in made])
    for name, values in made.items():
        if values is not None:
            frame[name] = values
    frame = frame[keep].reset_index(drop=True)
    return RawTable(raw.name, raw.origin, frame, raw.rows[keep], raw.comma_decimals)


class _Maker:
    """Makes columns of one table and remembers which were only renamed."""

    def __init__(self, table: str, raw: RawTable, findings: Findings) -> None:
        self.table, self.raw, self.findings = table, raw, findings
        self.renamed: set[str] = set()
        self._plain = {plain(str(c)): c for c in reversed(list(raw.frame.columns))}

    def column(self, name: str, place: str) -> pd.Series[Any] | None:
        """A column of the table by its name, as good as exactly; None with a finding."""
        found = name if name in self.raw.frame.columns else self._plain.get(plain(name))
        if found is None:
            hint = suggest(name, map(str, self.raw.frame.columns))
            self.findings.add(
                "mapping_no_column", "error", "mapping", None, f"{self.table}.{place}", name, hint=hint
            )
            return None
        return self.raw.frame[found]

    def choose(self, wish: Filter) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows a filter keeps."""
        keep = np.ones(len(self.raw.frame), dtype=bool)
        if wish.not_empty is not None and (column := self.column(wish.not_empty, "where")) is not None:
            keep &= as_text(column).notna().to_numpy(dtype=bool)
        if wish.column is not None and (column := self.column(wish.column, "where")) is not None:
            text = as_text(column)
            if wish.in_ is not None:
                keep &= text.isin(wish.in_).to_numpy(dtype=bool)
            if wish.not_in is not None:
                keep &= ~text.isin(wish.not_in).to_numpy(dtype=bool)
        return keep

    def make(self, rule: Rule, place: str) -> pd.Series[Any] | None:
        """The values of one column; None (with a finding) when a column it is made of is not there."""
        values = self._origin(rule, place)
        if values is None:
            return None
        if rule.values is not None:
            text = as_text(values)
            known = text.map(rule.values)
            other = (
                text if rule.otherwise is None else pd.Series(rule.otherwise, index=text.index, dtype="str")
            )
            values = known.where(text.isin(list(rule.values)) | text.isna(), other)
        factor = (1.0 if rule.multiply is None else rule.multiply) * UNITS[rule.unit or "hours"]
        if rule.unit is not None or rule.multiply is not None or rule.add is not None:
            with np.errstate(over="ignore"):  # an infinite result is found when the column is read
                numbers = self._numbers(values, place) * factor + (rule.add or 0.0)
            values = pd.Series(numbers, index=values.index)
        elif (
            rule.from_ is not None and rule.from_ != place and rule.separator is None and rule.values is None
        ):
            self.renamed.add(str(values.name))
        return values

    def _origin(self, rule: Rule, place: str) -> pd.Series[Any] | None:
        index = self.raw.frame.index
        if rule.constant is not None:
            return as_text(pd.Series([rule.constant] * len(index), index=index, dtype=object))
        if rule.from_ is not None:
            column = self.column(rule.from_, place)
            if column is None or rule.separator is None:
                return column
            return as_text(column).str.replace(rule.separator, ";", regex=False)
        if rule.join is not None:
            columns = [self.column(name, place) for name in rule.join]
            if any(column is None for column in columns):
                return None
            texts = [as_text(column).fillna("") for column in columns if column is not None]
            return reduce(lambda a, b: a + ";" + b, texts) if texts else None
        return self._calculate(rule, place)

    def _calculate(self, rule: Rule, place: str) -> pd.Series[Any] | None:
        operands = rule.sum or rule.difference or rule.product or rule.ratio or ()
        columns = [self.make(operand, place) for operand in operands]
        if not columns or any(column is None for column in columns):
            return None
        numbers = [self._numbers(column, place) for column in columns if column is not None]
        with np.errstate(all="ignore"):
            if rule.sum is not None:
                stacked = np.stack(numbers)
                total = np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))
            elif rule.difference is not None:
                total = numbers[0] - numbers[1]
            elif rule.product is not None:
                total = reduce(operator.mul, numbers)
            else:
                total = numbers[0] / numbers[1]
                zero = (numbers[1] == 0) & ~np.isnan(numbers[0])
                total[zero] = np.nan
                self._tell("mapping_ratio_zero", "warning", zero, place)
        return pd.Series(total, index=self.raw.frame.index)

    def _numbers(self, column: pd.Series[Any], place: str) -> Floats:
        numbers: Floats
        numbers, bad = parse_numbers(column, comma_decimals=self.raw.comma_decimals)
        text = None if is_number(column) else as_text(column)
        for code, where in bad.items():
            self._tell(code, "error", where, str(column.name or place), text)
        return numbers

    def _tell(self, code: str, severity: Any, where: Any, place: str, text: Any = None) -> None:
        """A finding for every row of ``where``, numbered as in the company's own file."""
        for at in np.flatnonzero(where):
            value = None if text is None else text.iloc[at]
            self.findings.add(code, severity, self.table, int(self.raw.rows[at]), place, value)
