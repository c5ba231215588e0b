"""Distance: no customer lies farther from its owner's home than the limit.

A pair that the ``pairs`` table allows is exempt; without points there is no distance to judge.
"""

from __future__ import annotations

import math

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs

NAME = "distance"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Customers too far from their owner's home."""
    if math.isinf(problem.distance_limit):
        return []
    served = np.flatnonzero(plan.owner >= 0)
    km = problem.distance_km(served, plan.owner[served])
    far = km > problem.distance_limit  # a missing point gives NaN, which is not farther than anything
    found = []
    named = problem.find_pairs(served[far], plan.owner[served[far]])
    for i, d, at in zip(served[far], km[far], named, strict=True):
        if at >= 0 and problem.pair_allowed[at] == 1:
            continue
        price = problem.distance_price
        found.append(
            Violation(
                "too_far",
                NAME,
                hard=price is None,
                amount=float(d - problem.distance_limit),
                unit="km",
                cost=0 if price is None else int(price.of(int(problem.hours[i]))),
                customer_id=problem.customer_ids[i],
                rep_id=problem.rep_ids[plan.owner[i]],
                details={
                    "km": round(float(d), 1),
                    "limit": problem.distance_limit,
                    "hours": problem.hours[i] / UNITS_PER_HOUR,
                },
            )
        )
    return found


def _too_far(problem: Problem, pairs: Pairs) -> Bools:
    far = np.zeros(len(pairs.rep), dtype=bool)
    if math.isinf(problem.distance_limit):
        return far
    customer, rep = pairs.customer[pairs.served], pairs.rep[pairs.served]
    beyond = problem.distance_km(customer, rep) > problem.distance_limit
    if len(problem.pair_key):
        at = problem.find_pairs(customer, rep)
        beyond &= ~((at >= 0) & (problem.pair_allowed[at] == 1))
    far[pairs.served] = beyond
    return far


def find_forbidden(problem: Problem, pairs: Pairs) -> Bools:
    """Pairs beyond the limit, when it is hard."""
    if problem.distance_price is not None:
        return np.zeros(len(pairs.rep), dtype=bool)
    return _too_far(problem, pairs)


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Price of the customer's hours beyond the limit, when it is priced."""
    if problem.distance_price is None:
        return np.zeros(len(pairs.rep), dtype=np.int64)
    return np.where(_too_far(problem, pairs), problem.distance_price.of(problem.hours[pairs.customer]), 0)
