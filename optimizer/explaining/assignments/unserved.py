"""Unserved: why each customer without an owner has none: nobody qualifies, nobody has room, or it did not pay.

Only hard constraints count: one with a price rules nobody out. Customers of one group stand or fall together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimizer.explaining.assignments.alternatives import ORDER, find_barriers
from optimizer.messages import Joined, say
from optimizer.plan import Plan
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.standing import Standing, stand, sum_by_rep

PAIRS_AT_ONCE = 2_000_000  # customers x reps looked at in one go: about 200 MB
WEIGHED = 500_000  # pairs of those who have room that are weighed to the last milli-hour, some seconds
WEIGHED_AT_ONCE = 100_000


@dataclass(frozen=True)
class UnservedReason:
    """Why a customer, or a group decided as one, has no owner.

    ``code``: no_reps, no_qualified_rep, too_big, capacity, no_room, price (somebody could take it and it costs more
    than leaving it out), missed (somebody could take it and that would save hours). ``rep_id``: the cheapest rep who
    could take it and break nothing, else the qualified rep with most hours left; None where there is neither.
    ``difference``: milli-hours that giving it to that rep would add to the objective; None where it would break a hard
    constraint, or where so many could take so much that not all was weighed. ``causes``: how many reps each hard
    constraint rules out, those of ``no_qualified_rep`` and ``no_room``.
    """

    customers: tuple[int, ...]
    customer_ids: tuple[str, ...]
    code: str
    rep_id: str | None = None
    difference: int | None = None
    causes: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def sentence(self, lang: str = "") -> str:
        """Why, in words."""
        area = "unqualified" if self.code == "no_qualified_rep" else "blocked"
        causes = [
            say(f"{area}.{cause}", lang, count=n, **self.details) for cause, n in self.causes.items() if n
        ]
        gaps = self.details | {"rep": self.rep_id, "causes": Joined(tuple(causes))}
        gaps["dearer"] = abs(self.difference or 0) / UNITS_PER_HOUR
        code = "price_unknown" if self.code == "price" and self.difference is None else self.code
        sentence = say(f"unserved.{code}", lang, **gaps)
        if len(self.customers) > 1:
            sentence += " " + say("unserved.group", lang, count=len(self.customers))
        return sentence


def explain_unserved(
    problem: Problem, plan: Plan, customers: Ints | None = None
) -> tuple[UnservedReason, ...]:
    """The reason of every customer without an owner, each group once, in the order of the customers table.

    ``customers``: of these alone (indices; groups whole). In arrays, in portions of ``PAIRS_AT_ONCE`` pairs of customer
    and rep.
    """
    standing = stand(problem, plan.owner)
    at = np.flatnonzero(~standing.served) if customers is None else customers
    if not len(at):
        return ()
    # Members of a group side by side, so that a cut between portions never parts them.
    unit = np.where(problem.group[at] >= 0, problem.group[at], problem.group.max(initial=-1) + 1 + at)
    order = np.argsort(unit, kind="stable")
    at, unit = at[order], unit[order]
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
    if not problem.n_reps:
        found = [_begin(problem, some, "no_reps") for some in np.split(at, starts[1:])]
    else:
        step = max(1, PAIRS_AT_ONCE // problem.n_reps)
        found, able, first = [], [], 0
        while first < len(at):
            end = first + step
            cut = int(starts[np.searchsorted(starts, end, side="left")]) if end < starts[-1] else len(at)
            for reason, reps in _explain(problem, standing, at[first:cut], unit[first:cut]):
                found.append(reason)
                able.append(reps)
            first = cut
        found = _weigh(problem, plan, found, able)
    return tuple(sorted(found, key=lambda reason: reason.customers[0]))


def _begin(problem: Problem, customers: Ints, code: str, **given: Any) -> UnservedReason:
    return UnservedReason(tuple(customers.tolist()), tuple(problem.customer_ids[customers]), code, **given)


def _explain(
    problem: Problem, standing: Standing, at: Ints, unit: Ints
) -> Iterator[tuple[UnservedReason, Ints]]:
    """The reason of each unit, and the reps who qualify and have room."""
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
    unqualified = find_unqualified(problem, at).items()
    fails = {cause: _join(np.logical_or, flags, starts) for cause, flags in unqualified}
    qualified = ~np.logical_or.reduce(list(fails.values()))
    need, blocks = _find_blocks(problem, standing, at, starts)
    blocked = np.logical_or.reduce(list(blocks.values()))
    left = problem.load_limit - standing.rep_load
    ends = np.r_[starts[1:], len(at)]
    everybody = np.arange(problem.n_reps)
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        able = np.flatnonzero(qualified[k])
        details: dict[str, Any] = {"reps": problem.n_reps, "qualified": len(able)}
        free = able[~blocked[k][able]]
        rep_id, causes = None, {}
        if not len(able):
            code = "no_qualified_rep"
            i = int(at[start])
            details |= {
                "skills": _skills(problem, i),
                "tier": problem.tier_names[problem.tier[i]],
                "km": f"{problem.distance_limit:g}",
            }
            causes = _count_causes(fails, k, everybody)
        elif len(free):
            code = "price"
            details["price"] = _hours(problem.unserved[at[start:end]].sum())
        else:
            best = int(able[np.argmax(left[able])])
            rep_id = str(problem.rep_ids[best])
            details |= {
                "hours": _hours(need[k][able].min()),
                "left": _hours(max(0, left[best])),
                "most": _hours(problem.load_limit[able].max()),
            }
            if blocks["capacity"][k][able].all():
                code = "too_big" if (need[k][able] > problem.load_limit[able]).all() else "capacity"
            else:
                code, causes = "no_room", _count_causes(blocks, k, able)
        yield (
            _begin(problem, at[start:end], code, rep_id=rep_id, causes=causes, details=details),
            free,
        )


def _weigh(
    problem: Problem, plan: Plan, found: list[UnservedReason], able: list[Ints]
) -> list[UnservedReason]:
    """Those that somebody could take, with the cheapest who could and what that would cost, to the last unit."""
    asked = [k for k, reason in enumerate(found) if reason.code == "price"]
    size = np.cumsum([len(able[k]) for k in asked])
    asked = asked[: int(np.searchsorted(size, WEIGHED, side="right"))]
    if not asked:
        return found
    tally = Tally(problem, plan.owner)
    for some in np.array_split(asked, int(size[len(asked) - 1]) // WEIGHED_AT_ONCE + 1):
        if not len(some):
            continue
        option, who, to = [], [], []
        owner_of: list[int] = []
        for k in some.tolist():
            members, reps = np.array(found[k].customers), able[k]
            number = len(owner_of) + np.arange(len(reps))
            option.append(np.repeat(number, len(members)))
            who.append(np.tile(members, len(reps)))
            to.append(np.repeat(reps, len(members)))
            owner_of += [k] * len(reps)
        options = tally.weigh_apart(
            np.concatenate(option), np.concatenate(who), np.concatenate(to), len(owner_of)
        )
        barrier, unit = find_barriers(options), np.array(owner_of)
        order = np.lexsort((options.reps, options.objective, options.breach, unit))
        for at in order[np.unique(unit[order], return_index=True)[1]].tolist():
            k = int(unit[at])
            best = str(problem.rep_ids[options.reps[at]])
            if options.breach[at] > 0:  # a limit that the first look did not know of: budgets of moves
                names, counts = np.unique(barrier[unit == k], return_counts=True)
                causes = {ORDER[b]: int(n) for b, n in zip(names, counts, strict=True) if b >= 0}
                found[k] = replace(found[k], code="no_room", rep_id=best, causes=causes)
            else:
                dearer = int(options.objective[at])
                code = "missed" if dearer < 0 else "price"
                found[k] = replace(found[k], code=code, rep_id=best, difference=dearer)
    return found


def find_unqualified(problem: Problem, at: Ints) -> dict[str, Bools]:
    """By cause, which reps (columns) may not own the customers ``at`` (rows); hard constraints only."""
    shape = (len(at), problem.n_reps)
    lacks = np.zeros((len(problem.requirements), problem.n_reps), dtype=bool)
    if problem.skill_price is None:
        for s in range(len(problem.skill_names)):
            lacks |= problem.requirements[:, s, None] > problem.skill[None, :, s]
    closed = np.zeros(shape, dtype=bool)
    if problem.tier_price is None:
        closed = ~problem.serves[:, problem.tier[at]].T

    row = np.full(problem.n_customers, -1)
    row[at] = np.arange(len(at))
    named, pair_row, pair_rep = _find_named(problem, row)
    far = np.zeros(shape, dtype=bool)
    if problem.distance_price is None and np.isfinite(problem.distance_limit):
        customer, rep = _every_pair(problem, at)
        # A missing point gives NaN, which is not farther than anything.
        far = (problem.distance_km(customer, rep) > problem.distance_limit).reshape(shape)
        waived = problem.pair_allowed[named] == 1
        far[pair_row[waived], pair_rep[waived]] = False

    barred = np.zeros(shape, dtype=bool)
    never = problem.pair_allowed[named] == 0
    barred[pair_row[never], pair_rep[never]] = True
    here = row[problem.lock_customer] >= 0
    rows, reps, forces = row[problem.lock_customer[here]], problem.lock_rep[here], problem.lock_forces[here]
    barred[rows[~forces], reps[~forces]] = True
    for k, r in zip(rows[forces], reps[forces], strict=True):
        barred[k] |= np.arange(problem.n_reps) != r
    return {
        "skill": lacks[problem.requirement[at]],
        "tier": closed,
        "distance": far,
        "lock": barred,
    }


def _every_pair(problem: Problem, at: Ints) -> tuple[Ints, Ints]:
    """Customer and rep of every pair of the customers ``at`` with all reps, customer by customer."""
    return np.repeat(at, problem.n_reps), np.tile(np.arange(problem.n_reps), len(at))


def _find_named(problem: Problem, row: Ints) -> tuple[Ints, Ints, Ints]:
    """The named pairs of customers that have a ``row`` [n]: position, row and rep of each."""
    customer, rep = np.divmod(problem.pair_key, problem.n_reps)
    at = np.flatnonzero(row[customer] >= 0)
    return at, row[customer[at]], rep[at]


def _find_need(problem: Problem, at: Ints) -> Ints:
    """Hours of capacity each of the customers ``at`` would take of each rep, [customers, R]."""
    if problem.count_travel:
        return problem.pair_load(*_every_pair(problem, at)).reshape(len(at), problem.n_reps)
    need = np.repeat(problem.hours[at][:, None], problem.n_reps, axis=1)
    row = np.full(problem.n_customers, -1)
    row[at] = np.arange(len(at))
    named, pair_row, pair_rep = _find_named(problem, row)
    own = problem.pair_hours[named] >= 0
    need[pair_row[own], pair_rep[own]] = problem.pair_hours[named[own]]
    return need


def _join(by: np.ufunc, rows: Any, starts: Ints) -> Any:
    """Rows of the same group as one row; most groups are of one customer, and then nothing is to be done."""
    return rows if len(starts) == len(rows) else by.reduceat(rows, starts)


def _find_blocks(
    problem: Problem, standing: Standing, at: Ints, starts: Ints
) -> tuple[Ints, dict[str, Bools]]:
    """Hours each group needs of each rep [groups, R], and by cause which reps cannot take it now."""
    need = _join(np.add, _find_need(problem, at), starts)
    none = np.zeros(need.shape, dtype=bool)
    blocks = {name: none.copy() for name in ("capacity", "counts", "corridors", "apart")}
    if problem.capacity_price is None:
        blocks["capacity"] = standing.rep_load + need > problem.load_limit
    if problem.count_price is None:
        for limit in problem.counts:
            mine = np.ones(len(at), dtype=np.int64) if limit.tier is None else problem.tier[at] == limit.tier
            more = np.add.reduceat(mine.astype(np.int64), starts)[:, None]
            held = standing.customers
            if limit.tier is not None:
                of_tier = (problem.tier == limit.tier).astype(np.int64)
                held = sum_by_rep(standing.owner, of_tier, problem.n_reps)
            blocks["counts"] |= (more > 0) & (limit.high < NO_LIMIT) & (held + more > limit.high)
    for corridor in problem.corridors:
        if corridor.price is None:
            more = np.add.reduceat(problem.measures[corridor.measure].size[at], starts)[:, None]
            blocks["corridors"] |= (more > 0) & (standing.sizes[corridor.measure] + more > corridor.high)
    if problem.apart_price is None and len(problem.apart):
        group_of = np.full(problem.n_customers, -1)
        group_of[at] = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(at)]))
        for mine, other in (problem.apart.T, problem.apart.T[::-1]):
            hit = (group_of[mine] >= 0) & (standing.owner[other] >= 0)
            blocks["apart"][group_of[mine[hit]], standing.owner[other[hit]]] = True
    return need, blocks


def _count_causes(flags: dict[str, Bools], row: int, reps: Ints) -> dict[str, int]:
    """How many of ``reps`` each cause rules out."""
    return {cause: int(flag[row][reps].sum()) for cause, flag in flags.items()}


def _skills(problem: Problem, customer: int) -> str:
    levels = problem.requirements[problem.requirement[customer]]
    return ", ".join(f"{problem.skill_names[s]} {levels[s]}" for s in np.flatnonzero(levels))


def _hours(units: Any) -> str:
    return f"{int(units) / UNITS_PER_HOUR:,.1f}"
