"""Repairs: ways out of a conflict, each tried by solving the problem with it, the cheapest first.

How much a limit must give way is found by letting it alone give way, as little as possible; the plan this takes then
shows that the way is open. Its price is what the best plan found beyond it costs, with the hours it asks for: where the
problem is large, all ways are searched with a fiftieth of the effort, and the cheapest few then with twice as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np

from optimizer.constraints import together
from optimizer.explaining import changes as change
from optimizer.explaining.changes import Change, apply_changes
from optimizer.explaining.conflicts import FEW, RECORDS, Conflict, choose_release, list_setting
from optimizer.explaining.giving_way import Offer, give_way
from optimizer.explaining.holding import PLACES, judge_limits
from optimizer.explaining.lifting import Limit, lift, split_coverage
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.result import Status
from optimizer.solving import solve

SINGLE = 3  # reps of whom each alone is asked for more
TRIED = 6  # reps of whom each alone is thought of as trained
LADDER = (1.0, 1.02, 1.05, 1.1, 1.25)  # of the hours that all need together, tried for one rep alone
ENOUGH = 3  # ways out, before the constraint itself is put up for a price
SMALL = 500  # pairs of customer and rep up to which every way is searched with all effort
ROUGH, FINE = 0.02, 0.04  # of the effort beyond: to tell the cheaper ways from the dearer, and then of these
ALWAYS_HARD = ("lock", "pair", "group")  # limits that have no price
NEAR = 0.02  # of the objective: nearer to the best possible no way out of a large problem is searched
TWOS = 6  # pairs of changes tried together
FIRST = {
    *change.DROPS,
    "excuse",
    "permit",
    "train",
}  # changes after which limits of reps may have to give way, too
JOINT = 12  # sets of changes tried for several conflicts at once
HELPED = {
    "capacity",
    "count_high",
    "corridor_high",
    "skill",
    "tier",
    "distance",
    "coverage",
}  # by one more rep


@dataclass(frozen=True, eq=False)
class WayOut:
    """Changes after which everything holds.

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
) -> list[WayOut]:
    """Up to ``most`` ways out of all ``conflicts`` at once, the cheapest first.

    After the changes of any one of them everything holds. ``weeks`` of the horizon let hours be told by the week.
    """
    found: list[list[WayOut]] = []
    for at, conflict in enumerate(conflicts):
        others = [
            limit
            for k, other in enumerate(conflicts)
            if k != at
            for limit in choose_release(problem, other, conflict.limits)
        ]
        found.append(_find_ways(problem, conflict, others, weeks, most))
    ways = found[0] if len(found) == 1 else _join_ways(problem, found, most)
    if conflicts and len(ways) < ENOUGH:  # there may be more causes than were looked for
        known = {frozenset(way.changes) for way in ways}
        for offer in _list_for_all(problem, conflicts):
            if offer.changes and frozenset(offer.changes) not in known:
                way = try_changes(problem, offer.changes, plan=offer.plan)
                ways += [] if way is None else [way]
    return sorted((_refine(problem, way) for way in ways), key=lambda way: (way.price, len(way.changes)))


def _join_ways(problem: Problem, own: Sequence[Sequence[WayOut]], most: int) -> list[WayOut]:
    """Ways out of all conflicts at once: of each the cheapest of its own ways; then without one change after the other
    of those found so (as Lawler 1972 lists the best answers). None where a conflict has no way of its own.
    """  # fmt: skip
    found: dict[frozenset[Change], WayOut] = {}
    waiting: list[frozenset[Change]] = [frozenset()]
    for _ in range(JOINT):
        if not waiting or len(found) >= most:
            break
        banned = waiting.pop(0)
        chosen = [next((way for way in ways if not banned & set(way.changes)), None) for ways in own]
        if any(way is None for way in chosen):
            continue
        changed = _prune(problem, list(dict.fromkeys(c for way in chosen if way for c in way.changes)))
        way = found.get(frozenset(changed)) or try_changes(problem, changed)
        if way is not None:
            found[frozenset(changed)] = way
            waiting += [banned | {one} for one in changed]
    return list(found.values())


