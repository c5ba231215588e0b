"""The cheapest set of a knapsack is the cheapest of all sets, whatever its rows charge."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp

from optimizer.solving.bounding import knapsacks
from optimizer.solving.bounding.knapsacks import find_knapsack
from optimizer.solving.linear import Range


def draw(seed: int) -> tuple[np.ndarray, np.ndarray, Range]:
    """Costs [k], loads [k, m] that all count the same, and tight ranges."""
    rng = np.random.default_rng(seed)
    k, m = int(rng.integers(1, 9)), int(rng.integers(1, 4))
    steps = rng.integers(0, 6, k)
    steps[rng.integers(k)] = 1 + rng.integers(5)
    factor = rng.choice([1.0, 2.0, 250.0], m)
    middle = factor * steps.sum() * rng.uniform(0.2, 0.9)
    low = np.where(rng.random(m) < 0.3 * (seed % 2), np.floor(0.8 * middle), -np.inf)
    high = np.where(rng.random(m) < 0.8, np.floor(middle), np.inf)
    weight = rng.choice([0.01, 0.3, 1000.0], m)
    return rng.normal(-5.0, 8.0, k), steps[:, None] * factor, Range(low, high, weight)


@pytest.mark.parametrize("core", [1, 12])
@pytest.mark.parametrize("seed", range(150))
def test_no_set_is_cheaper_than_the_knapsacks(seed: int, core: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knapsacks, "CORE", core)
    cost, load, within = draw(seed)

    def price(taken: np.ndarray) -> float:
        activity = taken @ load
        outside = np.maximum(np.maximum(within.low - activity, activity - within.high), 0.0)
        return float(taken @ cost + outside @ within.weight)

    knapsack = find_knapsack(sp.csr_array(load), within)
    assert knapsack is not None
    found = knapsack.find_cheapest(cost)
    assert found is not None
    least, taken = found
    assert least == pytest.approx(price(taken.astype(float)))
    assert least == pytest.approx(
        min(price(np.array(some)) for some in product((0.0, 1.0), repeat=len(cost)))
    )


def test_rows_that_count_different_things_are_no_knapsack() -> None:
    load = sp.csr_array(np.array([[2.0, 1.0], [4.0, 3.0]]))
    within = Range(np.full(2, -np.inf), np.full(2, 5.0), np.ones(2))
    assert find_knapsack(load, within) is None


def test_too_fine_a_measure_is_no_knapsack() -> None:
    load = sp.csr_array(np.array([[100_001.0], [100_003.0]]))
    within = Range(np.full(1, -np.inf), np.full(1, 150_000.0), np.ones(1))
    assert find_knapsack(load, within) is None
