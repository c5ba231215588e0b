"""KPIs: the figures by which plans are compared, each defined once, with its formula in words.

Reports, comparisons, guardrails and sweeps all read a figure here; ``kpi.<key>`` of the catalogue is its name for
people, ``kpi_formula.<key>`` its formula. Amounts leave as hours, shares of 1, counts or km.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.messages import look_up, say
from optimizer.plan import Plan
from optimizer.problem import EARTH_RADIUS_KM, UNITS_PER_HOUR, Bools, Floats, Ints, Problem
from optimizer.result import Score, find_gap
from optimizer.scenario import Scenario
from optimizer.standing import Standing, stand

Unit = Literal["hours", "share", "count", "km", "amount"]
Better = Literal["less", "more", ""]
Of = Literal["", "corridor", "tier"]


@dataclass(frozen=True, eq=False)
class Look:
    """A plan as its figures are read from it: its ``bound`` (milli-hours) is None where none is proved."""

    problem: Problem
    standing: Standing
    score: Score
    bound: int | None = None

    @cached_property
    def moved(self) -> Bools:
        """Which customers had an owner and leave it, [n]."""
        return Plan(self.standing.owner).moved(self.problem)

    @cached_property
    def fullness(self) -> Floats:
        """Hours over capacity of every rep who has any."""
        able = self.problem.capacity > 0
        full: Floats = self.standing.rep_load[able] / self.problem.capacity[able]
        return full

    def shares(self, corridor: int) -> Floats:
        """What every rep with a target holds of a corridor's measure, as a share of the target."""
        wanted = self.problem.corridors[corridor]
        aimed = wanted.target > 0
        held: Floats = self.standing.sizes[wanted.measure][aimed] / wanted.target[aimed]
        return held


@dataclass(frozen=True)
class Definition:
    """A figure: what it is read from, in which unit, and whether less or more of it is better ("": neither).

    ``of``: there is one for every corridor, or for every tier; ``read`` gets its index.
    """

    name: str
    unit: Unit
    better: Better
    read: Callable[[Look, int], float | None]
    of: Of = ""

    @property
    def key(self) -> str:
        """Its entry in the catalogue."""
        return f"{self.name}_{self.of}" if self.of else self.name


@dataclass(frozen=True)
class Kpi:
    """One figure of one problem; ``name`` is what guardrails and files call it: ``travel_hours``, ``coverage.A``."""

    definition: Definition
    part: str = ""  # the corridor's tag, or the tier
    index: int = 0

    @property
    def name(self) -> str:
        """Its name in files."""
        return f"{self.definition.name}.{self.part}" if self.part else self.definition.name

    @property
    def unit(self) -> Unit:
        """hours, share (of 1), count, km, or amount (of revenue)."""
        return self.definition.unit

    @property
    def better(self) -> Better:
        """Whether less or more of it is better; "" where neither is."""
        return self.definition.better

    def label(self, lang: str = "") -> str:
        """Its name for people."""
        part = look_up("measure", self.part, lang) if self.definition.of == "corridor" else self.part
        return say(f"kpi.{self.definition.key}", lang, part=part)

    def formula(self, lang: str = "") -> str:
        """How it is computed, for people."""
        return say(f"kpi_formula.{self.definition.key}", lang)


def look_at(problem: Problem, plan: Plan, score: Score | None = None, bound: int | None = None) -> Look:
    """A plan made ready for its figures; judged here unless ``score`` is known."""
    return Look(problem, stand(problem, plan.owner), score or evaluate(problem, plan), bound)


def list_kpis(problem: Problem) -> tuple[Kpi, ...]:
    """Every figure that plans of a problem have, in the order in which they are shown."""
    measures = [problem.measures[corridor.measure].name for corridor in problem.corridors]
    return _list(problem.tier_names, tag_corridors(measures))


def name_kpis(scenario: Scenario) -> tuple[str, ...]:
    """The names of the figures that plans of a scenario have, before there is a problem."""
    tags = tag_corridors([corridor.measure for corridor in scenario.corridors])
    return tuple(kpi.name for kpi in _list(tuple(scenario.tiers), tags))


def tag_corridors(measures: Sequence[str]) -> list[str]:
    """A name for each corridor: its measure, numbered when it has several corridors."""
    return [n if (k := measures[:i].count(n)) == 0 else f"{n}_{k + 1}" for i, n in enumerate(measures)]


def measure_kpis(look: Look) -> dict[str, float | None]:
    """Every figure of a plan by its name; None where it has none, such as a gap without a bound."""
    return {kpi.name: kpi.definition.read(look, kpi.index) for kpi in list_kpis(look.problem)}


def read_kpi(look: Look, name: str, index: int = 0) -> float | None:
    """One figure by the name of its definition; ``index`` of the corridor or tier where it is of one."""
    return (
        _BY_NAME[name, ""].read(look, index) if (name, "") in _BY_NAME else _OF_PARTS[name].read(look, index)
    )


def _list(tiers: Sequence[str], tags: Sequence[str]) -> tuple[Kpi, ...]:
    parts: dict[Of, Sequence[str]] = {"": ("",), "corridor": tags, "tier": tiers}
    return tuple(Kpi(d, part, k) for d in DEFINITIONS for k, part in enumerate(parts[d.of]))


def _hours(units: int) -> float:
    return int(units) / UNITS_PER_HOUR


def _count(chosen: Bools) -> float:
    return float(chosen.sum())


