"""Row prices: the likeness that is climbed is one, its slope is right, the bound comes near the linear program's."""

from __future__ import annotations

import os

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.solving.linear import solve_part
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.pricing import prices as prices_room
from optimizer.solving.pricing import sifting as sifting_room
from optimizer.solving.pricing.prices import clip, find_prices, price_at, slice_units
from optimizer.solving.pricing.sifting import find_rough_prices, sift_prices
from tests.cases import make_case, random_case
from tests.solving.test_strategy import middling


def build(seed: int) -> Model:
    problem = build_problem(random_case(seed, customers=30, reps=5))
    return build_model(problem, *find_candidates(problem))


def draw_prices(model: Model, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return clip(model, rng.normal(0, 0.1, len(model.low)) * np.where(model.hard, 10, model.price))


def lean(model: Model, dual: np.ndarray, warmth: float) -> tuple[float, float, np.ndarray]:
    answers = [part.lean(dual, warmth) for part in slice_units(model)]
    return sum(a[0] for a in answers), sum(a[1] for a in answers), np.sum([a[2] for a in answers], axis=0)


@pytest.mark.parametrize("seed", range(6))
def test_the_likeness_lies_below_by_at_most_the_warmth_times_the_logarithm_of_the_arcs(seed: int) -> None:
    model = build(seed)
    dual = draw_prices(model, seed)
    cheapest = np.minimum.reduceat(price_at(model, dual).reduced, model.first[:-1]).sum()
    for warmth in (1.0, 100.0, 5000.0):
        paid, like, _ = lean(model, dual, warmth)
        assert paid == pytest.approx(cheapest)
        assert paid - warmth * np.log(np.diff(model.first)).sum() - 1e-6 * abs(paid) <= like <= paid + 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_one_slice_says_what_several_say(seed: int) -> None:
    model = build(seed)
    dual = draw_prices(model, seed)
    (one,) = slice_units(model, one=True)
    paid, like, slope = one.lean(dual, 100.0)
    several = lean(model, dual, 100.0)
    assert len(slice_units(model)) > 1
    assert (paid, like) == pytest.approx(several[:2])
    assert slope == pytest.approx(several[2])


@pytest.mark.parametrize("seed", range(6))
def test_its_slope_is_what_a_small_step_shows(seed: int) -> None:
    model = build(seed)
    dual, warmth = draw_prices(model, seed), 3000.0
    _, _, slope = lean(model, dual, warmth)
    largest = np.maximum(np.abs(model.by_arc).max(axis=0).toarray().ravel(), 1.0)
    for row in np.random.default_rng(seed).choice(len(dual), 8):
        step = np.zeros(len(dual))
        step[row] = 1.0 / largest[row]
        rise = lean(model, dual + step, warmth)[1] - lean(model, dual - step, warmth)[1]
        assert rise / (2 * step[row]) == pytest.approx(slope[row], rel=1e-3, abs=1e-4 * largest[row])


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_comes_near_that_of_the_linear_program_and_never_passes_it(seed: int) -> None:
    problem = middling(seed, customers=200, reps=8)
    model = build_model(problem, *find_candidates(problem))
    best = solve_part(model, np.arange(len(model.rep)), None).bound
    found = find_prices(model, np.zeros(len(model.low))).bound
    assert found <= best * (1 + 1e-6)
    assert found >= best * (1 - 5e-4)


def test_prices_prove_as_much_where_most_customers_are_held() -> None:
    reps = [{"lat": 52.0, "lon": -1.0 - r, "hours_per_week": 1} for r in range(3)]
    customers = [{"owner": f"r{k % 3}", "lat": 52.0, "lon": -1 - k / 7, "tier": "A"} for k in range(15)]
    locks = [{"customer_id": f"c{k}", "kind": "keep"} for k in range(12)]
    scenario = {"capacity": {"price": 1.0}}  # far more work than hours
    problem = build_problem(make_case(reps, customers, locks=locks, scenario=scenario))
    model = build_model(problem, *find_candidates(problem))
    best = solve_part(model, np.arange(len(model.rep)), None).bound
    nothing = np.zeros(len(model.low))
    assert price_at(model, nothing).bound < 0.5 * best  # the hours are what it costs
    assert best * (1 - 5e-4) <= find_prices(model, nothing).bound <= best * (1 + 1e-6)


def test_sifting_comes_as_near_on_a_fraction_of_the_arcs(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = middling(3, customers=600, reps=20)
    model = build_model(problem, *find_candidates(problem))
    whole = find_prices(model, np.zeros(len(model.low))).bound
    monkeypatch.setattr(sifting_room, "WHOLE", 1000)
    monkeypatch.setattr(sifting_room, "SAMPLE", 1200)  # every tenth unit, then every third
    rough = find_rough_prices(model)
    priced: list[int] = []
    monkeypatch.setattr(
        sifting_room,
        "find_prices",
        lambda part, *of, **how: priced.append(len(part.rep)) or find_prices(part, *of, **how),
    )
    found = sift_prices(model, rough.dual)
    assert priced and max(priced) < 0.7 * len(model.rep)
    assert rough.bound < found.bound == price_at(model, found.dual).bound  # over all arcs
    assert found.bound == pytest.approx(whole, rel=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_what_one_arc_of_each_customer_proves_is_not_told_of_all(seed: int) -> None:
    problem = middling(seed, customers=60, reps=8)
    model = build_model(problem, *find_candidates(problem))
    found = sift_prices(model, np.zeros(len(model.low)), passes=((1, 0.1, 5),), whole=0)
    assert found.bound <= solve_part(model, np.arange(len(model.rep)), None).bound
    assert found.bound == price_at(model, found.dual).bound


def test_prices_do_not_depend_on_the_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = middling(4, customers=300, reps=10)
    model = build_model(problem, *find_candidates(problem))
    monkeypatch.setattr(prices_room, "SLICED", 500)
    monkeypatch.setattr(prices_room, "HANDY", 0)
    duals = []
    for cores in (1, 3):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        duals.append(find_prices(model, np.zeros(len(model.low))).dual)
    assert len(slice_units(model)) > 3
    assert np.array_equal(*duals)


def test_climbing_ends_once_the_bound_is_enough() -> None:
    model = build(1)
    best = find_prices(model, np.zeros(len(model.low))).bound
    nothing = price_at(model, np.zeros(len(model.low))).bound
    half = find_prices(model, np.zeros(len(model.low)), enough=(best + nothing) / 2).bound
    assert (best + nothing) / 2 < half < best
