"""Drift: how much dearer the plan in force has become than any fresh plan of the same state could be.

Quick assignments, small rebalances and the news itself each move the plan a little away from what a fresh plan would
be. Nobody has to make that plan to know how far: its bound says what no plan costs less than.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.building import build_problem
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.rebalancing.proposing.walking import place
from optimizer.rebalancing.replay.state import State
from optimizer.solving.modelling.candidates import find_candidates, takes_all_pairs
from optimizer.solving.modelling.model import build_model
from optimizer.solving.pricing.far_pairs import price_far_pairs
from optimizer.solving.pricing.sifting import find_rough_prices, sift_prices

ROUGH = 0.1  # of the work that prices deserve: they prove most of the bound in the first steps


@dataclass(frozen=True)
class Drift:
    """What the plan in force costs, and what no plan costs less than; milli-hours, hand-over from it counted.

    ``planned``: the share that it had at most on the day it was made.
    """

    objective: int
    bound: float
    planned: float = 0.0

    @property
    def hours(self) -> float:
        """Hours by which the plan is above the bound; none where it breaks so much that it is below."""
        return max(0.0, self.objective - self.bound) / UNITS_PER_HOUR

    @property
    def share(self) -> float:
        """The same as a share of what the plan costs."""
        return self.hours * UNITS_PER_HOUR / max(abs(self.objective), 1)


def measure_drift(state: State) -> Drift:
    """The drift of the plan in force on the evening of ``state``; frozen customers stay in every plan compared.

    Whoever has no owner counts as placed with the best one near: that is a quick assignment and no fault of the plan.
    """
    problem = build_problem(state.held_case())
    _, objective = Tally(problem, place(problem, problem.owner)).total()
    if not problem.n_customers or not problem.n_reps:
        return Drift(objective, float(objective))
    return Drift(objective, find_rough_bound(problem))


def find_rough_bound(problem: Problem, should_stop: Callable[[], bool] = lambda: False) -> float:
    """What no plan that keeps every hard constraint costs less than, from a few steps of climbing; milli-hours."""
    whole = takes_all_pairs(problem)
    model = build_model(problem, *find_candidates(problem, Plan(problem.owner)), whole=whole)
    prices = find_rough_prices(model, should_stop=should_stop)
    if whole:
        return sift_prices(
            model, prices.dual, passes=((8, 0.1, 40),), effort=ROUGH, should_stop=should_stop
        ).bound
    return prices.bound - price_far_pairs(problem, model, prices.dual).loss
