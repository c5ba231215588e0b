"""Subsets: all sets within a limit, each once, with what they add up to; and a limit that keeps them few."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest

from optimizer.solving.bounding.subsets import find_limit, list_subsets


@pytest.mark.parametrize("seed", range(10))
def test_all_sets_within_the_limit_are_listed_once_with_their_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = rng.integers(0, 20, 9).astype(float)  # with zeros and equals
    amount = rng.integers(-5, 6, (9, 2)).astype(float)
    limit = float(rng.integers(0, 40))
    expected = {
        chosen
        for chosen in chain.from_iterable(combinations(range(9), size) for size in range(10))
        if not chosen or cost[list(chosen)].sum() < limit
    }
    sets = list_subsets(cost, amount, limit)
    listed = [tuple(sorted(sets.list_changes(number).tolist())) for number in range(len(sets.cost))]
    assert len(listed) == len(set(listed))
    assert set(listed) == expected
    for number, chosen in enumerate(listed):
        assert sets.cost[number] == cost[list(chosen)].sum()
        assert np.array_equal(sets.total[number], amount[list(chosen)].sum(axis=0))


@pytest.mark.parametrize("seed", range(10))
def test_the_limit_found_keeps_the_sets_few_and_a_little_more_would_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = rng.exponential(10.0, 40)
    limit = find_limit(cost, 200.0, most=500)
    nothing = np.zeros((40, 0))
    assert len(list_subsets(cost, nothing, limit).cost) <= 500
    assert len(list_subsets(cost, nothing, 1.35 * limit).cost) > 500


def test_where_everything_costs_nothing_there_are_too_many_sets_at_any_limit() -> None:
    assert find_limit(np.zeros(30), 100.0, most=1000) == 0.0
    assert len(list_subsets(np.zeros(60), np.zeros((60, 1)), 0.0).cost) == 1  # not 2 ** 60


def test_sets_that_all_cost_exactly_the_limit_are_not_listed() -> None:
    cost = np.full(60, 25.0)  # a quarter of the limit, on the edge of a step
    limit = find_limit(cost, 100.0, most=3000)
    assert limit == 75.0  # there are 1,831 sets of up to two, and 34,220 of three
    assert len(list_subsets(cost, np.zeros((60, 0)), limit).cost) == 1831


def test_where_everything_costs_nothing_but_the_limit_is_high_few_changes_are_all_listed() -> None:
    assert find_limit(np.zeros(5), 100.0, most=1000) == pytest.approx(100.0)


def test_thousands_of_changes_that_cost_little_are_not_counted_beyond_all_numbers() -> None:
    cost = np.random.default_rng(0).uniform(0.0, 1.0, 5000)
    with np.errstate(over="raise"):
        limit = find_limit(cost, 100.0, most=1000)
    assert 0.0 <= limit < 1.0
