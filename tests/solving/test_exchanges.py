"""Exchanges: what they say a plan is worth is what it is worth, they only improve, and they take back what is worse."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.plan import Plan
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import BREACH_WEIGHT, Model, build_model
from optimizer.solving.pricing.prices import cheapest_arcs, find_prices
from optimizer.solving.searching import near_arcs
from optimizer.solving.searching.exchanges import Exchanges, start_exchanges
from optimizer.solving.searching.neighbours import find_neighbours
from optimizer.solving.searching.ways import Ways, list_ways
from optimizer.solving.searching.weighing import weigh_ways
from tests.benchmarks.gap import gap_problem, make_gap
from tests.cases import make_case, random_case


def begin(seed: int, customers: int = 60, reps: int = 6) -> tuple[Model, Exchanges, np.ndarray]:
    problem = build_problem(random_case(seed, customers=customers, reps=reps))
    model = build_model(problem, *find_candidates(problem))
    prices = find_prices(model, np.zeros(len(model.low)))
    search, kept = start_exchanges(model, prices.regret(model), cheapest_arcs(model, prices.reduced), seed)
    return model, search, kept


def list_places(ways: Ways, way: int) -> tuple[int, ...]:
    return tuple(int(place) for place in ways.places[:, way] if place < ways.length)


def test_ways_are_all_small_sets_within_reach_and_no_other() -> None:
    ways = list_ways(reach=20, toll=3, deepest=3)
    made = [list_places(ways, way) for way in range(len(ways.parent))]
    all_sets = [
        places
        for size in range(4)
        for places in combinations(range(20), size)
        if sum(places) + 3 * size <= 20
    ]
    assert len(made) == len(set(made))
    assert set(made) == set(all_sets)
    assert max(place for way in made for place in way) == ways.length - 1


def test_what_ways_add_up_to_is_the_sum_of_their_units_and_of_their_pairs() -> None:
    ways = list_ways(reach=25, toll=4, deepest=4)
    rng = np.random.default_rng(0)
    amount = rng.integers(-50, 50, (3, ways.length)).astype(float)
    pairs = rng.integers(-50, 50, (ways.length, ways.length)).astype(float)
    total = ways.add_up(amount, pairs)
    for way in range(len(ways.parent)):
        places = list_places(ways, way)
        expected = amount[:, list(places)].sum(axis=1)
        expected[0] += sum(pairs[one, two] for one, two in combinations(places, 2))
        assert np.array_equal(total[:, way], expected)


def test_crowded_ways_move_three_or_more_with_one_label() -> None:
    ways = list_ways(reach=25, toll=4, deepest=4)
    label = np.random.default_rng(1).integers(-1, 4, ways.length)
    crowded = {
        way
        for way in range(len(ways.parent))
        if max(Counter(label[list(list_places(ways, way))].tolist()).values(), default=0) >= 3
    }
    assert set(ways.find_crowded(label).tolist()) == crowded
    assert crowded


@pytest.mark.parametrize("seed", range(5))
def test_every_way_costs_what_the_model_says(seed: int) -> None:
    _, search, _ = begin(seed, customers=40, reps=2 + seed)
    model = search.model

    def weigh(arcs: np.ndarray) -> float:
        charge = model.count_outside(model.sum_rows(arcs)) @ search.weight
        return float(search.cost[arcs].sum() + charge)

    rng = np.random.default_rng(seed)
    for rep in range(model.n_reps):
        line = search.find_line(rep)
        if not len(line):
            continue
        cost = weigh_ways(search.ways, search.look_around(rep, line, search.arcs[model.unit[line]]))
        possible = np.flatnonzero(np.isfinite(cost))
        for way in rng.choice(possible, min(120, len(possible)), replace=False):
            arcs = search.arcs.copy()
            moved = line[list(list_places(search.ways, way))]
            arcs[model.unit[moved]] = moved
            assert cost[way] == pytest.approx(weigh(arcs) - weigh(search.arcs), abs=0.6)


@pytest.mark.parametrize("seed", range(6))
def test_the_score_kept_on_the_way_is_the_true_one(seed: int) -> None:
    model, search, kept = begin(seed)
    neighbours = find_neighbours(search.model, search.regret)
    worth = [model.judge(kept[search.arcs])]
    search.run(lambda: False)
    worth.append(model.judge(kept[search.arcs]))
    assert worth[1] == search.score
    for _ in range(15):
        better = search.shake(neighbours)
        worth.append(model.judge(kept[search.arcs]))
        assert worth[-1] == search.score
        assert better == (worth[-1] < worth[-2])
        assert worth[-1] <= worth[-2]
    owners = search.model.rep[search.arcs]
    for rep in range(model.n_reps):
        assert set(search.units_of[rep]) == set(np.flatnonzero(owners == rep))


def test_where_exchanges_end_no_single_move_is_better() -> None:
    _, search, _ = begin(3, customers=12, reps=3)
    search.run(lambda: False)
    singles = []
    for arc in range(len(search.model.rep)):
        arcs = search.arcs.copy()
        arcs[search.model.unit[arc]] = arc
        singles.append(search.model.judge(arcs))
    assert search.score <= min(singles)


def test_a_last_milli_hour_too_many_is_mended_though_it_costs_hours() -> None:
    """Four customers take 10.002 h, the one rep has 10: leaving one out costs 12.5 h, and keeps everything."""
    case = make_case(
        [{"hours_per_week": 10.0}],
        [{"hours": hours, "tier": "A"} for hours in (2.5, 2.5, 2.5, 2.502)],
        scenario={
            "horizon": {"weeks": 1, "field_share": 1.0},
            "corridors": [],
            "tiers": {"A": {"visits": 1, "hours_per_visit": 1, "unserved_price": 5.0}},
        },
    )
    problem = build_problem(case)
    model = build_model(problem, *find_candidates(problem))
    everybody = model.find_arcs(Plan(np.zeros(4, dtype=np.int64)))
    assert model.judge(everybody) == (2, 0)
    search, _ = start_exchanges(model, np.zeros(len(model.rep)), everybody, 0)
    search.mend()
    assert search.score == (0, 12_500)
    assert (search.weight[model.hard] > 2 * model.price[model.hard] * BREACH_WEIGHT).all()
    search.shake(find_neighbours(search.model, search.regret))
    assert search.score == (0, 12_500)
    assert np.array_equal(search.weight[model.hard], model.price[model.hard] * BREACH_WEIGHT)


@pytest.mark.parametrize("seed", range(6))
def test_a_sweep_leaves_no_single_move_that_gains_however_far_back_it_stands(seed: int) -> None:
    _, search, _ = begin(seed, customers=150, reps=5)
    # prices that mislead: every gain stands at the end of the line
    search.regret = -search.price_moves()
    before = search.score
    search.sweep(lambda: False)
    assert search.score < before
    singles = []
    for arc in range(len(search.model.rep)):
        arcs = search.arcs.copy()
        arcs[search.model.unit[arc]] = arc
        singles.append(search.model.judge(arcs))
    weigh = BREACH_WEIGHT * np.array(singles)[:, 0] + np.array(singles)[:, 1]
    # what a hard row charges is judged in whole milli-hours, rounded up
    assert BREACH_WEIGHT * search.score[0] + search.score[1] <= weigh.min() + 2 * BREACH_WEIGHT


def test_the_same_seed_shakes_alike_and_another_does_not() -> None:
    def play(seed: int) -> list[tuple[int, int]]:
        _, search, _ = begin(5)
        search.rng = np.random.Generator(np.random.PCG64(seed))
        neighbours = find_neighbours(search.model, search.regret)
        picks = [tuple(neighbours.pick(search.rng, neighbours.everybody)) for _ in range(5)]
        scores = []
        for _ in range(10):
            search.shake(neighbours)
            scores.append(search.score)
        return [*scores, *picks]

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_where_hard_rows_stay_broken_arcs_that_take_least_are_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Jobs that no cheap agent has room for go to the dear ones that do them in no time."""
    monkeypatch.setattr(near_arcs, "NEAR", 1)
    kept = {False: 0, True: 0}
    for seed in range(6):
        problem = gap_problem(make_gap("E", 12, 24, seed))
        model = build_model(problem, *find_candidates(problem))
        prices = find_prices(model, np.zeros(len(model.low)))
        cheapest = cheapest_arcs(model, prices.reduced)
        for light in kept:
            search, _ = start_exchanges(model, prices.regret(model), cheapest, 0, light=light)
            search.run(lambda: False)
            search.mend()
            kept[light] += search.score[0] == 0
    assert kept == {False: 0, True: 6}


@pytest.mark.parametrize("seed", [0, 2, 3, 4])
def test_what_mends_is_what_changes_a_broken_hard_row(seed: int) -> None:
    """Against every entry of both arcs: those of one rep, and of several."""
    model, search, _ = begin(seed)
    rng = np.random.default_rng(seed)
    search = search.restart(rng.integers(search.model.first[:-1], search.model.first[1:]))
    model = search.model
    arcs = np.arange(len(model.rep))
    held = search.arcs[model.unit]
    broken = model.hard & (model.count_outside(search.activity) > 0)
    change = model.by_arc[arcs].toarray() - model.by_arc[held].toarray()
    assert broken.any()
    assert np.array_equal(search.find_mending(arcs, held), (change[:, broken] != 0).any(axis=1))
