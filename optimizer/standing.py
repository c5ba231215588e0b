"""How every customer and every rep stands under one plan: hours, travel and measures.

Present and planned owners go through the same function, so that before and after are always comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Bools, Ints, Problem


@dataclass(frozen=True, eq=False)
class Standing:
    """Amounts under one set of owners; hours and travel in milli-hours, measures in their own units."""

    owner: Ints  # [n] index of the rep, -1 unserved
    load: Ints  # [n] hours of capacity it takes; the customer's own hours when unserved
    travel: Ints  # [n] 0 when unserved
    customers: Ints  # [R]
    rep_load: Ints  # [R]
    rep_travel: Ints  # [R]
    sizes: Ints  # [M, R] what each rep holds of each measure

    @property
    def served(self) -> Bools:
        """Which customers have an owner."""
        return self.owner >= 0

    def inside(self, problem: Problem, corridor: int) -> Bools:
        """Which reps keep to a corridor (index into the problem's)."""
        wanted = problem.corridors[corridor]
        held = self.sizes[wanted.measure]
        kept: Bools = (held >= wanted.low) & (held <= wanted.high)
        return kept


def sum_by_rep(owner: Ints, amount: Ints, reps: int) -> Ints:
    """Exact whole sums of ``amount`` [n] for each of the reps; the unserved count for nobody."""
    total = np.zeros(reps, dtype=np.int64)
    served = owner >= 0
    np.add.at(total, owner[served], amount[served])
    return total


def stand(problem: Problem, owner: Ints) -> Standing:
    """Hours, travel and measures of every customer and rep when ``owner`` [n] holds."""
    at = np.flatnonzero(owner >= 0)
    load, travel = problem.hours.copy(), np.zeros(problem.n_customers, dtype=np.int64)
    load[at] = problem.pair_load(at, owner[at])
    travel[at] = problem.pair_travel_hours(at, owner[at])
    reps = problem.n_reps
    sizes = [sum_by_rep(owner, measure.size, reps) for measure in problem.measures]
    return Standing(
        owner=owner,
        load=load,
        travel=travel,
        customers=sum_by_rep(owner, np.ones_like(load), reps),
        rep_load=sum_by_rep(owner, load, reps),
        rep_travel=sum_by_rep(owner, travel, reps),
        sizes=np.array(sizes, dtype=np.int64).reshape(len(sizes), reps),
    )
