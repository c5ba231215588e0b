"""What is planned, what is done and what is left: hours, visits and money by customer, task and rep.

Done is done. What is left is counted in work, not in a budget of hours: a visit made takes away one planned visit
however long it took, and a task done takes away its planned hours.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.problem import Floats, Ints
from optimizer.rebalancing.replay.calendar import count_elapsed, hours_by_day, number_days
from optimizer.rebalancing.replay.people import look_up
from optimizer.records import Records, positions_of
from optimizer.workload import WEEKS_PER_QUARTER, customer_hours, customer_visits


@dataclass(frozen=True, eq=False)
class Work:
    """Columns to put beside customers [n] and tasks [T], and beside the events [E]."""

    customers: dict[str, Any]
    tasks: dict[str, Any]
    events: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Cadence:
    """Visits planned over the whole horizon, [n], and the hours they share, [n]; both follow the events.

    ``task_share``: what part of their tasks' hours customers have, [n]; below 1 where given hours are fewer.
    """

    visits: Floats
    hours: Floats
    task_share: Floats
    changed: Any  # [n] whether events say something else than the records

    @property
    def count(self) -> Floats:
        """Whole visits, as they are put into weeks: at least one where there is a cadence."""
        asked = (self.visits > 0) & (self.hours > 0)
        return np.where(asked, np.maximum(np.rint(self.visits), 1.0), 0.0)

    @property
    def hours_each(self) -> Floats:
        """Hours of a visit, 0 where there is none."""
        return np.where(self.count > 0, self.hours / np.maximum(self.count, 1.0), 0.0)


def follow_cadence(case: Case, customers: pd.DataFrame, events: pd.DataFrame) -> Cadence:
    """The cadence of every customer, those that are won counting from their day on.

    A customer that changes its tier keeps the old cadence for the days before and has the new one from then on.
    """
    records, scenario = case.records, case.scenario
    n, n_known = len(customers), len(records.customers)
    hours, visits, task_share = np.zeros(n), np.zeros(n), np.ones(n)
    whole, in_tasks = customer_hours(records, scenario), open_task_hours(case)
    hours[:n_known] = np.maximum(whole - in_tasks, 0.0)
    task_share[:n_known] = np.where(in_tasks > whole, whole / np.where(in_tasks > whole, in_tasks, 1.0), 1.0)
    visits[:n_known] = customer_visits(records, scenario)
    at, changes = _rates(case, customers, events, hours, visits)
    changed = np.zeros(n, dtype=bool)
    if len(at):
        changed[at] = True
        np.add.at(hours, at, changes[0])
        np.add.at(visits, at, changes[1])
    return Cadence(np.maximum(visits, 0.0), np.maximum(hours, 0.0), task_share, changed)


def open_task_hours(case: Case) -> Floats:
    """Hours of every customer's open tasks in the records, [n]."""
    tasks, customers = case.records.tasks, case.records.customers
    tasks = tasks[tasks["status"].isna() | (tasks["status"] == "open")]
    at = positions_of(customers["customer_id"], tasks["customer_id"])
    hours = tasks["hours"].fillna(0.0).to_numpy(np.float64)
    return sum_by(at[at >= 0], hours[at >= 0], len(customers))


def _rates(
    case: Case, customers: pd.DataFrame, events: pd.DataFrame, hours: Floats, visits: Floats
) -> tuple[Ints, tuple[Floats, Floats]]:
    """Customer of each event that changes a cadence, and by how much hours and visits over the horizon change."""
    scenario, known = case.scenario, case.records.customers
    told = events[events["kind"].isin(["customer_won", "customer_retiered"])]
    at = positions_of(customers["customer_id"], told["customer_id"])
    new = (at >= len(known)) & ~told["customer_id"].duplicated().to_numpy()
    says = new | told["tier"].notna().to_numpy() | told["hours"].notna().to_numpy()
    told, at = told[says], at[says]
    if not len(told):
        return at, (np.zeros(0), np.zeros(0))
    length = 7 * scenario.horizon.weeks
    day = number_days(told["at"], scenario)
    rest = np.clip((length - day) / length, 0.0, 1.0)  # share of the horizon from that day on
    before = known["tier"].fillna(scenario.blank_tier).to_numpy(dtype=object)
    first = np.append(before, [scenario.blank_tier] * (len(customers) - len(known)))[at]
    tier = told["tier"].groupby(at).ffill()
    name = tier.where(tier.notna(), pd.Series(first, index=told.index))
    tiers = list(scenario.tiers.values())
    index = pd.Index(list(scenario.tiers)).get_indexer(pd.Index(name))
    rate_visits = np.array([t.visits for t in tiers])[index] * scenario.horizon.weeks / WEEKS_PER_QUARTER
    rate_hours = rate_visits * np.array([t.hours_per_visit for t in tiers])[index]
    given = told["hours"].to_numpy(np.float64)
    rate_hours = np.where(np.isnan(given), rate_hours, given / np.maximum(rest, 1 / length))

    def rise(rate: Floats, initial: Floats) -> Floats:
        previous = pd.Series(rate).groupby(at).shift().to_numpy(np.float64)
        step: Floats = rest * (rate - np.where(np.isnan(previous), initial[at], previous))
        return step

    return at, (rise(rate_hours, hours), rise(rate_visits, visits))


