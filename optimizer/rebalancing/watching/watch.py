"""Watch a plan: how it goes on a day, how it went at the end of every week, and whether a rebalance is called for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.in_force import PlanInForce
from optimizer.plan import Plan
from optimizer.rebalancing.proposing.drift import measure_drift
from optimizer.rebalancing.replay.calendar import last_days
from optimizer.rebalancing.replay.people import since_of
from optimizer.rebalancing.replay.state import Evening, Replay, State, find_day
from optimizer.rebalancing.watching.corridor_watch import watch_corridors
from optimizer.rebalancing.watching.coverage import STATUSES, judge_coverage, overdue_share
from optimizer.rebalancing.watching.pace import measure_pace, sum_pace
from optimizer.rebalancing.watching.triggers import Trigger, find_triggers, group_triggers
from optimizer.records import positions_of
from optimizer.scheduling.weeks import find_weeks


@dataclass(frozen=True, eq=False)
class Watch:
    """A plan on the evening of ``as_of``.

    ``reps``: a row a rep, as ``measure_pace`` gives it, with the number of customers that are on_track, due, overdue
    and never, and corridors_outside. ``total``: the same of all together, with overdue_share and spread_points.
    The evening's total has the drift as well, a share (missing where it is not looked at).
    ``coverage``: a row a customer, ``corridors``: a row for each corridor and rep, ``history``: the totals at the end
    of every week since the plan was made. ``triggers``: what rings.
    """

    as_of: dt.date
    state: State
    reps: pd.DataFrame
    total: dict[str, float]
    coverage: pd.DataFrame
    corridors: pd.DataFrame
    history: pd.DataFrame
    triggers: tuple[Trigger, ...]

    @property
    def rings(self) -> bool:
        """Whether anything calls for a rebalance."""
        return bool(self.triggers)

    @property
    def kinds(self) -> list[list[Trigger]]:
        """What rings by its kind, of each the worst first."""
        return group_triggers(self.triggers)


def watch(
    case: Case,
    plan: Plan | PlanInForce,
    events: pd.DataFrame,
    as_of: dt.date | None = None,
    *,
    on_week: Callable[[int, int], None] | None = None,
) -> Watch:
    """How ``plan`` goes on the evening of ``as_of`` (None: the day of the last event within the horizon).

    Nothing is remembered between calls: every week end since the plan was made is replayed, and what rings follows
    from them (``watch`` in the scenario has the thresholds). ``on_week(done, all)`` is told after each of them.
    Arguments and errors as for ``apply_progress``.
    """
    replay = Replay(case, plan, events)
    state = replay.judge(find_day(case, replay.events) if as_of is None else as_of)
    ends = _week_ends(state)
    rows, tables = [], []
    for number, end in enumerate(ends):
        then = state if end == state.as_of else replay.look(end)
        tables.append(watch_corridors(then))
        rows.append({"week_end": end.isoformat()} | _sum_up(then, tables[-1])[0])
        if on_week is not None:
            on_week(number + 1, len(ends))
    corridors = tables[-1] if ends and ends[-1] == state.as_of else watch_corridors(state)
    total, reps, coverage = _sum_up(state, corridors)
    history = pd.DataFrame(rows, columns=["week_end", *total])
    days = [end.isoformat() for end in ends]
    drift = measure_drift(state) if case.scenario.watch.drift and has_hours_left(state) else None
    total["drift"] = float("nan") if drift is None else drift.share
    made = since_of(case, state.plan).date()
    first = None
    if drift is not None and drift.share > case.scenario.watch.drift:
        planned = state.plan.gap  # only then it matters how far it was from a fresh plan when it was made
        if planned is None:
            first = replay.judge(made)
            planned = measure_drift(first).share
        drift = replace(drift, planned=planned)
    at_first = watch_corridors(first or replay.look(made))
    found = find_triggers(state, days, history, tables, at_first, drift)
    return Watch(state.as_of, state, reps, total, coverage, corridors, history, tuple(found))


def has_hours_left(state: State) -> bool:
    """Whether anything can still be done within the horizon."""
    return bool((state.reps["remaining_hours"] > 0).any())


def _week_ends(state: State) -> list[dt.date]:
    """The last days of the weeks that passed since the plan was made."""
    since = since_of(state.case, state.plan).date()
    days = last_days(find_weeks(state.case.scenario.horizon)).tolist()
    return [day for day in days if since < day <= state.as_of]


def _sum_up(state: Evening, corridors: pd.DataFrame) -> tuple[dict[str, float], pd.DataFrame, pd.DataFrame]:
    """The totals, the reps and the customers of one day."""
    reps, coverage = measure_pace(state), judge_coverage(state)
    owner = positions_of(reps["rep_id"], coverage["owner"])
    status = coverage["status"].to_numpy(dtype=object)
    for name in STATUSES:
        reps[name] = np.bincount(owner[(owner >= 0) & (status == name)], minlength=len(reps))
    outside = corridors[corridors["outside"].astype(bool)]["rep_id"].value_counts()
    reps["corridors_outside"] = reps["rep_id"].map(outside).fillna(0).astype(int)
    total = sum_pace(state, reps)
    total |= {name: float((coverage["status"] == name).sum()) for name in STATUSES}
    total["overdue_share"] = overdue_share(coverage)
    total["corridors_outside"] = float(outside.sum())
    return total, reps, coverage
