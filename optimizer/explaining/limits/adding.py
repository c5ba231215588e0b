"""Adding: what a plan adds up to where a limit of reps, a count or a budget stands."""

from __future__ import annotations

import numpy as np

from optimizer.explaining.limits.lifting import Limit
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Ints, Problem


def sum_rows(problem: Problem, plan: Plan, limit: Limit) -> Ints:
    """What a plan adds up to where ``limit`` stands: load, size, customers or what is moved, [R] or one for all."""
    owner, n_reps = plan.owner, problem.n_reps
    served = owner != UNSERVED
    if limit.kind == "capacity":
        at = np.flatnonzero(served)
        place, amount = owner[at], problem.pair_load(at, owner[at])
    elif limit.kind == "budget":
        budget = problem.budgets[limit.number]
        counted = plan.moved(problem)
        if budget.scope == "tier":
            counted &= problem.tier == budget.tier
        elif budget.scope == "rep" and budget.direction == "in":
            counted &= served
        at = np.flatnonzero(counted)
        amount = problem.measures[budget.measure].size[at]
        if budget.scope != "rep":
            return np.array([amount.sum()])
        place = (problem.owner if budget.direction == "out" else owner)[at]
    elif limit.kind.startswith("count"):
        tier = problem.counts[limit.number].tier
        at = np.flatnonzero(served if tier is None else served & (problem.tier == tier))
        place, amount = owner[at], np.ones(len(at), dtype=np.int64)
    else:
        at = np.flatnonzero(served)
        place, amount = owner[at], problem.measures[problem.corridors[limit.number].measure].size[at]
    total = np.zeros(n_reps, dtype=np.int64)
    np.add.at(total, place, amount)
    return total
