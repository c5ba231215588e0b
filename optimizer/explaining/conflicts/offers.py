"""Offers: what could be done about each limit of a conflict, as little as possible; if it is enough, is tried after.

How much a limit must give way is found by letting it alone give way, as little as possible; the plan this takes then
shows that the way is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from optimizer.constraints import together
from optimizer.evaluation import evaluate
from optimizer.explaining.conflicts.conflict_sets import list_setting
from optimizer.explaining.conflicts.giving_way import EXACT, Offer, give_way, say_given
from optimizer.explaining.conflicts.handing import hand_on
from optimizer.explaining.conflicts.holding import PLACES, judge_limits
from optimizer.explaining.conflicts.shrinking import Conflict
from optimizer.explaining.conflicts.trying import Ground, apply_without, ease
from optimizer.explaining.limits import changes as change
from optimizer.explaining.limits.changes import Change
from optimizer.explaining.limits.lifting import RECORDS, Limit, lift
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Floats, Ints, Problem
from optimizer.solving import solve

SINGLE = 3  # reps of whom each alone is asked for more
TRIED = 6  # reps of whom each alone is thought of as trained
SPARED = 20  # verdicts on what need not be dropped where the first of a list are enough
HELPED = {  # limits that one more rep helps against
    "capacity", "count_high", "corridor_high", "skill", "tier", "distance", "coverage",
}  # fmt: skip


def list_offers(ground: Ground, conflict: Conflict, rates: Floats | None) -> Iterator[Offer]:
    """What could be done about each limit of a conflict, as little as possible."""
    problem, others = ground.problem, ground.others
    by_kind: dict[str, list[Limit]] = {}
    for limit in conflict.limits:
        by_kind.setdefault(limit.kind, []).append(limit)
    for kind in change.DROPS.values():
        mine = by_kind.get(kind, [])
        for limit in mine[:SINGLE]:
            yield Offer([change.drop(problem, limit)])
        if mine and kind in RECORDS and (len(mine) > 1 or kind == "lock"):
            yield _drop_least(ground, _list_alike(problem, mine))
    records = [change.drop(problem, limit) for kind in RECORDS for limit in by_kind.get(kind, [])]
    if 1 < len(records) <= 2 * SINGLE:
        yield Offer(records)
    rows = [limit for limit in conflict.limits if limit.kind in PLACES]
    for kind in PLACES:
        mine = [limit for limit in rows if limit.kind == kind]
        if mine:
            yield from _list_givings(problem, mine, others, rates)
    for limit in by_kind.get("tier", []):
        yield from map(Offer, _list_permits(ground, limit))
    for limit in by_kind.get("skill", []):
        yield from map(Offer, _list_trainings(ground, limit, _list_held(problem, conflict)))
    if "distance" in by_kind:
        yield Offer(_raise_distance(ground, conflict))
    if "coverage" in by_kind:
        yield leave_out(ground, by_kind["coverage"])
    if by_kind.keys() & HELPED:
        hired = change.hire(problem, find_named(problem, conflict))
        yield Offer([] if hired is None else [hired])


def _list_givings(
    problem: Problem, mine: Sequence[Limit], others: Sequence[Limit], rates: Floats | None
) -> Iterator[Offer]:
    """Rows of one kind that give way: each alone, all of the conflict, and all of the same settings."""
    kind = mine[0].kind
    corridor = kind.startswith("corridor")  # a tolerance is one number for all reps
    jointly = give_way(problem, mine, others, rates) if len(mine) > 1 or corridor else Offer([])
    for limit in [] if corridor else mine[:SINGLE]:
        alone = Offer([])
        if kind == "capacity" and jointly.plan is not None:
            alone = _give_alone(problem, limit, jointly.plan, others, rates)
        small = problem.n_customers * problem.n_reps <= EXACT  # what is found then is the least
        yield alone if alone.changes and not small else give_way(problem, [limit], others, rates)
    yield jointly
    for number in [] if corridor else dict.fromkeys(limit.number for limit in mine):
        # others may have the same trouble with it
        every = [x for x in list_setting(problem, Limit(kind, number)) if x.kind == kind]
        if len(every) > sum(x.number == number for x in mine):
            yield give_way(problem, every, others, rates)


def _give_alone(
    problem: Problem, limit: Limit, plan: Plan, others: Sequence[Limit], rates: Floats | None
) -> Offer:
    """Hours for one rep alone, who takes what is too much for all others in a plan for which several need hours."""
    after = lift(problem, [*others, limit])
    taken = hand_on(after, plan)
    if not evaluate(after, taken).keeps_all:
        return Offer([])
    return Offer(say_given(problem, taken, [limit], rates), taken)


def find_named(problem: Problem, conflict: Conflict) -> Ints:
    """The customers that a conflict speaks of by name; all where it names none."""
    named = [i for x in conflict.limits for i in x.customers]
    named += [int(problem.lock_customer[x.number]) for x in conflict.limits if x.kind == "lock"]
    return np.unique(np.array(named or range(problem.n_customers), dtype=np.int64))


def _list_held(problem: Problem, conflict: Conflict) -> Ints:
    """The reps to whom locks of a conflict force somebody."""
    at = [x.number for x in conflict.limits if x.kind == "lock" and problem.lock_forces[x.number]]
    return np.unique(problem.lock_rep[at])


def _list_alike(problem: Problem, limits: Sequence[Limit]) -> list[Limit]:
    """The limits with, of locks, all others that force somebody on the same reps; those of most work first."""
    if limits[0].kind != "lock":
        return list(limits)
    reps = problem.lock_rep[[x.number for x in limits]]
    at = np.flatnonzero(problem.lock_forces & np.isin(problem.lock_rep, reps))
    at = np.union1d(at, [x.number for x in limits])
    load = problem.hours[problem.lock_customer[at]]
    return [Limit("lock", int(k)) for k in at[np.argsort(-load, kind="stable")]]


def _drop_least(ground: Ground, limits: Sequence[Limit]) -> Offer:
    """As few of ``limits`` as have to go, if all of them together are enough; those that come first go first.

    The shortest beginning of the list that is enough is halved towards; then of it stays what is not needed, as far as
    ``SPARED`` verdicts go.
    """
    drops = {limit: change.drop(ground.problem, limit) for limit in limits}

    def suffice(gone: Sequence[Limit]) -> bool | None:
        return ground.judge([drops[limit] for limit in gone]).holds

    if not suffice(limits):
        return Offer([])
    short, enough = 0, len(limits)
    unsettled = 0  # whether the last of the beginning is
    while enough - short > 1:
        middle = (short + enough) // 2
        holds = suffice(limits[:middle])
        if holds:
            enough = middle
        else:
            short, unsettled = middle, int(holds is None)
    gone = list(limits[:enough])
    blocks = [gone[-2::-1]] if enough > 1 else []  # without the last the others were not enough
    for _ in range(SPARED):
        if not blocks:
            break
        block = blocks.pop(0)
        rest = [limit for limit in gone if limit not in block]
        holds = suffice(rest)
        if holds:
            gone = rest
        elif len(block) > 1:
            blocks[:0] = [block[: len(block) // 2], block[len(block) // 2 :]]
        else:
            unsettled += holds is None
    return Offer([drops[limit] for limit in gone], unsettled=unsettled + sum(map(len, blocks)))


def _rank_by_room(problem: Problem, reps: Ints, hours: Ints) -> Ints:
    """Reps with most hours first."""
    order: Ints = reps[np.argsort(-hours[reps], kind="stable")]
    return order


def _list_permits(ground: Ground, limit: Limit) -> Iterator[list[Change]]:
    """One rep more for a tier, each of a few; and all reps, with those whom a good plan then makes use of."""
    problem, tier = ground.problem, limit.number
    closed = np.flatnonzero(~problem.serves[:, tier])
    tried = _rank_by_room(problem, closed, problem.load_limit)[:TRIED]
    found = 0
    for r in tried:
        one = change.permit(problem, tier, np.array([r]))
        if found < SINGLE - 1 and ground.judge([one]).holds:
            found += 1
            yield [one]
    if len(closed) > 1:
        every = change.permit(problem, tier, closed)
        verdict = ground.judge([every])
        if verdict.holds:
            after = apply_without(problem, [every], ground.others)
            mine = solve(ease(after), start=verdict.plan).plan.owner[problem.tier == tier]
            used = np.intersect1d(closed, mine)
            yield [change.permit(problem, tier, used)] if len(used) else []


def _list_trainings(ground: Ground, limit: Limit, held: Ints) -> Iterator[list[Change]]:
    """A rep trained in a skill, each of a few; where no single one is enough, those with most hours together.

    ``held``: reps to whom the conflict locks somebody; the others come after them.
    """
    problem, skill = ground.problem, limit.number
    asked = problem.requirements[problem.requirement, skill]
    level = int(asked.max(initial=1))
    lacking = np.flatnonzero(problem.skill[:, skill] < level)
    tried = _rank_by_room(problem, lacking, problem.load_limit)
    tried = tried[np.argsort(~np.isin(tried, held), kind="stable")][:TRIED]
    found = 0
    for r in tried:
        one = change.train(problem, skill, level, np.array([r]))
        if ground.judge([one]).holds:
            found += 1
            yield [one]
        if found == SINGLE - 1:
            return
    for count in range(2, len(tried) + 1):
        if found:
            return
        some = change.train(problem, skill, level, np.sort(tried[:count]))
        if ground.judge([some]).holds:
            found += 1
            yield [some]


def _raise_distance(ground: Ground, conflict: Conflict) -> list[Change]:
    """The shortest limit, in whole kilometres, at which the conflict is none."""
    problem = ground.problem
    at = find_named(problem, conflict)
    reps = np.arange(problem.n_reps)
    km = problem.distance_km(np.repeat(at, len(reps)), np.tile(reps, len(at)))
    tried = np.unique(np.ceil(km[km > problem.distance_limit]))
    low, high = 0, len(tried)
    while low < high:
        middle = (low + high) // 2
        one = change.raise_distance(problem, int(tried[middle]) * 1000)
        if ground.judge([one]).holds:
            high = middle
        else:
            low = middle + 1
    return [change.raise_distance(problem, int(tried[low]) * 1000)] if low < len(tried) else []


def leave_out(ground: Ground, covered: Sequence[Limit]) -> Offer:
    """The customers without whom the rest can be served, chosen by what leaving them out costs."""
    problem = ground.problem
    after = lift(problem, [*ground.others, *covered])
    verdict = judge_limits(after, (hand_on(after, plan) for plan in ground.plans[:1]))
    result = solve(ease(after), start=verdict.plan) if verdict.holds else None
    if result is None or not result.ok:
        return Offer([])
    at = np.array([i for x in covered for i in x.customers], dtype=np.int64)
    without = at[result.plan.owner[at] == UNSERVED]
    unit = together.find_units(problem)
    customers = np.flatnonzero(np.isin(unit, unit[without]))
    return Offer([change.excuse(problem, customers)], result.plan) if len(customers) else Offer([])
