"""Changes: what a planner could do about a limit: drop a lock, give hours, train or hire a rep, widen a corridor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimizer.explaining.limits.lifting import Limit, lift
from optimizer.explaining.limits.naming import name_customers, name_limit
from optimizer.explaining.newcomers import Newcomers, add_reps
from optimizer.limits import exact
from optimizer.messages import Phrase, join, say
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Floats, Ints, Price, Problem
from optimizer.rows import exchange, mean_hours

# Changes that do without a limit, and the kind of limit.
DROPS = {
    "drop_lock": "lock",
    "allow_pair": "pair",
    "drop_apart": "apart",
    "split_group": "group",
    "waive_skill": "skill",
}
CONCERNED = 12  # reps or customers of a change that its sentence names: whoever acts on it has to know them
NEW = "+"  # ids of reps who are thought of: +1, +2
FINE = 10**9  # parts of the earth's radius in which a home is said


@dataclass(frozen=True)
class Change:
    """One change by its place in a problem: ``number`` and ``reps`` as a ``Limit`` has them, ``customers`` by index.

    ``amounts`` are new values in whole units of the problem, one for each of ``reps`` where there are any; of a
    corridor the new tolerance in thousandths, of a distance whole metres. ``given``: milli-hours that it asks for.
    ``facts`` fill the sentence ``change.<code>``: ids and amounts as people say them.
    """

    code: str
    number: int = -1
    reps: tuple[int, ...] = ()
    customers: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    given: int = 0
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    def sentence(self, lang: str = "") -> str:
        """The change in words, as one would ask for it."""
        of_tier = self.code in ("raise_count", "lower_count") and self.facts["tier"]
        return say(f"change.{self.code}{'_tier' if of_tier else ''}", lang, **self.facts)


def apply_changes(problem: Problem, changes: Sequence[Change]) -> Problem:
    """The problem after ``changes``, all numbered as in ``problem``."""
    drops = [Limit(DROPS[c.code], c.number) for c in changes if c.code in DROPS]
    hired = [change for change in changes if change.code == "hire"]
    for change in changes:
        if change.code not in (*DROPS, "hire"):
            problem = _apply(problem, change)
    problem = lift(problem, drops)
    return add_reps(problem, _list_hired(problem, hired)) if hired else problem


def _apply(problem: Problem, change: Change) -> Problem:
    code, reps = change.code, list(change.reps)
    if code == "raise_hours":
        limit = problem.load_limit.copy()
        limit[reps] = np.maximum(limit[reps], change.amounts)
        return replace(problem, load_limit=limit)
    if code in ("raise_count", "lower_count"):
        counts = list(problem.counts)
        end = "high" if code == "raise_count" else "low"
        values = getattr(counts[change.number], end).copy()
        values[reps] = change.amounts
        counts[change.number] = replace(counts[change.number], **{end: values})
        return replace(problem, counts=tuple(counts))
    if code == "widen_corridor":
        return _widen(problem, change.number, change.amounts[0])
    if code == "drop_corridor":
        corridors = list(problem.corridors)
        shape = problem.n_reps
        corridors[change.number] = replace(
            corridors[change.number], low=np.full(shape, -NO_LIMIT), high=np.full(shape, NO_LIMIT)
        )
        return replace(problem, corridors=tuple(corridors))
    if code == "raise_budget":
        budgets = list(problem.budgets)
        limit = budgets[change.number].limit.copy()
        limit[reps] = change.amounts
        budgets[change.number] = replace(budgets[change.number], limit=limit)
        return replace(problem, budgets=tuple(budgets))
    if code == "raise_distance":
        return replace(problem, distance_limit=change.amounts[0] / 1000)
    if code == "permit":
        serves = problem.serves.copy()
        serves[reps, change.number] = True
        return replace(problem, serves=serves)
    if code == "train":
        skill = problem.skill.copy()
        skill[reps, change.number] = np.maximum(skill[reps, change.number], change.amounts)
        return replace(problem, skill=skill)
    if code == "excuse":
        free = np.union1d(problem.excused, np.array(change.customers, dtype=np.int64))
        return replace(problem, excused=free)
    assert code.startswith("price_"), code
    return _put_price(problem, code.removeprefix("price_"), change.number)


def _list_hired(problem: Problem, hired: Sequence[Change]) -> Newcomers:
    """Who is hired, with ids that no table has; of each the amounts are those that ``hire`` says."""
    skills = len(problem.skill_names)
    amounts = np.array([change.amounts for change in hired], dtype=np.int64)
    point = amounts[:, 2 + skills :].astype(np.float64)
    length = np.linalg.norm(point, axis=1, keepdims=True)
    return Newcomers(
        tuple(f"{NEW}{k + 1}" for k in range(len(hired))),
        capacity=amounts[:, 0],
        load_limit=amounts[:, 1],
        point=np.where(length > 0, point / np.maximum(length, 1.0), np.nan),
        skill=amounts[:, 2 : 2 + skills],
        serves=np.ones((len(hired), len(problem.tier_names)), dtype=bool),
    )


def _widen(problem: Problem, number: int, thousandths: int) -> Problem:
    """The corridor with another tolerance; ends are rounded inwards, as always."""
    corridors = list(problem.corridors)
    corridor = corridors[number]
    share = thousandths / 1000
    room = np.abs(corridor.target) * share
    corridors[number] = replace(
        corridor,
        tolerance=share,
        # what an older, narrower corridor allowed stays allowed, however it was rounded
        low=np.minimum(corridor.low, np.ceil(corridor.target - room - 1e-6).astype(np.int64)),
        high=np.maximum(corridor.high, np.floor(corridor.target + room + 1e-6).astype(np.int64)),
    )
    return replace(problem, corridors=tuple(corridors))


def _put_price(problem: Problem, kind: str, number: int) -> Problem:
    """A constraint that was hard at an hour for an hour, and at an average customer's hours for a customer."""
    hour, whole = Price(1), mean_hours(problem)
    if kind == "corridor":
        corridors = list(problem.corridors)
        price = exchange(problem, corridors[number].measure)
        corridors[number] = replace(corridors[number], price=price)
        return replace(problem, corridors=tuple(corridors))
    if kind == "budget":
        budgets = list(problem.budgets)
        budgets[number] = replace(budgets[number], price=exchange(problem, budgets[number].measure))
        return replace(problem, budgets=tuple(budgets))
    prices = {
        "capacity": ("capacity_price", hour), "count": ("count_price", whole), "skill": ("skill_price", hour),
        "tier": ("tier_price", hour), "distance": ("distance_price", hour), "apart": ("apart_price", whole),
    }  # fmt: skip
    name, price = prices[kind]
    changed: dict[str, Any] = {name: price}
    return replace(problem, **changed)