def measure_work(case: Case, customers: pd.DataFrame, tasks: pd.DataFrame, events: pd.DataFrame) -> Work:
    """What is planned over the whole horizon, done until now, and left. Rows as in the tables given."""
    cadence = follow_cadence(case, customers, events)
    customer_of_task = positions_of(customers["customer_id"], tasks["customer_id"])
    now = _follow_tasks(tasks, np.append(cadence.hours_each, 0.0)[customer_of_task], events)
    customer = positions_of(customers["customer_id"], events["customer_id"])
    spent = _spend(tasks, now, events) | {"customer": customer}
    return Work(_sum_up(cadence, tasks, now, customer_of_task, events, spent), now, spent)


def _follow_tasks(tasks: pd.DataFrame, visit_hours: Floats, events: pd.DataFrame) -> dict[str, Any]:
    """Planned hours, hours used so far, status and hours left of every task."""
    hours = np.where(tasks["row"] < 0, visit_hours, tasks["hours"].fillna(0.0).to_numpy(np.float64))
    kind, task = events["kind"].to_numpy(dtype=object), events["task"].to_numpy(np.int64)
    is_used = kind == "task_hours"
    used = np.bincount(task[is_used], events["hours"].to_numpy(np.float64)[is_used], minlength=len(tasks))
    status = tasks["status"].to_numpy(dtype=object).copy()
    status[task[kind == "task_done"]] = "done"
    status[task[kind == "task_skipped"]] = "cancelled"
    left = np.where(status == "open", np.maximum(hours - used, 0.0), 0.0)
    return {"hours": hours, "used_hours": used, "status": status, "remaining_hours": left}


def _spend(tasks: pd.DataFrame, now: dict[str, Any], events: pd.DataFrame) -> dict[str, Any]:
    """Hours that each event says were worked, and visits it says were made."""
    kind, task = events["kind"].to_numpy(dtype=object), events["task"].to_numpy(np.int64)
    given = events["hours"].to_numpy(np.float64)
    # What a task took in all is said when it is done; hours told before are part of it.
    used = np.append(now["used_hours"], 0.0)[task]
    in_all = np.where(np.isnan(given), np.maximum(np.append(now["hours"], 0.0)[task], used), given)
    is_work = np.isin(kind, ["task_hours", "customer_hours"])
    at_the_end = np.where(kind == "task_done", np.maximum(in_all - used, 0.0), 0.0)
    is_visit = np.append((tasks["row"] < 0).to_numpy(), False)[task] & (kind == "task_done")
    counted = np.where(kind == "customer_hours", events["visits"].fillna(1.0), is_visit.astype(np.float64))
    return {"done_hours": np.where(is_work, given, at_the_end), "visits_made": counted}


