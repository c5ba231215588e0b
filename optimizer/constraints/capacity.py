"""Capacity: the hours of a territory fit the selling hours of its rep. Unit of the price: an hour above."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Price, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs, Rows, build_block

NAME = "capacity"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Reps whose customers take more hours than they have."""
    served = np.flatnonzero(plan.owner >= 0)
    load = np.zeros(problem.n_reps, dtype=np.int64)
    np.add.at(load, plan.owner[served], problem.pair_load(served, plan.owner[served]))
    found = []
    for r in np.flatnonzero(load > problem.load_limit):
        above = int(load[r] - problem.load_limit[r])
        price = problem.capacity_price
        found.append(
            Violation(
                "over_capacity",
                NAME,
                hard=price is None,
                amount=above / UNITS_PER_HOUR,
                unit="hours",
                cost=0 if price is None else int(price.of(above)),
                rep_id=problem.rep_ids[r],
                details={
                    "load": round(int(load[r]) / UNITS_PER_HOUR, 3),
                    "limit": round(int(problem.load_limit[r]) / UNITS_PER_HOUR, 3),
                },
            )
        )
    return found


def build_rows(problem: Problem, pairs: Pairs) -> list[Rows]:
    """One row a rep: the load of its pairs up to its limit."""
    entry = np.flatnonzero(pairs.served)
    return [
        build_block(
            NAME,
            pairs.rep[entry],
            entry,
            pairs.load[entry],
            high=problem.load_limit,
            price=problem.capacity_price,
            weight=Price(1),
        )
    ]
