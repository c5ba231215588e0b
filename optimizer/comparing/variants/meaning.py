"""What the names and filters of a patch mean in the tables of a case, and the findings where they mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.comparing.variants.filters import FilterError, Test, compare, find_rows, read_filter
from optimizer.messages import Phrase
from optimizer.problem import Bools
from optimizer.reading.aliases import find_column, find_table
from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.columns import CONTRACT, Column
from optimizer.reading.parsing import Unclear, clean_date, clean_number
from optimizer.reading.tables import is_number
from optimizer.records import Records, positions_of
from optimizer.scenario import Scenario

_MOST_KNOWN = 2000  # different values among which the one that was meant is looked for
_OTHERS = {  # how a filter speaks of the row that a row names
    "customer": ("customers", ("customer_id",)),
    "rep": ("reps", ("rep_id", "owner", "doer")),
}


@dataclass(frozen=True)
class _Stranger:
    """A value that a filter asks for and no row has, with those that there are."""

    table: str
    column: str
    value: str
    known: list[Any]

    def suggest(self) -> Phrase | str:
        return suggest(self.value, self.known)


class Meaning:
    """The tables as they are now, and which entry of which patch is being read."""

    def __init__(self, records: Records, findings: Findings) -> None:
        self.frames = records.tables()
        self.scenario = Scenario()
        self.findings = findings
        self.part = self.file = self.entry = ""
        self.lines: Mapping[str, int] = {}

    def tell(
        self, code: str, severity: Any = "error", column: str = "", value: Any = None, **details: Any
    ) -> None:
        """One finding about the entry that is being read."""
        place = f"{self.entry}.{column}" if column else self.entry
        self.findings.add(code, severity, self.file, self.lines.get(self.entry), place, value, **details)

    def find_table(self, said: str) -> str | None:
        """The table that is meant; None with a finding."""
        table = find_table(said)
        if table not in CONTRACT:
            self.tell("variant_table", column="table", value=said, hint=suggest(said, CONTRACT))
            return None
        return table

    def find_column(self, table: str, said: str, place: str) -> Column | None:
        """The column of a table that is meant, by its name or by another that is understood."""
        frame = self.frames[table]
        name = said if said in frame.columns else find_column(table, said)
        if name is None or name not in frame.columns:
            self.tell(
                "variant_column", column=place, value=said, within=table, hint=suggest(said, frame.columns)
            )
            return None
        return CONTRACT[table].get(name, Column(name, "number" if is_number(frame[name]) else "text"))

    def find(self, table: str, where: str) -> Bools | None:
        """The rows a filter means; None with findings when it is wrong or means nobody."""
        try:
            given = read_filter(where)
        except FilterError as error:
            self.tell("variant_filter", column="where", value=where, why=error.phrase)
            return None
        wrong: list[Test] = []
        strangers: list[_Stranger] = []

        def holds(test: Test) -> Bools:
            answer = self._compare(table, test, strangers)
            if answer is None:
                wrong.append(test)
            return np.zeros(len(self.frames[table]), dtype=bool) if answer is None else answer

        rows = find_rows(given, holds, len(self.frames[table]))
        if wrong:
            return None
        if not rows.any():
            hint: Phrase | str = strangers[0].suggest() if strangers else ""
            self.tell("variant_no_rows", "warning", column="where", value=where, within=table, hint=hint)
            return None
        for one in strangers:
            self.tell("variant_stranger", "warning", column="where", value=one.value, within=one.table,
                      name=one.column, hint=one.suggest())  # fmt: skip
        return rows

    def _compare(self, table: str, test: Test, strangers: list[_Stranger]) -> Bools | None:
        """Which rows of a table a comparison holds for; values that no row has are noted in ``strangers``."""
        frame, said, at = self.frames[table], test.column, None
        if said not in frame.columns and "." in said:
            head, said = said.split(".", 1)
            other, names = _OTHERS.get(head, ("", ()))
            name = next((n for n in names if n in CONTRACT[table]), None)
            if name is None or other == table:
                self.tell("variant_column", column="where", value=test.column, within=table,
                           hint=suggest(test.column, frame.columns))  # fmt: skip
                return None
            target = self.frames[other]
            at, table = positions_of(target[target.columns[0]], frame[name]), other
        column = self.find_column(table, said, "where")
        if column is None:
            return None
        cells = self.frames[table][column.name]
        if (table, column.name) == ("customers", "tier") and test.how != "empty":
            cells = cells.fillna(self.scenario.blank_tier)  # as the plan sees it
        values = self._understand(column, test)
        if values is None:
            return None
        answer = compare(cells, test.how, values)
        if test.how in ("=", "in") and column.kind in ("text", "choice"):
            known = cells.dropna().unique()
            if len(known) <= _MOST_KNOWN:
                strangers += [
                    _Stranger(table, column.name, str(v), list(known)) for v in values if v not in set(known)
                ]
        if at is None:
            return answer
        return np.where(at >= 0, np.append(answer, False)[at], test.how in ("!=", "empty"))

    def _understand(self, column: Column, test: Test) -> tuple[Any, ...] | None:
        """The values of a comparison in the column's type; None with a finding."""
        values: list[Any] = []
        ordered = test.how not in ("=", "!=", "in", "has", "empty")
        if test.how == "has" and column.kind not in ("names", "skills"):
            self.tell("variant_no_list", column="where", value=test.column)
            return None
        for value in test.values:
            try:
                if column.kind in ("number", "whole"):
                    values.append(
                        value if isinstance(value, float) else clean_number(value, column.high == 1)
                    )
                elif column.kind == "date":
                    values.append(pd.Timestamp(clean_date(_written(value))))
                elif column.kind == "flag":
                    values.append({"true": True, "false": False}[_written(value).casefold()])
                elif ordered:
                    self.tell("variant_order", column="where", value=test.column)
                    return None
                else:
                    values.append(_written(value))
            except (Unclear, KeyError):
                kind = {"number": "number", "whole": "number", "date": "date"}.get(column.kind, "flag")
                self.tell(f"bad_{kind}", column="where", value=value, choices="true, false")
                return None
        return tuple(values)


def _written(value: str | float) -> str:
    """A value as it would stand in a table."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value.is_integer() else repr(value)
