"""The bound of whole territories against brute force: at any values and any width it must hold for every plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.problem import Problem
from optimizer.solving import exact as exact_room
from optimizer.solving import strategy as strategy_room
from optimizer.solving.bounding import territories as territories_room
from optimizer.solving.bounding.ascent import Ascent
from optimizer.solving.bounding.territories import (
    WORK,
    Territories,
    Territory,
    find_best,
    find_values,
    split_territories,
)
from optimizer.solving.modelling import candidates as candidates_room
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.pricing.prices import Prices, find_prices, price_at
from optimizer.solving.strategy import solve
from tests.cases import random_case
from tests.solving.enumeration import enumerate_plans

SEEDS = range(16)


def build(seed: int) -> tuple[Problem, Model, Prices]:
    problem = build_problem(random_case(seed, customers=3 + seed % 5, reps=3))
    model = build_model(problem, *find_candidates(problem))
    return problem, model, find_prices(model, np.zeros(len(model.low)))


def find_kept(seed: int) -> tuple[Model, Prices, float]:
    """A problem, from this seed on, that has a plan which keeps everything, and what the best one costs."""
    while True:
        problem, model, prices = build(seed)
        best = enumerate_plans(problem).find_best()
        if best is not None:
            return model, prices, float(best[0])
        seed += 1000


def no_ceiling(model: Model) -> np.ndarray:
    return np.full(model.n_units, np.inf)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_plan_that_keeps_everything_beats_the_bound_on_its_way_up(seed: int) -> None:
    model, prices, best = find_kept(seed)
    territories = Territories(model, prices, no_ceiling(model), seed)
    for _ in range(8):
        assert territories.climb(best) <= best + 1e-3


@pytest.mark.parametrize("seed", SEEDS)
def test_it_holds_at_values_and_prices_drawn_at_random_and_at_any_width(seed: int) -> None:
    model, prices, best = find_kept(seed)
    rng = np.random.default_rng(seed)
    scale = np.abs(prices.dual).sum() / max(len(prices.dual), 1) + 1.0
    drawn = price_at(model, prices.dual + rng.normal(0, scale, len(prices.dual)))
    for width in (0.0, 1.0, 500.0, 1e9):
        territories = Territories(model, drawn, no_ceiling(model), 0)
        territories.ascent.value = find_values(model, drawn) + rng.normal(0, 300.0, model.n_units)
        territories.widths = [width] * model.n_reps
        assert territories.climb(best) <= best + 1e-3


def weigh_sets(territory: Territory, value: np.ndarray) -> np.ndarray:
    """What every set of a territory's arcs costs with its rows, at the given values, [2^k]."""
    arcs = np.arange(len(territory.arcs))
    sets = (np.arange(2 ** len(arcs))[:, None] >> arcs) % 2
    activity = sets @ territory.by_arc.toarray()
    within = territory.within
    outside = np.maximum(np.maximum(within.low - activity, activity - within.high), 0.0)
    return sets @ (territory.cost - value[territory.unit]) + outside @ within.weight


@pytest.mark.parametrize("listed", (1, 3, 3000))
@pytest.mark.parametrize("seed", range(30))
def test_no_set_of_a_territory_costs_less_than_is_proved(seed: int, listed: int, monkeypatch) -> None:
    """However few sets are listed and however narrow the model, whether counted up to a limit or not."""
    monkeypatch.setattr(territories_room, "LISTED", listed)
    monkeypatch.setattr(territories_room, "NARROWEST", 0.5)
    _, model, prices = build(seed)
    rng = np.random.default_rng(seed)
    drawn = price_at(model, prices.dual * rng.choice([0.0, 0.5, 1.0], len(prices.dual)))
    value = find_values(model, drawn) + rng.normal(0, 50.0, model.n_units)
    for territory in split_territories(model, drawn)[0]:
        least = float(weigh_sets(territory, value).min())
        at_prices = np.minimum(territory.priced - value[territory.unit], 0.0).sum() - territory.constant
        for way in (territory, replace(territory, knapsack=None)):
            for width, limit in ((1.0, np.inf), (1.0, 20.0), (60.0, 60.0)):
                found = find_best(way, value, width, limit, WORK, seed)
                assert found.bound <= min(least, at_prices + limit) + 1e-6 * abs(least) + 1e-6
                if limit == np.inf:
                    assert found.bound >= least - 0.01 - 1e-5 * abs(least)


def test_it_is_better_than_the_prices_alone_and_often_much() -> None:
    gains = []
    for seed in range(20):
        _, model, prices = build(seed)
        territories = Territories(model, prices, no_ceiling(model), 0)
        for _ in range(10):
            bound = territories.climb(prices.bound * 1.02 + 100.0)
        gains.append(bound - prices.bound)
    assert np.mean(np.array(gains) > 1.0) > 0.3
    assert min(gains) > -1.0


def test_where_the_first_values_prove_little_of_what_is_left_no_others_are_tried() -> None:
    model, prices, _ = find_kept(3)
    won = Territories(model, prices, no_ceiling(model), 0).climb(prices.bound + 1e9) - prices.bound
    assert won > 0
    for left, spent in ((won * 2, False), (won * 20, True)):
        territories = Territories(model, prices, no_ceiling(model), 0)
        assert not territories.quick and not territories.is_spent
        territories.climb(prices.bound + left)
        assert territories.is_spent is spent


@pytest.mark.parametrize("seed", range(25))
def test_with_pairs_left_out_the_whole_answer_still_holds_for_every_plan(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at a million customers, on a problem small enough to look at every plan."""
    monkeypatch.setattr(candidates_room, "ALL_PAIRS", 0)
    monkeypatch.setattr(strategy_room, "TINY", 0)
    monkeypatch.setattr(exact_room, "EXACT", 0)
    problem = build_problem(random_case(seed, customers=3 + seed % 5, reps=3))
    best = enumerate_plans(problem).find_best()
    result = solve(replace(problem, candidates=1, gap=0.0))
    if best is None:
        assert not result.ok
    elif result.ok:
        assert result.bound is not None
        assert result.bound <= best[0] <= result.objective


def test_a_bound_that_falls_deep_shortens_the_steps_at_once() -> None:
    slope = np.array([1.0, -1.0])
    patient, hasty = Ascent(np.zeros(2)), Ascent(np.zeros(2), deep=0.05)
    for ascent in (patient, hasty):
        ascent.move(100.0, slope, 200.0)
        ascent.move(96.0, slope, 200.0)
        assert ascent.shortened == 0
        ascent.move(94.0, slope, 200.0)
    assert (patient.shortened, hasty.shortened) == (0, 1)
    assert hasty.eager == patient.eager / 2
    hasty.move(101.0, slope, 200.0)
    assert hasty.shortened == 0 and hasty.bound == 101.0
