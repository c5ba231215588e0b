"""The weeks of the horizon and the hours that every rep has in each.

Weeks are calendar weeks, Monday to Sunday, as reps see them; where the horizon begins or ends within one, only its
days inside the horizon count.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.problem import Floats, Ints
from optimizer.records import Records
from optimizer.scenario import Horizon, Scenario
from optimizer.workload import hours_of_a_day, rep_weekly_hours, worked_days, working_days


@dataclass(frozen=True, eq=False)
class Weeks:
    """W weeks: their names, first days within the horizon (None: no dates), and the week of each day, [D]."""

    names: tuple[str, ...]
    starts: NDArray[np.datetime64] | None
    of_day: Ints

    @property
    def count(self) -> int:
        """W."""
        return len(self.names)


def find_weeks(horizon: Horizon) -> Weeks:
    """The weeks of ``horizon``, named as ISO 8601 does: 2027-W03. Without a first day: "1", "2", ..."""
    if horizon.start is None:
        return Weeks(
            tuple(str(w + 1) for w in range(horizon.weeks)), None, np.repeat(np.arange(horizon.weeks), 7)
        )
    day = np.arange(7 * horizon.weeks)
    of_day = (day + horizon.start.weekday()) // 7
    first = [int(d) for d in np.flatnonzero(np.diff(of_day, prepend=-1))]
    starts = [horizon.start + dt.timedelta(days=d) for d in first]
    names = tuple(f"{iso.year}-W{iso.week:02d}" for iso in (start.isocalendar() for start in starts))
    return Weeks(names, np.array(starts, dtype="datetime64[D]"), of_day)


def count_worked(horizon: Horizon, weeks: Weeks) -> int:
    """Weeks of the horizon with a working day."""
    if horizon.start is None:
        return weeks.count
    return len(np.unique(weeks.of_day[working_days(horizon)]))


def find_week_hours(records: Records, scenario: Scenario, weeks: Weeks) -> Floats:
    """Selling hours of every rep in every week, [R, W]; they add up to ``workload.rep_capacity_hours``."""
    if scenario.horizon.start is None:
        return np.repeat(rep_weekly_hours(records, scenario)[:, None], weeks.count, axis=1)
    first = np.flatnonzero(np.diff(weeks.of_day, prepend=-1))
    worked = np.add.reduceat(worked_days(records, scenario), first, axis=1)
    return hours_of_a_day(records, scenario)[:, None] * worked


def find_last_weeks(records: Records, scenario: Scenario, weeks: Weeks) -> Ints:
    """The last week in which each rep is still there, [R]: -1 for who has left before, W - 1 for who stays."""
    horizon = scenario.horizon
    if horizon.start is None:
        return np.full(len(records.reps), weeks.count - 1, dtype=np.int64)
    day = records.reps["ends"].sub(pd.Timestamp(horizon.start)).dt.days
    last = day.fillna(len(weeks.of_day)).clip(-1, len(weeks.of_day) - 1).to_numpy(np.int64)
    return np.where(last < 0, -1, weeks.of_day[np.maximum(last, 0)])


def find_windows(tasks: pd.DataFrame, horizon: Horizon, weeks: Weeks) -> tuple[Ints, Ints]:
    """First week and last week in time of each task, [n] each.

    ``earliest`` means the next working day, ``due`` the last working day up to it: what may begin on Saturday
    begins next week. Weeks before the horizon are below 0, weeks after it W or more. Without dates: 0 and W - 1.
    """
    count = len(tasks)
    if horizon.start is None:
        return np.zeros(count, dtype=np.int64), np.full(count, weeks.count - 1, dtype=np.int64)
    day = np.arange(7 * horizon.weeks)
    works = working_days(horizon)
    # The next working day from each day on, and the last one up to it; the day itself where there is none.
    following = np.minimum.accumulate(np.where(works, day, len(day))[::-1])[::-1]
    before = np.maximum.accumulate(np.where(works, day, -1))
    earliest = _to_weeks(tasks["earliest"], horizon, following, 0)
    due = _to_weeks(tasks["due"], horizon, before, weeks.count - 1)
    return np.maximum(earliest, 0), due


def _to_weeks(dates: pd.Series[Any], horizon: Horizon, move: Ints, blank: int) -> Ints:
    assert horizon.start is not None
    known = dates.notna().to_numpy()
    day = dates.sub(pd.Timestamp(horizon.start)).dt.days.fillna(0).to_numpy(np.int64, copy=True)
    inside = (day >= 0) & (day < len(move))
    day[inside] = move[day[inside]]
    return np.where(known, (day + horizon.start.weekday()) // 7, blank)
