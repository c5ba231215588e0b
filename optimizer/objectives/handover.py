"""Hand-over: hours lost when a customer leaves its owner, weighted by tier and relationship."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Ints, Problem
from optimizer.rows import Pairs

NAME = "handover"


def measure(problem: Problem, plan: Plan) -> Ints:
    """Hand-over hours of each customer with a new owner; a customer left unserved is handed to nobody."""
    changed = (problem.owner != UNSERVED) & (plan.owner != UNSERVED) & (plan.owner != problem.owner)
    return np.where(changed, problem.handover, 0)


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Hand-over hours of each pair that takes a customer from its owner to another rep."""
    return np.where(pairs.moved & pairs.served, problem.handover[pairs.customer], 0)
