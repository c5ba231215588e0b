"""What solving promises whatever the problem: determinism, honesty about stopping, progress that only improves."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.plan import Plan, present_plan
from optimizer.problem import Ints, Problem
from optimizer.result import Progress, Status
from optimizer.solving import solve
from optimizer.solving import strategy as strategy_room
from optimizer.solving.bounding import first_bound as first_bound_room
from optimizer.solving.concluding import conclude
from optimizer.solving.course import Course
from optimizer.solving.modelling import candidates as candidates_room
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.pricing import sifting as sifting_room
from tests.cases import make_case, random_case


def middling(seed: int, customers: int = 120, reps: int = 6, **wishes: object) -> Problem:
    """A problem large enough that the search has work to do."""
    rng = np.random.default_rng(seed)
    homes = rng.uniform(0, 2, (reps, 2))
    places = rng.uniform(0, 2, (customers, 2))
    scenario = {
        "corridors": [
            {"measure": "hours", "tolerance": 0.1, "price": 1.5},
            {"measure": "potential", "tolerance": 0.15, "price": 1.0},
        ]
    }
    return build_problem(
        make_case(
            [{"lat": a, "lon": b} for a, b in homes],
            [
                {
                    "lat": a,
                    "lon": b,
                    "hours": round(float(rng.uniform(2, 20)), 1),
                    "potential": round(float(rng.lognormal(3, 0.5))),
                    "owner": f"r{rng.integers(reps)}",
                    "tier": "ABC"[rng.integers(3)],
                }
                for a, b in places
            ],
            scenario=scenario | wishes,
        )
    )


def test_the_same_problem_and_seed_give_the_same_plan() -> None:
    problem = middling(1)
    first, second = solve(problem, seed=3), solve(problem, seed=3)
    assert np.array_equal(first.plan.owner, second.plan.owner)
    assert (first.objective, first.bound) == (second.objective, second.bound)


def test_the_bound_is_near_and_the_gap_is_what_it_says() -> None:
    result = solve(middling(2))
    assert result.ok
    assert result.bound is not None
    assert result.gap == pytest.approx((result.objective - result.bound) / result.objective)
    assert result.gap < 0.005
    assert result.objective == evaluate(middling(2), result.plan).objective


def test_who_wants_it_briefly_gets_prices_and_exchanges_alone() -> None:
    problem = middling(4)
    full, brief = solve(problem, gap=0.0), solve(problem, gap=0.0, brief=True)
    assert "territories" in full.method and "territories" not in brief.method
    assert full.bound is not None and brief.bound is not None
    assert brief.ok and brief.objective == evaluate(problem, brief.plan).objective
    assert brief.bound <= full.objective <= brief.objective


def test_progress_only_improves_and_ends_with_the_result() -> None:
    seen: list[Progress] = []
    result = solve(middling(3), on_progress=seen.append)
    assert next(p.stage for p in seen) == "start"
    for before, after in pairwise(seen):
        assert (not after.keeps_all, after.objective or 0) <= (not before.keeps_all, before.objective or 0)
        assert (after.bound or 0) >= (before.bound or 0)
    assert seen[-1].objective == pytest.approx(result.objective / 1000)
    assert [replace(p, plan=None) for p in seen] == result.trace
    for progress in seen:
        assert progress.plan is not None
        assert evaluate(middling(3), progress.plan).objective == pytest.approx(
            1000 * (progress.objective or 0)
        )


def test_a_plan_handed_in_is_never_made_worse() -> None:
    problem = middling(4)
    good = solve(problem).plan
    again = solve(replace(problem, effort=0.01), start=good)
    assert again.objective <= evaluate(problem, good).objective


def test_stopping_at_once_still_gives_a_plan_that_says_so() -> None:
    result = solve(middling(5), should_stop=lambda: True)
    assert result.stopped == "interrupted"
    assert ("interrupted", {}) in result.notes
    assert result.bound is None or result.bound <= result.objective


def test_who_stops_a_run_does_not_wait_for_a_step_that_takes_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, begun, release = middling(5), threading.Event(), threading.Event()

    def build_slowly(problem: Problem, customer: Ints, rep: Ints, *, whole: bool) -> Model:
        begun.set()
        release.wait(60)
        return build_model(problem, customer, rep, whole=whole)

    monkeypatch.setattr(first_bound_room, "build_model", build_slowly)
    try:
        told: list[Progress] = []
        result = solve(problem, should_stop=begun.is_set, on_progress=told.append)
        assert not release.is_set()  # the step is still under way
        notes = list(result.notes)
        left_behind = [t for t in threading.enumerate() if t.name.startswith("solving")]
    finally:
        release.set()
    assert left_behind
    for thread in left_behind:
        thread.join(60)
    assert (told, result.notes) == ([], notes)  # nothing is heard of it any more
    assert np.array_equal(result.plan.owner, problem.owner)
    assert (result.stopped, result.bound, result.gap) == ("interrupted", None, None)


def test_an_error_on_the_way_reaches_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(first_bound_room, "find_dearest")
    with pytest.raises(NameError):
        solve(middling(5), should_stop=lambda: False)


def test_a_time_limit_is_told() -> None:
    result = solve(middling(6), time_limit=0.0, gap=0.0)
    assert result.stopped == "time_limit"
    assert ("time_limit", {}) in result.notes


def test_a_gap_that_is_good_enough_ends_the_search() -> None:
    result = solve(middling(7), gap=0.5)
    assert result.stopped == "gap"
    assert result.gap is not None
    assert result.gap <= 0.5


def test_what_cannot_be_kept_is_proved_and_named_with_the_smallest_breach() -> None:
    """Three customers of 8 hours for two reps of 10: one rep must be 6 hours over."""
    problem = build_problem(
        make_case(
            [{}, {}],
            [{"hours": 8}] * 3,
            scenario={
                "horizon": {"weeks": 1, "hours_per_week": 10, "field_share": 1.0},
                "coverage": {"hard": True},
                "corridors": [],
            },
        )
    )
    result = solve(problem)
    assert result.status == Status.INFEASIBLE
    assert result.gap is None
    assert [(v.code, v.amount) for v in result.score.hard_violations] == [("over_capacity", 6.0)]


def test_where_only_a_plan_that_keeps_everything_counts_nothing_impossible_is_mended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shaken: list[int] = []
    monkeypatch.setattr(strategy_room._Run, "shake", lambda run, search, near, times: shaken.append(times))
    problem = middling(8, coverage={"hard": True}, capacity={"price": None})
    room = np.full(problem.n_reps, int(0.95 * problem.hours.sum() / problem.n_reps))
    short = replace(problem, capacity=room, load_limit=room, effort=0.1)
    assert solve(short, only_whole=True).status == Status.INFEASIBLE and not shaken
    answer = solve(short)
    assert answer.status == Status.INFEASIBLE
    assert len(shaken) == 1  # the smallest breach is looked for, once if nothing mends it
    assert "territories" not in answer.method  # nobody is told a bound


def test_a_problem_too_large_for_all_pairs_keeps_owners_locks_and_named_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candidates_room, "ALL_PAIRS", 0)
    for seed in range(30):
        problem = replace(build_problem(random_case(seed, customers=12, reps=5)), candidates=2)
        customer, rep = candidates_room.find_candidates(problem)
        found = set(zip(customer.tolist(), rep.tolist(), strict=True))
        assert len(found) == len(customer)
        owned = np.flatnonzero(problem.owner >= 0)
        assert set(zip(owned.tolist(), problem.owner[owned].tolist(), strict=True)) <= found
        locked = zip(problem.lock_customer.tolist(), problem.lock_rep.tolist(), strict=True)
        assert set(locked) <= found
        named = {divmod(int(key), problem.n_reps) for key in problem.pair_key}
        assert named <= found
        for group in np.unique(problem.group[problem.group >= 0]):
            members = np.flatnonzero(problem.group == group)
            reps = [{r for c, r in found if c == member} for member in members]
            assert all(r == reps[0] for r in reps)


def test_few_candidates_still_make_a_sound_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates_room, "ALL_PAIRS", 0)
    monkeypatch.setattr(sifting_room, "WHOLE", 100)
    problem = replace(middling(8, customers=200, reps=12), candidates=5)
    result = solve(problem)
    assert result.ok
    assert result.gap is not None
    assert result.gap < 0.05


def test_prices_on_part_of_the_arcs_are_checked_against_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """With few arcs priced at first, the bound must still hold for the optimum over all."""
    problem = replace(middling(9, customers=40, reps=6), candidates=2)
    best = solve(problem, gap=0.0)
    monkeypatch.setattr(sifting_room, "WHOLE", 10)
    part = solve(problem, gap=0.0)
    assert part.bound is not None
    assert part.bound <= best.objective


def test_no_owner_no_point_no_wish_is_a_problem_too() -> None:
    result = solve(build_problem(make_case([{}], [{}])))
    assert result.status == Status.OPTIMAL
    assert np.array_equal(result.plan.owner, [0])
    assert ("no_geography", {}) in result.notes


def test_the_present_plan_is_where_disruption_is_counted_from() -> None:
    problem = middling(10)
    assert evaluate(problem, present_plan(problem)).terms["handover"] == 0
    elsewhere = Plan((problem.owner + 1) % problem.n_reps)
    assert evaluate(problem, elsewhere).terms["handover"] == int(problem.handover.sum())


def test_prices_end_where_nothing_can_be_kept() -> None:
    """Hard rows that no plan keeps once drove their prices, and the bound, up without end."""
    for seed in (0, 2, 5):
        result = solve(build_problem(random_case(seed, customers=1 + seed % 7, reps=3)))
        assert result.status in Status
        assert np.isfinite(result.objective)


@pytest.mark.parametrize("above", [0.0, 1e-9, -1e-9])
def test_a_bound_between_two_plans_proves_the_dearer_one_and_a_rounding_error_nothing(above: float) -> None:
    problem = middling(11, customers=20, reps=3)
    plan = present_plan(problem)
    objective = evaluate(problem, plan).objective
    course = Course(0.0, None, None, None, plan=plan)
    for low, told in ((10.7, 10), (10.0, 10), (0.4, 0), (-3.0, 0)):
        course.bound = objective - low + above
        result = conclude(problem, course, None, 0, None, None, lambda: False)
        assert result.score.keeps_all and result.bound == objective - told
