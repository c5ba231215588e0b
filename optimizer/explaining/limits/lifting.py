"""Lifting: the limits a planner set, one by one, and the same problem without some of them.

A limit is a setting (a corridor, a budget, a skill that must be there) or a record (a lock, a rep's hours, two
rivals). Whatever a limit costs, and whether it stands in the way of others, is asked by solving without it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.problem import NO_LIMIT, Ints, Problem

# In the order in which a planner would rather do without them: the first are let go first when several sets of
# limits are in conflict, so that what is named is what matters.
KINDS = (
    "corridor_low", "count_low", "budget", "corridor_high", "count_high", "apart", "pair", "group", "distance",
    "tier", "skill", "capacity", "coverage", "lock",
)  # fmt: skip

RECORDS = ("lock", "pair", "apart", "group")  # limits of single customers
LOOSE = ("corridor_low", "count_low", "budget")  # what asks for customers whom nothing else asks for


@dataclass(frozen=True)
class Limit:
    """One limit by its place in a problem.

    ``number`` is the corridor, count or budget of the problem, or the lock, named pair, couple, group, skill or tier;
    ``rep`` the rep (of a budget: the place) where each has its own limit, else -1. ``customers`` are those who must
    have an owner (kind "coverage"), nobody elsewhere. Of kind "corridor" it is both ends for all reps.
    """

    kind: str
    number: int = -1
    rep: int = -1
    customers: tuple[int, ...] = ()


def list_hard_limits(problem: Problem) -> list[Limit]:
    """Every limit that no price allows to be broken and that could be, in the order of ``KINDS``.

    Customers who must have an owner are one limit for each tier and wish for skills.
    """
    found: dict[str, list[Limit]] = {kind: [] for kind in KINDS}
    for k, corridor in enumerate(problem.corridors):
        if corridor.price is None:
            found["corridor_low"] += [
                Limit("corridor_low", k, int(r)) for r in np.flatnonzero(corridor.low > 0)
            ]
            found["corridor_high"] += [
                Limit("corridor_high", k, int(r)) for r in np.flatnonzero(corridor.high < NO_LIMIT)
            ]
    if problem.count_price is None:
        for k, count in enumerate(problem.counts):
            found["count_low"] += [Limit("count_low", k, int(r)) for r in np.flatnonzero(count.low > 0)]
            found["count_high"] += [
                Limit("count_high", k, int(r)) for r in np.flatnonzero(count.high < NO_LIMIT)
            ]
    for k, budget in enumerate(problem.budgets):
        if budget.price is None:
            found["budget"] += [Limit("budget", k, int(r)) for r in np.flatnonzero(budget.limit < NO_LIMIT)]
    if problem.apart_price is None:
        found["apart"] = [Limit("apart", k) for k in range(len(problem.apart))]
    found["pair"] = [Limit("pair", int(k)) for k in np.flatnonzero(problem.pair_allowed == 0)]
    found["group"] = [Limit("group", int(g)) for g in np.unique(problem.group[problem.group >= 0])]
    if problem.distance_price is None and math.isfinite(problem.distance_limit):
        found["distance"] = [Limit("distance")]
    if problem.tier_price is None:
        asked = np.bincount(problem.tier, minlength=len(problem.tier_names)) > 0
        found["tier"] = [Limit("tier", int(t)) for t in np.flatnonzero(asked & ~problem.serves.all(axis=0))]
    if problem.skill_price is None:
        asked = problem.requirements[np.unique(problem.requirement)].max(axis=0, initial=0)
        lacking = asked > problem.skill.min(axis=0, initial=NO_LIMIT)
        found["skill"] = [Limit("skill", int(s)) for s in np.flatnonzero(lacking)]
    if problem.capacity_price is None:
        found["capacity"] = [
            Limit("capacity", rep=int(r)) for r in np.flatnonzero(problem.load_limit < NO_LIMIT)
        ]
    if problem.cover_all:
        found["coverage"] = split_coverage(problem, np.arange(problem.n_customers))
    found["lock"] = [Limit("lock", k) for k in range(len(problem.lock_customer))]
    return [limit for kind in KINDS for limit in found[kind]]


def split_coverage(problem: Problem, customers: Ints, *, each: bool = False) -> list[Limit]:
    """That these customers must have an owner: a limit for each tier and wish for skills, or for ``each`` of them."""
    customers = np.setdiff1d(customers, problem.excused)
    if each:
        return [Limit("coverage", customers=(int(i),)) for i in customers]
    # Several rows of requirements may be one wish written in two ways; they may stay two.
    need = problem.requirement[customers] * len(problem.tier_names) + problem.tier[customers]
    return [Limit("coverage", customers=tuple(customers[need == key].tolist())) for key in np.unique(need)]


def lift(problem: Problem, limits: Collection[Limit]) -> Problem:
    """The problem without ``limits``, hard or priced; costs and all other limits stay as they are."""
    by_kind: dict[str, list[Limit]] = {}
    every = range(problem.n_reps)
    whole = [x.number for x in limits if x.kind == "corridor"]
    ends = [Limit(f"corridor_{end}", k, r) for k in whole for end in ("low", "high") for r in every]
    for limit in [*(x for x in limits if x.kind != "corridor"), *ends]:
        by_kind.setdefault(limit.kind, []).append(limit)
    numbers = {kind: np.array([limit.number for limit in some]) for kind, some in by_kind.items()}
    changed = {kind: _LIFTED[kind](problem, numbers[kind]) for kind in by_kind if kind in _LIFTED}
    problem = replace(
        problem, **{name: value for fields in changed.values() for name, value in fields.items()}
    )
    if "coverage" in by_kind:
        free = np.array([i for limit in by_kind["coverage"] for i in limit.customers], dtype=np.int64)
        problem = replace(problem, excused=np.union1d(problem.excused, free))
    if "capacity" in by_kind:
        problem = replace(problem, load_limit=_open(problem.load_limit, by_kind["capacity"], NO_LIMIT))
    for kind, where, end, value in (
        ("corridor_low", "corridors", "low", -NO_LIMIT),
        ("corridor_high", "corridors", "high", NO_LIMIT),
        ("count_low", "counts", "low", 0),
        ("count_high", "counts", "high", NO_LIMIT),
        ("budget", "budgets", "limit", NO_LIMIT),
    ):
        if kind in by_kind:
            blocks = list(getattr(problem, where))
            for k in {limit.number for limit in by_kind[kind]}:
                mine = [limit for limit in by_kind[kind] if limit.number == k]
                blocks[k] = replace(blocks[k], **{end: _open(getattr(blocks[k], end), mine, value)})
            problem = _put(problem, where, tuple(blocks))
    return problem


def keep_only(problem: Problem, limits: Sequence[Limit], among: Sequence[Limit] | None = None) -> Problem:
    """The problem with no hard limits but ``limits``, in whatever portions customers are covered.

    ``among``: all its hard limits, if they are known already.
    """
    kept = set(limits)
    every = [limit for limit in among or list_hard_limits(problem) if limit.kind != "coverage"]
    free = Limit("coverage", customers=tuple(range(problem.n_customers)))
    problem = lift(problem, [free, *(limit for limit in every if limit not in kept)])
    covered = np.array([i for limit in limits for i in limit.customers], dtype=np.int64)
    return replace(problem, excused=np.setdiff1d(problem.excused, covered))


def _put(problem: Problem, name: str, value: Any) -> Problem:
    changed = {name: value}
    return replace(problem, **changed)


def _open(ends: Ints, limits: list[Limit], value: int) -> Ints:
    ends = ends.copy()
    ends[[limit.rep for limit in limits]] = value
    return ends


def _lift_tiers(problem: Problem, numbers: Ints) -> dict[str, Any]:
    serves = problem.serves.copy()
    serves[:, numbers] = True
    return {"serves": serves}


def _lift_skills(problem: Problem, numbers: Ints) -> dict[str, Any]:
    requirements = problem.requirements.copy()
    requirements[:, numbers] = 0
    return {"requirements": requirements}


def _lift_locks(problem: Problem, numbers: Ints) -> dict[str, Any]:
    names = ("lock_customer", "lock_rep", "lock_forces")
    return {name: np.delete(getattr(problem, name), numbers) for name in names}


def _lift_pairs(problem: Problem, numbers: Ints) -> dict[str, Any]:
    allowed = problem.pair_allowed.copy()
    allowed[numbers] = -1
    return {"pair_allowed": allowed}


_LIFTED: dict[str, Callable[[Problem, Ints], dict[str, Any]]] = {
    "tier": _lift_tiers,
    "skill": _lift_skills,
    "lock": _lift_locks,
    "pair": _lift_pairs,
    "apart": lambda problem, numbers: {"apart": np.delete(problem.apart, numbers, axis=0)},
    "group": lambda problem, numbers: {"group": np.where(np.isin(problem.group, numbers), -1, problem.group)},
    "distance": lambda problem, numbers: {"distance_limit": math.inf},
}
