"""Rescheduling: the work that is left, to be put into weeks again: told weeks stay, visits keep the names reps know.

Where somebody stands in for a rep, the work of those weeks becomes tasks of whoever does it; the rest is the owner's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.rebalancing.recipes.covering import Covering
from optimizer.rebalancing.replay.state import State
from optimizer.rebalancing.visits import name_visits
from optimizer.records import positions_of
from optimizer.scheduling import TaskProblem, build_task_problem
from optimizer.scheduling.weeks import find_weeks
from optimizer.workload import customer_visits

LENT = "lent:"  # before the name of a visit that somebody else makes, while weeks are sought


def build_rest_problem(
    state: State, case: Case, plan: Plan, problem: Problem, covering: Covering | None = None
) -> TaskProblem:
    """The task problem of the work that is left when customers belong to the owners of ``plan``.

    ``case`` is the state's (with or without freezes), ``problem`` what it poses. Visits have the ids of the plan in
    force, although a schedule of ``case`` alone would number them from 1. ``covering``: who does what in which weeks
    instead of the owner.
    """
    names, told = name_visits(state), state.published
    known = dict(zip(names["listed_id"], names["task_id"], strict=True))
    if covering is not None and len(covering.tasks):
        lent = covering.tasks
        case = _lend(case, problem, covering)
        rest = names[~names["task_id"].isin(lent["task_id"])]
        number = (rest.groupby("customer_id").cumcount() + 1).astype("str")
        listed = rest["customer_id"] + f":{case.scenario.horizon.start}:" + number
        known = dict(zip(listed, rest["task_id"], strict=True))
        known |= {LENT + name: name for name in lent["task_id"]}
        doer = told["task_id"].map(lent.set_index("task_id")["rep_id"])
        told = told.assign(rep_id=doer.where(doer.notna(), told["rep_id"]).astype("str"))
    listed_as = {name: listed for listed, name in known.items()}
    told = told.assign(task_id=[listed_as.get(name, name) for name in told["task_id"]])
    work = build_task_problem(case, plan, problem=problem, published=told)
    return replace(work, task_ids=np.array([known.get(k, k) for k in work.task_ids], dtype=object))


def _lend(case: Case, problem: Problem, covering: Covering) -> Case:
    """The case in which what others do is a task with a doer, and the cadences ask for so many visits fewer."""
    records, scenario, lent = case.records, case.scenario, covering.tasks
    weeks = find_weeks(scenario.horizon)
    assert weeks.starts is not None
    ends = np.append(weeks.starts[1:], weeks.starts[0] + len(weeks.of_day)) - np.timedelta64(1, "D")
    week = pd.Index(weeks.names).get_indexer(pd.Index(lent["week"]))
    due = np.where(week >= 0, ends[week], np.datetime64(covering.ends))
    lent = lent.assign(due=due.astype("datetime64[s]"))
    given = records.tasks
    at = positions_of(lent["task_id"], given["task_id"])
    doer = pd.Series(np.append(lent["rep_id"].to_numpy(dtype=object), [None])[at], dtype="str")
    tasks = given.assign(doer=given["doer"].where(given["doer"].notna(), doer))
    visits = lent[lent["row"] < 0]
    rows = pd.DataFrame(
        {
            "task_id": LENT + visits["task_id"],
            "customer_id": visits["customer_id"],
            "kind": scenario.schedule.visit_kind,
            "hours": visits["hours"],
            "earliest": pd.Timestamp(covering.starts),
            "due": visits["due"],
            "doer": visits["rep_id"],
        }
    ).reindex(columns=given.columns)
    if len(rows):
        tasks = pd.concat([tasks, rows.astype(given.dtypes.to_dict())], ignore_index=True)
    customers = records.customers
    count = customers["customer_id"].map(visits["customer_id"].value_counts()).fillna(0.0).to_numpy(float)
    asked = customer_visits(records, scenario)
    left = np.maximum(np.where(asked > 0, np.maximum(np.rint(asked), 1.0), 0.0) - count, 0.0)
    customers = customers.assign(
        visits=customers["visits"].where(count == 0, left),
        hours=customers["hours"].where(count == 0, problem.hours / UNITS_PER_HOUR),
    )
    return replace(case, records=replace(records, tasks=tasks, customers=customers))
