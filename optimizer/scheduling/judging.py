"""What a schedule is worth and what it breaks, said without any solver.

The checker of schedules: it reads the problem's arrays and nothing that solving knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.problem import UNITS_PER_HOUR, Bools, Floats, Ints
from optimizer.result import Violation
from optimizer.scheduling.schedule import Schedule
from optimizer.scheduling.schedule_result import ScheduleScore
from optimizer.scheduling.task_problem import FORBIDDEN, TaskProblem


def judge_schedule(problem: TaskProblem, schedule: Schedule) -> ScheduleScore:
    """Judge any schedule, made here, by hand or by another tool; never refuses one.

    A hard constraint that is broken has no price: it stands in ``ScheduleScore.hard_violations``.
    """
    done = schedule.is_done
    load = schedule.load(problem)
    weeks, deviation, too_near = measure_spacing(problem, schedule)
    late = np.where(done, problem.late_cost * schedule.late_weeks(problem), 0)
    by_task = {
        "slipped": np.where(done, 0, problem.slip_cost),
        "late": late,
        "travel": _travel(problem, schedule),
    }
    over, violations = _find_overload(problem, load)
    crowded = problem.peak_price.of(np.maximum(load - problem.peak, 0))
    terms = {name: int(cost.sum()) for name, cost in by_task.items()}
    terms |= {"spacing": int(weeks.sum()), "continuity": count_extra_people(problem, schedule)}
    terms["continuity"] *= problem.continuity_price
    terms["peak"] = int(crowded.sum())
    if problem.capacity_price is not None:
        terms["capacity"] = over
    violations = [
        *_find_wrong_doers(problem, schedule),
        *_find_wrong_weeks(problem, schedule),
        *_find_out_of_order(problem, schedule),
        *too_near,
        *violations,
    ]
    return ScheduleScore(sum(terms.values()), terms, by_task, load, deviation, violations)


def count_extra_people(problem: TaskProblem, schedule: Schedule) -> int:
    """People beyond the first who work for each customer, over all customers."""
    known = (schedule.doer >= 0) & (problem.customer >= 0)
    pairs = np.unique(problem.customer[known] * problem.n_reps + schedule.doer[known])
    return len(pairs) - len(np.unique(problem.customer[known]))


def measure_spacing(problem: TaskProblem, schedule: Schedule) -> tuple[Ints, Floats, list[Violation]]:
    """Cost of every series' spacing [S], its mean deviation from the ideal gap in weeks [S], visits too near.

    Visits are taken in the order of their weeks, whatever their numbers. Before the first and after the last visit
    nobody should wait longer than between two of them.
    """
    cost = np.zeros(problem.n_series, dtype=np.int64)
    deviation = np.full(problem.n_series, np.nan)
    task = np.flatnonzero(schedule.is_done & (problem.spacing[problem.series] >= 0))
    task = task[np.lexsort((schedule.week[task], problem.series[task]))]
    series, week = problem.series[task], schedule.week[task]
    policy = problem.spacing[series]
    starts = np.diff(series, prepend=-1) != 0
    ends = np.diff(series, append=-1) != 0
    ahead = np.maximum(week - problem.span[series, 0], 0)
    behind = np.maximum(problem.span[series, 1] - week, 0)
    np.add.at(cost, series[starts], problem.end_cost[policy[starts], ahead[starts]])
    np.add.at(cost, series[ends], problem.end_cost[policy[ends], behind[ends]])
    second = np.flatnonzero(~starts)
    gap = week[second] - week[second - 1]
    price = problem.gap_cost[policy[second], gap]
    np.add.at(cost, series[second], np.where(price == FORBIDDEN, 0, price))
    total, count = np.zeros(problem.n_series), np.bincount(series[second], minlength=problem.n_series)
    np.add.at(total, series[second], np.abs(gap - problem.ideal_gap[policy[second]]))
    np.divide(total, count, out=deviation, where=count > 0)
    near = []
    both = problem.is_published[task[second]] & problem.is_published[task[second - 1]]
    for at in np.flatnonzero((price == FORBIDDEN) & ~both):
        t, before = int(task[second[at]]), int(task[second[at] - 1])
        least = int(problem.min_gap[policy[second[at]]])
        near.append(
            _violate(
                problem, schedule, t, "visits_too_near", "spacing", least - int(gap[at]), "weeks",
                earlier=problem.task_ids[before], limit=least,
            )
        )  # fmt: skip
    return cost, deviation, near


def _travel(problem: TaskProblem, schedule: Schedule) -> Ints:
    option = problem.find_option(np.arange(problem.n_tasks), schedule.doer)
    known = schedule.is_done & (option >= 0)
    travel = np.zeros(problem.n_tasks, dtype=np.int64)
    travel[known] = problem.option_travel[option[known]]
    return travel


def _find_overload(problem: TaskProblem, load: Ints) -> tuple[int, list[Violation]]:
    """What hours above the weeks' capacity cost in all, and where they are."""
    paid, found = 0, []
    for r, w in zip(*np.nonzero(load > problem.capacity), strict=True):
        above = int(load[r, w] - problem.capacity[r, w])
        price = problem.capacity_price
        cost = 0 if price is None else int(price.of(above))
        paid += cost
        found.append(
            Violation(
                "over_week",
                "week_capacity",
                hard=price is None and int(w) >= problem.closed_weeks,  # what is published is agreed
                amount=above / UNITS_PER_HOUR,
                unit="hours",
                cost=cost,
                rep_id=problem.rep_ids[r],
                week=problem.week_names[w],
                details={
                    "load": round(int(load[r, w]) / UNITS_PER_HOUR, 3),
                    "limit": round(int(problem.capacity[r, w]) / UNITS_PER_HOUR, 3),
                },
            )
        )
    return paid, found


