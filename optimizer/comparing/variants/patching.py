"""A patch laid on the tables of a case: who leaves, what goes, what changes, what comes, and what that touched."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from optimizer.comparing.variants.meaning import Meaning
from optimizer.comparing.variants.patches import Add, Cells, Change, Demand, Leave, Patch, Remove
from optimizer.comparing.variants.touched import Touched, describe_change
from optimizer.problem import Bools
from optimizer.reading.checks.measures import wanted_measures, wanted_targets
from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.columns import CONTRACT, Column
from optimizer.reading.normalising import find_largest, normalise
from optimizer.reading.parsing import FIRST_YEAR, LAST_YEAR, Unclear, clean_names, clean_skills
from optimizer.reading.tables import RawTable, as_text, is_number
from optimizer.records import Records
from optimizer.scenario import Scenario
from optimizer.workload import customer_visits

# Rows that say nothing without the customer, rep or task they name; elsewhere only the name goes.
_GO_TOO = {(t, c) for t in ("absences", "locks", "pairs", "apart") for c in CONTRACT[t]} | {
    ("tasks", "customer_id")
}


class Patching(Meaning):
    """The tables of a case while patches are laid on them, and what was touched."""

    def __init__(self, records: Records, findings: Findings) -> None:
        super().__init__(records, findings)
        self.touched: list[Touched] = []

    @property
    def records(self) -> Records:
        """The tables as they are now."""
        return Records(**self.frames)

    def lay(self, part: str, file: str, lines: Mapping[str, int], patch: Patch, scenario: Scenario) -> None:
        """Who leaves and what goes, then what changes, then what comes; findings name ``file`` and its lines."""
        self.part, self.file, self.lines, self.scenario = part, file, lines, scenario
        for name in ("leave", "remove", "change", "demand", "add"):
            for k, entry in enumerate(getattr(patch, name)):
                self.entry = f"{name}[{k}]"
                match entry:
                    case Leave():
                        self._leave(entry)
                    case Remove():
                        self._remove(entry)
                    case Change():
                        self._change(entry)
                    case Demand():
                        self._demand(entry)
                    case Add():
                        self._add(entry)

    # The entries ------------------------------------------------------------------------------------------

    def _leave(self, entry: Leave) -> None:
        reps = self.frames["reps"]
        rows = (reps["rep_id"] == entry.rep_id).to_numpy(dtype=bool)
        if not rows.any():
            self.tell(
                "variant_no_rep",
                column="rep_id",
                value=entry.rep_id,
                hint=suggest(entry.rep_id, reps["rep_id"]),
            )
        elif entry.last_day is None:
            self._take_away("reps", rows)
        else:
            days = pd.Series(np.full(len(reps), np.datetime64(entry.last_day, "s")))
            self._put("reps", "ends", reps["ends"].mask(rows, days), "last_day")

    def _remove(self, entry: Remove) -> None:
        table = self.find_table(entry.table)
        rows = None if table is None else self.find(table, entry.where)
        if table is not None and rows is not None:
            self._take_away(table, rows)

    def _change(self, entry: Change) -> None:
        table = self.find_table(entry.table)
        if table is None:
            return
        rows = self.find(table, entry.where)
        if not any((entry.set, entry.times, entry.plus, entry.include, entry.exclude)):
            self.tell("variant_no_change", value=None)
        for verb in ("set", "times", "plus", "include", "exclude"):
            for said, value in getattr(entry, verb).items():
                place = f"{verb}.{said}"
                column = self.find_column(table, said, place)
                if column is None:
                    continue
                if column.key and column.refers is None:
                    self.tell("variant_key", column=place, value=value, key=said)
                    continue
                cells = self._reckon(table, column, verb, value, place, rows)
                if rows is not None and cells is not None:
                    self._put(table, column.name, self.frames[table][column.name].mask(rows, cells), place)

    def _demand(self, entry: Demand) -> None:
        rows = self.find("customers", entry.where)
        if rows is None:
            return
        customers, factor = self.frames["customers"], 1 + entry.percent / 100
        try:
            visits = pd.Series(customer_visits(self.records, self.scenario) * factor)
        except KeyError as error:  # a tier that the scenario does not have any more
            self.tell("variant_tier", value=str(error.args[0]), known=", ".join(self.scenario.tiers))
            return
        if not entry.percent:
            self.tell("variant_same", "warning", column="percent", value=entry.percent)
            return
        self._put("customers", "visits", customers["visits"].mask(rows, visits), "percent")
        if customers["hours"][rows].notna().any():
            self._put(
                "customers", "hours", customers["hours"].mask(rows, customers["hours"] * factor), "percent"
            )

    def _add(self, entry: Add) -> None:
        table = self.find_table(entry.table)
        if table is None:
            return
        frame, rows, fine = self.frames[table], list[Cells](), True
        for k, row in enumerate(entry.rows):
            named: Cells = {}
            for said, value in row.items():
                column = self.find_column(table, said, f"rows[{k}].{said}")
                if column is None:
                    fine = False
                else:
                    named[column.name] = value
            rows.append(named)
        new = self._read(
            table, pd.DataFrame(rows, dtype=object), [f"rows[{k}]." for k in range(len(rows))], True
        )
        if not fine or new is None:
            return
        fitting: dict[str, pd.Series[Any]] = {}
        for name in frame.columns:
            given = new[name] if name in new.columns else pd.Series([None] * len(new), dtype=object)
            cells = _fit(given, frame[name])
            if cells is None:
                self.tell("variant_number", column=f"rows.{name}", value=None)
            else:
                fitting[name] = cells
        if len(fitting) < len(frame.columns):
            return
        self.frames[table] = pd.concat([frame, pd.DataFrame(fitting)], ignore_index=True)
        rows_added = np.arange(len(frame) + len(new)) >= len(frame)
        self._note(table, "add", rows_added, self.frames[table])

    # Rows and cells ---------------------------------------------------------------------------------------

    def _take_away(self, table: str, rows: Bools) -> None:
        """Take rows away, and with them what speaks of them."""
        frame = self.frames[table]
        self._note(table, "remove", rows, frame)
        gone = frame[frame.columns[0]][rows]
        self.frames[table] = frame[~rows].reset_index(drop=True)
        if table not in ("reps", "customers", "tasks"):
            return
        if table == "reps":  # a promise to keep an owner who is not there any more
            customers, locks = self.frames["customers"], self.frames["locks"]
            lost = customers["customer_id"][customers["owner"].isin(gone)]
            broken = (locks["kind"] == "keep") & locks["customer_id"].isin(lost)
            if broken.any():
                self._take_away("locks", broken.to_numpy(dtype=bool))
        for other, columns in CONTRACT.items():
            for column in columns.values():
                if column.refers != table:
                    continue
                cells = self.frames[other][column.name]
                hit = cells.isin(gone).to_numpy(dtype=bool)
                if column.kind == "names":
                    left = cells.map(partial(_without, lost=set(gone)), na_action="ignore").astype("str")
                    if not _same(cells, left).all():
                        self._put(other, column.name, left, "")
                elif hit.any() and (other, column.name) in _GO_TOO:
                    self._take_away(other, hit)
                elif hit.any():
                    self._put(other, column.name, cells.mask(hit), "")

    def _reckon(
        self, table: str, column: Column, verb: str, value: Any, place: str, rows: Bools | None
    ) -> pd.Series[Any] | None:
        """The column as it would be if the change were for every row; None with a finding when it cannot be."""
        cells = self.frames[table][column.name]
        if verb == "set":
            read = self._read(
                table, pd.DataFrame({column.name: pd.Series([value], dtype=object)}), [place], False
            )
            if read is None:
                return None
            cell = _fit(read[column.name], cells)
            if cell is None:
                self.tell("variant_number", column=place, value=value)
                return None
            return pd.Series([cell.iloc[0]] * len(cells), index=cells.index).astype(cells.dtype)
        if verb in ("include", "exclude"):
            return self._relist(column, cells, verb, str(value), place)
        days = column.kind == "date" and verb == "plus"
        if not (days or is_number(cells)):
            self.tell("variant_number", column=place, value=value)
            return None
        if rows is not None and not cells[rows].notna().any():
            self.tell("variant_empty_cells", "warning", column=place, value=value)
            return None
        try:
            amounts = (
                cells + pd.Timedelta(days=value)
                if days
                else cells * value
                if verb == "times"
                else cells + value
            )
        except (OverflowError, ValueError):  # days beyond what a date can be
            self.tell("variant_number", column=place, value=value)
            return None
        if days:
            hit = amounts[rows] if rows is not None else amounts
            years = hit.dt.year.dropna().to_numpy(np.int64)
            if ((years < FIRST_YEAR) | (years > LAST_YEAR)).any():
                self.tell("variant_range", column=place, value=value, low=FIRST_YEAR, high=LAST_YEAR)
                return None
            return amounts.astype(cells.dtype)
        if column.kind == "whole":
            amounts = amounts.round()
        numbers = (amounts[rows] if rows is not None else amounts).to_numpy(np.float64)
        largest = find_largest(column.name)
        low = -largest if column.low is None else column.low
        high = largest if column.high is None else column.high
        if (numbers < low).any() or (numbers > high).any():
            self.tell("variant_range", column=place, value=value, low=f"{low:,g}", high=f"{high:,g}")
            return None
        return amounts

    def _relist(
        self, column: Column, cells: pd.Series[Any], verb: str, value: str, place: str
    ) -> pd.Series[Any] | None:
        """A column of lists with names put in or taken out."""
        if column.kind not in ("names", "skills"):
            self.tell("variant_no_list", column=place, value=value)
            return None
        try:
            clean = clean_skills(value) if column.kind == "skills" else clean_names(value)
        except Unclear as unclear:
            self.tell(unclear.code, column=place, value=value)
            return None
        named = {_name(part): part for part in (clean or "").split(";")}

        def relist(text: Any) -> str | None:
            had = text.split(";") if isinstance(text, str) else []
            kept = [part for part in had if _name(part) not in named]
            return ";".join([*kept, *named.values()] if verb == "include" else kept) or None

        answers = {text: relist(text) for text in cells.dropna().unique()}
        return cells.map(answers).where(cells.notna(), relist(None)).astype("str")

    def _read(self, table: str, frame: pd.DataFrame, places: list[str], whole: bool) -> pd.DataFrame | None:
        """Cells as the contract wants them, read as those of a file; None with findings when one cannot be."""
        own = Findings()
        wanted = {"customers": wanted_measures(self.scenario), "reps": wanted_targets(self.scenario)}
        numbers = {c for c in self.frames[table].columns if is_number(self.frames[table][c])}
        raw = RawTable(table, self.file, frame, np.arange(len(frame), dtype=np.int64))
        read = normalise(table, raw, (wanted.get(table, set()) & numbers) - set(CONTRACT[table]), own)
        for f in own.listed():
            if f.code == "missing_column" and not whole:
                continue
            at = places[f.row] if f.row is not None else places[0]
            column = at + (f.column or "") if whole else at
            self.tell(f.code, f.severity, column=column, value=f.value, **f.details)
        errors = [f for f in own.listed() if f.severity == "error" and (whole or f.code != "missing_column")]
        return None if errors else read

    def _put(self, table: str, column: str, cells: pd.Series[Any], place: str) -> None:
        """Put a changed column into its table; a warning when it is what it was."""
        frame = self.frames[table]
        rows = ~_same(frame[column], cells)
        if not rows.any():
            self.tell("variant_same", "warning", column=place, value=None)
            return
        self.frames[table] = frame.assign(**{column: cells.astype(frame[column].dtype)})
        before, after, summed = describe_change(frame[column][rows], self.frames[table][column][rows])
        ids = tuple(frame[frame.columns[0]][rows].astype(object))
        self.touched.append(
            Touched(self.part, self.entry, table, "set", column, len(ids), ids, before, after, summed)
        )

    def _note(self, table: str, action: str, rows: Bools, frame: pd.DataFrame) -> None:
        if rows.any():
            ids = tuple(frame[frame.columns[0]][rows].astype(object))
            self.touched.append(Touched(self.part, self.entry, table, action, None, len(ids), ids))


def _fit(cells: pd.Series[Any], like: pd.Series[Any]) -> pd.Series[Any] | None:
    """Cells in the type of a column they are to stand in; None when they are texts and it holds numbers."""
    if cells.notna().any() and is_number(like) != is_number(cells):
        if is_number(like):
            return None
        cells = as_text(cells)
    return cells.astype(like.dtype)


def _same(before: pd.Series[Any], after: pd.Series[Any]) -> Bools:
    """Where two columns hold the same; two empty cells do."""
    equal = (before == after).fillna(False).to_numpy(dtype=bool)
    return np.asarray(equal | (before.isna() & after.isna()).to_numpy(dtype=bool))


def _without(text: str, lost: set[str]) -> str | None:
    return ";".join(part for part in text.split(";") if part not in lost) or None


def _name(skill: str) -> str:
    return skill.partition("@")[0].partition(":")[0].strip()
