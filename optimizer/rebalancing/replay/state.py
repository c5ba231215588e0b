"""The state of a plan on a day: the case as it now is, what is done, what is left, what must stay, what was not
understood. A function of records, plan, events and day: it can be replayed as of any day, and remembers nothing.
"""  # fmt: skip

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.building import HANDS_OVER, WHOLE_HOURS
from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.in_force import PlanInForce, put_in_force
from optimizer.plan import Plan
from optimizer.problem import Bools, to_units
from optimizer.progress import TABLE, unite_events
from optimizer.rebalancing.replay.calendar import (
    WHOLE_CAPACITY,
    close_past,
    count_elapsed,
    hours_by_day,
    last_day,
)
from optimizer.rebalancing.replay.changing import (
    change_absences,
    change_customers,
    change_reps,
    change_tasks,
    keep_present,
)
from optimizer.rebalancing.replay.freezing import (
    explain_freeze,
    find_split_groups,
    leaves_early,
    list_freezes,
    published_tasks,
)
from optimizer.rebalancing.replay.people import is_among, list_customers, list_reps, look_up, since_of
from optimizer.rebalancing.replay.promises import change_locks
from optimizer.rebalancing.replay.taking import take_events
from optimizer.rebalancing.replay.tasks import list_known_tasks
from optimizer.rebalancing.replay.work import measure_work
from optimizer.records import Records, positions_of
from optimizer.scenario import Scenario
from optimizer.scheduling.weeks import find_weeks


@dataclass(frozen=True, eq=False)
class Evening:
    """What became of a plan by an evening; fields as in ``State``."""

    as_of: dt.date
    case: Case
    plan: PlanInForce
    customers: pd.DataFrame
    reps: pd.DataFrame
    tasks: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True, eq=False)
class State(Evening):
    """A plan on the evening of ``as_of``.

    ``case``: the records after events and the scenario for the rest of the horizon, an ordinary case that
    ``build_problem`` takes. Its owners are the plan's; customers that are lost and reps who are gone are not in it,
    and what was theirs has no owner; nor has what belongs to a rep whose notice has begun. Its hours and visits are
    those that are left, its capacity what the calendar still holds after ``as_of``.

    ``customers``: a row for everybody who ever was one: customer_id, here, won_on, lost_on, moved_on (when the plan
    gave it another owner), plan_owner, owner, cost, tier, planned_hours, done_hours, remaining_hours, planned_visits,
    visits_made, visits_skipped, remaining_visits, last_visit, revenue_booked.

    ``reps``: rep_id, here, joined_on, told_on, ends, leaving (a last day before the horizon ends), hands_over (works
    until then, and owns nobody any more), capacity_hours, elapsed_hours and remaining_hours (of capacity), done_hours,
    revenue_booked.

    ``tasks``: every task of records and plan: task_id, customer_id, rep_id (who is to do it), week (its number, -1:
    none), hours, status (open, done, cancelled), due, row (of the records' tasks, -1: a visit), used_hours,
    remaining_hours.

    ``events``: those that count, in their order, with customer and rep (rows of the tables above, -1: none), done_hours
    and visits_made.

    ``freezes``: customer_id, rep_id, reason, what, until. ``published``: task_id, rep_id, week (its name) of open tasks
    in weeks that were told already. ``findings``: events that could not be taken in. ``later``: event_id, at and kind
    of events after ``as_of``, which have not happened yet.
    """

    freezes: pd.DataFrame
    published: pd.DataFrame
    findings: tuple[Finding, ...]
    later: pd.DataFrame

    @property
    def frozen(self) -> Bools:
        """Which customers of ``case`` stay with their owner, [n]."""
        return is_among(self.case.records.customers["customer_id"], self.freezes["customer_id"])

    def held_case(self) -> Case:
        """The case with a lock on every frozen customer: what a change of the plan has to keep."""
        records = self.case.records
        first = self.freezes.drop_duplicates("customer_id")
        locks = pd.DataFrame(
            {
                "customer_id": first["customer_id"],
                "rep_id": first["rep_id"],
                "kind": "keep",
                "reason": [
                    explain_freeze(*pair) for pair in zip(first["reason"], first["what"], strict=True)
                ],
                "until": pd.NaT,
            }
        )
        if not len(locks):
            return self.case
        apart = is_among(
            records.customers["customer_id"], find_split_groups(records, self.freezes)["customer_id"]
        )
        if apart.any():  # they stay where they are, apart from their group: a finding says so
            own = records.customers
            records = replace(records, customers=own.assign(group=own["group"].mask(apart)))
        held = records.locks["customer_id"][records.locks["kind"].isin(["keep", "force"])]
        locks = locks[~is_among(locks["customer_id"], held)]
        locks = locks.reindex(columns=records.locks.columns).astype(records.locks.dtypes.to_dict())
        together = pd.concat([records.locks, locks], ignore_index=True)
        return replace(self.case, records=replace(records, locks=together))


