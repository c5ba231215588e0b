"""Corridors: every territory's sum of a measure stays within a range around its target."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import Violation
from optimizer.rows import Pairs, Rows, build_block, exchange

NAME = "corridors"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Territories below or above a corridor."""
    found = []
    served = plan.owner >= 0
    for corridor in problem.corridors:
        measure = problem.measures[corridor.measure]
        total = np.zeros(problem.n_reps, dtype=np.int64)
        np.add.at(total, plan.owner[served], measure.size[served])
        for r in np.flatnonzero((total < corridor.low) | (total > corridor.high)):
            low, high, value = int(corridor.low[r]), int(corridor.high[r]), int(total[r])
            outside = max(low - value, value - high)
            price = corridor.price
            found.append(
                Violation(
                    "below_corridor" if value < low else "above_corridor",
                    NAME,
                    hard=price is None,
                    amount=outside / measure.scale,
                    unit=measure.name,
                    cost=0 if price is None else int(price.of(outside)),
                    rep_id=problem.rep_ids[r],
                    measure=measure.name,
                    details={
                        "value": value / measure.scale,
                        "low": low / measure.scale,
                        "high": high / measure.scale,
                        "target": float(corridor.target[r]) / measure.scale,
                    },
                )
            )
    return found


def build_rows(problem: Problem, pairs: Pairs) -> list[Rows]:
    """One row a rep and corridor: its sum of the measure within the range."""
    entry = np.flatnonzero(pairs.served)
    return [
        build_block(
            NAME,
            pairs.rep[entry],
            entry,
            problem.measures[corridor.measure].size[pairs.customer[entry]],
            low=corridor.low,
            high=corridor.high,
            price=corridor.price,
            weight=exchange(problem, corridor.measure),
            number=number,
        )
        for number, corridor in enumerate(problem.corridors)
    ]
