"""Repairs: ways out of a conflict, each tried by solving the problem with it, the cheapest first.

How much a limit must give way is found by letting it alone give way, as little as possible; the plan this takes then
shows that the way is open. Its price is what the best plan found beyond it costs, with the hours it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.constraints import together
from optimizer.evaluation import evaluate
from optimizer.explaining import changes as change
from optimizer.explaining.changes import Change, apply_changes
from optimizer.explaining.conflicts import Conflict, choose_release
from optimizer.explaining.giving_way import PLACES, give_way
from optimizer.explaining.holding import judge_limits
from optimizer.explaining.lifting import Limit, lift
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.result import Status
from optimizer.solving import solve

SINGLE = 3  # reps of whom each alone is asked for more
TRIED = 6  # reps of whom each alone is thought of as trained
LADDER = (1.0, 1.02, 1.05, 1.1, 1.25)  # of the hours that all need together, tried for one rep alone
ENOUGH = 3  # ways out, before the constraint itself is put up for a price
SMALL, SLIGHT = 50_000, 0.1  # pairs beyond which plans of ways out are searched with less effort


@dataclass(frozen=True, eq=False)
class WayOut:
    """Changes after which everything holds: those of a conflict first, then those that other conflicts take.

    ``plan`` keeps every hard limit of the changed problem and costs ``objective`` milli-hours there; ``proved``: no
    plan costs less. ``given``: milli-hours that the changes ask for besides, such as more hours of a rep.
    """

    changes: tuple[Change, ...]
    plan: Plan
    objective: int
    given: int
    proved: bool

    @property
    def price(self) -> int:
        """What the way costs in all, milli-hours: ways out are compared by it."""
        return self.objective + self.given

    @property
    def hours(self) -> float:
        """The same in hours."""
        return self.price / UNITS_PER_HOUR

    def sentence(self, lang: str = "") -> str:
        """The changes in words."""
        return " ".join(c.sentence(lang) for c in self.changes)


def find_ways_out(
    problem: Problem, conflicts: Sequence[Conflict], *, weeks: float | None = None, most: int = 5
) -> list[list[WayOut]]:
    """For each conflict up to ``most`` ways out, cheapest first; none for one that is not proved.

    Every way out holds with all its changes: where there are several conflicts, it takes the cheapest changes of the
    others along. A conflict without a single way keeps the others from having any. ``weeks`` of the horizon let hours
    be told by the week.
    """
    own: list[list[WayOut]] = []
    for at, conflict in enumerate(conflicts):
        others = [choose_release(other) for k, other in enumerate(conflicts) if k != at and other.proved]
        own.append(_find_ways(problem, conflict, others, weeks, most) if conflict.proved else [])
    proved = [k for k, conflict in enumerate(conflicts) if conflict.proved]
    if len(proved) < 2:
        return own
    found: list[list[WayOut]] = [[] for _ in conflicts]
    if all(own[k] for k in proved):
        for k in proved:
            rest = [c for other in proved if other != k for c in own[other][0].changes]
            for way in own[k]:
                # What one conflict takes may be enough for another.
                alone = judge_limits(apply_changes(problem, way.changes)).holds
                changed = way.changes if alone else _merge([*way.changes, *rest])
                whole = try_changes(problem, changed)
                found[k] += [] if whole is None else [whole]
            found[k].sort(key=lambda way: way.price)
    return found


def try_changes(problem: Problem, changed: Sequence[Change], plan: Plan | None = None) -> WayOut | None:
    """The way out that ``changed`` is, with a good plan beyond it; None when no plan keeps everything there.

    ``plan`` to begin with.
    """
    after = apply_changes(problem, changed)
    verdict = judge_limits(after, [] if plan is None else [plan])
    if verdict.holds is False:
        return None
    result = solve(_ease(after), start=verdict.plan)
    if not evaluate(after, result.plan).keeps_all:
        return None
    given = sum(c.given for c in changed)
    return WayOut(tuple(changed), result.plan, result.objective, given, result.status is Status.OPTIMAL)


def _merge(changed: Sequence[Change]) -> list[Change]:
    """Each change once."""
    found: list[Change] = []
    for one in changed:
        if one not in found:
            found.append(one)
    return found


def _find_ways(
    problem: Problem, conflict: Conflict, others: Sequence[Limit], weeks: float | None, most: int
) -> list[WayOut]:
    """Ways out of one conflict when ``others`` are let go."""
    found: dict[tuple[Change, ...], WayOut] = {}
    for some in _list_changes(problem, conflict, others, weeks):
        key = tuple(some)
        if key and key not in found:
            way = _try_with(problem, some, others)
            if way is not None:
                found[key] = way
    if len(found) < ENOUGH:
        for some in _list_last_resorts(problem, conflict):
            way = _try_with(problem, some, others)
            if way is not None:
                found[tuple(some)] = way
    return sorted(found.values(), key=lambda way: (way.price, len(way.changes)))[:most]


def _try_with(problem: Problem, some: Sequence[Change], others: Sequence[Limit]) -> WayOut | None:
    if not others:
        return try_changes(problem, some)
    # Hard limits of others are gone for the moment; ``apply_changes`` numbers as in the whole problem.
    after = _after(problem, some, others)
    verdict = judge_limits(after)
    if verdict.plan is None:
        return None
    result = solve(_ease(after))
    if not result.ok:
        return None
    return WayOut(tuple(some), result.plan, result.objective, sum(c.given for c in some), False)


def _after(problem: Problem, some: Sequence[Change], others: Sequence[Limit]) -> Problem:
    """The problem after changes without other limits; both are numbered as in the problem."""
    drops = [Limit(change.DROPS[c.code], c.number) for c in some if c.code in change.DROPS]
    kept = [c for c in some if c.code not in change.DROPS]
    return lift(apply_changes(problem, kept), {*drops, *others})


def _list_changes(
    problem: Problem, conflict: Conflict, others: Sequence[Limit], weeks: float | None
) -> Iterator[list[Change]]:
    """What could be done about each limit of a conflict, as little as possible."""
    by_kind: dict[str, list[Limit]] = {}
    for limit in conflict.limits:
        by_kind.setdefault(limit.kind, []).append(limit)
    drops = [limit for kind in change.DROPS.values() for limit in by_kind.get(kind, [])]
    for limit in drops:
        yield [change.drop(problem, limit)]
    records = [change.drop(problem, x) for x in drops if x.kind != "skill"]
    if len(records) > 1:
        yield records
    rows = [limit for limit in conflict.limits if limit.kind in PLACES]
    for kind in PLACES:
        mine = [limit for limit in rows if limit.kind == kind]
        jointly = give_way(problem, mine, others, weeks) if len(mine) > 1 else []
        total = sum(one.given for one in jointly)
        for limit in mine[:SINGLE]:
            alone = give_way(problem, [limit], others, weeks)
            yield alone or (_give_hours(problem, limit, total, others, weeks) if total else [])
        yield jointly
    for limit in by_kind.get("tier", []):
        yield from _list_permits(problem, limit, others)
    for limit in by_kind.get("skill", []):
        yield from _list_trainings(problem, limit, others)
    if "distance" in by_kind:
        yield _raise_distance(problem, conflict, others)
    if "coverage" in by_kind:
        yield _leave_out(problem, by_kind["coverage"], others)


def _list_last_resorts(problem: Problem, conflict: Conflict) -> Iterator[list[Change]]:
    """Constraints put up for a price, pairs that are allowed after all, customers let go with their locks."""
    held = [x for x in conflict.limits if x.kind == "lock" and problem.lock_forces[x.number]]
    if held:
        customers = np.unique(problem.lock_customer[[x.number for x in held]])
        yield [*(change.drop(problem, x) for x in held), change.excuse(problem, customers)]
    seen = set()
    for limit in conflict.limits:
        if limit.kind in ("lock", "pair", "group", "coverage"):
            continue
        one = change.put_price(problem, limit)
        if (one.code, one.number) not in seen:
            seen.add((one.code, one.number))
            yield [one]
            if one.code == "price_corridor":
                yield [change.drop_corridor(problem, limit.number)]


# Qualification, distance, coverage --------------------------------------------------------------------------------


def _rank_by_room(problem: Problem, reps: Ints, hours: Ints) -> Ints:
    """Reps with most hours first."""
    order: Ints = reps[np.argsort(-hours[reps], kind="stable")]
    return order


def _list_permits(problem: Problem, limit: Limit, others: Sequence[Limit]) -> Iterator[list[Change]]:
    """One rep more for a tier, each of a few; and all reps, with those whom a good plan then makes use of."""
    tier = limit.number
    closed = np.flatnonzero(~problem.serves[:, tier])
    tried = _rank_by_room(problem, closed, problem.load_limit)[:TRIED]
    found = 0
    for r in tried:
        one = change.permit(problem, tier, np.array([r]))
        if found < SINGLE - 1 and judge_limits(_after(problem, [one], others)).holds:
            found += 1
            yield [one]
    if len(closed) > 1:
        every = change.permit(problem, tier, closed)
        plan = solve(_ease(_after(problem, [every], others))).plan
        mine = plan.owner[problem.tier == tier]
        yield (
            [change.permit(problem, tier, np.intersect1d(closed, mine))]
            if np.isin(mine, closed).any()
            else []
        )


def _list_trainings(problem: Problem, limit: Limit, others: Sequence[Limit]) -> Iterator[list[Change]]:
    """A rep trained in a skill, each of a few; where no single one is enough, those with most hours together."""
    skill = limit.number
    asked = problem.requirements[problem.requirement, skill]
    level = int(asked.max(initial=1))
    lacking = np.flatnonzero(problem.skill[:, skill] < level)
    tried = _rank_by_room(problem, lacking, problem.load_limit)[:TRIED]
    found = 0
    for r in tried:
        one = change.train(problem, skill, level, np.array([r]))
        if judge_limits(_after(problem, [one], others)).holds:
            found += 1
            yield [one]
        if found == SINGLE - 1:
            return
    for count in range(2, len(tried) + 1):
        if found:
            return
        some = change.train(problem, skill, level, np.sort(tried[:count]))
        if judge_limits(_after(problem, [some], others)).holds:
            found += 1
            yield [some]


def _raise_distance(problem: Problem, conflict: Conflict, others: Sequence[Limit]) -> list[Change]:
    """The shortest limit, in whole kilometres, at which the conflict is none."""
    customers = [i for x in conflict.limits for i in x.customers]
    customers += [int(problem.lock_customer[x.number]) for x in conflict.limits if x.kind == "lock"]
    at = np.array(customers or range(problem.n_customers), dtype=np.int64)
    reps = np.arange(problem.n_reps)
    km = problem.distance_km(np.repeat(at, len(reps)), np.tile(reps, len(at)))
    tried = np.unique(np.ceil(km[km > problem.distance_limit]))
    low, high = 0, len(tried)
    while low < high:
        middle = (low + high) // 2
        one = change.raise_distance(problem, int(tried[middle]) * 1000)
        if judge_limits(_after(problem, [one], others)).holds:
            high = middle
        else:
            low = middle + 1
    return [change.raise_distance(problem, int(tried[low]) * 1000)] if low < len(tried) else []


def _leave_out(problem: Problem, covered: Sequence[Limit], others: Sequence[Limit]) -> list[Change]:
    """The customers without whom the rest can be served, chosen by what leaving them out costs."""
    after = lift(problem, [*others, *covered])
    result = solve(_ease(after)) if judge_limits(after).holds else None
    if result is None or not result.ok:
        return []
    at = np.array([i for x in covered for i in x.customers], dtype=np.int64)
    without = at[result.plan.owner[at] == UNSERVED]
    unit = together.find_units(problem)
    customers = np.flatnonzero(np.isin(unit, unit[without]))
    return [change.excuse(problem, customers)] if len(customers) else []


def _ease(problem: Problem) -> Problem:
    """The problem to be searched with less effort where it is large."""
    small = problem.n_customers * problem.n_reps <= SMALL
    return problem if small else replace(problem, effort=SLIGHT * problem.effort)


def _give_hours(
    problem: Problem, limit: Limit, total: int, others: Sequence[Limit], weeks: float | None
) -> list[Change]:
    """Hours for one rep alone where the least cannot be computed: what all need together, or a little more."""
    rep = np.array([limit.rep])
    for share in LADDER:
        hours = problem.load_limit[rep] + int(np.ceil(total * share / UNITS_PER_HOUR)) * UNITS_PER_HOUR
        one = change.raise_hours(problem, rep, hours, weeks)
        if judge_limits(_after(problem, [one], others)).holds:
            return [one]
    return []
