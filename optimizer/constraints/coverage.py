"""Coverage: every customer has an owner, where the planner insists on it."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs

NAME = "coverage"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Customers without an owner, when all must have one."""
    if not problem.cover_all:
        return []
    return [
        Violation(
            "unserved",
            NAME,
            hard=True,
            amount=problem.hours[i] / UNITS_PER_HOUR,
            unit="hours",
            customer_id=problem.customer_ids[i],
            tier=problem.tier_names[problem.tier[i]],
        )
        for i in np.setdiff1d(np.flatnonzero(plan.owner == UNSERVED), problem.excused)
    ]


def find_forbidden(problem: Problem, pairs: Pairs) -> Bools:
    """Nobody as owner, when all must have one."""
    if not problem.cover_all:
        return np.zeros(len(pairs.rep), dtype=bool)
    nobody = ~pairs.served
    if len(problem.excused):
        nobody[np.isin(pairs.customer, problem.excused)] = False
    return nobody


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Nothing: leaving a customer out is an objective when it is allowed."""
    return np.zeros(len(pairs.rep), dtype=np.int64)
