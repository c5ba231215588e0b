"""Everybody who ever was a customer or rep of the case, who of them is here, and whose customer each is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.in_force import PlanInForce
from optimizer.problem import Bools
from optimizer.rebalancing.replay.calendar import first_day
from optimizer.records import positions_of
from optimizer.scenario import Scenario


def list_customers(case: Case, plan: PlanInForce, events: pd.DataFrame) -> pd.DataFrame:
    """A row a customer, those of the records first, then those won in the order of their days.

    Columns: customer_id, here, won_on, lost_on, plan_owner (the plan's) and owner (with what was agreed since), both
    rep_ids, and cost (of a quick assignment, hours).
    """
    known = case.records.customers["customer_id"]
    won, lost = (events[events["kind"] == kind] for kind in ("customer_won", "customer_lost"))
    new = won["customer_id"][~is_among(won["customer_id"], known)].drop_duplicates()
    ids = pd.concat([known, new], ignore_index=True)
    frame = pd.DataFrame({"customer_id": ids})
    last = pd.concat([won, lost]).sort_index().drop_duplicates("customer_id", keep="last")
    frame["here"] = ~ids.isin(last["customer_id"][last["kind"] == "customer_lost"])
    frame["won_on"] = look_up(ids, won, "at")
    frame["lost_on"] = look_up(ids, lost, "at").where(~frame["here"])
    owner = _look_up_owners(plan.owners, ids)
    frame["plan_owner"] = owner
    # Who is won after the plan was made belongs to whom the event names.
    later = won[won["rep_id"].notna() & (won["at"] > since_of(case, plan))]
    quick = look_up(ids, later, "rep_id")
    unplanned = won[won["rep_id"].notna() & ~is_among(won["customer_id"], plan.owners.index.to_series())]
    quick = quick.where(quick.notna(), look_up(ids, unplanned, "rep_id"))
    frame["owner"] = quick.where(quick.notna(), owner).astype("str")
    frame["cost"] = look_up(ids, later, "cost")
    return frame


def _look_up_owners(owners: pd.Series[str], ids: pd.Series[str]) -> pd.Series[str]:
    """The owner of each id, missing for whom the plan does not know."""
    if len(owners) != len(ids) or not bool(np.asarray(owners.index.array == ids.array).all()):
        owners = owners.reindex(pd.Index(ids))
    return owners.set_axis(ids.index).astype("str")


def list_reps(case: Case, events: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """A row a rep, those of the records first, then those who joined in the order of their days.

    Columns: rep_id, here, joined_on, told_on (the day it became known that the rep leaves) and ends (the last day).
    ``here`` is false once the last day has passed within the horizon.
    """
    reps, start = case.records.reps, first_day(case.scenario)
    joins, leaves = (events[events["kind"] == kind] for kind in ("rep_joins", "rep_leaves"))
    new = joins["rep_id"][~is_among(joins["rep_id"], reps["rep_id"])].drop_duplicates()
    ids = pd.concat([reps["rep_id"], new], ignore_index=True)
    leaves = leaves.assign(
        last=leaves["ends"].where(leaves["ends"].notna(), leaves["at"] - pd.Timedelta(days=1))
    )
    moves = pd.concat([joins, leaves]).sort_index().drop_duplicates("rep_id", keep="last")
    going = moves[moves["kind"] == "rep_leaves"]
    frame = pd.DataFrame({"rep_id": ids})
    first = joins["starts"].where(joins["starts"].notna(), joins["at"])
    frame["joined_on"] = look_up(ids, joins.assign(first=first), "first")
    frame["told_on"] = look_up(ids, going, "at")
    said = reps["ends"].reindex(range(len(ids))).astype("datetime64[s]")
    stays = ids.isin(moves["rep_id"][moves["kind"] == "rep_joins"])
    ends = look_up(ids, going, "last") if len(going) else pd.Series(pd.NaT, index=ids.index)
    frame["ends"] = ends.astype("datetime64[s]").where(ends.notna(), said.where(~stays.to_numpy()))
    past = frame["ends"] <= pd.Timestamp(as_of)
    frame["here"] = ~(past & (frame["told_on"].notna() | (frame["ends"] >= start)))
    return frame


def since_of(case: Case, plan: PlanInForce) -> pd.Timestamp:
    """The last day that the plan knew of."""
    if plan.since is not None:
        return pd.Timestamp(plan.since)
    return first_day(case.scenario) - pd.Timedelta(days=1)


def find_moved_on(case: Case, plan: PlanInForce, customers: pd.DataFrame) -> pd.Series[Any]:
    """The day from which customers have another owner by a plan than they had before."""
    if plan.moved_on is not None:
        known = plan.moved_on.reindex(pd.Index(customers["customer_id"]))
        return known.astype("datetime64[us]").set_axis(customers.index)
    if plan.previous is None:
        before = case.records.customers["owner"].reindex(customers.index)
    else:
        before = plan.previous.reindex(pd.Index(customers["customer_id"])).set_axis(customers.index)
    moved = before.notna() & (customers["plan_owner"] != before)
    day = since_of(case, plan) + pd.Timedelta(days=1)
    return pd.Series(np.where(moved, day.to_datetime64(), np.datetime64("NaT")), index=customers.index)


def is_near_end(scenario: Scenario, reps: pd.DataFrame, as_of: dt.date) -> Any:
    """Whose last day, told since the records were made, is near enough for handing over, [R ever]."""
    notice = pd.Timedelta(days=7 * scenario.watch.notice_weeks)
    return reps["told_on"].notna() & (reps["ends"] <= pd.Timestamp(as_of) + notice)


def is_among(said: pd.Series[Any], ids: pd.Series[Any]) -> Bools:
    """Which of ``said`` are among ``ids``; quick also where there are a million of these."""
    if len(said) == len(ids) and bool(np.asarray(said.array == ids.array).all()):
        return np.ones(len(said), dtype=bool)  # the same ones: nobody came or went
    among: Bools = positions_of(ids, said) >= 0
    return among


def beside(ids: pd.Series[str], values: pd.Series[Any], said: pd.Series[Any]) -> pd.Series[Any]:
    """The value that stands beside each of ``said`` among ``ids``; missing where there is none."""
    found = values.array.take(positions_of(ids, said), allow_fill=True)
    return pd.Series(found, index=said.index)


def look_up(ids: pd.Series[str], events: pd.DataFrame, column: str) -> pd.Series[Any]:
    """The last value of ``column`` that events have for each id; missing where there is none.

    Events are matched by the column that ``ids`` is named after.
    """
    filled = events[column].notna()
    if not filled.any():
        return events[column].iloc[:0].reset_index(drop=True).reindex(range(len(ids))).set_axis(ids.index)
    said = events.loc[filled, [str(ids.name), column]].drop_duplicates(str(ids.name), keep="last")
    found = positions_of(said[str(ids.name)], ids)
    return said[column].reset_index(drop=True).reindex(found).set_axis(ids.index)
