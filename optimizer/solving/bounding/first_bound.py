"""First bound: the model with every pair that matters, the prices of its rows, and what they prove.

Everything later stands on it: the first plan comes from these prices, and the bound is only tightened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import Floats, Problem
from optimizer.solving.bounding.impossible import find_dearest
from optimizer.solving.bounding.territories import WIDEST
from optimizer.solving.course import Course
from optimizer.solving.modelling.candidates import find_candidates, spread_pairs, takes_all_pairs
from optimizer.solving.modelling.footing import Footing, reprice_model
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.modelling.tightening import Tight, tighten
from optimizer.solving.modelling.widening import carry_over, widen_model
from optimizer.solving.pricing.far_pairs import price_far_pairs
from optimizer.solving.pricing.prices import WARMTH, Prices
from optimizer.solving.pricing.sifting import PASSES, TOUCH, find_rough_prices, sift_prices

FAR = 400.0  # milli-hours: pairs left out that are this near the cheapest are looked at
JOINING = 2  # times that such pairs join the model
DEAR = 1e-3  # of the bound: where pairs that join when prices are nearly good cost less, a touch will do
BRIEFLY = (0.3,)  # warmth of prices that are found in a third of the time and lead to plans as good
# Passes of prices that begin with those of a problem like this one.
NEARBY = ((4, 0.01, 20), (4, 0.004, 40), (4, 0.002, 40))


@dataclass(frozen=True, eq=False)
class FirstBound:
    """A model, the same said ``tight``ly, and the prices of its rows.

    ``bound``: no plan costs less, whatever pairs it uses. ``ceiling`` [U]: what units may be valued at most, that pairs
    left out need not be asked. ``dearest``: what a plan that keeps everything costs at most, inf if not known.
    """

    model: Model
    tight: Tight
    prices: Prices
    ceiling: Floats
    bound: float
    dearest: float


def find_bound(problem: Problem, start: Plan | None, course: Course, *, brief: bool = False) -> FirstBound:
    """The first bound of a problem; ``start``: a plan whose pairs are in the model whatever they cost. ``brief``: of
    prices that will do for exchanges; the bound is a little lower.

    Where pairs were left out, those that are cheap at the prices found join the model, and the prices are found
    again; what pairs still left out could save is taken off the bound, so that it holds for every plan.
    """
    whole = takes_all_pairs(problem)
    with course.stage("model"):
        model = build_model(problem, *find_candidates(problem, start), whole=whole)
    climb = partial(
        sift_prices, effort=problem.effort, warmth=BRIEFLY if brief else WARMTH, should_stop=course.is_over
    )
    if whole:
        tight = tighten(model)
        dearest = find_dearest(tight.model)
        prices = find_rough_prices(tight.model, should_stop=course.is_over)
        prices = climb(tight.model, prices.dual, enough=dearest)
        return FirstBound(model, tight, prices, np.full(model.n_units, np.inf), prices.bound, dearest)
    prices = find_rough_prices(model, should_stop=course.is_over)
    far = price_far_pairs(problem, model, prices.dual, FAR)
    # Others will join after the first time, and the last pass can wait for them.
    for turn in range(JOINING):
        if course.is_over():
            break
        nearly = turn > 0 and far.loss < DEAR * abs(prices.bound)
        passes = TOUCH if nearly else PASSES if turn == JOINING - 1 else PASSES[:-1]
        dual, place = prices.dual, model.place
        del prices  # there may be no room for two large models
        with course.stage("model"):
            model = widen_model(problem, model, *spread_pairs(problem, *far.pairs))
        prices = climb(model, carry_over(dual, place, model.place), passes=passes)
        far = price_far_pairs(problem, model, prices.dual, FAR, before=far)
    ceiling = np.minimum.reduceat(prices.reduced, model.first[:-1]) + far.least - WIDEST
    return FirstBound(model, Tight.of(model), prices, ceiling, prices.bound - far.loss, math.inf)


def find_bound_again(problem: Problem, near: Footing, course: Course) -> FirstBound | None:
    """The same from the model and the prices of a problem like this one; None if that is not near enough."""
    whole = takes_all_pairs(problem)
    with course.stage("model"):
        model = reprice_model(near, problem)
    tight = tighten(model) if whole else Tight.of(model)
    dearest = find_dearest(tight.model) if whole else math.inf
    climb = partial(sift_prices, effort=problem.effort, enough=dearest, should_stop=course.is_over)
    if near.dual.any():
        prices = climb(tight.model, near.dual, passes=NEARBY, whole=0)
    else:
        prices = climb(tight.model, find_rough_prices(tight.model, should_stop=course.is_over).dual)
    if whole:
        return FirstBound(model, tight, prices, np.full(model.n_units, np.inf), prices.bound, dearest)
    far = price_far_pairs(problem, model, prices.dual, FAR)
    if far.loss > DEAR * abs(prices.bound):  # other pairs matter at these prices
        return None
    ceiling = np.minimum.reduceat(prices.reduced, model.first[:-1]) + far.least - WIDEST
    return FirstBound(model, tight, prices, ceiling, prices.bound - far.loss, dearest)
