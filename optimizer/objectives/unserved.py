"""Unserved: what leaving a customer without an owner costs, a multiple of its hours by tier."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Ints, Problem
from optimizer.rows import Pairs

NAME = "unserved"


def measure(problem: Problem, plan: Plan) -> Ints:
    """Price of each customer that has no owner."""
    return np.where(plan.owner == UNSERVED, problem.unserved, 0)


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Price of the pairs with nobody."""
    return np.where(pairs.served, 0, problem.unserved[pairs.customer])
