"""Handing on: of a plan that gives some reps more than they may have, one that gives it to others who may.

A plan that keeps all limits but one is often near: what is too much for one rep goes to the rep whose limit was let go,
and whoever was locked again goes back.
"""

from __future__ import annotations

import numpy as np

from optimizer import constraints
from optimizer.constraints import together
from optimizer.explaining.limits.adding import sum_rows
from optimizer.explaining.limits.lifting import Limit
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import NO_LIMIT, Bools, Ints, Problem
from optimizer.rows import Pairs

TAKERS = 100  # reps, those with most room, of whom each is offered what is too much for another


def hand_on(problem: Problem, plan: Plan) -> Plan:
    """The plan after customers have gone to whom locks force them, then from reps who have too much of a row to others.

    The largest go first; customers who need no owner go before them, to nobody. Groups stay as they are. Whether
    everything holds then is not said.
    """
    unit = together.find_units(problem)
    single = np.bincount(unit, minlength=1)[unit] == 1
    held = np.full(len(unit) + 1, UNSERVED)
    held[unit[problem.lock_customer[problem.lock_forces]]] = problem.lock_rep[problem.lock_forces]
    owner = np.where(held[unit] == UNSERVED, plan.owner, held[unit])
    free = np.full(problem.n_customers, not problem.cover_all)
    free[problem.excused] = True
    free[problem.lock_customer[problem.lock_forces]] = False
    for row, size, high in _list_rows(problem):
        used = sum_rows(problem, Plan(owner), row)
        for giver in np.flatnonzero(used > high).tolist():
            _relieve(problem, owner, giver, (row, size, high), single, free)
    return Plan(owner)


def _list_rows(problem: Problem) -> list[tuple[Limit, Ints | None, Ints]]:
    """Hard upper ends of reps: the row, what customers add to it [n] (None: their hours), and the ends [R]."""
    rows: list[tuple[Limit, Ints | None, Ints]] = []
    if problem.capacity_price is None:
        rows.append((Limit("capacity"), None, problem.load_limit))
    for k, corridor in enumerate(problem.corridors):
        if corridor.price is None:
            rows.append((Limit("corridor_high", k), problem.measures[corridor.measure].size, corridor.high))
    if problem.count_price is None:
        for k, count in enumerate(problem.counts):
            counted = np.ones(problem.n_customers) if count.tier is None else problem.tier == count.tier
            rows.append((Limit("count_high", k), np.asarray(counted, dtype=np.int64), count.high))
    return [row for row in rows if (row[2] < NO_LIMIT).any()]


def _relieve(
    problem: Problem,
    owner: Ints,
    giver: int,
    row: tuple[Limit, Ints | None, Ints],
    single: Bools,
    free: Bools,
) -> None:
    """Take what is too much from one rep, as far as others may have it."""
    limit, size, high = row
    used = sum_rows(problem, Plan(owner), limit)
    room = np.where(high < NO_LIMIT, high - used, NO_LIMIT)
    takers = np.argsort(-room, kind="stable")[:TAKERS]
    for taker in [UNSERVED, *takers[room[takers] > 0].tolist()]:
        excess = used[giver] - high[giver]
        if excess <= 0:
            return
        mine = np.flatnonzero((owner == giver) & single & (free if taker == UNSERVED else True))
        if size is not None:
            mine = mine[size[mine] > 0]
        if not len(mine):
            continue
        pairs = Pairs(problem, mine, np.full(len(mine), taker))
        barred = np.zeros(len(mine), dtype=bool)
        for constraint in constraints.ON_PAIRS:
            barred |= constraint.find_forbidden(problem, pairs)
        lost = problem.pair_load(mine, np.full(len(mine), giver)) if size is None else size[mine]
        won = pairs.load if size is None else size[mine]
        able = np.flatnonzero(~barred)[np.argsort(-lost[~barred], kind="stable")]
        count = int(np.searchsorted(np.cumsum(lost[able]), excess)) + 1
        able = able[:count]
        if taker != UNSERVED:
            able = able[np.cumsum(won[able]) <= room[taker]]
            used[taker] += won[able].sum()
        used[giver] -= lost[able].sum()
        owner[mine[able]] = taker