def _prune(problem: Problem, changed: list[Change]) -> list[Change]:
    """Without changes that the others are enough without: what one conflict takes may mend another."""
    for one in list(changed) if len(changed) > 1 else []:
        fewer = [other for other in changed if other is not one]
        if judge_limits(apply_changes(problem, fewer)).holds:
            changed = fewer
    return changed


def try_changes(
    problem: Problem, changed: Sequence[Change], others: Sequence[Limit] = (), plan: Plan | None = None
) -> WayOut | None:
    """The way out that ``changed`` is, with a good plan beyond it; None when no plan keeps everything there.

    ``others``: hard limits that are gone for the moment, numbered as the changes in the whole problem. ``plan``: one
    that may keep everything then. A problem with more than ``SMALL`` pairs is searched with little effort.
    """
    after = _after(problem, changed, others)
    verdict = judge_limits(after, [] if plan is None else [plan])
    large = after.n_customers * after.n_reps > SMALL
    if verdict.holds is False or (verdict.holds is None and large):  # a search that failed is not begun again
        return None
    result = solve(_ease(after), start=verdict.plan)
    if not result.ok:
        return None
    given = sum(c.given for c in changed)
    proved = result.status is Status.OPTIMAL and not others
    return WayOut(tuple(changed), result.plan, result.objective, given, proved)


def _refine(problem: Problem, way: WayOut) -> WayOut:
    """The same with a better plan, if one is found."""
    after = apply_changes(problem, way.changes)
    if way.proved or after.n_customers * after.n_reps <= SMALL:
        return way
    result = solve(_ease(after, FINE), start=way.plan)
    return replace(way, plan=result.plan, objective=result.objective, proved=result.status is Status.OPTIMAL)


def _find_ways(
    problem: Problem, conflict: Conflict, others: Sequence[Limit], weeks: float | None, most: int
) -> list[WayOut]:
    """Ways out of one conflict when ``others`` are let go, the cheapest first."""
    found: dict[tuple[Change, ...], WayOut] = {}

    def offer(offers: Iterable[Offer], until: int) -> None:
        for some in offers:
            key = tuple(some.changes)
            if len(found) >= until:
                return
            if key and key not in found:
                way = try_changes(problem, some.changes, others, some.plan)
                if way is not None:
                    found[key] = way

    single = list(_list_changes(problem, conflict, others, weeks))
    offer(single, until=len(single))
    offer(_list_last_resorts(problem, conflict), until=ENOUGH)
    offer(_combine(problem, single, conflict, others, weeks), until=ENOUGH)
    return sorted(found.values(), key=lambda way: (way.price, len(way.changes)))[:most]


def _after(problem: Problem, some: Sequence[Change], others: Sequence[Limit]) -> Problem:
    """The problem after changes without other limits; both are numbered as in the problem."""
    drops = [Limit(change.DROPS[c.code], c.number) for c in some if c.code in change.DROPS]
    kept = [c for c in some if c.code not in change.DROPS]
    return lift(apply_changes(problem, kept), {*drops, *others})


