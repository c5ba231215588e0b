"""The bound of prices is below the best schedule there is, which CP-SAT finds for small calendars."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from optimizer.scheduling import judge_schedule, sharpening, solve_schedule, strategy
from optimizer.scheduling.board import lay_out
from optimizer.scheduling.exact import bound_rep, solve_exactly
from optimizer.scheduling.filling import fill
from optimizer.scheduling.linked_moves import find_families
from optimizer.scheduling.placing import start_placing
from optimizer.scheduling.usable import find_usable
from optimizer.scheduling.week_prices import start_prices
from tests.scheduling.calendars import draw_case, pose


@pytest.fixture
def proved(monkeypatch) -> list[int]:
    """What a run proves step by step, whatever schedule it has: else the best one would hide what is too much."""
    told: list[int] = []
    tell, prove = strategy._Run.tell, strategy._Run.proved.fget
    nothing_yet = SimpleNamespace(objective=10**15)

    def listen(run, stage):
        told.append(prove(SimpleNamespace(bound=run.bound, prices=run.prices, placing=nothing_yet)))
        if hasattr(run, "sharpening"):  # rep by rep, with what others offer
            alone = run.sharpening.share.sum() + run.prices.value.sum() + run.prices.settled
            told.append(math.ceil(alone - 1e-6))
        tell(run, stage)

    monkeypatch.setattr(strategy._Run, "tell", listen)
    return told


@pytest.mark.parametrize("seed", range(12))
def test_no_schedule_is_cheaper_than_the_prices_prove_and_none_cheaper_than_the_best(seed, proved):
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
    assert prices.share.sum() + prices.value.sum() + prices.settled <= best.objective + 1e-6
    trees = start_prices(board, across=True)
    trees.prove(prices.best)
    assert prices.bound.sum() - 1e-6 <= trees.bound.sum() <= best.objective - prices.settled + 1e-6
    found = solve_schedule(problem, gap=0.0)
    if exact.bound >= exact.objective - 0.5:  # proved best
        assert found.bound <= best.objective <= found.objective
        assert proved and max(proved) <= best.objective


@pytest.mark.parametrize("seed", range(8))
def test_large_parts_taken_rep_by_rep_end_with_a_bound_that_the_best_schedule_keeps(
    seed, proved, monkeypatch
):
    problem = pose(draw_case(400 + seed, customers=4, tasks=6, weeks=5))
    board = lay_out(problem)
    best = solve_exactly(start_placing(board), np.arange(board.n_units), work=30.0)
    assert best.bound >= best.objective - 0.5  # proved best
    idle = np.setdiff1d(np.arange(problem.n_reps), board.rep)
    whole = best.objective + board.constant + board.charge_load(board.base_load).sum(axis=1)[idle].sum()
    monkeypatch.setattr(sharpening, "WHOLE", 0)
    monkeypatch.setattr(sharpening, "TURN", 1)
    found = solve_schedule(problem, gap=0.0)
    assert found.bound <= round(whole) <= found.objective
    assert proved and max(proved) <= round(whole)


@pytest.mark.parametrize("whole", [0, sharpening.WHOLE])
@pytest.mark.parametrize("seed", range(8))
def test_what_is_proved_of_a_poor_schedule_is_no_more_than_the_best_one_costs(
    seed, whole, proved, monkeypatch
):
    """Exact models that may prove but not place, and nothing else that betters what came first."""
    problem = pose(draw_case(400 + seed, customers=4, tasks=6, weeks=5))
    best = solve_schedule(problem, gap=0.0)
    assert best.bound == best.objective
    proved.clear()
    for room, way in ((strategy, "sweep"), (strategy, "shake"), (strategy, "relieve")):
        monkeypatch.setattr(room, way, lambda *_: None)
    monkeypatch.setattr(
        sharpening,
        "solve_exactly",
        lambda *of, **how: replace(solve_exactly(*of, **how), option=None, week=None),
    )
    monkeypatch.setattr(sharpening, "WHOLE", whole)
    poor = solve_schedule(problem, gap=0.0)
    assert max(proved) <= best.objective <= poor.objective


@pytest.mark.parametrize("seed", range(8))
def test_reps_asked_alone_prove_no_more_than_the_best_schedule_costs(seed):
    problem = pose(draw_case(300 + seed, customers=4, tasks=6, weeks=5))
    board = lay_out(problem)
    units, empty = np.arange(board.n_units), start_placing(board)
    best = solve_exactly(empty, units, work=30.0)
    assert best.bound >= best.objective - 0.5  # proved best
    prices = start_prices(board)
    prices.level()
    idle = np.setdiff1d(np.arange(problem.n_reps), board.rep)
    whole = best.objective + board.charge_load(board.base_load).sum(axis=1)[idle].sum()
    for value in (np.floor(prices.find_values(prices.best)), np.full(board.n_units, 700.0)):
        offers = [bound_rep(empty, rep, value, work=10.0).bound for rep in range(problem.n_reps)]
        assert sum(offers) + value[board.is_free].sum() <= whole + 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_some_units_decided_exactly_keep_what_the_others_wait_for_and_cost_no_more(seed):
    problem = pose(draw_case(200 + seed))
    board = lay_out(problem)
    families = find_families(board)
    placing = fill(board, families)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        before = placing.objective
        some = np.sort(rng.choice(board.n_units, max(1, board.n_units // 2), replace=False))
        start = placing.option[some].copy(), placing.weeks_of(some)
        placing.lift(some)
        exact = solve_exactly(placing, some, work=5.0, start=start)
        placing.put(some, exact.option, exact.week, placing.charge(some, exact.option, exact.week))
        assert placing.objective <= before
        score = judge_schedule(problem, board.to_schedule(placing.option, placing.week))
        assert score.keeps_all and score.objective == placing.objective


def test_four_tasks_of_five_hours_use_twenty_of_twenty_four():
    capacity, hours = np.array([[24, 12, 3]]), np.array([5] * 6)
    price = np.zeros((6, 3))
    usable = find_usable(capacity, np.zeros(6, dtype=np.int64), hours, price, np.zeros_like(capacity))
    assert usable.tolist() == [[20, 10, 0]]
