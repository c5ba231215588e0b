"""Solving step by step: every improvement with its plan, leaving early, and the same end as in one go."""

from __future__ import annotations

import pytest

from optimizer.evaluation import evaluate
from optimizer.solving import improve, solve
from optimizer.solving.bounding import first_bound as first_bound_room
from tests.solving.test_strategy import middling


def test_improvements_come_with_their_plans_and_end_where_solving_ends() -> None:
    problem = middling(11)
    search = improve(problem, seed=4)
    seen = list(search)
    assert search.result.objective == solve(problem, seed=4).objective
    assert seen
    for progress in seen:
        assert progress.plan is not None
        score = evaluate(problem, progress.plan)
        assert score.keeps_all == progress.keeps_all
        assert score.objective_hours == pytest.approx(progress.objective)
    assert seen[-1].objective == pytest.approx(search.result.score.objective_hours)


def test_leaving_the_block_stops_the_run_and_keeps_the_best_so_far() -> None:
    problem = middling(12, customers=400, reps=12)
    with improve(problem, gap=0.0) as search:
        first = next(search)
    assert first.plan is not None
    assert search.result.stopped in ("interrupted", "work")  # the end may come first
    assert search.result.score.keeps_all >= first.keeps_all


def test_an_error_on_the_way_is_raised_where_it_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(first_bound_room, "find_dearest")
    search = improve(middling(5))
    with pytest.raises(NameError):
        next(search)
    with pytest.raises(NameError):
        _ = search.result
