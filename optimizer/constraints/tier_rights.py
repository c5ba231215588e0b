"""Tier rights: a rep serves only the tiers that are permitted to the rep or the rep's role."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs

NAME = "tier_rights"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Customers whose owner may not serve their tier."""
    found = []
    served = np.flatnonzero(plan.owner >= 0)
    for i in served[~problem.serves[plan.owner[served], problem.tier[served]]]:
        hours = int(problem.hours[i])
        found.append(
            Violation(
                "tier_not_permitted",
                NAME,
                hard=problem.tier_price is None,
                amount=hours / UNITS_PER_HOUR,
                unit="hours",
                cost=0 if problem.tier_price is None else int(problem.tier_price.of(hours)),
                customer_id=problem.customer_ids[i],
                rep_id=problem.rep_ids[plan.owner[i]],
                tier=problem.tier_names[problem.tier[i]],
            )
        )
    return found


def _unpermitted(problem: Problem, pairs: Pairs) -> Bools:
    return pairs.served & ~problem.serves[pairs.rep, problem.tier[pairs.customer]]


def find_forbidden(problem: Problem, pairs: Pairs) -> Bools:
    """Pairs of a tier the rep may not serve, when that is hard."""
    if problem.tier_price is not None:
        return np.zeros(len(pairs.rep), dtype=bool)
    return _unpermitted(problem, pairs)


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Price of the customer's hours with such a rep, when it is priced."""
    if problem.tier_price is None:
        return np.zeros(len(pairs.rep), dtype=np.int64)
    return np.where(_unpermitted(problem, pairs), problem.tier_price.of(problem.hours[pairs.customer]), 0)