def apply_progress(
    case: Case, plan: Plan | PlanInForce, events: pd.DataFrame, as_of: dt.date | None = None
) -> State:
    """The state of ``plan`` on the evening of ``as_of`` (None: the day of the last event within the horizon).

    ``events`` come from ``read_progress``, in any order and as often as you like; those after ``as_of`` have not
    happened yet. Events that are unknown, impossible or contradictory are findings, the rest counts. InputError when
    the scenario has no ``horizon.start``.
    """
    replay = Replay(case, plan, events)
    return replay.judge(find_day(case, replay.events) if as_of is None else as_of)


class Replay:
    """A plan and its events, put in order once: what became of it by any evening.

    Arguments and errors as for ``apply_progress``.
    """

    def __init__(self, case: Case, plan: Plan | PlanInForce, events: pd.DataFrame) -> None:
        if case.scenario.horizon.start is None:
            raise InputError([Finding("progress_no_start", "error", TABLE)])
        self.case = case
        self.plan = put_in_force(case, plan) if isinstance(plan, Plan) else plan
        self.events, self.clashes = unite_events(events)
        self.weeks = find_weeks(case.scenario.horizon)

    def judge(self, as_of: dt.date) -> State:
        """The whole state of one evening."""
        evening, findings = self._follow(as_of)
        case, plan, events = self.case, self.plan, evening.events
        scenario, tasks, reps = case.scenario, evening.tasks, evening.reps
        customers, present = evening.customers, evening.case.records
        told = published_tasks(scenario, tasks, self.weeks, as_of)
        names = np.append(np.array(self.weeks.names, dtype=object), "")
        mine = customers[customers["here"]]
        freezes = list_freezes(scenario, present, mine, reps, tasks, events, self.weeks, as_of)
        later = self.events[self.events["at"] > pd.Timestamp(as_of)]
        return State(
            as_of=as_of,
            case=replace(evening.case, input_hash=_hash(case, plan, events, as_of)),
            plan=plan,
            customers=customers,
            reps=reps,
            tasks=tasks,
            events=events,
            freezes=freezes,
            published=told[["task_id", "rep_id"]].assign(week=names[told["week"].to_numpy()]),
            findings=(
                *self.clashes,
                *findings[0],
                *_unknown_in_plan(plan, customers, reps),
                *findings[1],
                *_split_groups(present, freezes),
            ),
            later=later[["event_id", "at", "kind"]].reset_index(drop=True),
        )

    def look(self, as_of: dt.date) -> Evening:
        """What one evening looked like, which is all that watching a plan asks of evenings gone by."""
        return self._follow(as_of)[0]

    def _follow(self, as_of: dt.date) -> tuple[Evening, tuple[list[Finding], list[Finding]]]:
        """One evening, and findings about events and about promises."""
        case, plan = self.case, self.plan
        happened = self.events[self.events["at"] <= pd.Timestamp(as_of)].reset_index(drop=True)
        tasks = list_known_tasks(case, plan, happened, self.weeks)
        happened, findings = take_events(happened, case, tasks)

        reps = list_reps(case, happened, as_of)
        customers = list_customers(case, plan, happened)
        customers["moved_on"] = _moved_on(case, plan, customers)
        work = measure_work(case, customers, tasks, happened)
        touched = work.customers.pop("touched")
        customers = customers.assign(**work.customers)
        tasks = tasks.assign(**work.tasks)
        left_over = ~is_among(tasks["customer_id"], customers["customer_id"][~customers["here"]])
        tasks["status"] = tasks["status"].where(left_over | (tasks["status"] != "open"), "cancelled")
        happened = happened.assign(**work.events)
        happened["rep"] = _who_did_it(happened, customers, tasks, reps)

        records, more = _change_records(case.records, customers, reps, tasks, happened, touched)
        reps = reps.assign(**_measure_reps(case, records, happened, as_of, len(reps)))
        reps["leaving"] = leaves_early(case.scenario, reps)
        reps["hands_over"] = reps["here"] & reps["leaving"] & _is_near(case.scenario, reps, as_of)
        customers["tier"] = records.customers["tier"].fillna(case.scenario.blank_tier)
        gone = ~is_among(customers["owner"], reps["rep_id"][reps["here"]])
        customers["owner"] = customers["owner"].mask(gone)
        present = _keep_present(records, customers, reps)
        mine = customers[customers["here"]]
        left, whole = mine["remaining_hours"].sum(), mine["planned_hours"].sum()
        width = float(whole / left) if 0 < left < whole else 1.0
        scenario = close_past(case.scenario, self.weeks, as_of, width)
        now = replace(case, records=present, scenario=scenario)
        return Evening(as_of, now, plan, customers, reps, tasks, happened), (findings, more)


