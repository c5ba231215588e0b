"""Every table of the answer, computed once; the CSV files, the workbook and the page only format them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.explaining.assignments.asked import Asked, explain_asked_unserved
from optimizer.explaining.assignments.codes import Codes
from optimizer.findings import Finding
from optimizer.kpis import tag_corridors
from optimizer.messages import load_catalogue, look_up, say
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.result import Score, Violation, Worth
from optimizer.standing import Standing, sum_by_rep

Kind = Literal["id", "text", "number", "share"]


@dataclass(frozen=True)
class Column:
    """How a column is to be read: ids are exact, texts are for people, shares are shown as percentages.

    ``words``: areas of the catalogue, one of which has the word for what stands in a cell; CSV files keep the codes.
    """

    kind: Kind
    label: str
    decimals: int = 0
    words: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers."""
        return self.kind in ("number", "share")


@dataclass(frozen=True, eq=False)
class Table:
    """A frame and the meaning of its columns. Missing numbers are NaN, missing texts empty."""

    name: str
    frame: pd.DataFrame
    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(self.frame)

    def read_texts(self, name: str, lang: str) -> list[str]:
        """The cells of a column that is no number as people read them, codes as words."""
        cells = self.frame[name].tolist()
        for area in self.columns[name].words:
            words = {code: look_up(area, code, lang) for code in set(cells)}
            cells = [words[code] for code in cells]
        return cells


class Sheet:
    """A table in the making, column by column."""

    def __init__(self, name: str, lang: str) -> None:
        self.name, self.lang = name, lang
        self.data: dict[str, Any] = {}
        self.columns: dict[str, Column] = {}

    def add(
        self,
        column: str,
        kind: Kind,
        values: Any,
        decimals: int = 0,
        label: str = "",
        words: tuple[str, ...] = (),
        **gaps: Any,
    ) -> None:
        """A column; its label is ``column.<label or column>`` of the catalogue with ``gaps`` filled."""
        self.data[column] = values
        said = say(f"column.{label or column}", self.lang, **gaps)
        self.columns[column] = Column(kind, said, decimals, words)

    def hours(self, column: str, units: Any) -> None:
        """A column of milli-hours, shown as hours."""
        self.add(column, "number", np.asarray(units) / UNITS_PER_HOUR, 3)

    def table(self) -> Table:
        """The table with all columns so far."""
        return Table(self.name, pd.DataFrame(self.data), self.columns)


def texts(frame: pd.DataFrame, column: str) -> np.ndarray[Any, Any]:
    """A text column of the records as objects, empty where it is missing."""
    filled: np.ndarray[Any, Any] = frame[column].fillna("").to_numpy(dtype=object)
    return filled


def name_ids(ids: np.ndarray[Any, Any], index: Ints) -> np.ndarray[Any, Any]:
    """Ids of indices; empty for -1."""
    return np.append(ids, "")[index]


def list_assignments(
    problem: Problem, before: Standing, after: Standing, codes: Codes, moved_on: pd.Series[Any], lang: str
) -> Table:
    """A row a customer, in the order of the customers table; the reason of each as a code and in a phrase.

    ``moved_on`` [n]: since when it has its owner, where a plan moved it.
    """
    words = load_catalogue(lang)
    phrases = {code: words[f"why.{code}"] for code in pd.unique(pd.Series(codes))}
    sheet = Sheet("assignments", lang)
    sheet.add("customer_id", "id", problem.customer_ids)
    sheet.add("rep_id", "id", name_ids(problem.rep_ids, after.owner))
    sheet.add("previous_rep_id", "id", name_ids(problem.rep_ids, before.owner))
    sheet.hours("hours", after.load)
    sheet.hours("travel_hours", after.travel)
    sheet.add("tier", "id", np.array(problem.tier_names, dtype=object)[problem.tier])
    sheet.add("reason_code", "id", codes, words=("why_name", "move_name"))
    sheet.add("reason", "text", pd.Series(codes).map(phrases).to_numpy(dtype=object))
    days = moved_on.to_numpy().astype("M8[D]")
    sheet.add("moved_on", "id", np.where(np.isnat(days), "", days.astype(str)).astype(object))
    return sheet.table()


