"""Why a task is where it is: every other week and doer costs what the checker of schedules says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.commands.task_reasons import read_schedule
from optimizer.explaining import explain_task
from optimizer.plan import present_plan
from optimizer.scheduling import Schedule, build_task_problem, judge_schedule, solve_schedule
from optimizer.scheduling.schedule_result import ScheduleResult
from optimizer.scheduling.task_problem import TaskProblem
from tests.rebalancing.quarters import quickstart


@pytest.fixture(scope="module")
def answer() -> tuple[TaskProblem, ScheduleResult]:
    problem = build_problem(quickstart())
    work = build_task_problem(quickstart(), present_plan(problem), problem=problem)
    return work, solve_schedule(work, should_stop=lambda: True)


def test_every_other_choice_costs_what_is_said(answer: tuple[TaskProblem, ScheduleResult]) -> None:
    work, result = answer
    now, schedule = judge_schedule(work, result.schedule), result.schedule
    rep = {name: k for k, name in enumerate(work.rep_ids)}
    week = {name: k for k, name in enumerate(work.week_names)} | {None: -1}
    for task in range(0, work.n_tasks, 13):
        reason = explain_task(work, schedule, work.task_ids[task])
        assert reason.week == ([*work.week_names, None])[schedule.week[task]] and reason.sentence()
        assert (reason.slip is None) == (reason.week is not None)
        for choice in reason.weeks:
            changed = schedule.week.copy()
            changed[task] = week[choice.week]
            then = judge_schedule(work, Schedule(schedule.doer, changed))
            assert then.objective - now.objective == choice.difference == sum(choice.terms.values())
            assert choice.sentence()
            if now.keeps_all:
                assert then.keeps_all == (choice.barrier is None)
        for choice in reason.doers:
            who = schedule.doer.copy()
            who[work.series == work.series[task]] = rep[choice.rep_id]
            then = judge_schedule(work, Schedule(who, schedule.week))
            assert then.objective - now.objective == choice.difference


def test_what_is_broken_already_bars_no_choice_and_the_best_that_may_be_come_first(
    answer: tuple[TaskProblem, ScheduleResult],
) -> None:
    work, result = answer
    at = np.flatnonzero((result.schedule.week >= 0) & (result.schedule.doer >= 0))
    week = result.schedule.week.copy()
    for task in at:  # the first that may not be in the first week
        week[task] = 0
        if not judge_schedule(work, Schedule(result.schedule.doer, week)).keeps_all:
            break
        week[task] = result.schedule.week[task]
    spoilt = Schedule(result.schedule.doer, week)
    known = {
        (v.code, v.task_id, v.rep_id, v.week): v.amount for v in judge_schedule(work, spoilt).hard_violations
    }
    assert known
    other = next(int(k) for k in at[::-1] if spoilt.doer[k] != spoilt.doer[task])
    reason = explain_task(work, spoilt, work.task_ids[other])
    index = {name: k for k, name in enumerate(work.week_names)} | {None: -1}
    for choice in reason.weeks:
        week = spoilt.week.copy()
        week[other] = index[choice.week]
        after = judge_schedule(work, Schedule(spoilt.doer, week)).hard_violations
        more = [v for v in after if v.amount > known.get((v.code, v.task_id, v.rep_id, v.week), 0) + 1e-9]
        assert choice.barrier == (more[0] if more else None)
    assert any(choice.barrier is None for choice in reason.weeks)
    for choices in (reason.weeks, reason.doers):
        order = [(choice.barrier is not None, choice.difference) for choice in choices]
        assert order == sorted(order)


def test_the_schedule_in_a_folder_is_read_back(
    answer: tuple[TaskProblem, ScheduleResult], tmp_path: Path
) -> None:
    work, result = answer
    names, weeks = np.append(work.rep_ids, [""]), np.append(work.week_names, [""])
    table = {"task_id": work.task_ids, "customer_id": "", "hours": 1.0}
    table |= {"rep_id": names[result.schedule.doer], "week": weeks[result.schedule.week]}
    pd.DataFrame(table).sample(frac=1, random_state=1).to_csv(tmp_path / "tasks.csv", index=False)
    (tmp_path / "assignments.csv").write_text("customer_id,rep_id\n", encoding="utf-8")
    schedule = read_schedule(tmp_path, work)
    assert schedule is not None
    assert np.array_equal(schedule.doer, result.schedule.doer)
    assert np.array_equal(schedule.week, result.schedule.week)


def test_why_this_doer_is_named(answer: tuple[TaskProblem, ScheduleResult]) -> None:
    work, result = answer
    codes = [explain_task(work, result.schedule, name).code for name in work.task_ids[:10]]
    assert set(codes) <= {"named", "owner", "only_one", "chosen", "nobody"} and len(set(codes)) > 1
    for task, code in enumerate(codes):
        doer = result.schedule.doer[task]
        assert (code == "nobody") == (doer < 0)
        assert (code == "named") == (doer >= 0 and doer == work.given_doer[task])
        assert code != "owner" or doer == work.owner[task]
    with pytest.raises(KeyError):
        explain_task(work, result.schedule, "nothing")
    assert np.isin(work.owner[work.visit > 0], result.schedule.doer).all()
