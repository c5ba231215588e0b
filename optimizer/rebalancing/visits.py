"""Names of the visits that are left: the schedule of a state numbers them from 1, reps know them by their first ids.

A customer with eight visits who has had the first, the second and the fourth has five left. The schedule of
``state.case`` lists them as 1 to 5; they are the visits 3, 5, 6, 7 and 8 of the plan.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.rebalancing.replay.state import State
from optimizer.records import positions_of


def name_visits(state: State) -> pd.DataFrame:
    """A row for each visit that is left: customer_id, listed_id (in a schedule of ``state.case``), task_id (for good).

    Of the visits that are still open by their ids the last ones are left: those made outside planned tasks count as
    the first.
    """
    start = state.case.scenario.horizon.start
    customers = state.customers[state.customers["here"]].reset_index(drop=True)
    left = np.rint(customers["remaining_visits"].to_numpy()).astype(np.int64)
    # A number each for all that are left and all that are closed: enough to find the open ones among them.
    visits = state.tasks[(state.tasks["row"] < 0) & (state.tasks["status"] != "open")]
    whose = positions_of(customers["customer_id"], visits["customer_id"])
    number = visits["task_id"].str.rsplit(":", n=1).str[-1].to_numpy(dtype=np.int64)
    planned = np.rint(customers["planned_visits"].to_numpy()).astype(np.int64)
    closed = np.bincount(whose[whose >= 0], minlength=len(customers))
    count = np.maximum(planned, left + closed)
    at = np.repeat(np.arange(len(customers)), count)
    each = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count) + 1
    width = int(max(count.max(initial=0), number.max(initial=0))) + 1
    is_open = ~np.isin(at * width + each, whose * width + number)
    at, each = at[is_open], each[is_open]
    open_count = np.bincount(at, minlength=len(customers))
    rank = np.arange(len(at)) - (np.cumsum(open_count) - open_count)[at] + 1
    rank -= (open_count - left)[at]  # the last ones are left
    at, each, rank = at[rank > 0], each[rank > 0], rank[rank > 0]
    ids = customers["customer_id"].to_numpy(dtype=object)[at]
    return pd.DataFrame(
        {
            "customer_id": ids,
            "listed_id": [f"{name}:{start}:{k}" for name, k in zip(ids, rank.tolist(), strict=True)],
            "task_id": [f"{name}:{start}:{k}" for name, k in zip(ids, each.tolist(), strict=True)],
        },
        dtype="str",
    )


def list_published(state: State) -> pd.DataFrame:
    """``state.published`` with the ids that a schedule of ``state.case`` gives: what ``build_task_problem`` takes."""
    names = name_visits(state)
    at = positions_of(names["task_id"], state.published["task_id"])
    listed = np.append(names["listed_id"].to_numpy(dtype=object), [None])[at]
    known = pd.Series(listed, index=state.published.index, dtype="str")
    return state.published.assign(task_id=known.where(known.notna(), state.published["task_id"]))
