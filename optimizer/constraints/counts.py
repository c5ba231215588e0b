"""Counts: fewest and most customers of a rep, in all and by tier. Unit of the price: a customer outside."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import NO_LIMIT, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs, Rows, build_block, mean_hours

NAME = "counts"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Reps with too few or too many customers."""
    found = []
    for limit in problem.counts:
        chosen = plan.owner >= 0
        if limit.tier is not None:
            chosen = chosen & (problem.tier == limit.tier)
        owned = np.bincount(plan.owner[chosen], minlength=problem.n_reps)
        for r in range(problem.n_reps):
            low, high = int(limit.low[r]), int(limit.high[r])
            outside = max(low - int(owned[r]), int(owned[r]) - high)
            if outside > 0:
                price = problem.count_price
                few = owned[r] < low
                found.append(
                    Violation(
                        "too_few_customers" if few else "too_many_customers",
                        NAME,
                        hard=price is None,
                        amount=outside,
                        unit="customers",
                        cost=0 if price is None else int(price.of(outside)),
                        rep_id=problem.rep_ids[r],
                        tier=None if limit.tier is None else problem.tier_names[limit.tier],
                        details={"count": int(owned[r]), "limit": low if few else high},
                    )
                )
    return found


def build_rows(problem: Problem, pairs: Pairs) -> list[Rows]:
    """One row a rep and limit: the number of its customers (of the tier) within the range."""
    blocks = []
    for number, limit in enumerate(problem.counts):
        entry = np.flatnonzero(
            pairs.served
            if limit.tier is None
            else pairs.served & (problem.tier[pairs.customer] == limit.tier)
        )
        blocks.append(
            build_block(
                NAME,
                pairs.rep[entry],
                entry,
                np.ones(len(entry), dtype=np.int64),
                low=np.where(limit.low > 0, limit.low, -NO_LIMIT),
                high=limit.high,
                price=problem.count_price,
                weight=mean_hours(problem),
                number=number,
            )
        )
    return blocks
