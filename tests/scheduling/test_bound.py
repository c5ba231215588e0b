"""The bound of prices is below the best schedule there is, which CP-SAT finds for small calendars."""

import numpy as np
import pytest

from optimizer.scheduling import judge_schedule, solve_schedule
from optimizer.scheduling.board import lay_out
from optimizer.scheduling.exact import solve_exactly
from optimizer.scheduling.placing import start_placing
from optimizer.scheduling.usable import find_usable
from optimizer.scheduling.week_prices import start_prices
from tests.scheduling.calendars import draw_case, pose


@pytest.mark.parametrize("seed", range(20))
def test_no_schedule_is_cheaper_than_the_prices_prove_and_none_cheaper_than_the_best(seed):
    problem = pose(draw_case(100 + seed, customers=4, tasks=6, weeks=5))
    board = lay_out(problem)
    if not board.n_units:
        return
    prices = start_prices(board)
    prices.level()
    for _ in range(3):
        prices.climb(20)
    units = np.arange(board.n_units)
    placing = start_placing(board)
    exact = solve_exactly(placing, units, work=30.0)
    assert exact.option is not None and exact.week is not None
    placing.put(units, exact.option, exact.week, placing.charge(units, exact.option, exact.week))
    best = judge_schedule(problem, board.to_schedule(placing.option, placing.week))
    assert best.keeps_all and best.objective == placing.objective
    assert prices.bound.sum() + prices.settled <= best.objective + 1e-6
    found = solve_schedule(problem, gap=0.0)
    if exact.bound >= exact.objective - 0.5:  # proved best
        assert found.bound <= best.objective <= found.objective


def test_four_tasks_of_five_hours_use_twenty_of_twenty_four():
    capacity, hours = np.array([[24, 12, 3]]), np.array([5] * 6)
    price = np.zeros((6, 3))
    usable = find_usable(capacity, np.zeros(6, dtype=np.int64), hours, price, np.zeros_like(capacity))
    assert usable.tolist() == [[20, 10, 0]]
