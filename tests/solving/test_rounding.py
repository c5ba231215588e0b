"""Rounding: where units pile up at equal prices a flow spreads them, and what its chains charge is what rows charge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import BREACH_WEIGHT, Model, build_model
from optimizer.solving.pricing.prices import cheapest_arcs, find_prices, price_at
from optimizer.solving.searching import rounding
from optimizer.solving.searching.rounding import round_by_flow
from tests.cases import make_case, random_case


def small_model(seed: int) -> Model:
    problem = build_problem(random_case(seed, customers=40, reps=6))
    return build_model(problem, *find_candidates(problem))


@pytest.mark.parametrize("reps", [4, 3 * rounding.CHOICES])
def test_customers_who_do_not_care_are_spread_over_reps_with_room(reps: int) -> None:
    """Equal customers and equal reps on the same spot, each with hours for ten; also more reps than are looked at."""
    here = {"lat": 31.0, "lon": 121.0}
    case = make_case(
        [{"hours_per_week": 10.0, **here}] * reps,
        [{"hours": 1.0, "tier": "A", **here}] * (10 * reps),
        scenario={"horizon": {"weeks": 1, "field_share": 1.0}, "corridors": []},
    )
    problem = build_problem(case)
    model = build_model(problem, *find_candidates(problem))
    # a rep's hours are worth what leaving a customer out costs: at this price nobody is cheaper than anybody
    prices = price_at(model, np.zeros(len(model.low)))
    regret = prices.regret(model)
    piled = cheapest_arcs(model, prices.reduced)
    assert np.bincount(model.rep[piled]).max() == 10 * reps
    spread = round_by_flow(model, regret, prices.dual)
    assert np.bincount(model.rep[spread], minlength=reps).tolist() == [10] * reps
    assert model.judge(spread) < model.judge(piled)
    assert model.judge(spread)[0] == 0


@pytest.mark.parametrize("seed", range(6))
def test_every_unit_keeps_one_arc_that_is_nearly_its_cheapest(seed: int) -> None:
    model = small_model(seed)
    prices = find_prices(model, np.zeros(len(model.low)))
    regret = prices.regret(model)
    arcs = round_by_flow(model, regret, prices.dual)
    assert np.array_equal(model.unit[arcs], np.arange(model.n_units))
    assert regret[arcs].max() <= rounding.TIED * rounding.find_usual_regret(model)


def test_of_too_many_arcs_the_cheapest_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model(7)
    regret = np.random.default_rng(0).uniform(0.0, 1.0, len(model.rep)) * rounding.find_usual_regret(model)
    regret -= np.minimum.reduceat(regret, model.first[:-1])[model.unit]
    load = np.where(model.rep >= 0, 1, 0)
    everything = rounding._find_tied(model, regret, load)
    monkeypatch.setattr(rounding, "MOST", 6)
    few = rounding._find_tied(model, regret, load)
    assert 0 < len(few) < len(everything)
    assert set(few) < set(everything)
    assert regret[few].max() <= np.sort(regret)[model.n_units + 6]


@pytest.mark.parametrize("seed", range(6))
def test_chains_charge_what_the_rows_charge(seed: int) -> None:
    """From what a rep has in any case up to any load: the sum along the chain is the rows' charge less their prices."""
    model = small_model(seed)
    rng = np.random.default_rng(seed)
    dual = price_at(model, rng.normal(0, 2, len(model.low))).dual
    measure = rounding._pick_measure(model, cheapest_arcs(model, model.weighed_cost))
    if measure is None:
        pytest.skip("no row is broken")
    filled = rng.integers(0, 40_000, model.n_reps)
    rep, room, slope = rounding._build_chains(model, dual, measure, filled, 60_000)
    weight = np.where(model.hard, model.price * BREACH_WEIGHT, model.price)

    def charge(who: int, load: float) -> float:
        rows = measure.rows[measure.rep == who]
        outside = np.maximum(0.0, np.maximum(model.low[rows] - load, load - model.high[rows]))
        return float(outside @ weight[rows] - dual[rows] @ np.full(len(rows), load))

    for who in range(model.n_reps):
        mine = rep == who
        assert room[mine].sum() == 60_000
        assert (np.diff(slope[mine]) >= 0).all()  # convex: a flow fills it in this order
        for load in (0, 1, 17_000, 60_000):
            taken = np.diff(np.minimum(np.concatenate([[0], np.cumsum(room[mine])]), load))
            expected = charge(who, filled[who] + load) - charge(who, filled[who])
            assert taken @ slope[mine] == pytest.approx(expected, rel=1e-9, abs=1e-3)


def test_without_rows_of_reps_every_unit_takes_its_cheapest() -> None:
    model = small_model(1)
    free = replace(model, low=np.full(len(model.low), -np.inf), high=np.full(len(model.low), np.inf))
    prices = price_at(free, np.zeros(len(free.low)))
    arcs = round_by_flow(free, prices.regret(free), prices.dual)
    assert np.array_equal(arcs, cheapest_arcs(free, prices.reduced))