def find_day(case: Case, events: pd.DataFrame) -> dt.date:
    """The day of the last event within the horizon; without any the day before the horizon.

    InputError when the scenario has no ``horizon.start``.
    """
    start = case.scenario.horizon.start
    if start is None:
        raise InputError([Finding("progress_no_start", "error", TABLE)])
    within = events["at"][events["at"] <= last_day(case.scenario)]
    day: dt.date = within.max().date() if len(within) else start - dt.timedelta(days=1)
    return day


def _is_near(scenario: Scenario, reps: pd.DataFrame, as_of: dt.date) -> Any:
    """Whose last day, told since the records were made, is near enough for handing over, [R ever]."""
    notice = pd.Timedelta(days=7 * scenario.watch.notice_weeks)
    return reps["told_on"].notna() & (reps["ends"] <= pd.Timestamp(as_of) + notice)


def _moved_on(case: Case, plan: PlanInForce, customers: pd.DataFrame) -> pd.Series[Any]:
    """The day from which customers have another owner by the plan than they had before."""
    if plan.previous is None:
        before = case.records.customers["owner"].reindex(customers.index)
    else:
        before = plan.previous.reindex(pd.Index(customers["customer_id"])).set_axis(customers.index)
    moved = before.notna() & (customers["plan_owner"] != before)
    day = since_of(case, plan) + pd.Timedelta(days=1)
    return pd.Series(np.where(moved, day.to_datetime64(), np.datetime64("NaT")), index=customers.index)


def _who_did_it(
    events: pd.DataFrame, customers: pd.DataFrame, tasks: pd.DataFrame, reps: pd.DataFrame
) -> Any:
    """Row of the rep whose work or money each event is: who is named, else who was to do the task, else the owner."""
    planned = np.append(tasks["rep_id"].to_numpy(dtype=object), [None])[events["task"]]
    owner = np.append(customers["owner"].to_numpy(dtype=object), [None])[events["customer"]]
    said = events["rep_id"]
    name = said.where(said.notna(), pd.Series(planned, index=said.index, dtype="str"))
    name = name.where(name.notna(), pd.Series(owner, index=said.index, dtype="str"))
    return positions_of(reps["rep_id"], name)


def _change_records(
    records: Records,
    customers: pd.DataFrame,
    reps: pd.DataFrame,
    tasks: pd.DataFrame,
    events: pd.DataFrame,
    touched: Bools,
) -> tuple[Records, list[Finding]]:
    """The records after events, with everybody who ever was there."""
    frame = change_customers(records, customers, events)
    new = np.arange(len(frame)) >= len(records.customers)
    frame["hours"] = frame["hours"].mask(touched | new, customers["remaining_hours"])
    frame["visits"] = frame["visits"].mask(touched | new, customers["remaining_visits"])
    locks, findings = change_locks(records, frame, events)
    changed = replace(
        records,
        customers=frame,
        reps=change_reps(records, reps, events),
        tasks=change_tasks(records, tasks, events, customers["customer_id"][customers["here"]]),
        absences=change_absences(records, reps, events),
        locks=locks,
    )
    return changed, findings


