"""Task desk: the best doers and weeks for one new or changed task, each with the difference it makes, at once.

All sums of the schedule are taken once; then one task is weighed against every rep and week by the schedule's costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.plan import present_plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem, to_units
from optimizer.rebalancing.replay.calendar import last_days
from optimizer.rebalancing.replay.state import State
from optimizer.rebalancing.rescheduling import build_rest_problem
from optimizer.records import positions_of
from optimizer.scheduling import Schedule, TaskProblem
from optimizer.scheduling.doers import find_able, forbidden_pairs, measure_km
from optimizer.scheduling.task_building import hours_of_km
from optimizer.scheduling.task_problem import NOWHERE, Barred
from optimizer.scheduling.weeks import find_last_weeks, find_weeks

LIFTED = (Barred.NO_WEEK, Barred.TOO_LONG)  # of whoever was to do it; others may have time
NEVER = np.iinfo(np.int64).max // 4


@dataclass(frozen=True)
class TaskSuggestion:
    """One rep who may do a task, in the best week for it.

    ``difference``: milli-hours of the schedule's objective against not doing it, ``dearer``: against the best
    suggestion. ``terms``: the parts of the difference. ``over``: milli-hours by which a week's hard limit is
    exceeded more.
    ``is_owner``: whether the customer is the rep's; ``is_present``: whether it is planned just so.
    """

    rep_id: str
    week: str
    difference: int
    dearer: int
    terms: dict[str, int]
    over: int
    is_owner: bool
    is_present: bool

    @property
    def hours(self) -> float:
        """The difference in hours."""
        return self.difference / UNITS_PER_HOUR


class TaskDesk:
    """A schedule whose sums are at hand: asks about single tasks are answered in milliseconds.

    ``problem`` are the territories of ``case``, ``work`` its task problem, ``schedule`` who does what when.
    """

    def __init__(self, case: Case, problem: Problem, work: TaskProblem, schedule: Schedule) -> None:
        self.case, self.problem, self.work, self.schedule = case, problem, work, schedule
        self._load = schedule.load(work)
        self._number = {name: k for k, name in enumerate(work.task_ids.tolist())}
        self._row = {name: k for k, name in enumerate(case.records.tasks["task_id"].tolist())}
        weeks = find_weeks(case.scenario.horizon)
        self._weeks = weeks
        self._gone = find_last_weeks(case.records, case.scenario, weeks)
        self._forbidden = forbidden_pairs(problem)

    def suggest(self, task_id: str, top_k: int = 5) -> list[TaskSuggestion]:
        """The best ``top_k`` doers who are able, those within every hard limit first, then by difference.

        KeyError for an unknown task, and for a visit of a cadence: that is the owner's, ask for the customer.
        """
        if task_id not in self._row:
            raise KeyError(task_id)
        work, task = self.work, self._number[task_id]
        rep, hours, travel, last = self.find_able(task)
        weeks = np.arange(work.n_weeks)
        doer, week = int(self.schedule.doer[task]), int(self.schedule.week[task])
        load = self._load
        if week >= 0 and doer >= 0:
            load = load.copy()
            load[doer, week] -= int(work.task_load(np.array([task]), np.array([doer]))[0])
        first, end = self._find_span(task)
        span = (weeks[None, :] >= first) & (weeks[None, :] <= np.minimum(end, last)[:, None])
        span &= work.available[rep] > 0
        if work.barred[task] not in (Barred.NO, *LIFTED) or not len(rep) or not span.any():
            return []
        before, after = load[rep], load[rep] + hours[:, None]
        peak = work.peak_price.of(np.maximum(after - work.peak[rep], 0))
        peak = peak - work.peak_price.of(np.maximum(before - work.peak[rep], 0))
        above = np.maximum(after - work.capacity[rep], 0), np.maximum(before - work.capacity[rep], 0)
        over, overtime = above[0] - above[1], np.zeros_like(above[0])
        if work.capacity_price is not None:
            overtime, over = work.capacity_price.of(above[0]) - work.capacity_price.of(above[1]), 0 * over
        late = np.broadcast_to(work.late_cost[task] * np.maximum(weeks - work.due[task], 0), peak.shape)
        extra = np.where(self._is_new(task, rep), work.continuity_price, 0)
        cost = late + peak + overtime + (travel + extra)[:, None]
        rank = np.where(span, cost, NEVER)
        # Of the weeks that exceed nothing the cheapest, else the one that exceeds least.
        best = np.lexsort((rank.T, np.where(span, over, NEVER).T), axis=0)[0]
        at = np.arange(len(rep))
        some = np.flatnonzero(span.any(axis=1))
        slip = int(work.slip_cost[task])
        order = some[np.lexsort((cost[at, best][some], over[at, best][some]))][: max(top_k, 0)]
        found = []
        for k in order.tolist():
            w = int(best[k])
            parts = {
                "slipped": -slip, "late": late[k, w], "travel": travel[k], "continuity": extra[k],
                "peak": peak[k, w], "capacity": overtime[k, w],
            }  # fmt: skip
            found.append(
                TaskSuggestion(
                    rep_id=str(work.rep_ids[rep[k]]),
                    week=work.week_names[w],
                    difference=int(cost[k, w]) - slip,
                    dearer=int(cost[k, w] - cost[order[0], best[order[0]]]),
                    terms={name: int(amount) for name, amount in parts.items() if amount},
                    over=int(over[k, w]),
                    is_owner=bool(rep[k] == work.owner[task]),
                    is_present=bool(rep[k] == doer and w == week),
                )
            )
        return found

    def find_able(self, task: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Reps who may do a task, milli-hours it takes of their week, cost of travel, last week they may, [K] each.

        A doer who is named alone; else everybody with the skills who is there, without forbidden pairs.
        """
        work, scenario, n_reps = self.work, self.case.scenario, self.work.n_reps
        row = self.case.records.tasks.iloc[self._row[work.task_ids[task]]]
        requires, kind = (row[name] if isinstance(row[name], str) else "" for name in ("requires", "kind"))
        customer = int(work.customer[task])
        if work.given_doer[task] >= 0:
            rep, last = np.array([work.given_doer[task]]), np.array([work.n_weeks - 1])
        else:
            _, lasts = find_able(self.case, [requires], [kind], self._weeks)
            last = np.minimum(lasts[0], self._gone)
            able: Bools = last >= max(int(work.earliest[task]), 0)
            if customer >= 0:
                able &= ~np.isin(customer * n_reps + np.arange(n_reps), self._forbidden)
            rep = np.flatnonzero(able)
            last = last[rep]
        km = measure_km(self.problem, np.full(len(rep), customer), rep)
        hours = to_units(km * hours_of_km(scenario))
        cost = np.rint(hours * scenario.travel.price).astype(np.int64)
        travel = np.where(rep == work.owner[task], 0, cost)
        load = np.full(len(rep), work.hours[task]) + (hours if scenario.capacity.count_travel else 0)
        return rep, load, travel, last

    def _find_span(self, task: int) -> tuple[int, int]:
        """The first and the last week that what comes before and after the task leaves for it."""
        work, week = self.work, self.schedule.week
        first, last = max(int(work.earliest[task]), work.closed_weeks), work.n_weeks - 1
        for edge in np.flatnonzero(work.after[:, 1] == task):
            before = int(week[work.after[edge, 0]])
            first = max(first, (before if before >= 0 else work.n_weeks) + int(work.after_lag[edge]))
        for edge in np.flatnonzero(work.after[:, 0] == task):
            then = int(week[work.after[edge, 1]])
            if then >= 0:
                last = min(last, then - int(work.after_lag[edge]))
        return first, last

    def _is_new(self, task: int, rep: Ints) -> Bools:
        """Whether each rep would be one more person who works for the customer, [K]."""
        customer = self.work.customer[task]
        mine = (self.work.customer == customer) & (self.schedule.doer >= 0)
        mine[task] = False
        people = np.unique(self.schedule.doer[mine]) if customer >= 0 else np.empty(0, dtype=np.int64)
        new: Bools = ~np.isin(rep, people) & (len(people) > 0)
        return new


def present_schedule(state: State, work: TaskProblem) -> Schedule:
    """Who does what when by the plan in force; what is past and not done, or has no week, has none."""
    tasks = state.tasks
    ends = last_days(find_weeks(state.case.scenario.horizon))
    at = positions_of(tasks["task_id"], pd.Series(work.task_ids))
    week = np.append(tasks["week"].to_numpy(np.int64), NOWHERE)[at]
    doer = np.append(positions_of(pd.Series(work.rep_ids), tasks["rep_id"]), NOWHERE)[at]
    there = (week >= 0) & (doer >= 0)
    there[there] = ends[week[there]] > np.datetime64(state.as_of, "D")
    return Schedule(np.where(there, doer, NOWHERE), np.where(there, week, NOWHERE))


def open_task_desk(state: State) -> TaskDesk:
    """The desk of a plan in force, as things are on the evening of ``state``."""
    problem = build_problem(state.case)
    work = build_rest_problem(state, state.case, present_plan(problem), problem)
    return TaskDesk(state.case, problem, work, present_schedule(state, work))
