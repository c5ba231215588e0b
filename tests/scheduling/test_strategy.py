"""Schedules come with a bound that holds, repeat byte for byte, and keep every hard constraint."""

import sys
import time
import traceback
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.plan import present_plan
from optimizer.reading import read_case
from optimizer.scheduling import build_task_problem, judge_schedule, solve_schedule
from tests.cases import make_case


def small_case(**scenario):
    tiers = {
        "A": {"visits": 4, "hours_per_visit": 2.0, "unserved_price": 10},
        "C": {"visits": 1, "hours_per_visit": 3.0, "unserved_price": 4},
    }
    return make_case(
        [{"hours_per_week": 10}, {"hours_per_week": 10, "skills": "cardio"}],
        [{"tier": "A", "owner": f"r{i % 2}"} for i in range(6)]
        + [{"tier": "C", "owner": "r0"} for _ in range(4)],
        tasks=[
            {"customer_id": "c0", "hours": 3.0, "requires": "cardio", "due": "2027-01-20"},
            {"customer_id": "c0", "hours": 2.0, "after": "t0"},
        ],
        scenario={"horizon": {"start": "2027-01-04", "weeks": 6}, "tiers": tiers} | scenario,
    )


def pose(case):
    problem = build_problem(case)
    return build_task_problem(case, present_plan(problem), problem=problem)


def test_the_same_input_and_seed_give_the_same_schedule():
    problem = pose(small_case())
    one, other = solve_schedule(problem), solve_schedule(problem)
    assert (one.schedule.week == other.schedule.week).all() and (
        one.schedule.doer == other.schedule.doer
    ).all()
    assert one.bound == other.bound


def test_a_schedule_keeps_everything_and_its_bound_is_below_it():
    result = solve_schedule(pose(small_case()))
    assert result.score.keeps_all and 0 <= result.bound <= result.objective
    assert result.gap == pytest.approx(0, abs=0.01)
    assert judge_schedule(pose(small_case()), result.schedule).objective == result.objective


def test_the_specialist_does_what_the_owner_cannot():
    problem = pose(small_case())
    result = solve_schedule(problem)
    task = int(np.flatnonzero(problem.task_ids == "t0")[0])
    assert problem.owner[task] == 0 and result.schedule.doer[task] == 1


def test_nothing_to_do_is_a_schedule_too():
    result = solve_schedule(pose(make_case([{}], [{"tier": "C"}], scenario={"horizon": {"weeks": 2}})))
    assert result.status == "optimal" and result.objective == 0 and len(result.schedule.week) == 0


def test_only_barred_tasks_slip_and_are_optimal():
    case = make_case([{}], [{"tier": "C"}], tasks=[{"customer_id": "c0", "hours": 2, "requires": "magic"}])
    result = solve_schedule(pose(case))
    assert result.schedule.week.tolist() == [-1] and result.status == "optimal" and result.objective > 0


def test_a_request_to_stop_and_a_time_limit_still_give_a_schedule_and_a_bound():
    problem = pose(small_case())
    for result in (
        solve_schedule(problem, should_stop=lambda: True),
        solve_schedule(problem, time_limit=0.0),
    ):
        assert result.stopped in ("interrupted", "time_limit") and result.score.keeps_all
        assert result.bound <= result.objective


def test_a_run_that_is_stopped_while_a_model_is_solved_answers_soon():
    tiers = {"A": {"visits": 9, "hours_per_visit": 2.3, "unserved_price": 10}}
    shop = [{"tier": "A", "owner": "r0", "hours": 18.0 + 0.7 * (i % 7)} for i in range(17)]
    case = make_case(
        [{"hours_per_week": 25}],
        shop,
        scenario={"horizon": {"start": "2027-01-04", "weeks": 13, "field_share": 1.0}, "tiers": tiers},
    )
    asked = []

    def should_stop():
        if any(frame.name == "_decide" for frame in frames()):
            asked.append(time.perf_counter())
        return bool(asked)

    result = solve_schedule(pose(case), gap=0.0, should_stop=should_stop)
    assert asked and time.perf_counter() - asked[0] < 5
    assert result.stopped == "interrupted" and result.score.keeps_all and result.bound <= result.objective


def test_where_half_of_the_reps_leave_and_others_take_their_work_the_gap_stays_small():
    """What leavers leave may be done by any of the rest: one part of all reps, with far more work than hours."""
    case = read_case("scenarios/quickstart")
    reps = case.records.reps.copy()
    reps.loc[reps["rep_id"].isin(["tom", "kai"]), "ends"] = pd.Timestamp("2027-02-05")
    case = replace(case, records=replace(case.records, reps=reps))
    result = solve_schedule(replace(pose(case), effort=0.13))  # the effort that `plan` gives to so few tasks
    assert result.gap < 0.05 and result.score.keeps_all  # 15 % when asked rep by rep


def frames():
    """What all threads are doing."""
    return [f for frame in sys._current_frames().values() for f in traceback.extract_stack(frame)]
