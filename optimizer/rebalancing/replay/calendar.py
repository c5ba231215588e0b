"""The selling hours of every rep, those that have passed and those that are left."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.problem import Bools, Floats
from optimizer.records import Records
from optimizer.scenario import Corridor, Scenario, Season
from optimizer.scheduling.weeks import Weeks
from optimizer.workload import worked_days

WHOLE_CAPACITY = "whole_capacity"  # milli-hours of every rep over the whole horizon


def first_day(scenario: Scenario) -> pd.Timestamp:
    """The first day of the horizon; who asks for it has made sure that there is one."""
    assert scenario.horizon.start is not None
    return pd.Timestamp(scenario.horizon.start)


def last_day(scenario: Scenario) -> pd.Timestamp:
    """The last day of the horizon."""
    return first_day(scenario) + pd.Timedelta(days=7 * scenario.horizon.weeks - 1)


def number_days(dates: pd.Series[Any], scenario: Scenario) -> Floats:
    """Days of the horizon that lie before each date; NaN where there is none."""
    since = dates - pd.Series(first_day(scenario), index=dates.index)
    return np.asarray(since.dt.days, dtype=np.float64)


def hours_by_day(records: Records, scenario: Scenario, first_hours: Floats, events: pd.DataFrame) -> Floats:
    """Selling hours of every rep on every day of the horizon, [R, D].

    ``first_hours``: the working hours a week that each rep began with, [R]; ``events`` change them from their day on.
    """
    horizon = scenario.horizon
    worked = worked_days(records, scenario)
    weekly = np.repeat(first_hours[:, None], worked.shape[1], axis=1)
    told = events[events["kind"] == "rep_hours"]
    at = pd.Index(records.reps["rep_id"]).get_indexer(pd.Index(told["rep_id"]))
    days = number_days(told["at"], scenario)
    for rep, day, hours in zip(at, days, told["hours_per_week"], strict=True):
        weekly[rep, max(int(day), 0) :] = hours
    by_day: Floats = worked * weekly * horizon.field_share / max(len(set(horizon.workdays)), 1)
    return by_day


def count_elapsed(scenario: Scenario, as_of: dt.date) -> int:
    """Days of the horizon that have passed at the end of ``as_of``."""
    horizon = scenario.horizon
    assert horizon.start is not None
    return min(max((as_of - horizon.start).days + 1, 0), 7 * horizon.weeks)


def close_past(scenario: Scenario, weeks: Weeks, as_of: dt.date, width: float) -> Scenario:
    """The scenario for the rest of the horizon: nobody has hours on days that have passed.

    The horizon itself stays, so that weeks, visits and dates keep their names; the weeks that have passed count as
    published, beside those ahead that were told. ``width``: hours of work planned over
    the whole horizon : hours left; a corridor on hours keeps its width in hours, so its tolerance grows by this.
    Work for which the days left are too few slips, at ``capacity.slip_price`` an hour: nobody loses an owner for it.
    Corridors on sizes go on sharing by the capacity of the whole horizon, the column ``WHOLE_CAPACITY`` of reps.
    """
    horizon, elapsed = scenario.horizon, count_elapsed(scenario, as_of)
    if elapsed:
        assert horizon.start is not None
        past = Season(starts=horizon.start, ends=horizon.start + dt.timedelta(days=elapsed - 1), share=0.0)
        horizon = horizon.model_copy(update={"seasons": (*horizon.seasons, past)})
    corridors = tuple(_for_the_rest(corridor, width, elapsed) for corridor in scenario.corridors)
    closed = int(np.count_nonzero(last_days(weeks) <= np.datetime64(as_of, "D")))
    ahead = np.flatnonzero(find_told(scenario, weeks, as_of))
    closed = max(closed, int(ahead[-1]) + 1 if len(ahead) and elapsed else scenario.schedule.published_weeks)
    schedule = scenario.schedule.model_copy(update={"published_weeks": closed})
    capacity = scenario.capacity
    if elapsed and capacity.price is None:
        capacity = capacity.model_copy(update={"price": capacity.slip_price, "spares_present": True})
    return scenario.model_copy(
        update={"horizon": horizon, "corridors": corridors, "schedule": schedule, "capacity": capacity}
    )


def _for_the_rest(corridor: Corridor, width: float, elapsed: int) -> Corridor:
    if corridor.measure == "hours":
        update: dict[str, Any] = {"tolerance": min(1.0, corridor.tolerance * width)}
        return corridor if width == 1.0 else corridor.model_copy(update=update)
    by_calendar = corridor.target == "capacity" and elapsed > 0
    return corridor.model_copy(update={"target": WHOLE_CAPACITY}) if by_calendar else corridor


def last_days(weeks: Weeks) -> NDArray[np.datetime64]:
    """Last day of each week within the horizon, [W]."""
    assert weeks.starts is not None
    after: NDArray[np.datetime64] = np.append(weeks.starts[1:], weeks.starts[0] + len(weeks.of_day))
    return after - np.timedelta64(1, "D")


def find_told(scenario: Scenario, weeks: Weeks, as_of: dt.date) -> Bools:
    """Weeks that are not over and that reps have been told: ``schedule.published_weeks`` ahead, and the running one."""
    ahead, today = scenario.schedule.published_weeks, np.datetime64(as_of, "D")
    assert weeks.starts is not None
    told: Bools = (last_days(weeks) > today) & (weeks.starts <= today + 7 * ahead) & (ahead > 0)
    return told
