"""Pair cost: what the ``pairs`` table says one customer with one rep costs (or, below zero, gains) in hours."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import Ints, Problem
from optimizer.rows import Pairs

NAME = "pair_cost"


def measure(problem: Problem, plan: Plan) -> Ints:
    """The named cost of each customer with its owner."""
    amount = np.zeros(problem.n_customers, dtype=np.int64)
    customer, rep = np.divmod(problem.pair_key, problem.n_reps)
    chosen = plan.owner[customer] == rep
    amount[customer[chosen]] = problem.pair_cost[chosen]
    return amount


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """The named cost of each pair."""
    cost = np.zeros(len(pairs.rep), dtype=np.int64)
    if len(problem.pair_key):
        at = problem.find_pairs(pairs.customer, np.maximum(pairs.rep, 0))
        named = pairs.served & (at >= 0)
        cost[named] = problem.pair_cost[at[named]]
    return cost
