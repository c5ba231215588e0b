"""The tables of a schedule: every task with its doer and week, what slips, and the hours of every rep's weeks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.case import Case
from optimizer.problem import Floats, Ints, Problem
from optimizer.reports.content.tables import Sheet, Table, name_ids, texts
from optimizer.scheduling import ScheduleResult, Slip, TaskProblem
from optimizer.standing import Standing


def list_open_tasks(case: Case, problem: Problem, after: Standing, lang: str) -> Table:
    """The open tasks of the records where no schedule was made: who does them is known, the week is not."""
    tasks = case.records.tasks
    tasks = tasks[tasks["status"].isna() | (tasks["status"] == "open")]
    customer = pd.Index(problem.customer_ids).get_indexer(pd.Index(texts(tasks, "customer_id")))
    # A task without a customer is at index -1: the last, nobody.
    owner = name_ids(problem.rep_ids, np.append(after.owner, -1)[customer])
    doer = texts(tasks, "doer")
    sheet = Sheet("tasks", lang)
    sheet.add("task_id", "id", texts(tasks, "task_id"))
    sheet.add("customer_id", "id", texts(tasks, "customer_id"))
    sheet.add("rep_id", "id", np.where(doer != "", doer, owner))
    sheet.add("owner_id", "id", owner)
    sheet.add("week", "id", np.full(len(tasks), "", dtype=object))
    sheet.add("hours", "number", tasks["hours"].to_numpy(dtype=float), 3)
    sheet.add("kind", "text", texts(tasks, "kind"), words=("kind",))
    sheet.add("due", "id", write_days(tasks["due"].to_numpy("datetime64[D]")))
    sheet.add("late_weeks", "number", np.full(len(tasks), np.nan))
    return sheet.table()


def list_tasks(work: TaskProblem, result: ScheduleResult, lang: str) -> Table:
    """A row a task: those given, then visits in the order of customers. Without a week: it slips."""
    schedule = result.schedule
    late = np.where(schedule.is_done, schedule.late_weeks(work), np.nan)
    sheet = Sheet("tasks", lang)
    _add_tasks(sheet, work, np.arange(work.n_tasks))
    sheet.add("rep_id", "id", name_ids(work.rep_ids, schedule.doer))
    sheet.add("owner_id", "id", name_ids(work.rep_ids, work.owner))
    sheet.add("week", "id", np.append(np.array(work.week_names, dtype=object), "")[schedule.week])
    sheet.hours("hours", work.task_load(np.arange(work.n_tasks), schedule.doer))
    sheet.add("kind", "text", np.array(work.kind_names, dtype=object)[work.kind], words=("kind",))
    sheet.add("due", "id", write_days(work.due_day))
    sheet.add("late_weeks", "number", late)
    return sheet.table()


def list_slipping(work: TaskProblem, result: ScheduleResult, slips: list[Slip], lang: str) -> Table:
    """A row a task that is not done in the horizon, by rep and tier, and why."""
    at = np.concatenate([slip.tasks for slip in slips]) if slips else np.zeros(0, dtype=np.int64)
    sizes = [len(slip.tasks) for slip in slips]
    sheet = Sheet("slips", lang)
    sheet.add("rep_id", "id", name_ids(work.rep_ids, result.schedule.doer[at]))
    sheet.add("tier", "id", np.append(np.array(work.tier_names, dtype=object), "")[work.tier[at]])
    _add_tasks(sheet, work, at)
    sheet.add("kind", "text", np.array(work.kind_names, dtype=object)[work.kind[at]], words=("kind",))
    sheet.hours("hours", work.task_load(at, result.schedule.doer[at]))
    sheet.add("due", "id", write_days(work.due_day[at]))
    sheet.hours("price_hours", work.slip_cost[at])
    sheet.add(
        "reason_code",
        "id",
        np.repeat(np.array([s.reason for s in slips], dtype=object), sizes),
        words=("slip_name",),
    )
    sentences = np.array([s.sentence(lang) for s in slips], dtype=object)
    sheet.add("reason", "text", np.repeat(sentences, sizes))
    return sheet.table()


def sum_slips(work: TaskProblem, result: ScheduleResult, slips: list[Slip], lang: str) -> Table:
    """What slips in short: a row for each rep, tier and reason."""
    sheet = Sheet("slip_groups", lang)
    sheet.add("rep_id", "id", [s.rep_id or "" for s in slips])
    sheet.add("tier", "id", [s.tier or "" for s in slips])
    sheet.add("tasks", "number", np.array([len(s.tasks) for s in slips], dtype=float))
    hours = [work.task_load(s.tasks, result.schedule.doer[s.tasks]).sum() for s in slips]
    sheet.hours("hours", np.array(hours, dtype=np.int64))
    sheet.add("reason", "text", [s.sentence(lang) for s in slips])
    return sheet.table()


def list_load(work: TaskProblem, result: ScheduleResult, lang: str) -> Table:
    """A row for each week of each rep: tasks, hours of work, hours there are, and what one more would save."""
    reps, weeks = work.n_reps, work.n_weeks
    week = np.tile(np.arange(weeks), reps)
    load = result.score.load.ravel()
    sheet = Sheet("load", lang)
    sheet.add("rep_id", "id", np.repeat(work.rep_ids, weeks))
    sheet.add("week", "id", np.array(work.week_names, dtype=object)[week])
    sheet.add("starts", "id", write_days(start_weeks(work)[week]))
    sheet.add("tasks", "number", count_tasks(work, result).ravel())
    sheet.hours("hours", load)
    sheet.hours("available_hours", work.available.ravel())
    sheet.hours("capacity_hours", work.capacity.ravel())
    sheet.add("utilization", "share", fill_weeks(work, result).ravel(), 4)
    sheet.hours("over_hours", np.maximum(load - work.capacity.ravel(), 0))
    sheet.add("hour_worth", "number", np.round(result.worth.ravel(), 6), 3)
    return sheet.table()


def draw_heat(work: TaskProblem, result: ScheduleResult, names: NDArray[Any], lang: str) -> Table:
    """Utilization of every rep (row) in every week (column); empty where the rep has no hours."""
    sheet = Sheet("heat", lang)
    sheet.add("rep_id", "id", work.rep_ids)
    sheet.add("name", "text", names)
    share = fill_weeks(work, result)
    for week, name in enumerate(work.week_names):
        sheet.add(f"week {name}", "share", share[:, week], 4, label="measure", measure=name)
    return sheet.table()


def fill_weeks(work: TaskProblem, result: ScheduleResult) -> Floats:
    """Hours of work / selling hours of every rep's week, [R, W]; NaN where there are none."""
    share = np.full(work.available.shape, np.nan)
    np.divide(result.score.load, work.available, out=share, where=work.available > 0)
    return share


