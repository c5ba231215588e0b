"""Twelve situations in which not everything a planner wants can be had, each planted by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optimizer.case import Case
from tests.cases import make_case

WEEK = {"horizon": {"weeks": 1, "field_share": 1.0}, "corridors": [], "coverage": {"hard": True}}


@dataclass(frozen=True)
class Planted:
    """``kinds``: of the limits in conflict, each once; ``places``: ids that the sentences must name."""

    case: Case
    kinds: set[str]
    places: set[str]
    repairs: set[str]  # kinds of change of which at least one must be offered


def _reps(*hours: float, **columns: list[Any]) -> list[dict[str, Any]]:
    return [
        {"hours_per_week": h} | {name: values[k] for name, values in columns.items()}
        for k, h in enumerate(hours)
    ]


def _customers(*hours: float, **columns: list[Any]) -> list[dict[str, Any]]:
    return [
        {"hours": h, "tier": "B"} | {name: values[k] for name, values in columns.items()}
        for k, h in enumerate(hours)
    ]


def _plant_contradictory_locks() -> Planted:
    locks = [
        {"customer_id": "c0", "rep_id": "r0", "kind": "force"},
        {"customer_id": "c0", "rep_id": "r1", "kind": "force"},
    ]
    case = make_case(_reps(40, 40), _customers(5, 5, 5), locks=locks, scenario=WEEK)
    return Planted(case, {"lock"}, {"c0", "r0", "r1"}, {"drop_lock"})


def _plant_scarce_skill() -> Planted:
    reps = _reps(20, 40, 40, skills=["cardio", None, None])
    customers = _customers(9, 9, 9, 5, requires=["cardio", "cardio", "cardio", None])
    return Planted(
        make_case(reps, customers, scenario=WEEK),
        {"skill", "capacity", "coverage"},
        {"cardio", "r0"},
        {"raise_hours", "train", "waive_skill", "excuse"},
    )


def _plant_narrow_corridor() -> Planted:
    scenario = WEEK | {"corridors": [{"measure": "potential", "tolerance": 0.1, "target": "equal"}]}
    customers = _customers(5, 5, 5, 5, potential=[70, 10, 10, 10])
    case = make_case(_reps(40, 40), customers, scenario=scenario)
    return Planted(case, {"corridor_high", "coverage"}, {"c0", "potential"}, {"widen_corridor", "excuse"})


def _plant_small_budget() -> Planted:
    # The two leavers have no hours any more; their four customers must move, and the budget lets two.
    budget = {"amount": 2, "measure": "customers"}
    scenario = WEEK | {"disruption": {"budgets": [budget]}}
    customers = _customers(5, 5, 5, 5, 5, 5, owner=["r0", "r0", "r1", "r1", "r2", "r3"])
    case = make_case(_reps(0, 0, 40, 40), customers, scenario=scenario)
    return Planted(case, {"budget", "capacity"}, {"r0", "r1"}, {"raise_budget"})


def _plant_lock_against_skill() -> Planted:
    reps = _reps(40, 40, skills=["cardio", None])
    locks = [{"customer_id": "c0", "rep_id": "r1", "kind": "force"}]
    case = make_case(reps, _customers(5, 5, requires=["cardio", None]), locks=locks, scenario=WEEK)
    return Planted(case, {"lock", "skill"}, {"c0", "r1", "cardio"}, {"drop_lock", "train", "waive_skill"})


def _plant_lock_to_a_leaver() -> Planted:
    locks = [{"customer_id": "c0", "rep_id": "r0", "kind": "force"}]
    scenario = WEEK | {"horizon": WEEK["horizon"] | {"start": "2026-07-06"}}
    reps = _reps(40, 40, ends=["2026-06-30", None])
    case = make_case(reps, _customers(5, 5), locks=locks, scenario=scenario)
    return Planted(case, {"lock", "capacity"}, {"c0", "r0"}, {"drop_lock", "raise_hours"})


def _plant_rivals_forced_together() -> Planted:
    locks = [{"customer_id": c, "rep_id": "r0", "kind": "force"} for c in ("c0", "c1")]
    apart = [{"customer_a": "c0", "customer_b": "c1"}]
    case = make_case(_reps(40, 40), _customers(5, 5, 5), locks=locks, apart=apart, scenario=WEEK)
    return Planted(case, {"lock", "apart"}, {"c0", "c1", "r0"}, {"drop_lock", "drop_apart"})


def _plant_large_group() -> Planted:
    customers = _customers(15, 15, 15, 5, group=["g", "g", "g", None])
    case = make_case(_reps(40, 30), customers, scenario=WEEK)
    return Planted(
        case, {"group", "capacity", "coverage"}, {"c0", "r0", "r1"}, {"split_group", "raise_hours", "excuse"}
    )


def _plant_only_juniors() -> Planted:
    reps = _reps(40, 40, tiers=["B;C", "B;C"])
    customers = [{"hours": 5, "tier": "A"}, {"hours": 5, "tier": "A"}, {"hours": 5, "tier": "B"}]
    return Planted(
        make_case(reps, customers, scenario=WEEK), {"tier", "coverage"}, {"c0", "A"}, {"permit", "excuse"}
    )


def _plant_too_much_work() -> Planted:
    case = make_case(_reps(10, 10), _customers(6, 6, 6, 6, 6), scenario=WEEK)
    return Planted(case, {"capacity", "coverage"}, {"r0", "r1"}, {"raise_hours", "excuse"})


def _plant_far_customer() -> Planted:
    reps = [
        {"hours_per_week": 40, "lat": 31.0, "lon": 121.0},
        {"hours_per_week": 40, "lat": 31.2, "lon": 121.2},
    ]
    customers = [
        {"hours": 5, "tier": "B", "lat": 31.1, "lon": 121.1},
        {"hours": 5, "tier": "B", "lat": 35.0, "lon": 121.0},
    ]
    scenario = WEEK | {"distance": {"limit_km": 100}}
    case = make_case(reps, customers, scenario=scenario)
    return Planted(case, {"distance", "coverage"}, {"c1"}, {"raise_distance", "excuse"})


def _plant_low_count() -> Planted:
    scenario = WEEK | {"counts": {"max": 2}}
    case = make_case(_reps(40, 40), _customers(2, 2, 2, 2, 2), scenario=scenario)
    return Planted(case, {"count_high", "coverage"}, {"r0", "r1"}, {"raise_count", "excuse"})


def _plant_minimum_nobody_can_fill() -> Planted:
    scenario = WEEK | {"counts": {"min": 3}}
    case = make_case(_reps(40, 40), _customers(2, 2, 2, 2, 2), scenario=scenario)
    return Planted(case, {"count_low"}, {"r0", "r1"}, {"lower_count"})


PLANTED: dict[str, Callable[[], Planted]] = {
    name.removeprefix("_plant_"): plant
    for name, plant in list(globals().items())
    if name.startswith("_plant_")
}
