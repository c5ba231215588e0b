"""Travel: hours on the road over the horizon, from the owner's home to the customer and back."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import Ints, Problem
from optimizer.rows import Pairs

NAME = "travel"


def measure(problem: Problem, plan: Plan) -> Ints:
    """Priced travel of each served customer to its owner."""
    amount = np.zeros(problem.n_customers, dtype=np.int64)
    served = np.flatnonzero(plan.owner >= 0)
    hours = problem.pair_travel_hours(served, plan.owner[served])
    amount[served] = problem.travel_price.of(hours)
    return amount


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Priced travel of each pair; nobody travels nowhere."""
    return np.asarray(problem.travel_price.of(pairs.travel))