def _read_gap(look: Look, _: int) -> float | None:
    if look.bound is None or not look.score.keeps_all:
        return None
    return find_gap(look.score.objective, look.bound)


def _read_utilization(look: Look, _: int) -> float | None:
    capacity = look.problem.capacity.sum()
    return float(look.standing.rep_load.sum() / capacity) if capacity > 0 else None


def _variation(values: Floats) -> float | None:
    """Standard deviation over the mean."""
    middle = float(values.mean()) if len(values) else 0.0
    return float(values.std() / middle) if middle > 0 else None


def _read_deviation(look: Look, corridor: int) -> float | None:
    shares = look.shares(corridor)
    return float(np.abs(shares - 1).max()) if len(shares) else None


def _read_inside(look: Look, corridor: int) -> float | None:
    inside = look.standing.inside(look.problem, corridor)
    return float(inside.mean()) if len(inside) else None


def _read_outside(look: Look, _: int) -> float | None:
    """Hours outside corridors; of another measure what the unit is worth when all of it is worth all hours."""
    problem, total = look.problem, 0.0
    if not problem.corridors:
        return None
    for corridor in problem.corridors:
        held, size = look.standing.sizes[corridor.measure], problem.measures[corridor.measure].size
        amount = int(np.maximum(np.maximum(corridor.low - held, held - corridor.high), 0).sum())
        whole = int(np.abs(size).sum())
        total += amount * int(problem.hours.sum()) / whole if whole else 0.0
    return total / UNITS_PER_HOUR


def _read_moved_share(look: Look, _: int) -> float | None:
    owned = int((look.problem.owner >= 0).sum())
    return float(look.moved.sum() / owned) if owned else None


def _read_moved_revenue(look: Look, _: int) -> float | None:
    revenue = next((m for m in look.problem.measures if m.name == "revenue"), None)
    return None if revenue is None else float(revenue.size[look.moved].sum() / revenue.scale)


def _read_coverage(look: Look, tier: int) -> float | None:
    of_tier = look.problem.tier == tier
    return float(look.standing.served[of_tier].mean()) if of_tier.any() else None


def _read_distance(look: Look, _: int) -> float | None:
    """Mean distance of customers from the middle of their territory (mean of unit vectors, back on the sphere)."""
    point, owner = look.problem.customer_point, look.standing.owner
    at: Ints = np.flatnonzero((owner >= 0) & np.isfinite(point).all(axis=1))
    if not len(at):
        return None
    whose, place, reps = owner[at], point[at], look.problem.n_reps
    middle = np.column_stack([np.bincount(whose, place[:, k], reps) for k in range(3)])
    length = np.linalg.norm(middle, axis=1, keepdims=True)
    middle = np.divide(middle, length, out=np.zeros_like(middle), where=length > 0)
    chord = np.linalg.norm(place - middle[whose], axis=1)
    return float((2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1.0))).mean())


DEFINITIONS = (
    Definition("cost", "hours", "less", lambda look, _: _hours(look.score.objective)),
    Definition("bound", "hours", "", lambda look, _: None if look.bound is None else _hours(look.bound)),
    Definition("gap", "share", "less", _read_gap),
    Definition("hard", "count", "less", lambda look, _: float(len(look.score.hard_violations))),
    Definition("travel_hours", "hours", "less", lambda look, _: _hours(look.standing.rep_travel.sum())),
    Definition("utilization", "share", "", _read_utilization),
    Definition(
        "utilization_least",
        "share",
        "more",
        lambda look, _: float(look.fullness.min()) if len(look.fullness) else None,
    ),
    Definition(
        "utilization_most",
        "share",
        "less",
        lambda look, _: float(look.fullness.max()) if len(look.fullness) else None,
    ),
    Definition("utilization_variation", "share", "less", lambda look, _: _variation(look.fullness)),
    Definition(
        "overloaded",
        "count",
        "less",
        lambda look, _: _count(look.standing.rep_load > look.problem.load_limit),
    ),
    Definition("outside_hours", "hours", "less", _read_outside),
    Definition("deviation", "share", "less", _read_deviation, "corridor"),
    Definition("inside", "share", "more", _read_inside, "corridor"),
    Definition("variation", "share", "less", lambda look, k: _variation(look.shares(k)), "corridor"),
    Definition("moved", "count", "less", lambda look, _: _count(look.moved)),
    Definition("moved_share", "share", "less", _read_moved_share),
    Definition("moved_hours", "hours", "less", lambda look, _: _hours(look.problem.hours[look.moved].sum())),
    Definition("moved_revenue", "amount", "less", _read_moved_revenue),
    Definition(
        "handover_hours", "hours", "less", lambda look, _: _hours(look.score.by_customer["handover"].sum())
    ),
    Definition("unserved", "count", "less", lambda look, _: _count(~look.standing.served)),
    Definition(
        "unserved_hours",
        "hours",
        "less",
        lambda look, _: _hours(look.problem.hours[~look.standing.served].sum()),
    ),
    Definition(
        "unserved",
        "count",
        "less",
        lambda look, tier: _count(~look.standing.served & (look.problem.tier == tier)),
        "tier",
    ),
    Definition("coverage", "share", "more", _read_coverage, "tier"),
    Definition("distance_km", "km", "less", _read_distance),
)
_BY_NAME = {(d.name, d.of): d for d in DEFINITIONS}
_OF_PARTS = {d.name: d for d in DEFINITIONS if d.of}