def _list_changes(
    problem: Problem, conflict: Conflict, others: Sequence[Limit], weeks: float | None
) -> Iterator[Offer]:
    """What could be done about each limit of a conflict, as little as possible."""
    by_kind: dict[str, list[Limit]] = {}
    for limit in conflict.limits:
        by_kind.setdefault(limit.kind, []).append(limit)
    for kind in change.DROPS.values():
        mine = by_kind.get(kind, [])
        for limit in mine[:SINGLE]:
            yield Offer([change.drop(problem, limit)])
        if mine and kind in RECORDS and (len(mine) > 1 or kind == "lock"):
            yield Offer(_drop_least(problem, _list_alike(problem, mine), others))
    records = [change.drop(problem, limit) for kind in RECORDS for limit in by_kind.get(kind, [])]
    if 1 < len(records) <= 2 * SINGLE:
        yield Offer(records)
    rows = [limit for limit in conflict.limits if limit.kind in PLACES]
    for kind in PLACES:
        mine = [limit for limit in rows if limit.kind == kind]
        jointly = give_way(problem, mine, others, weeks) if len(mine) > 1 else Offer([])
        total = sum(one.given for one in jointly.changes)
        for limit in mine[:SINGLE]:
            alone = give_way(problem, [limit], others, weeks)
            yield alone if alone.changes or not total else _give_hours(problem, limit, total, others, weeks)
        yield jointly
        for number in dict.fromkeys(
            limit.number for limit in mine
        ):  # others may have the same trouble with it
            every = [x for x in list_setting(problem, Limit(kind, number)) if x.kind == kind]
            if len(every) > sum(x.number == number for x in mine):
                yield give_way(problem, every, others, weeks)
    for limit in by_kind.get("tier", []):
        yield from map(Offer, _list_permits(problem, limit, others))
    for limit in by_kind.get("skill", []):
        yield from map(Offer, _list_trainings(problem, limit, others))
    if "distance" in by_kind:
        yield Offer(_raise_distance(problem, conflict, others))
    if "coverage" in by_kind:
        yield _leave_out(problem, by_kind["coverage"], others)
    if by_kind.keys() & HELPED:
        hired = change.hire(problem, _find_customers(problem, conflict))
        yield Offer([] if hired is None else [hired])


def _list_for_all(problem: Problem, conflicts: Sequence[Conflict]) -> Iterator[Offer]:
    """What is enough for all conflicts, those not found among them: customers left out, and constraints at a price."""
    yield _leave_out(problem, split_coverage(problem, np.arange(problem.n_customers)), ())
    every = [limit for conflict in conflicts for limit in conflict.limits]
    priced = [change.put_price(problem, x) for x in every if x.kind not in (*ALWAYS_HARD, "coverage")]
    priced = list(dict.fromkeys(priced))
    for one in priced:
        yield Offer([one])
    yield Offer(priced)


def _combine(
    problem: Problem,
    single: Sequence[Offer],
    conflict: Conflict,
    others: Sequence[Limit],
    weeks: float | None,
) -> Iterator[Offer]:
    """Something that could be done, and what limits of reps must then give way besides: where neither is enough."""
    settings = dict.fromkeys((x.kind, x.number) for x in conflict.limits if x.kind in PLACES)
    firm = [some.changes for some in single if some.changes and all(c.code in FIRST for c in some.changes)]
    left_out = [i for x in conflict.limits for i in x.customers]
    if 0 < len(left_out) <= FEW:
        firm = [[change.excuse(problem, np.array(sorted(left_out)))], *firm]
    for changes, (kind, number) in islice(product(firm, settings), TWOS):
        after = _after(problem, changes, others)
        rows = [x for x in list_setting(after, Limit(kind, number)) if x.kind == kind]
        more = give_way(after, rows, (), weeks) if rows else Offer([])
        if more.changes:
            yield Offer([*changes, *more.changes], more.plan)


def _find_customers(problem: Problem, conflict: Conflict) -> Ints:
    """The customers that a conflict speaks of by name; all where it names none."""
    named = [i for x in conflict.limits for i in x.customers]
    named += [int(problem.lock_customer[x.number]) for x in conflict.limits if x.kind == "lock"]
    return np.unique(np.array(named or range(problem.n_customers), dtype=np.int64))


def _list_alike(problem: Problem, limits: Sequence[Limit]) -> list[Limit]:
    """The limits with, of locks, all others that force somebody on the same reps; those of most work first."""
    if limits[0].kind != "lock":
        return list(limits)
    reps = problem.lock_rep[[x.number for x in limits]]
    at = np.flatnonzero(problem.lock_forces & np.isin(problem.lock_rep, reps))
    at = np.union1d(at, [x.number for x in limits])
    load = problem.hours[problem.lock_customer[at]]
    return [Limit("lock", int(k)) for k in at[np.argsort(-load, kind="stable")]]


