"""How much work there is and how much of it can be done: hours of customers against hours of reps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.problem import Bools, Floats, Ints
from optimizer.records import Records, positions_of
from optimizer.scenario import Horizon, Scenario

WEEKS_PER_QUARTER = 13  # cadences are said per quarter


def index_of(ids: pd.Series[Any], refs: pd.Series[Any]) -> Ints:
    """Position in ``ids`` of each of ``refs``, -1 for a missing one. KeyError for an unknown one."""
    found = positions_of(ids, refs)
    unknown = (found < 0) & refs.notna().to_numpy()
    if unknown.any():
        raise KeyError(refs[unknown].iloc[0])
    return found


def customer_tiers(records: Records, scenario: Scenario) -> Ints:
    """Index of every customer's tier in the order of ``scenario.tiers``, [n]; no tier: ``blank_tier``."""
    return index_of(pd.Series(list(scenario.tiers)), records.customers["tier"].fillna(scenario.blank_tier))


def customer_visits(records: Records, scenario: Scenario) -> Floats:
    """Visits over the horizon, [n], also where hours are given.

    Given visits, else the tier's per quarter x weeks / 13.
    """
    visits = np.array([tier.visits for tier in scenario.tiers.values()], dtype=np.float64)
    cadence = visits[customer_tiers(records, scenario)] * (scenario.horizon.weeks / WEEKS_PER_QUARTER)
    given: Floats = records.customers["visits"].to_numpy(np.float64)
    return np.where(np.isnan(given), cadence, given)


def customer_hours(records: Records, scenario: Scenario) -> Floats:
    """Selling hours every customer takes over the horizon, [n].

    Given hours are taken as the whole. Without them: visits over the horizon x hours_per_visit of the tier,
    plus the hours of the customer's open tasks (status open or empty).
    """
    customers, tasks = records.customers, records.tasks
    per_visit = np.array([tier.hours_per_visit for tier in scenario.tiers.values()], dtype=np.float64)
    cadence = customer_visits(records, scenario) * per_visit[customer_tiers(records, scenario)]
    open_tasks = tasks[(tasks["status"].isna() | (tasks["status"] == "open")) & tasks["customer_id"].notna()]
    at = index_of(customers["customer_id"], open_tasks["customer_id"])
    extra = np.bincount(at, open_tasks["hours"].fillna(0.0).to_numpy(np.float64), minlength=len(customers))
    given: Floats = customers["hours"].to_numpy(np.float64)
    return np.where(np.isnan(given), cadence + extra, given)


def rep_capacity_hours(records: Records, scenario: Scenario) -> Floats:
    """Selling hours every rep really has over the horizon, [R].

    The sum over the days of the horizon on which the rep works of

        hours_per_week / workdays a week x field_share x ramp(day) x season(day)

    where a day is worked when it is one of ``workdays`` or ``extra_workdays``, no holiday, within
    starts..ends (both included) and within no absence of the rep; a holiday wins over an extra workday. A
    new rep grows by calendar days: d days after ``starts`` (d = 0 on the first) the ramp is (d + 0.5) / (7
    ramp_weeks), at most 1, which is the line from 0 to 1 read at the middle of the day. No ``starts`` or no
    ``ramp_weeks``: 1. Seasons multiply where they overlap.

    Without ``horizon.start`` there are no days: weeks x hours_per_week x field_share for every rep.
    """
    horizon = scenario.horizon
    if horizon.start is None:
        return rep_weekly_hours(records, scenario) * horizon.weeks
    worked: Floats = worked_days(records, scenario).sum(axis=1)
    return hours_of_a_day(records, scenario) * worked


def rep_weekly_hours(records: Records, scenario: Scenario) -> Floats:
    """Selling hours of every rep in a full week, [R]."""
    own_week = records.reps["hours_per_week"].fillna(scenario.horizon.hours_per_week)
    weekly: Floats = own_week.to_numpy(np.float64) * scenario.horizon.field_share
    return weekly