def count_tasks(work: TaskProblem, result: ScheduleResult) -> Ints:
    """Tasks of every rep's week, [R, W]."""
    schedule = result.schedule
    done = schedule.is_done & (schedule.doer >= 0)
    key = schedule.doer[done] * work.n_weeks + schedule.week[done]
    return np.bincount(key, minlength=work.n_reps * work.n_weeks).reshape(work.n_reps, work.n_weeks)


def name_customers(work: TaskProblem, task: Ints) -> NDArray[Any]:
    """Customer id of each task, empty where it has none."""
    return name_ids(work.customer_ids, work.customer[task])


def _add_tasks(sheet: Sheet, work: TaskProblem, task: Ints) -> None:
    sheet.add("task_id", "id", work.task_ids[task])
    sheet.add("customer_id", "id", name_customers(work, task))


def write_days(days: NDArray[Any]) -> NDArray[Any]:
    """Days as 2027-03-31, empty for those that are not given."""
    written = np.datetime_as_string(days.astype("datetime64[D]")).astype(object)
    written[np.isnat(days)] = ""
    return written


def start_weeks(work: TaskProblem) -> NDArray[np.datetime64]:
    """First day of each week within the horizon, [W]; NaT where the horizon has no dates."""
    if work.week_starts is None:
        return np.full(work.n_weeks, np.datetime64("NaT", "D"))
    return work.week_starts
