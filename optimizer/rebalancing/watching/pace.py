"""How far reps are against the plan to date: hours done, money booked, and what is ahead."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from optimizer.problem import Bools, Floats
from optimizer.rebalancing.replay.calendar import last_days
from optimizer.rebalancing.replay.people import since_of
from optimizer.rebalancing.replay.state import Evening
from optimizer.rebalancing.replay.work import sum_by
from optimizer.records import positions_of
from optimizer.scheduling.weeks import Weeks, find_weeks


def measure_pace(state: Evening) -> pd.DataFrame:
    """A row a rep, as in ``state.reps``: what was planned since the plan began, what was done, what is left.

    Columns: rep_id, here, customers, planned_hours (to date), done_hours, pace (done : planned), utilization (done :
    capacity since then), revenue_booked, quota (to date), attainment (booked : quota; without quotas the
    pace), work_left, capacity_left, demand (work : capacity left). A share without a denominator is missing.
    """
    reps = state.reps
    since = since_of(state.case, state.plan)
    late = (state.events["at"] > since).to_numpy()
    done = _by_rep(state, "done_hours", late)
    frame = reps[["rep_id", "here"]].copy()
    owner = positions_of(reps["rep_id"], state.customers["owner"])
    mine = (owner >= 0) & state.customers["here"].to_numpy()
    count = len(reps)
    frame["customers"] = np.bincount(owner[mine], minlength=count)
    frame["planned_hours"] = _planned(state, since.date())
    frame["done_hours"] = done
    frame["pace"] = _ratio(done, frame["planned_hours"].to_numpy())
    frame["utilization"] = _ratio(done, _hours_since(state, since.date()))
    frame["revenue_booked"] = reps["revenue_booked"]
    quota = state.case.records.reps.set_index("rep_id")["quota"].reindex(pd.Index(reps["rep_id"])).to_numpy()
    share = _ratio(reps["elapsed_hours"].to_numpy(), reps["capacity_hours"].to_numpy())
    frame["quota"] = quota * share
    earned = _ratio(reps["revenue_booked"].to_numpy(), frame["quota"].to_numpy())
    frame["attainment"] = earned if (quota > 0).any() else frame["pace"]
    left = state.customers["remaining_hours"].to_numpy()
    frame["work_left"] = sum_by(owner[mine], left[mine], count)
    frame["capacity_left"] = reps["remaining_hours"]
    frame["demand"] = _ratio(frame["work_left"].to_numpy(), frame["capacity_left"].to_numpy())
    return frame


def sum_pace(state: Evening, pace: pd.DataFrame) -> dict[str, float]:
    """The same for all reps together; work of customers without an owner is part of the work left."""
    names = ("planned_hours", "done_hours", "revenue_booked", "quota", "capacity_left")
    total = {name: float(pace[name].sum()) for name in names}
    work = float(state.customers["remaining_hours"][state.customers["here"]].sum())
    attained = pace["attainment"][pace["here"]]
    spread = attained.max() - attained.min()
    return total | {
        "customers": float(state.customers["here"].sum()),
        "pace": _share(total["done_hours"], total["planned_hours"]),
        "attainment": _share(total["revenue_booked"], total["quota"])
        if total["quota"] > 0
        else _share(total["done_hours"], total["planned_hours"]),
        "spread_points": 100 * float(spread),
        "work_left": work,
        "demand": _share(work, total["capacity_left"]),
    }


def passed_share(weeks: Weeks, as_of: dt.date) -> Floats:
    """What part of each week has passed at the end of ``as_of``, [W], counted in days."""
    assert weeks.starts is not None
    length = (last_days(weeks) - weeks.starts).astype(np.int64) + 1
    passed = (np.datetime64(as_of, "D") - weeks.starts).astype(np.int64) + 1
    return np.clip(passed / length, 0.0, 1.0)


def _planned(state: Evening, since: dt.date) -> Floats:
    """Hours of every rep that the plan puts between its beginning and now, [R ever].

    By its weeks; a plan without weeks asks for every customer's hours evenly over the owner's capacity.
    """
    reps, count = state.reps, len(state.reps)
    weeks = find_weeks(state.case.scenario.horizon)
    tasks = state.tasks
    rep = positions_of(reps["rep_id"], tasks["rep_id"])
    week = tasks["week"].to_numpy()
    if (week >= 0).any():
        share = np.append(passed_share(weeks, state.as_of) - passed_share(weeks, since), 0.0)[week]
        known = (rep >= 0) & (week >= 0) & ~_was_lost(state, weeks)
        hours = tasks["hours"].to_numpy(np.float64) * share
        return sum_by(rep[known], hours[known], count)
    owner = positions_of(reps["rep_id"], state.customers["plan_owner"])
    hours = state.customers["planned_hours"].to_numpy()
    whole = sum_by(owner[owner >= 0], hours[owner >= 0], count)
    part = _ratio(_hours_since(state, since), reps["capacity_hours"].to_numpy())
    return whole * np.nan_to_num(part)


def _was_lost(state: Evening, weeks: Weeks) -> Bools:
    """Tasks whose customer was lost before their week began, [T]."""
    assert weeks.starts is not None
    at = positions_of(state.customers["customer_id"], state.tasks["customer_id"])
    lost_on = np.append(state.customers["lost_on"].to_numpy("datetime64[D]"), np.datetime64("NaT", "D"))
    starts = np.append(weeks.starts, np.datetime64("NaT", "D"))
    lost: Bools = lost_on[at] <= starts[state.tasks["week"].to_numpy()]
    return lost


def _hours_since(state: Evening, since: dt.date) -> Floats:
    """Capacity of every rep from the beginning of the plan to now, [R ever]: by days, where the plan began later."""
    start = state.case.scenario.horizon.start
    assert start is not None
    elapsed = state.reps["elapsed_hours"].to_numpy(np.float64)
    days, before = (state.as_of - start).days + 1, max((since - start).days + 1, 0)
    return elapsed * (max(days - before, 0) / max(days, 1))


def _by_rep(state: Evening, column: str, where: Bools) -> Floats:
    rep = state.events["rep"].to_numpy()
    where = where & (rep >= 0)
    amount = np.nan_to_num(state.events[column].to_numpy(np.float64))
    return sum_by(rep[where], amount[where], len(state.reps))


def _ratio(part: Floats, whole: Floats) -> Floats:
    """part : whole, missing where there is no whole."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