def _sum_up(
    cadence: Cadence,
    tasks: pd.DataFrame,
    now: dict[str, Any],
    customer_of_task: Ints,
    events: pd.DataFrame,
    spent: dict[str, Any],
) -> dict[str, Any]:
    """Everything by customer."""
    n, kind, customer = len(cadence.hours), events["kind"].to_numpy(dtype=object), spent["customer"]

    def by_event(where: Any, amount: Any) -> Floats:
        where = np.asarray(where, dtype=bool) & (customer >= 0)
        return sum_by(customer[where], np.asarray(amount, dtype=np.float64)[where], n)

    def by_task(where: Any, amount: Any) -> Floats:
        where = np.asarray(where, dtype=bool) & (customer_of_task >= 0)
        return sum_by(customer_of_task[where], amount[where], n)

    is_visit, is_open = (tasks["row"] < 0).to_numpy(), now["status"] == "open"
    skips_visit = np.append(is_visit, False)[events["task"]] & (kind == "task_skipped")
    always, visits = np.ones(len(events)), spent["visits_made"]
    made, skipped = by_event(visits > 0, visits), by_event(skips_visit, always)
    rest = np.maximum(cadence.count - made - skipped, 0.0)
    begun = by_task(is_visit & is_open, np.minimum(now["used_hours"], now["hours"]))
    by_hand = by_event(kind == "customer_hours", spent["done_hours"])
    left = np.where(
        cadence.count > 0,
        np.maximum(rest * cadence.hours_each - begun, 0.0),
        np.maximum(cadence.hours - by_hand, 0.0),
    )
    given_open, share = ~is_visit & (tasks["status"] == "open").to_numpy(), cadence.task_share
    touching = np.isin(kind, ["task_done", "task_skipped", "task_hours", "customer_hours"])
    last = pd.Series(events["at"].to_numpy()[visits > 0]).groupby(customer[visits > 0]).max()
    return {
        "planned_hours": cadence.hours + share * by_task(given_open, now["hours"]),
        "done_hours": by_event(spent["done_hours"] > 0, spent["done_hours"]),
        "remaining_hours": left + share * by_task(~is_visit & is_open, now["remaining_hours"]),
        "planned_visits": cadence.count,
        "visits_made": made,
        "visits_skipped": skipped,
        "remaining_visits": rest,
        "last_visit": last.reindex(range(n)).to_numpy(dtype="datetime64[s]"),
        "revenue_booked": by_event(kind == "revenue_booked", events["amount"]),
        "touched": cadence.changed | (by_event(touching, always) > 0),
    }


def find_doers(events: pd.DataFrame, customers: pd.DataFrame, tasks: pd.DataFrame, reps: pd.DataFrame) -> Any:
    """Row of the rep whose work or money each event is: who is named, else who was to do the task, else the owner."""
    planned = np.append(tasks["rep_id"].to_numpy(dtype=object), [None])[events["task"]]
    owner = np.append(customers["owner"].to_numpy(dtype=object), [None])[events["customer"]]
    said = events["rep_id"]
    name = said.where(said.notna(), pd.Series(planned, index=said.index, dtype="str"))
    name = name.where(name.notna(), pd.Series(owner, index=said.index, dtype="str"))
    return positions_of(reps["rep_id"], name)


def measure_reps(case: Case, records: Records, events: pd.DataFrame, as_of: dt.date) -> dict[str, Any]:
    """Capacity of every rep over the horizon, until now and from now on; hours and money brought in.

    ``records`` are those after events; ``events`` have the row of the rep whose each is.
    """
    scenario, ids = case.scenario, records.reps["rep_id"]
    joined = look_up(ids, events[events["kind"] == "rep_joins"], "hours_per_week")
    first = case.records.reps["hours_per_week"].reindex(range(len(ids)))
    first = joined.where(joined.notna(), first).fillna(scenario.horizon.hours_per_week)
    by_day = hours_by_day(records, scenario, first.to_numpy(np.float64), events)
    elapsed = count_elapsed(scenario, as_of)
    rep = events["rep"].to_numpy()

    def by_rep(where: Any, amount: Any) -> Floats:
        where = np.asarray(where, dtype=bool) & (rep >= 0)
        return sum_by(rep[where], np.asarray(amount, dtype=np.float64)[where], len(ids))

    return {
        "capacity_hours": by_day.sum(axis=1),
        "elapsed_hours": by_day[:, :elapsed].sum(axis=1),
        "remaining_hours": by_day[:, elapsed:].sum(axis=1),
        "done_hours": by_rep(events["done_hours"] > 0, events["done_hours"]),
        "revenue_booked": by_rep(events["kind"] == "revenue_booked", events["amount"]),
    }


def sum_by(index: Ints, amount: Floats, length: int) -> Floats:
    """Amounts added up by index."""
    total: Floats = np.bincount(index, amount, minlength=length).astype(np.float64)
    return total
