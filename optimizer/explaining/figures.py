"""Figures: what a planner watches in a plan, before and after a change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.kpis import look_at, read_kpi
from optimizer.messages import load_catalogue, say
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.result import Score

_KPIS = (  # name here, name among the KPIs, unit
    ("travel_hours", "travel_hours", "hours"),
    ("handover", "handover_hours", "hours"),
    ("moved", "moved", "count"),
    ("moved_hours", "moved_hours", "hours"),
    ("left_out", "unserved", "count"),
    ("least", "utilization_least", "share"),
    ("most", "utilization_most", "share"),
    ("overloaded", "overloaded", "count"),
)


@dataclass(frozen=True)
class Figure:
    """One figure before and after: ``name`` is an entry ``figure.<name>`` of the catalogue or a term of the objective.

    ``unit``: hours, share (of 1) or count. ``measure``: of a corridor, else None.
    """

    name: str
    unit: str
    before: float
    after: float
    measure: str | None = None

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    def label(self, lang: str = "") -> str:
        """Its name for people."""
        words = load_catalogue(lang)
        if f"figure.{self.name}" in words:
            return say(f"figure.{self.name}", lang, measure=self.measure)
        return words.get(f"term.{self.name}", self.name)


def compare_figures(
    problem: Problem, before: tuple[Plan, Score], after: tuple[Plan, Score]
) -> tuple[Figure, ...]:
    """Every figure of two judged plans: the objective and its terms, then work, moves and limits."""
    sides = [_measure(problem, *side) for side in (before, after)]
    found = [_hours("objective", before[1].objective, after[1].objective)]
    for term in dict.fromkeys([*before[1].terms, *after[1].terms]):
        if term != "handover":
            found.append(_hours(term, before[1].terms.get(term, 0), after[1].terms.get(term, 0)))
    for (name, measure, unit), value in sides[0].items():
        found.append(Figure(name, unit, value, sides[1][name, measure, unit], measure))
    return tuple(found)


def _hours(name: str, before: int, after: int) -> Figure:
    return Figure(name, "hours", before / UNITS_PER_HOUR, after / UNITS_PER_HOUR)


def _measure(problem: Problem, plan: Plan, score: Score) -> dict[tuple[str, str | None, str], float]:
    look = look_at(problem, plan, score)
    found: dict[tuple[str, str | None, str], float] = {
        (name, None, unit): read_kpi(look, kpi) or 0.0 for name, kpi, unit in _KPIS
    }
    for number, corridor in enumerate(problem.corridors):
        measure = problem.measures[corridor.measure].name
        inside = int(look.standing.inside(problem, number).sum())
        found["inside", measure, "count"] = found.get(("inside", measure, "count"), 0) + inside
    found["hard", None, "count"] = len(score.hard_violations)
    return found


def list_changed(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Those that are not the same after as before; hours of travel once, where they cost what they are."""
    changed = [figure for figure in figures if not np.isclose(figure.change, 0.0, atol=5e-7)]
    paid = {(figure.before, figure.after) for figure in changed if figure.name == "travel"}
    return tuple(f for f in changed if f.name != "travel_hours" or (f.before, f.after) not in paid)