def corridor_tags(problem: Problem) -> list[str]:
    """A column name for each corridor: its measure, numbered when it has several corridors."""
    return tag_corridors([problem.measures[c.measure].name for c in problem.corridors])


def loads_differ(problem: Problem) -> bool:
    """Whether a territory's hours may differ from the sum of its customers' own hours."""
    return problem.count_travel or bool((problem.pair_hours >= 0).any())


def deviation(held: Any, target: Any) -> np.ndarray[Any, Any]:
    """Relative distance from the target, NaN where the target is 0."""
    ratio = np.full(np.shape(target), np.nan)
    np.divide(held, target, out=ratio, where=np.asarray(target) != 0)
    return ratio - 1


def list_territories(
    case: Case, problem: Problem, before: Standing, after: Standing, worth: Worth | None, lang: str
) -> Table:
    """A row a rep, in the order of the reps table."""
    reps = problem.n_reps
    sheet = Sheet("territories", lang)
    sheet.add("rep_id", "id", problem.rep_ids)
    sheet.add("name", "text", texts(case.records.reps, "name"))
    sheet.add("customers", "number", after.customers)
    sheet.hours("hours", after.rep_load)
    sheet.hours("travel_hours", after.rep_travel)
    sheet.hours("capacity_hours", problem.capacity)
    capacity = problem.capacity.astype(float)
    full = np.divide(after.rep_load, capacity, out=np.full(reps, np.nan), where=capacity > 0)
    sheet.add("utilization", "share", full, 4)
    if loads_differ(problem):
        sheet.hours("service_hours", sum_by_rep(after.owner, problem.hours, reps))
    for measure, held in zip(problem.measures, after.sizes, strict=True):
        if measure.name not in ("hours", "customers"):  # those two stand there already
            own = measure.name if measure.name not in sheet.columns else f"{measure.name}_measure"
            amount, decimals = held / measure.scale, measure_decimals(measure.scale)
            sheet.add(own, "number", amount, decimals, label="measure", measure=measure.name)
    for tag, corridor in zip(corridor_tags(problem), problem.corridors, strict=True):
        measure, held = problem.measures[corridor.measure], after.sizes[corridor.measure]
        decimals = measure_decimals(measure.scale)
        for part, amount in (("target", corridor.target), ("low", corridor.low), ("high", corridor.high)):
            sheet.add(
                f"{tag}_{part}",
                "number",
                amount / measure.scale,
                decimals,
                f"measure_{part}",
                measure=measure.name,
            )
        off = deviation(held, corridor.target)
        sheet.add(f"{tag}_deviation", "share", off, 4, label="measure_deviation", measure=measure.name)
    sheet.add("previous_customers", "number", before.customers)
    sheet.hours("previous_hours", before.rep_load)
    changed = (before.owner != after.owner).astype(np.int64)
    sheet.add("moved_in", "number", sum_by_rep(after.owner, changed, reps))
    sheet.add("moved_out", "number", sum_by_rep(before.owner, changed, reps))
    sheet.add("hour_worth", "number", np.full(reps, np.nan) if worth is None else worth.hour, 3)
    return sheet.table()


def measure_decimals(scale: float) -> int:
    """Decimals that show ``1 / scale`` exactly when it is a power of ten, and nearly otherwise."""
    return int(np.clip(math.ceil(math.log10(scale) - 1e-9), 0, 9))


def list_moves(
    case: Case, problem: Problem, before: Standing, after: Standing, score: Score, lang: str
) -> Table:
    """The customers that leave their present owner, those that end unserved among them."""
    moved = Plan(after.owner).moved(problem)
    at = np.flatnonzero(moved)
    sheet = Sheet("moves", lang)
    sheet.add("customer_id", "id", problem.customer_ids[at])
    sheet.add("name", "text", texts(case.records.customers, "name")[at])
    sheet.add("tier", "id", np.array(problem.tier_names, dtype=object)[problem.tier[at]])
    sheet.add("from_rep_id", "id", name_ids(problem.rep_ids, before.owner[at]))
    sheet.add("to_rep_id", "id", name_ids(problem.rep_ids, after.owner[at]))
    sheet.hours("hours", after.load[at])
    sheet.hours("handover_hours", score.by_customer["handover"][at])
    sheet.hours("travel_hours_before", before.travel[at])
    sheet.hours("travel_hours_after", after.travel[at])
    return sheet.table()


