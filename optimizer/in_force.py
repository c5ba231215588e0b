"""The plan in force: who owns which customer and who does which task in which week, by their ids.

Ids and not positions, because customers and reps come and go while a plan is in force.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Problem

TASK_COLUMNS = ("task_id", "customer_id", "rep_id", "week", "hours")


@dataclass(frozen=True, eq=False)
class PlanInForce:
    """``owners``: the owner (a rep_id, missing: unserved) of each customer_id, which is the index.

    ``tasks``: the columns ``TASK_COLUMNS`` of the plan's ``tasks.csv``, a row a task; ``week`` is missing where the
    task slips or nothing was put into weeks. ``since``: the last day that the plan knew of, it holds from the
    next one on; None: the day before the horizon. ``previous``: the owners before it, as ``owners``; None: those
    of the records. ``gap``: the share of its cost by which it was at most above the best possible on the day it was
    made; None: not known. ``moved_on``: the day from which a plan, this one or one before it, took each customer from
    another owner (datetimes, missing: none did), as ``owners``; None: only what this one moved is known.
    """

    owners: pd.Series[str]
    tasks: pd.DataFrame
    since: dt.date | None = None
    previous: pd.Series[str] | None = None
    gap: float | None = None
    moved_on: pd.Series[Any] | None = None

    @cached_property
    def fingerprint(self) -> bytes:
        """What the owners hash to; worked out once."""
        owners = self.owners.reset_index().astype(str)
        return pd.util.hash_pandas_object(owners, index=False).to_numpy().tobytes()


def put_in_force(
    case: Case, plan: Plan, tasks: pd.DataFrame | None = None, since: dt.date | None = None
) -> PlanInForce:
    """A plan of ``case`` with its owners by id. ``tasks``: a table with ``TASK_COLUMNS``; None: no weeks known."""
    reps = case.records.reps["rep_id"].to_numpy(dtype=object)
    named = np.append(reps, [None])[np.where(plan.owner == UNSERVED, len(reps), plan.owner)]
    index = pd.Index(case.records.customers["customer_id"], dtype="str")
    return PlanInForce(
        pd.Series(named, index=index, dtype="str"), no_tasks() if tasks is None else tasks, since
    )


def date_moves(
    problem: Problem, plan: Plan, since: dt.date, before: pd.Series[Any] | None = None
) -> pd.Series[Any]:
    """``PlanInForce.moved_on`` of a ``plan`` that holds from the day after ``since``, by customer_id.

    ``before``: the same of the plan that it replaces; None: nobody was moved before.
    """
    ids = pd.Index(problem.customer_ids, dtype="str")
    moved = (problem.owner != UNSERVED) & (plan.owner != problem.owner)
    earlier = pd.Series(pd.NaT, index=ids) if before is None else before.reindex(ids)
    return earlier.astype("datetime64[s]").mask(moved, pd.Timestamp(since + dt.timedelta(days=1)))


def restore_owners(case: Case, plan: PlanInForce) -> Case:
    """The case with the owners that its customers had before ``plan``, by which the plan's moves are judged.

    They are not those of the records where the plan is a rebalance. Reps whom the case does not know count as nobody.
    """
    if plan.previous is None:
        return case
    customers, reps = case.records.customers, case.records.reps["rep_id"]
    ids = pd.Index(customers["customer_id"])
    before = plan.previous.where(pd.Index(reps).get_indexer(pd.Index(plan.previous)) >= 0).reindex(ids)
    named = plan.previous.index.get_indexer(ids) >= 0  # of others the plan says nothing
    owner = customers["owner"].where(~named, pd.Series(before.to_numpy(), index=customers.index, dtype="str"))
    return replace(case, records=replace(case.records, customers=customers.assign(owner=owner)))


def no_tasks() -> pd.DataFrame:
    """A table of tasks without rows."""
    texts = {name: pd.Series([], dtype="str") for name in TASK_COLUMNS[:-1]}
    return pd.DataFrame(texts | {"hours": pd.Series([], dtype="float64")})