def _find_wrong_doers(problem: TaskProblem, schedule: Schedule) -> list[Violation]:
    """Tasks done by somebody who may not, and series shared by several."""
    option = problem.find_option(np.arange(problem.n_tasks), schedule.doer)
    stays = problem.is_published
    skilled = option >= 0
    skilled[skilled] = schedule.week[skilled] <= problem.option_last[option[skilled]]
    able = np.where(stays, schedule.doer == problem.published_doer, skilled)
    wrong = np.flatnonzero(~able & schedule.is_done)
    found = [_violate(problem, schedule, int(t), "doer_not_able", "doers", 1, "tasks") for t in wrong]
    open_task = np.flatnonzero(~stays & ~problem.is_barred)
    series, doer = problem.series[open_task], schedule.doer[open_task]
    split = open_task[1:][(np.diff(series) == 0) & (np.diff(doer) != 0)]
    return found + [_violate(problem, schedule, int(t), "visits_shared", "doers", 1, "tasks") for t in split]


def _find_wrong_weeks(problem: TaskProblem, schedule: Schedule) -> list[Violation]:
    """Tasks before their earliest week, away from their published one, outside the horizon, or barred and done."""
    week, done, stays = schedule.week, schedule.is_done, problem.is_published
    found = []

    def tell(where: Bools, code: str, amount: Ints, **details: Ints) -> None:
        for t in np.flatnonzero(where):
            told = {name: problem.week_names[values[t]] for name, values in details.items()}
            found.append(
                _violate(problem, schedule, int(t), code, "windows", int(amount[t]), "weeks", **told)
            )

    inside = np.clip(problem.earliest, 0, problem.n_weeks - 1)
    tell(done & ~stays & (week < problem.earliest), "too_early", problem.earliest - week, limit=inside)
    moved = stays & (week != problem.published_week)
    tell(moved, "published_moved", np.where(done, np.abs(week - problem.published_week), 1),
         limit=np.maximum(problem.published_week, 0))  # fmt: skip
    away = problem.available[np.maximum(schedule.doer, 0), np.maximum(week, 0)] == 0
    tell(done & ~stays & (schedule.doer >= 0) & away, "rep_away", np.ones_like(week))
    tell(done & ~stays & problem.is_barred, "barred_done", np.ones_like(week))
    return found


def _find_out_of_order(problem: TaskProblem, schedule: Schedule) -> list[Violation]:
    """Tasks done before what they wait for, or although it slips."""
    first, then = problem.after[:, 0], problem.after[:, 1]
    week = schedule.week
    ready = np.where(schedule.is_done[first], week[first], problem.n_weeks) + problem.after_lag
    broken = np.flatnonzero(schedule.is_done[then] & (week[then] < ready))
    return [
        _violate(
            problem, schedule, int(then[e]), "not_after", "after", int(ready[e] - week[then[e]]), "weeks",
            hard=not problem.is_published[then[e]],  # what is published stays, and is told
            earlier=problem.task_ids[first[e]],
        )
        for e in broken
    ]  # fmt: skip


def _violate(
    problem: TaskProblem,
    schedule: Schedule,
    task: int,
    code: str,
    constraint: str,
    amount: int,
    unit: str,
    hard: bool = True,
    **details: Any,
) -> Violation:
    customer, doer, week = int(problem.customer[task]), int(schedule.doer[task]), int(schedule.week[task])
    return Violation(
        code,
        constraint,
        hard=hard,
        amount=float(amount),
        unit=unit,
        customer_id=problem.customer_ids[customer] if customer >= 0 else None,
        rep_id=problem.rep_ids[doer] if doer >= 0 else None,
        task_id=problem.task_ids[task],
        week=problem.week_names[week] if week >= 0 else None,
        details=details,
    )
