"""Exchanges: what they say a plan is worth is what it is worth, they only improve, and they take back what is worse."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.solving.candidates import find_candidates
from optimizer.solving.exchanges import Exchanges, find_neighbours, list_ways, start_exchanges
from optimizer.solving.model import Model, build_model
from optimizer.solving.prices import cheapest_arcs, find_prices
from tests.cases import random_case


def begin(seed: int, customers: int = 60, reps: int = 6) -> tuple[Model, Exchanges, np.ndarray]:
    problem = build_problem(random_case(seed, customers=customers, reps=reps))
    model = build_model(problem, *find_candidates(problem))
    prices = find_prices(model, np.zeros(len(model.low)))
    search, kept = start_exchanges(model, prices.regret(model), cheapest_arcs(model, prices.reduced), seed)
    return model, search, kept


def test_ways_are_all_small_sets_within_reach_and_no_other() -> None:
    ways = list_ways(reach=20, toll=3, deepest=3)
    made = [tuple(ways.list_places(way)) for way in range(len(ways.parent))]
    all_sets = [
        places
        for size in range(4)
        for places in combinations(range(20), size)
        if sum(places) + 3 * size <= 20
    ]
    assert len(made) == len(set(made))
    assert set(made) == set(all_sets)
    for line, count in enumerate(ways.count):
        assert all(max(way, default=-1) < line for way in made[:count])
        assert all(max(way, default=-1) >= line for way in made[count:])


def test_what_ways_add_up_to_is_the_sum_of_what_they_move() -> None:
    ways = list_ways(reach=25, toll=4, deepest=4)
    amount = np.random.default_rng(0).integers(-50, 50, (len(ways.count) - 1, 3)).astype(float)
    total = ways.add_up(amount, len(ways.parent))
    for way in range(len(ways.parent)):
        assert np.array_equal(total[way], amount[ways.list_places(way)].sum(axis=0))


@pytest.mark.parametrize("seed", range(12))
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