# Making changes with what they say ------------------------------------------------------------------------------


def drop(problem: Problem, limit: Limit) -> Change:
    """To do without a lock, a forbidden pair, a couple kept apart, a group or a skill."""
    code = next(code for code, kind in DROPS.items() if kind == limit.kind)
    return Change(code, limit.number, facts=name_limit(problem, limit))


def raise_hours(problem: Problem, reps: Ints, limits: Ints, rates: Floats | None) -> Change:
    """To let reps work up to ``limits`` milli-hours over the horizon; ``rates`` [R] as of ``build_hour_rates``."""
    more = limits - problem.load_limit[reps]
    parts = [
        Phrase(
            "change.hours" if rates is None else "change.hours_week",
            {
                "rep": problem.rep_ids[r],
                "hours": m / UNITS_PER_HOUR,
                # up to the next tenth, so that what is said is enough
                "week": 0.0 if rates is None else math.ceil(10 * m / rates[r] - 1e-9) / 10,
            },
        )
        for r, m in zip(reps, more.tolist(), strict=True)
    ]
    return Change(
        "raise_hours",
        reps=tuple(reps.tolist()),
        amounts=tuple(limits.tolist()),
        given=int(more.sum()),
        facts={
            "reps": join(parts, len(reps), CONCERNED),
            "hours": int(more.sum()) / UNITS_PER_HOUR,
            "count": len(reps),
        },
    )


def set_counts(problem: Problem, code: str, number: int, reps: Ints, values: Ints) -> Change:
    """To let reps have more customers (``raise_count``) or fewer (``lower_count``)."""
    tier = problem.counts[number].tier
    parts = [
        Phrase("change.count", {"rep": problem.rep_ids[r], "count": int(v)})
        for r, v in zip(reps, values.tolist(), strict=True)
    ]
    facts = {
        "reps": join(parts, len(reps), CONCERNED),
        "tier": "" if tier is None else problem.tier_names[tier],
    }
    return Change(code, number, tuple(reps.tolist()), (), tuple(values.tolist()), facts=facts)


