"""The first bound: it holds for plans of pairs that the model was made without."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from optimizer.problem import Problem
from optimizer.rebalancing.proposing.drift import find_rough_bound
from optimizer.solving import Footing, solve
from optimizer.solving.bounding import first_bound
from optimizer.solving.bounding.first_bound import FirstBound, find_bound, find_bound_again
from optimizer.solving.bounding.territories import Territories
from optimizer.solving.course import Course
from optimizer.solving.modelling import candidates
from optimizer.solving.modelling.widening import carry_over
from optimizer.solving.pricing import far_pairs, sifting
from optimizer.solving.pricing.prices import price_at
from tests.solving.test_far_pairs import build_whole
from tests.solving.test_strategy import middling

SEEDS = (
    0,
    3,
    4,
)  # where the optimum needs pairs that one candidate and one more of each customer do not give


def be_unlucky(monkeypatch: pytest.MonkeyPatch, problem: Problem) -> FirstBound:
    """The first bound of a model built of so few pairs that those left out could still save much."""
    monkeypatch.setattr(candidates, "ALL_PAIRS", 0)
    monkeypatch.setattr(far_pairs, "FEW", 1)
    monkeypatch.setattr(first_bound, "JOINING", 1)
    return find_bound(replace(problem, candidates=1), None, Course(0.0, None, None, None))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_best_plan_of_all_pairs_costs_is_not_below_the_bound_of_few(seed, monkeypatch):
    """Nor below the one that begins with prices of a problem like it."""
    problem = middling(seed, customers=40, reps=8)
    best = solve(problem, gap=0.0)
    first = be_unlucky(monkeypatch, problem)
    monkeypatch.setattr(first_bound, "DEAR", math.inf)  # however much the pairs left out could save
    near = Footing(problem, first.model, first.prices.dual)
    again = find_bound_again(replace(problem, candidates=1), near, Course(0.0, None, None, None))
    assert again is not None
    for bound in (first, again):
        assert bound.prices.bound > best.objective  # so much for plans of the model alone
        assert bound.bound <= best.objective


@pytest.mark.parametrize("seed", (2, 6, 7))
def test_territories_of_few_pairs_prove_no_more_than_those_of_all_at_the_same_values(seed, monkeypatch):
    """However far the values climb: what pairs left out would do to a territory is counted in."""
    problem = middling(seed, customers=40, reps=8)
    first, whole = be_unlucky(monkeypatch, problem), build_whole(problem)
    prices = price_at(whole, carry_over(first.prices.dual, first.model.place, whole.place))
    few = Territories(first.model, first.prices, first.ceiling, 0)
    every = Territories(whole, prices, np.full(whole.n_units, np.inf), 0)
    for _ in range(4):
        every.ascent.value = few.ascent.value
        few.ascent.bound = every.ascent.bound = -np.inf  # what these values prove, not the best so far
        proved = few.step(1.1 * first.prices.bound)
        assert proved <= every.step(1.1 * first.prices.bound) + 1


@pytest.mark.parametrize("seed", (2, 4, 6))
def test_a_rough_bound_from_a_sample_of_few_pairs_holds_for_every_plan(seed, monkeypatch):
    problem = middling(seed, customers=40, reps=8)
    best = solve(problem, gap=0.0)
    monkeypatch.setattr(candidates, "ALL_PAIRS", 0)
    monkeypatch.setattr(sifting, "WHOLE", 0)
    monkeypatch.setattr(sifting, "SAMPLE", 1_000)
    assert find_rough_bound(replace(problem, candidates=1)) <= best.objective
