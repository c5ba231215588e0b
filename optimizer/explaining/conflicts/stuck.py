"""Stuck: customers who may go to nobody even if they were alone, why the first of them may not, and who else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.constraints import together
from optimizer.explaining.conflicts.breaking import find_touched
from optimizer.explaining.conflicts.holding import find_stuck, forbid_alone, model_limits
from optimizer.explaining.conflicts.shrinking import Asker, Conflict, shrink
from optimizer.explaining.limits.lifting import LOOSE, RECORDS, Limit, keep_only, split_coverage
from optimizer.problem import Ints, Problem


def find_stuck_customers(problem: Problem) -> Ints:
    """Customers who may go to nobody even if they were alone."""
    model = forbid_alone(model_limits(problem).model)
    return np.flatnonzero(find_stuck(model)[model.unit_of_customer])


def explain_stuck(problem: Problem, asker: Asker, stuck: Ints) -> Conflict | None:
    """Why the first of these customers can go to nobody, with all others for whom the same is why."""
    unit = together.find_units(problem)
    mine = set(np.flatnonzero(unit == unit[stuck[0]]).tolist())
    every = [
        limit
        for limit in asker.every
        if limit.kind not in (*LOOSE, "coverage")
        and (limit.kind not in RECORDS or mine & set(find_touched(problem, limit).tolist()))
    ]
    budgets = [limit for limit in asker.every if limit.kind == "budget"]
    cover = split_coverage(problem, np.array(sorted(mine)), each=True) if problem.cover_all else []
    for limits in ([*every, *cover], [*budgets, *every, *cover]):
        if asker.ask(limits).holds is False:
            conflict = shrink(problem, limits, asker.ask)
            return _generalise(problem, conflict, stuck, asker)
    return None


def _generalise(problem: Problem, conflict: Conflict, stuck: Ints, asker: Asker) -> Conflict:
    """The same conflict for everybody who is stuck by it alone, and would not be without any one of its limits."""
    covered = [limit for limit in conflict.limits if limit.kind == "coverage"]
    if (
        len(covered) != 1
        or not conflict.minimal
        or any(x.kind in ("lock", "pair", "group") for x in conflict.limits)
    ):
        return conflict
    others = [limit for limit in conflict.limits if limit.kind != "coverage"]
    alone = stuck[problem.group[stuck] < 0]

    def remain_stuck(limits: Sequence[Limit]) -> Ints:
        everybody = Limit("coverage", customers=tuple(alone.tolist()))
        asked = keep_only(problem, [*limits, everybody], asker.every)
        return np.intersect1d(find_stuck_customers(asked), alone)

    alike = remain_stuck(others)
    for limit in others:
        alike = np.setdiff1d(alike, remain_stuck([x for x in others if x is not limit]))
    if len(alike) <= 1:
        return conflict
    limits = (*others, Limit("coverage", customers=tuple(alike.tolist())))
    plans = [asker.ask([x for x in limits if x is not limit]).plan for limit in limits]
    if any(plan is None for plan in plans):
        return conflict  # single customers could, but not all of them at once
    return Conflict(limits, proved=True, plans=tuple(plans))