def _drop_least(problem: Problem, limits: Sequence[Limit], others: Sequence[Limit]) -> list[Change]:
    """As few of ``limits`` as have to go, if all of them together are enough; those that come first go first."""
    gone = set(limits)
    plans: list[Plan] = []
    verdict = judge_limits(lift(problem, {*gone, *others}))
    if not verdict.holds:
        return []
    blocks = [list(reversed(limits))]
    while blocks:
        block = blocks.pop(0)
        plans = [*plans, verdict.plan][-2:] if verdict.plan is not None else plans
        verdict = judge_limits(lift(problem, {*(gone - set(block)), *others}), plans)
        if verdict.holds:
            gone -= set(block)
        elif len(block) > 1:
            blocks[:0] = [block[: len(block) // 2], block[len(block) // 2 :]]
    return [change.drop(problem, limit) for limit in limits if limit in gone]


def _list_last_resorts(problem: Problem, conflict: Conflict) -> Iterator[Offer]:
    """Constraints put up for a price, pairs that are allowed after all, customers let go with their locks."""
    held = [x for x in conflict.limits if x.kind == "lock" and problem.lock_forces[x.number]]
    if held:
        customers = np.unique(problem.lock_customer[[x.number for x in held]])
        yield Offer([*(change.drop(problem, x) for x in held), change.excuse(problem, customers)])
    seen = set()
    for limit in conflict.limits:
        if limit.kind in (*ALWAYS_HARD, "coverage"):
            continue
        one = change.put_price(problem, limit)
        if (one.code, one.number) not in seen:
            seen.add((one.code, one.number))
            yield Offer([one])
            if one.code == "price_corridor":
                yield Offer([change.drop_corridor(problem, limit.number)])


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
        after = _after(problem, [every], others)
        verdict = judge_limits(after)
        if verdict.holds:
            mine = solve(_ease(after), start=verdict.plan).plan.owner[problem.tier == tier]
            used = np.intersect1d(closed, mine)
            yield [change.permit(problem, tier, used)] if len(used) else []


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
    at = _find_customers(problem, conflict)
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


def _leave_out(problem: Problem, covered: Sequence[Limit], others: Sequence[Limit]) -> Offer:
    """The customers without whom the rest can be served, chosen by what leaving them out costs."""
    after = lift(problem, [*others, *covered])
    verdict = judge_limits(after)
    result = solve(_ease(after), start=verdict.plan) if verdict.holds else None
    if result is None or not result.ok:
        return Offer([])
    at = np.array([i for x in covered for i in x.customers], dtype=np.int64)
    without = at[result.plan.owner[at] == UNSERVED]
    unit = together.find_units(problem)
    customers = np.flatnonzero(np.isin(unit, unit[without]))
    return Offer([change.excuse(problem, customers)], result.plan) if len(customers) else Offer([])


def _ease(problem: Problem, effort: float = ROUGH) -> Problem:
    """The problem to be searched with less effort, and less far, where it is large."""
    if problem.n_customers * problem.n_reps <= SMALL:
        return problem
    return replace(problem, effort=effort * problem.effort, gap=max(problem.gap, NEAR))


def _give_hours(
    problem: Problem, limit: Limit, total: int, others: Sequence[Limit], weeks: float | None
) -> Offer:
    """Hours for one rep alone where the least cannot be computed: what all need together, or a little more."""
    rep = np.array([limit.rep])
    for share in LADDER:
        hours = problem.load_limit[rep] + int(np.ceil(total * share / UNITS_PER_HOUR)) * UNITS_PER_HOUR
        one = change.raise_hours(problem, rep, hours, weeks)
        verdict = judge_limits(_after(problem, [one], others))
        if verdict.holds:
            return Offer([one], verdict.plan)
    return Offer([])
