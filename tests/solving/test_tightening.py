"""Customers larger than a limit: said tightly a plan costs the same, and what is ruled out is in no better plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.problem import Problem
from optimizer.result import Status
from optimizer.solving import exact as exact_room
from optimizer.solving import solve
from optimizer.solving import strategy as strategy_room
from optimizer.solving.bounding import probing as probing_room
from optimizer.solving.bounding.probing import Probing
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.modelling.tightening import Tight, tighten
from optimizer.solving.pricing.prices import find_prices
from tests.cases import make_case, random_case
from tests.solving.enumeration import enumerate_plans
from tests.solving.test_hard_cases import make_town

SEEDS = range(40)


def build(seed: int) -> tuple[Problem, Model, Tight]:
    problem = build_problem(random_case(seed, customers=3 + seed % 4, reps=3))
    model = build_model(problem, *find_candidates(problem))
    return problem, model, tighten(model)


def town_with_giants(seed: int, price: float | None) -> Problem:
    reps, shops, wishes = make_town(seed, customers=60, reps=5)
    for shop in shops[:3]:
        shop["potential"] = 1500.0
    wishes["corridors"] = [
        wishes["corridors"][0],
        {"measure": "potential", "tolerance": 0.15, "price": price},
    ]
    return build_problem(make_case(reps, shops, scenario=wishes))


@pytest.mark.parametrize("seed", SEEDS)
def test_said_tightly_a_plan_costs_no_more_and_less_by_rounding_alone(seed: int) -> None:
    _, model, tight = build(seed)
    rng = np.random.default_rng(seed)
    for _ in range(30):
        arcs = model.first[:-1] + (rng.random(model.n_units) * np.diff(model.first)).astype(np.int64)
        breach, cost = model.judge(arcs)
        tight_breach, tight_cost = tight.model.judge(arcs)
        assert cost - 5 * model.n_units <= tight_cost <= cost
        assert (breach > 0) == (tight_breach > 0)


def test_many_of_these_have_larger_customers_and_an_ordinary_town_has_none() -> None:
    assert sum(len(build(seed)[2].large) > 0 for seed in SEEDS) > 12
    reps, shops, wishes = make_town(0)
    problem = build_problem(make_case(reps, shops, scenario=wishes))
    model = build_model(problem, *find_candidates(problem))
    assert tighten(model).model is model


@pytest.mark.parametrize("seed", (*SEEDS[:8], 10))
def test_no_plan_beats_the_bound_and_no_better_plan_uses_what_is_ruled_out(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing_room, "MOST", 4)
    problem, _, tight = build(seed)
    best = enumerate_plans(problem).find_best()
    if best is None:
        return
    optimum, plan = best
    prices = find_prices(tight.model, np.zeros(len(tight.model.low)))
    assert prices.bound <= optimum + 1e-6
    for above in (0, 1, 3000):
        probing = Probing(tight.model, prices, tight.large, optimum + above, 1.0, lambda: False)
        assert probing.settle() <= optimum + 1e-3
        used = tight.model.find_arcs(plan)
        if not above:
            continue  # what is as good as the plan at hand is no better, and may be ruled out
        assert np.isin(used[np.isin(used, tight.large)], probing.open).all()


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_the_whole_way_without_an_exact_model_claims_nothing_untrue(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strategy_room, "TINY", 0)
    monkeypatch.setattr(exact_room, "EXACT", 0)
    monkeypatch.setattr(probing_room, "MOST", 4)
    problem, _, _ = build(seed)
    best = enumerate_plans(problem).find_best()
    result = solve(replace(problem, gap=0.0))
    if best is None:
        assert not result.ok
    else:
        assert result.status is not Status.INFEASIBLE
        if result.ok:
            assert result.bound is not None and result.bound <= best[0] <= result.objective


def test_a_town_with_customers_larger_than_a_corridor_has_a_small_gap() -> None:
    problem = town_with_giants(0, price=1.0)
    model = build_model(problem, *find_candidates(problem))
    result = solve(problem)
    assert result.ok and result.gap is not None and result.gap < 0.01
    assert find_prices(model, np.zeros(len(model.low))).bound < 0.9 * result.objective


def test_where_such_a_corridor_is_hard_no_plan_is_proved_to_keep_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exact_room, "EXACT", 0)  # it would only look for a best effort
    result = solve(town_with_giants(0, price=None))
    assert result.status is Status.INFEASIBLE and result.stopped == "proved"
