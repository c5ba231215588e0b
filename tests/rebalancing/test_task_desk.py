"""Suggestions for one task: exact by the judge of schedules, in the right order, and quick."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.plan import present_plan
from optimizer.reading.progress import no_events
from optimizer.rebalancing import TaskDesk, apply_progress, open_task_desk
from optimizer.scheduling import NOWHERE, Barred, Schedule, build_task_problem, judge_schedule
from tests.cases import random_case
from tests.rebalancing.quarters import plan_of, quickstart


def random_desk(seed: int) -> TaskDesk | None:
    """A random schedule of a random case with tasks; None where there are none."""
    case = random_case(seed)
    problem = build_problem(case)
    work = build_task_problem(case, present_plan(problem), problem=problem)
    rng = np.random.default_rng(seed)
    week = np.full(work.n_tasks, NOWHERE)
    doer = np.full(work.n_tasks, NOWHERE)
    for k in range(work.n_tasks):
        options = work.option_rep[work.option_first[work.series[k]] : work.option_first[work.series[k] + 1]]
        if len(options) and rng.random() < 0.8:
            doer[k], week[k] = rng.choice(options), rng.integers(0, work.n_weeks)
    return TaskDesk(case, problem, work, Schedule(doer, week)) if len(case.records.tasks) else None


@pytest.mark.parametrize("seed", range(30))
def test_a_difference_is_with_less_without_by_the_judge(seed):
    desk = random_desk(seed)
    if desk is None:
        return
    work, schedule = desk.work, desk.schedule
    for name in desk.case.records.tasks["task_id"]:
        if name not in set(work.task_ids):
            continue
        task = int(np.flatnonzero(work.task_ids == name)[0])
        rep, load, travel, last = desk.find_able(task)
        series = int(work.series[task])
        first, end = work.option_first[series], work.option_first[series + 1]

        def put(old, new, first=first, end=end):
            return np.concatenate([old[:first], new, old[end:]])

        later = np.arange(work.n_series + 1) > series
        opened = replace(
            work,
            option_rep=put(work.option_rep, rep),
            option_hours=put(work.option_hours, load),
            option_travel=put(work.option_travel, travel),
            option_last=put(work.option_last, last),
            option_first=work.option_first + later * (len(rep) - (end - first)),
            barred=np.where(np.arange(work.n_tasks) == task, Barred.NO, work.barred),
        )

        def judge(doer, week, task=task, opened=opened):
            doers, weeks = schedule.doer.copy(), schedule.week.copy()
            doers[task], weeks[task] = doer, week
            return judge_schedule(opened, Schedule(doers, weeks))

        without = judge(NOWHERE, NOWHERE)
        ranks = []
        for found in desk.suggest(name, 99):
            doer = int(np.flatnonzero(work.rep_ids == found.rep_id)[0])
            week = work.week_names.index(found.week)
            score = judge(doer, week)
            assert score.objective - without.objective == found.difference == sum(found.terms.values())
            mine = [v for v in score.hard_violations if v.task_id == name]
            assert not mine or {v.code for v in mine} <= {"published_moved"}
            here = [v for v in score.hard_violations if v.code == "over_week" and v.rep_id == found.rep_id]
            before = [
                v for v in without.hard_violations if v.code == "over_week" and v.rep_id == found.rep_id
            ]
            more = sum(v.amount for v in here) - sum(v.amount for v in before)
            assert more == pytest.approx(found.over / 1000)
            assert found.is_owner == (doer == work.owner[task])
            ranks.append((found.over, found.difference))
            for other in range(work.n_weeks):  # no week of this rep is better
                if found.over == 0 and work.available[doer, other] > 0:
                    tried = judge(doer, other)
                    if len(tried.hard_violations) <= len(without.hard_violations):
                        assert tried.objective >= score.objective
        assert ranks == sorted(ranks)


def test_the_desk_of_a_plan_in_force_knows_what_is_planned_and_answers_in_milliseconds():
    case, plan = quickstart(), plan_of(quickstart())
    desk = open_task_desk(apply_progress(case, plan, no_events()))
    planned = plan.tasks.set_index("task_id")
    times = []
    for name in desk.case.records.tasks["task_id"]:
        if name not in planned.index:  # for no customer
            continue
        began = time.process_time()
        found = desk.suggest(name, 99)
        times.append(time.process_time() - began)
        assert found or name in ("T02", "T03", "T04", "T05")  # random weeks may leave none between others
        at = planned.loc[name]
        for suggestion in found:
            assert suggestion.is_present == (
                (suggestion.rep_id, suggestion.week) == (at["rep_id"], at["week"])
            )
    assert np.median(times) < 0.02
    with pytest.raises(KeyError):
        desk.suggest("C01:2027-01-04:1")
    assert pd.Series(desk.schedule.is_done).mean() > 0.9
