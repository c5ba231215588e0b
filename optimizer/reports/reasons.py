"""Why each unserved customer has no owner: nobody qualifies, nobody has room, or it did not pay.

Only hard constraints count: one with a price rules nobody out. Customers of one group stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.messages import say
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.reports.standing import Standing, sum_by_rep

PAIRS_AT_ONCE = 2_000_000  # customers x reps looked at in one go: about 200 MB


@dataclass(frozen=True)
class Reason:
    """A code and its sentence."""

    code: str
    sentence: str


def explain_unserved(problem: Problem, standing: Standing, lang: str = "en") -> dict[int, Reason]:
    """The reason of every unserved customer, by index."""
    at = np.flatnonzero(~standing.served)
    if not len(at):
        return {}
    if not problem.n_reps:
        return {int(i): Reason("no_reps", say("unserved.no_reps", lang)) for i in at}
    # Members of a group side by side, so that a cut between chunks never parts them.
    unit = np.where(problem.group[at] >= 0, problem.group[at], problem.group.max(initial=-1) + 1 + at)
    order = np.argsort(unit, kind="stable")
    at, unit = at[order], unit[order]
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
    step = max(1, PAIRS_AT_ONCE // problem.n_reps)
    reasons: dict[int, Reason] = {}
    first = 0
    while first < len(at):
        end = first + step
        cut = starts[np.searchsorted(starts, end, side="left")] if end < starts[-1] else len(at)
        reasons |= _explain(problem, standing, at[first:cut], unit[first:cut], lang)
        first = int(cut)
    return reasons


def _explain(problem: Problem, standing: Standing, at: Ints, unit: Ints, lang: str) -> dict[int, Reason]:
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
    unqualified = find_unqualified(problem, at).items()
    fails = {cause: _join(np.logical_or, flags, starts) for cause, flags in unqualified}
    qualified = ~np.logical_or.reduce(list(fails.values()))
    need, blocks = _find_blocks(problem, standing, at, starts)
    blocked = np.logical_or.reduce(list(blocks.values()))
    left = problem.load_limit - standing.rep_load
    reasons: dict[int, Reason] = {}
    ends = np.r_[starts[1:], len(at)]
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        able = np.flatnonzero(qualified[k])
        gaps: dict[str, Any] = {"reps": problem.n_reps, "qualified": len(able)}
        if not len(able):
            code = "no_qualified_rep"
            i = int(at[start])
            known = {
                "skills": _skills(problem, i),
                "tier": problem.tier_names[problem.tier[i]],
                "km": f"{problem.distance_limit:g}",
            }
            gaps["causes"] = _count_causes("unqualified", fails, k, np.arange(problem.n_reps), lang, known)
        elif not blocked[k][able].all():
            code = "price"
            gaps["price"] = _hours(problem.unserved[at[start:end]].sum())
        elif blocks["capacity"][k][able].all():
            code = "too_big" if (need[k][able] > problem.load_limit[able]).all() else "capacity"
            best = able[np.argmax(left[able])]
            gaps |= {
                "hours": _hours(need[k][able].min()),
                "left": _hours(max(0, left[best])),
                "rep": problem.rep_ids[best],
                "most": _hours(problem.load_limit[able].max()),
            }
        else:
            code = "no_room"
            gaps["causes"] = _count_causes("blocked", blocks, k, able, lang, {})
        sentence = say(f"unserved.{code}", lang, **gaps)
        if end - start > 1:
            sentence += " " + say("unserved.group", lang, count=end - start)
        reasons |= {int(i): Reason(code, sentence) for i in at[start:end]}
    return reasons


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
    blocks = {"capacity": none, "count": none.copy(), "corridor": none.copy(), "apart": none.copy()}
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
            blocks["count"] |= (more > 0) & (limit.high < NO_LIMIT) & (held + more > limit.high)
    for corridor in problem.corridors:
        if corridor.price is None:
            more = np.add.reduceat(problem.measures[corridor.measure].size[at], starts)[:, None]
            blocks["corridor"] |= (more > 0) & (standing.sizes[corridor.measure] + more > corridor.high)
    if problem.apart_price is None and len(problem.apart):
        group_of = np.full(problem.n_customers, -1)
        group_of[at] = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(at)]))
        for mine, other in (problem.apart.T, problem.apart.T[::-1]):
            hit = (group_of[mine] >= 0) & (standing.owner[other] >= 0)
            blocks["apart"][group_of[mine[hit]], standing.owner[other[hit]]] = True
    return need, blocks


def _count_causes(
    area: str, flags: dict[str, Bools], row: int, reps: Ints, lang: str, known: dict[str, Any]
) -> str:
    """``9 lack a skill (cardio 3), 2 are farther than 150 km``: how many of ``reps`` each cause rules out."""
    counts = {cause: int(flag[row][reps].sum()) for cause, flag in flags.items()}
    parts = [say(f"{area}.{cause}", lang, count=n, **known) for cause, n in counts.items() if n]
    return ", ".join(parts)


def _skills(problem: Problem, customer: int) -> str:
    levels = problem.requirements[problem.requirement[customer]]
    return ", ".join(f"{problem.skill_names[s]} {levels[s]}" for s in np.flatnonzero(levels))


def _hours(units: Any) -> str:
    return f"{int(units) / UNITS_PER_HOUR:,.1f}"