def _keep_present(records: Records, customers: pd.DataFrame, reps: pd.DataFrame) -> Records:
    """The records of those who are here, with what they had over the whole horizon in columns of their own."""
    done = customers["remaining_hours"] < customers["planned_hours"] - 1e-9
    whole_capacity = to_units(reps["capacity_hours"].mask(reps["hands_over"], 0.0))
    records = replace(
        records,
        customers=records.customers.assign(**{WHOLE_HOURS: customers["planned_hours"].where(done)}),
        reps=records.reps.assign(**{WHOLE_CAPACITY: whole_capacity, HANDS_OVER: reps["hands_over"]}),
    )
    owning = reps["rep_id"][reps["here"] & ~reps["hands_over"]]
    here = customers["customer_id"][customers["here"]]
    return keep_present(records, here, reps["rep_id"][reps["here"]], owning)


def _measure_reps(
    case: Case, records: Records, events: pd.DataFrame, as_of: dt.date, count: int
) -> dict[str, Any]:
    """Capacity of every rep over the horizon, until now and from now on; hours and money brought in."""
    scenario, ids = case.scenario, records.reps["rep_id"]
    joined = look_up(ids, events[events["kind"] == "rep_joins"], "hours_per_week")
    first = case.records.reps["hours_per_week"].reindex(range(count))
    first = joined.where(joined.notna(), first).fillna(scenario.horizon.hours_per_week)
    by_day = hours_by_day(records, scenario, first.to_numpy(np.float64), events)
    elapsed = count_elapsed(scenario, as_of)
    rep = events["rep"].to_numpy()
    worked, booked = (
        np.bincount(rep[mine], amount[mine], minlength=count)
        for mine, amount in (
            ((rep >= 0) & (events["done_hours"] > 0).to_numpy(), events["done_hours"].to_numpy(np.float64)),
            (
                (rep >= 0) & (events["kind"] == "revenue_booked").to_numpy(),
                events["amount"].to_numpy(np.float64),
            ),
        )
    )
    return {
        "capacity_hours": by_day.sum(axis=1),
        "elapsed_hours": by_day[:, :elapsed].sum(axis=1),
        "remaining_hours": by_day[:, elapsed:].sum(axis=1),
        "done_hours": worked,
        "revenue_booked": booked,
    }


def _unknown_in_plan(plan: PlanInForce, customers: pd.DataFrame, reps: pd.DataFrame) -> list[Finding]:
    """Customers and reps of the plan that nobody knows."""
    strangers = plan.owners.index[~is_among(plan.owners.index.to_series(), customers["customer_id"])]
    unknown = plan.owners[plan.owners.notna() & ~is_among(plan.owners, reps["rep_id"])].unique()
    return [
        Finding("plan_unknown", "warning", "assignments", None, column, str(name))
        for column, names in (("customer_id", strangers[:100]), ("rep_id", unknown[:100]))
        for name in names
    ]


def _split_groups(records: Records, freezes: pd.DataFrame) -> list[Finding]:
    """Groups that freezes hold apart."""
    apart = find_split_groups(records, freezes)
    return [
        Finding(
            "freeze_group",
            "warning",
            "customers",
            None,
            "group",
            row["customer_id"],
            {"group": row["group"], "rep": row["rep_id"], "other": row["main"]},
        )
        for row in apart.to_dict("records")
    ]


def _hash(case: Case, plan: PlanInForce, events: pd.DataFrame, as_of: dt.date) -> str:
    """A fingerprint of all that the state follows from."""
    digest = hashlib.sha256(f"{case.input_hash}\n{as_of}\n{plan.since}\n".encode())
    said = pd.util.hash_pandas_object(events.drop(columns="row"), index=False)
    digest.update(said.to_numpy().tobytes())
    digest.update(plan.fingerprint)
    return digest.hexdigest()
