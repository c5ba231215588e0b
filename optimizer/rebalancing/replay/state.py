"""The state of a plan on a day: the case as it now is, what is done, what is left, what must stay, what was not
understood. A function of records, plan, events and day: it can be replayed as of any day, and remembers nothing.
"""  # fmt: skip

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.building import HANDS_OVER, WHOLE_HOURS
from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.in_force import PlanInForce, put_in_force
from optimizer.plan import Plan
from optimizer.problem import Bools, to_units
from optimizer.progress import TABLE, unite_events
from optimizer.rebalancing.replay.calendar import WHOLE_CAPACITY, close_past, last_day
from optimizer.rebalancing.replay.changing import (
    change_absences,
    change_customers,
    change_reps,
    change_tasks,
    keep_present,
)
from optimizer.rebalancing.replay.freezing import (
    hold_frozen,
    leaves_early,
    list_freezes,
    published_tasks,
    tell_split_groups,
)
from optimizer.rebalancing.replay.people import (
    find_moved_on,
    is_among,
    is_near_end,
    list_customers,
    list_reps,
)
from optimizer.rebalancing.replay.promises import change_locks
from optimizer.rebalancing.replay.taking import take_events
from optimizer.rebalancing.replay.tasks import list_known_tasks
from optimizer.rebalancing.replay.work import find_doers, measure_reps, measure_work
from optimizer.records import Records
from optimizer.scheduling.weeks import find_weeks


@dataclass(frozen=True, eq=False)
class Evening:
    """What became of a plan by an evening; fields as in ``State``."""

    as_of: dt.date
    given: Case
    case: Case
    plan: PlanInForce
    customers: pd.DataFrame
    reps: pd.DataFrame
    tasks: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True, eq=False)
class State(Evening):
    """A plan on the evening of ``as_of``.

    ``given``: the case as it was planned, without events. ``case``: the records after events and the scenario
    for the rest of the horizon, an ordinary case that ``build_problem`` takes. Its owners are the plan's;
    customers that are lost and reps who are gone are not in it, and what was theirs has no owner; nor has what
    belongs to a rep whose notice has begun. Its hours and visits are those that are left, its capacity what the
    calendar still holds after ``as_of``.

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
        return replace(self.case, records=hold_frozen(self.case.records, self.freezes))


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
            given=case,
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
                *tell_split_groups(present, freezes),
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
        customers["moved_on"] = find_moved_on(case, plan, customers)
        work = measure_work(case, customers, tasks, happened)
        touched = work.customers.pop("touched")
        customers = customers.assign(**work.customers)
        tasks = tasks.assign(**work.tasks)
        left_over = ~is_among(tasks["customer_id"], customers["customer_id"][~customers["here"]])
        tasks["status"] = tasks["status"].where(left_over | (tasks["status"] != "open"), "cancelled")
        happened = happened.assign(**work.events)
        happened["rep"] = find_doers(happened, customers, tasks, reps)

        records, more = _change_records(case.records, customers, reps, tasks, happened, touched)
        reps = reps.assign(**measure_reps(case, records, happened, as_of))
        reps["leaving"] = leaves_early(case.scenario, reps)
        reps["hands_over"] = reps["here"] & reps["leaving"] & is_near_end(case.scenario, reps, as_of)
        customers["tier"] = records.customers["tier"].fillna(case.scenario.blank_tier)
        gone = ~is_among(customers["owner"], reps["rep_id"][reps["here"]])
        customers["owner"] = customers["owner"].mask(gone)
        present = _keep_present(records, customers, reps)
        mine = customers[customers["here"]]
        left, whole = mine["remaining_hours"].sum(), mine["planned_hours"].sum()
        width = float(whole / left) if 0 < left < whole else 1.0
        scenario = close_past(case.scenario, self.weeks, as_of, width)
        now = replace(case, records=present, scenario=scenario)
        return Evening(as_of, case, now, plan, customers, reps, tasks, happened), (findings, more)


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


def _unknown_in_plan(plan: PlanInForce, customers: pd.DataFrame, reps: pd.DataFrame) -> list[Finding]:
    """Customers and reps of the plan that nobody knows."""
    strangers = plan.owners.index[~is_among(plan.owners.index.to_series(), customers["customer_id"])]
    unknown = plan.owners[plan.owners.notna() & ~is_among(plan.owners, reps["rep_id"])].unique()
    return [
        Finding("plan_unknown", "warning", "assignments", None, column, str(name))
        for column, names in (("customer_id", strangers[:100]), ("rep_id", unknown[:100]))
        for name in names
    ]


def _hash(case: Case, plan: PlanInForce, events: pd.DataFrame, as_of: dt.date) -> str:
    """A fingerprint of all that the state follows from."""
    digest = hashlib.sha256(f"{case.input_hash}\n{as_of}\n{plan.since}\n".encode())
    said = pd.util.hash_pandas_object(events.drop(columns="row"), index=False)
    digest.update(said.to_numpy().tobytes())
    digest.update(plan.fingerprint)
    return digest.hexdigest()
