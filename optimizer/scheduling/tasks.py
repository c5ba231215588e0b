"""All work of the horizon in one table: tasks given, and the visits that the cadences of tiers ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.case import Case
from optimizer.problem import Floats, Ints, Problem, to_units
from optimizer.scheduling.weeks import Weeks, count_worked, find_windows
from optimizer.workload import customer_visits, index_of


@dataclass(frozen=True, eq=False)
class Tasks:
    """T tasks, those of a series together; columns as in ``TaskProblem``."""

    task_ids: NDArray[np.object_]
    series: Ints
    visit: Ints
    customer: Ints
    kind: NDArray[np.object_]
    given_doer: Ints
    hours: Ints
    earliest: Ints
    due: Ints
    due_day: NDArray[np.datetime64]
    priority: Floats
    requires: NDArray[np.object_]  # the text of the skills required, or ""
    row: Ints  # row in the tasks table, -1: from a cadence
    in_series: Ints  # visits that the cadence of the series asks for, a successor's included; 0: a task given
    since: Ints  # first week of the span over which the visits of the series are spread
    until: Ints  # last week of it

    def take(self, order: Ints) -> Tasks:
        """The same tasks in another order."""
        return Tasks(**{name: values[order] for name, values in vars(self).items()})


def list_tasks(case: Case, problem: Problem, owner: Ints, weeks: Weeks, last_week: Ints) -> Tasks:
    """The open tasks of the records, then the visits of every owned customer in the order of customers.

    ``last_week`` [R]: in which each rep is still there.
    """
    given = _list_given(case, weeks)
    visits = _list_visits(case, problem, owner, weeks, last_week, given)
    visits["series"] += len(given["task_ids"])
    return Tasks(**{name: np.concatenate([given[name], visits[name]]) for name in given})


def estimate_tasks(case: Case) -> int:
    """About how many tasks ``case`` poses when every customer has an owner: open tasks and visits of cadences."""
    asked = customer_visits(case.records, case.scenario)
    return int(
        is_open(case.records.tasks).sum() + np.where(asked > 0, np.maximum(np.rint(asked), 1), 0).sum()
    )


def is_open(tasks: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows of the tasks table are work still to do."""
    waiting: NDArray[np.bool_] = (tasks["status"].isna() | (tasks["status"] == "open")).to_numpy(
        dtype=np.bool_
    )
    return waiting


def _list_given(case: Case, weeks: Weeks) -> dict[str, Any]:
    records, horizon = case.records, case.scenario.horizon
    row = np.flatnonzero(is_open(records.tasks))
    tasks = records.tasks.iloc[row]
    earliest, due = find_windows(tasks, horizon, weeks)
    no_day = np.full(len(row), np.datetime64("NaT"), dtype="datetime64[D]")
    return {
        "task_ids": tasks["task_id"].to_numpy(dtype=object),
        "series": np.arange(len(row)),
        "visit": np.zeros(len(row), dtype=np.int64),
        "customer": index_of(records.customers["customer_id"], tasks["customer_id"]),
        "kind": tasks["kind"].fillna("").to_numpy(dtype=object),
        "given_doer": index_of(records.reps["rep_id"], tasks["doer"]),
        "hours": to_units(tasks["hours"].fillna(0.0)),
        "earliest": earliest,
        "due": due,
        "due_day": no_day if horizon.start is None else tasks["due"].to_numpy("datetime64[D]"),
        "priority": tasks["priority"].fillna(1.0).to_numpy(np.float64),
        "requires": tasks["requires"].fillna("").to_numpy(dtype=object),
        "row": row,
        "in_series": np.zeros(len(row), dtype=np.int64),
        "since": np.zeros(len(row), dtype=np.int64),
        "until": np.full(len(row), weeks.count - 1, dtype=np.int64),
    }


def _list_visits(
    case: Case, problem: Problem, owner: Ints, weeks: Weeks, last_week: Ints, given: dict[str, Any]
) -> dict[str, Any]:
    """Visits of owned customers: the cadence's number, rounded, sharing the customer's hours without its tasks.

    So the hours of all tasks of a customer are the hours that the territories count. A cadence with more visits than
    weeks that are worked is several series, so that no two visits of one share a week. Where the owner leaves, the
    visits of the weeks after that are a series of their own, for a successor.
    """
    scenario = case.scenario
    n = problem.n_customers
    owned = np.flatnonzero(owner >= 0)
    total = problem.hours.copy()
    named = problem.find_pairs(owned, owner[owned])
    if len(problem.pair_key):
        total[owned] = np.where(
            (named >= 0) & (problem.pair_hours[named] >= 0), problem.pair_hours[named], total[owned]
        )
    known = given["customer"] >= 0
    tasks = np.bincount(given["customer"][known], given["hours"][known], n).astype(np.int64)
    rest = np.maximum(total - tasks, 0)
    asked = customer_visits(case.records, scenario)
    count = np.where((owner >= 0) & (asked > 0) & (rest > 0), np.maximum(np.rint(asked), 1), 0).astype(
        np.int64
    )
    each = np.rint(rest / np.maximum(count, 1)).astype(np.int64)

    parts = -(-count // max(count_worked(scenario.horizon, weeks), 1))  # series of each customer
    customer_of = np.repeat(np.arange(n), parts)
    part = np.arange(len(customer_of)) - np.repeat(np.cumsum(parts) - parts, parts)
    size = count[customer_of] // parts[customer_of] + (part < count[customer_of] % parts[customer_of])
    whole, last = np.repeat(size, 2), last_week[owner[customer_of]]
    before = np.where(last < weeks.count - 1, np.floor(size * (last + 1) / weeks.count + 0.5), size)
    size = np.column_stack([before, size - before]).ravel().astype(np.int64)
    since = np.column_stack([np.zeros_like(last), last + 1]).ravel()
    until = np.column_stack([last, np.full_like(last, weeks.count - 1)]).ravel()
    some = size > 0
    size, whole, since, until = size[some], whole[some], since[some], until[some]
    customer_of = np.repeat(customer_of, 2)[some]
    series = np.repeat(np.arange(len(size)), size)
    customer = customer_of[series]
    visit = np.arange(len(series)) - np.repeat(np.cumsum(count) - count, count) + 1
    start = "" if scenario.horizon.start is None else f":{scenario.horizon.start.isoformat()}"
    names = problem.customer_ids[customer]
    ids = np.array(
        [f"{name}{start}:{k}" for name, k in zip(names, visit.tolist(), strict=True)], dtype=object
    )
    length = len(ids)
    return {
        "task_ids": ids,
        "series": series,
        "visit": visit,
        "customer": customer,
        "kind": np.full(length, scenario.schedule.visit_kind, dtype=object),
        "given_doer": np.full(length, -1, dtype=np.int64),
        "hours": each[customer],
        "earliest": since[series],
        "due": np.full(length, weeks.count - 1, dtype=np.int64),
        "due_day": np.full(length, np.datetime64("NaT"), dtype="datetime64[D]"),
        "priority": np.ones(length),
        "requires": np.full(length, "", dtype=object),
        "row": np.full(length, -1, dtype=np.int64),
        "in_series": whole[series],
        "since": since[series],
        "until": until[series],
    }
