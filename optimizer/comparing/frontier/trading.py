"""Trading: one case at any exchange rate between travel, balance and moves, and what plans are worth at each.

Travel keeps its price; an hour outside a corridor and a customer who leaves its owner cost what the ``Rates`` say,
instead of what the scenario says of corridors and hand-over. Everything else stays: hard constraints, budgets, and the
prices of what is unserved, of misfits and of other limits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.limits import price_measure
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Price, Problem

NEVER = 1_000 * UNITS_PER_HOUR  # what it costs to leave somebody out who can be served


@dataclass(frozen=True)
class Rates:
    """Hours of travel that an hour outside a corridor is worth (``balance``), and a customer who moves (``move``)."""

    balance: float
    move: float


@dataclass(frozen=True, eq=False)
class Trade:
    """A problem whose rates can be set. ``served`` [n]: whom every plan must serve; None: nobody in particular."""

    problem: Problem
    served: Bools | None = None

    def at(self, rates: Rates) -> Problem:
        """The problem at these rates; priced corridors alone are traded, hard ones stay hard."""
        problem, move = self.problem, round(rates.move * UNITS_PER_HOUR)
        owned = problem.owner != UNSERVED
        unserved = problem.unserved + move * owned  # who ends without an owner has moved too
        if self.served is not None:
            unserved = unserved + NEVER * self.served
        return replace(
            problem,
            handover=np.full(problem.n_customers, move, dtype=np.int64),
            unserved=unserved,
            travel_price=problem.travel_price if problem.travel_price.num else Price(1),
            corridors=tuple(
                corridor
                if corridor.price is None
                else replace(
                    corridor,
                    price=price_measure(
                        rates.balance, problem.measures[corridor.measure], problem.measures[0]
                    ),
                )
                for corridor in problem.corridors
            ),
        )

    @cached_property
    def plain(self) -> Problem:
        """The problem in which neither balance nor moves cost anything."""
        return replace(self, served=None).at(Rates(0.0, 0.0))

    def find_rest(self, plan: Plan) -> float:
        """What a plan costs besides balance and moves, in hours: travel at its price, and all else."""
        return evaluate(self.plain, plan).objective_hours

    @property
    def slack(self) -> float:
        """Hours that rounding may put between a plan's objective and what its figures sum to."""
        return (1 + len(self.problem.corridors) * self.problem.n_reps) / UNITS_PER_HOUR