def hours_of_a_day(records: Records, scenario: Scenario) -> Floats:
    """Selling hours of every rep on a full working day, [R]."""
    return rep_weekly_hours(records, scenario) / max(len(set(scenario.horizon.workdays)), 1)


def worked_days(records: Records, scenario: Scenario) -> Floats:
    """What part of each day of the horizon every rep works, ramp and season included, [R, D]."""
    horizon, reps = scenario.horizon, records.reps
    day = np.arange(7 * horizon.weeks)
    starts, ends = (_days_from_start(reps[column], horizon) for column in ("starts", "ends"))
    since = day[None, :] - np.where(np.isnan(starts), -np.inf, starts)[:, None]
    ramp_days = 7 * reps["ramp_weeks"].fillna(0.0).to_numpy(np.float64)[:, None]
    ramp = np.minimum(1.0, (since + 0.5) / np.where(ramp_days > 0, ramp_days, 0.5))
    here = (since >= 0) & ~(day[None, :] > ends[:, None]) & ~_absent_days(records, horizon)
    worked: Floats = ramp * here * (working_days(horizon) * _season_shares(horizon))
    return worked


def travel_rate(records: Records, scenario: Scenario) -> Floats:
    """Hours of travel over the horizon per km between customer and the rep's home, [n].

    visits x 2 x detour / (speed x stops_per_day): each trip goes out and back, and its stops share it. This
    is the line-haul term 2 r N / C of Daganzo (1984), "The Distance Traveled to Visit N Points with a
    Maximum of C Stops per Vehicle: An Analytic Model and an Application", Transportation Science 18(4),
    where a tour set is about D = 2 r N / C + 0.57 sqrt(N A). The second term, between neighbouring stops,
    hardly depends on who makes the visit and is left out.
    """
    travel = scenario.travel
    per_visit = 2 * travel.detour / (travel.speed_kmh * travel.stops_per_day)
    return customer_visits(records, scenario) * per_visit


def _days_from_start(dates: pd.Series[Any], horizon: Horizon) -> Floats:
    """Whole days from the first day of the horizon; NaN where there is no date."""
    assert horizon.start is not None  # without it nothing asks for days
    return np.asarray(dates.sub(pd.Timestamp(horizon.start)).dt.days, dtype=np.float64)


def working_days(horizon: Horizon) -> Bools:
    """Which days of the horizon are worked by everybody, [D]."""
    assert horizon.start is not None
    days = pd.date_range(horizon.start, periods=7 * horizon.weeks)
    weekly = (days.day_of_week + 1).isin(horizon.workdays)
    extra, off = (
        days.isin(pd.to_datetime(list(some))) for some in (horizon.extra_workdays, horizon.holidays)
    )
    worked: Bools = (weekly | extra) & ~off
    return worked


def _season_shares(horizon: Horizon) -> Floats:
    """Share of a usual day's selling hours on each day of the horizon, [D]."""
    assert horizon.start is not None
    days = pd.date_range(horizon.start, periods=7 * horizon.weeks)
    share = np.ones(len(days))
    for season in horizon.seasons:
        share[(days >= pd.Timestamp(season.starts)) & (days <= pd.Timestamp(season.ends))] *= season.share
    return share


def _absent_days(records: Records, horizon: Horizon) -> Bools:
    """Which days each rep is away, [R, D]."""
    absences, length = records.absences, 7 * horizon.weeks
    rep = index_of(records.reps["rep_id"], absences["rep_id"])
    first = np.clip(_days_from_start(absences["starts"], horizon), 0, length).astype(np.int64)
    after = np.clip(_days_from_start(absences["ends"], horizon) + 1, 0, length).astype(np.int64)
    steps = np.zeros((len(records.reps), length + 1), dtype=np.int64)
    np.add.at(steps, (rep, first), 1)
    np.add.at(steps, (rep, np.maximum(first, after)), -1)
    away: Bools = steps.cumsum(axis=1)[:, :-1] > 0
    return away