def widen_corridor(problem: Problem, number: int, thousandths: int) -> Change:
    """To widen the tolerance of a corridor."""
    corridor = problem.corridors[number]
    facts = {
        "measure": problem.measures[corridor.measure].name,
        "before": corridor.tolerance,
        "after": thousandths / 1000,
    }
    return Change("widen_corridor", number, amounts=(thousandths,), facts=facts)


def raise_budget(problem: Problem, number: int, place: int, limit: int) -> Change:
    """To let more change hands."""
    budget = problem.budgets[number]
    measure = problem.measures[budget.measure]
    facts = name_limit(problem, Limit("budget", number, place)) | {
        "after": limit / measure.scale,
        "more": (limit - int(budget.limit[place])) / measure.scale,
    }
    return Change("raise_budget", number, (place,), (), (limit,), facts=facts)


def raise_distance(problem: Problem, metres: int) -> Change:
    """To let customers be farther from their reps."""
    facts = {"before": problem.distance_limit, "after": metres / 1000}
    return Change("raise_distance", amounts=(metres,), facts=facts)


def permit(problem: Problem, tier: int, reps: Ints) -> Change:
    """To let reps serve a tier."""
    names = join([str(problem.rep_ids[r]) for r in reps], len(reps), CONCERNED)
    return Change(
        "permit", tier, tuple(reps.tolist()), facts={"reps": names, "tier": problem.tier_names[tier]}
    )


def train(problem: Problem, skill: int, level: int, reps: Ints) -> Change:
    """To train reps in a skill, up to a level."""
    names = join([str(problem.rep_ids[r]) for r in reps], len(reps), CONCERNED)
    facts = {"reps": names, "skill": problem.skill_names[skill], "level": level}
    return Change("train", skill, tuple(reps.tolist()), (), (level,) * len(reps), facts=facts)


def excuse(problem: Problem, customers: Ints) -> Change:
    """To let customers have no owner."""
    hours = int(problem.hours[customers].sum()) / UNITS_PER_HOUR
    return Change(
        "excuse",
        customers=tuple(customers.tolist()),
        facts={
            "customers": name_customers(problem, customers, CONCERNED),
            "count": len(customers),
            "hours": hours,
        },
    )


def drop_corridor(problem: Problem, number: int) -> Change:
    """To do without a corridor."""
    return Change("drop_corridor", number, facts=name_limit(problem, Limit("corridor_high", number)))


def put_price(problem: Problem, limit: Limit) -> Change:
    """To let a constraint be broken at a price."""
    kind = limit.kind.split("_")[0]
    number = limit.number if kind in ("corridor", "budget") else -1
    return Change(f"price_{kind}", number, facts=name_limit(problem, limit))


def tolerance_for(target: float, value: int) -> int:
    """The least tolerance in thousandths at which a corridor round ``target`` holds ``value``."""
    if not target:
        return NO_LIMIT if value else 0
    return int(np.ceil(float(exact(abs(value - target) / abs(target)) * 1000) - 1e-9))


def hire(problem: Problem, customers: Ints, *, region: str = "", skill: str = "") -> Change | None:
    """To hire a rep who lives in the middle of ``customers``, has the usual hours and serves every tier.

    The rep has the skills that the customers require (``skill``: that one alone). The amounts are hours, the most of
    them that may be used, a level for each skill, and the home; None where no rep has hours, so that nothing is usual.
    """
    has_hours = problem.capacity > 0
    if not has_hours.any():
        return None
    hours, limit = (int(np.median(some[has_hours])) for some in (problem.capacity, problem.load_limit))
    levels = problem.requirements[problem.requirement[customers]].max(axis=0, initial=0)
    if skill:
        levels = np.where(np.array(problem.skill_names) == skill, levels, 0)
    names = [f"{name}:{level}" for name, level in zip(problem.skill_names, levels, strict=True) if level]
    points, weight = problem.customer_point[customers], np.maximum(problem.hours[customers], 1)
    known = ~np.isnan(points[:, 0])
    home = np.zeros(3)
    if known.any():
        home = np.rint(np.average(points[known], axis=0, weights=weight[known]) * FINE)
    facts = {
        "hours": limit / UNITS_PER_HOUR,
        "where": Phrase("change.hire_region", {"region": region}) if region else "",
        "what": Phrase("change.hire_skills", {"skills": join(names, len(names))}) if names else "",
    }
    amounts = (hours, limit, *levels.tolist(), *home.astype(np.int64).tolist())
    return Change("hire", amounts=amounts, given=limit, facts=facts)
