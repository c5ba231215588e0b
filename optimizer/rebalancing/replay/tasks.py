"""Every task that progress may speak of: those of the records, and the visits of cadences by their ids."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.in_force import PlanInForce
from optimizer.rebalancing.replay.people import is_among
from optimizer.records import positions_of
from optimizer.scheduling.weeks import Weeks


def list_known_tasks(case: Case, plan: PlanInForce, events: pd.DataFrame, weeks: Weeks) -> pd.DataFrame:
    """A row a task: task_id, customer_id, rep_id (who is to do it), week (its number, -1: none), hours, status, due,
    row (of the records' tasks, -1: a visit of a cadence).

    Tasks of the records in their order, then the visits of the plan, then visits that only events name: a plan
    without weeks lists none, and their ids say whose they are (CUSTOMER:START:NUMBER). Hours of visits are missing
    here; they follow from the cadence.
    """  # fmt: skip
    given, planned = case.records.tasks, plan.tasks
    at = positions_of(planned["task_id"], given["task_id"])
    week = np.append(pd.Index(weeks.names).get_indexer(pd.Index(planned["week"])), -1)
    doer = np.append(planned["rep_id"].to_numpy(dtype=object), [None])
    named = given["doer"].to_numpy(dtype=object)
    records = pd.DataFrame(
        {
            "task_id": given["task_id"],
            "customer_id": given["customer_id"],
            "rep_id": pd.Series(np.where(at >= 0, doer[at], named), dtype="str"),
            "week": week[at],
            "hours": given["hours"],
            "status": given["status"].fillna("open"),
            "due": given["due"],
            "row": np.arange(len(given)),
        }
    )
    rest = ~is_among(planned["task_id"], given["task_id"])
    visits = planned[rest][["task_id", "customer_id", "rep_id"]].assign(week=week[:-1][rest])
    parts = [records, visits, _visits_in(events, case, pd.concat([records["task_id"], visits["task_id"]]))]
    tasks: pd.DataFrame = pd.concat([part for part in parts if len(part)] or [records], ignore_index=True)
    for column in records.columns.difference(tasks.columns):  # there is no task but visits
        tasks[column] = records[column].reindex(tasks.index)
    tasks["status"] = tasks["status"].fillna("open")
    for column, blank in (("week", -1), ("row", -1)):
        tasks[column] = tasks[column].fillna(blank).astype(np.int64)
    return tasks


def _visits_in(events: pd.DataFrame, case: Case, known: pd.Series[str]) -> pd.DataFrame:
    """Visits that events name and no table lists."""
    start = case.scenario.horizon.start
    named = events["task_id"].dropna().drop_duplicates()
    named = named[~is_among(named, known)]
    if start is None or not len(named):
        return pd.DataFrame({"task_id": [], "customer_id": []}, dtype="str")
    ending = f":{start.isoformat()}:[1-9][0-9]*"
    visits = named[named.str.fullmatch(f".*{ending}", na=False)]
    return pd.DataFrame(
        {"task_id": visits, "customer_id": visits.str.replace(f"{ending}$", "", regex=True).astype("str")}
    )