def list_unserved(case: Case, problem: Problem, after: Standing, asked: Asked | None, lang: str) -> Table:
    """The customers without an owner, what that costs, and why; ``asked``: of a rebalance, what it asked of moves."""
    at = np.flatnonzero(~after.served)
    found = explain_asked_unserved(problem, Plan(after.owner), asked)
    reasons = {i: reason for reason in found for i in reason.customers}
    sheet = Sheet("unserved", lang)
    sheet.add("customer_id", "id", problem.customer_ids[at])
    sheet.add("name", "text", texts(case.records.customers, "name")[at])
    sheet.add("tier", "id", np.array(problem.tier_names, dtype=object)[problem.tier[at]])
    sheet.hours("hours", problem.hours[at])
    sheet.hours("price_hours", problem.unserved[at])
    sheet.add("reason_code", "id", [reasons[i].code for i in at.tolist()], words=("unserved_name",))
    sheet.add("reason", "text", [reasons[i].sentence(lang) for i in at.tolist()])
    sheet.add("best_rep_id", "id", [reasons[i].rep_id or "" for i in at.tolist()])
    dearer = [reasons[i].difference for i in at.tolist()]
    hours = [np.nan if units is None else units / UNITS_PER_HOUR for units in dearer]
    sheet.add("best_dearer_hours", "number", np.array(hours, dtype=float), 3)
    return sheet.table()


def list_findings(findings: Sequence[Finding], lang: str) -> Table:
    """What reading the case found, one row a finding."""
    sheet = Sheet("findings", lang)
    sheet.add("severity", "id", [f.severity for f in findings], words=("severity",))
    sheet.add("code", "id", [f.code for f in findings])
    sheet.add("table", "id", [f.table for f in findings])
    sheet.add("row", "number", np.array([np.nan if f.row is None else f.row for f in findings], dtype=float))
    sheet.add("column", "text", [f.column or "" for f in findings])
    sheet.add("value", "text", ["" if f.value is None else str(f.value) for f in findings])
    sheet.add("problem", "text", [f.problem(lang) for f in findings])
    sheet.add("expected", "text", [f.expected(lang) for f in findings])
    sheet.add("fix", "text", [f.fix(lang) for f in findings])
    return sheet.table()


def list_violations(violations: Sequence[Violation], lang: str) -> Table:
    """What the plan breaks, hard constraints first, then by cost."""
    broken = sorted(violations, key=lambda v: (not v.hard, -v.cost))
    sheet = Sheet("violations", lang)
    sheet.add("severity", "id", [say("violations." + ("hard" if v.hard else "priced"), lang) for v in broken])
    sheet.add("constraint", "id", [term_label(v.constraint, lang) for v in broken])
    sheet.add("sentence", "text", [v.sentence(lang) for v in broken])
    sheet.add("amount", "number", np.array([v.amount for v in broken], dtype=float), 3)
    sheet.add("unit", "text", [v.unit for v in broken], words=("unit",))
    sheet.hours("cost_hours", np.array([v.cost for v in broken], dtype=np.int64))
    sheet.add("customer_id", "id", [v.customer_id or "" for v in broken])
    sheet.add("rep_id", "id", [v.rep_id or "" for v in broken])
    sheet.add("task_id", "id", [v.task_id or "" for v in broken])
    sheet.add("week", "id", [v.week or "" for v in broken])
    return sheet.table()


def term_label(term: str, lang: str) -> str:
    """The name of a term of the objective or of a constraint, for people."""
    return load_catalogue(lang).get(f"term.{term}", term.replace("_", " ").capitalize())
