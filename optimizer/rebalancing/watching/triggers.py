"""When progress calls for a rebalance: signals at the end of every week since the plan, and what rings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import say
from optimizer.problem import UNITS_PER_HOUR, Bools
from optimizer.rebalancing.proposing.drift import Drift
from optimizer.rebalancing.replay.people import since_of
from optimizer.rebalancing.replay.state import State
from optimizer.scenario import Watching

SIGNALS = ("spread_points", "overdue_share", "demand")  # numbers of all reps together, with a threshold each


@dataclass(frozen=True)
class Trigger:
    """One thing that calls for a rebalance.

    ``code``: rep_leaves, rep_joins, rep_away, corridor, spread_points, overdue_share, demand, quick_cost or drift;
    ``rep_id`` where it speaks of one rep; ``value`` against ``threshold`` (of a corridor: the strain against 1, or
    against what the plan itself had); ``since`` the day from which it rings.
    """

    code: str
    value: float
    threshold: float
    since: str
    rep_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def sentence(self, lang: str = "") -> str:
        """What it says, for people."""
        known = {
            "value": self.value,
            "threshold": self.threshold,
            "since": self.since,
            "rep": self.rep_id or "",
        }
        return say(f"trigger.{self.code}", lang, **(known | self.details))


def ring(values: Any, threshold: Any, weeks: int, calm: float) -> Bools:
    """Whether each of K signals rings at each of W week ends, [W, K]; a threshold for all, or for each.

    It begins to ring when ``weeks`` values in a row are above the threshold, and goes on until one is at or below
    ``calm`` times the threshold. A missing value is not above it and ends nothing.
    """
    values = np.asarray(values, dtype=np.float64)
    rings = np.zeros(values.shape, dtype=bool)
    row, on = np.zeros(values.shape[1], dtype=np.int64), np.zeros(values.shape[1], dtype=bool)
    for week, now in enumerate(values):
        row = np.where(now > threshold, row + 1, np.where(np.isnan(now), row, 0))
        on = (on & ~(now <= calm * threshold)) | (row >= weeks)
        rings[week] = on
    return rings


def group_triggers(triggers: Sequence[Trigger]) -> list[list[Trigger]]:
    """The triggers by their codes, in the order in which these come; of each code the largest values first."""
    kinds: dict[str, list[Trigger]] = {}
    for trigger in triggers:
        kinds.setdefault(trigger.code, []).append(trigger)
    return [sorted(kind, key=lambda trigger: -trigger.value) for kind in kinds.values()]


def find_triggers(
    state: State,
    ends: Sequence[str],
    history: pd.DataFrame,
    corridors: Sequence[pd.DataFrame],
    at_first: pd.DataFrame,
    drift: Drift | None = None,
) -> list[Trigger]:
    """Everything that rings on the evening of ``state.as_of``.

    ``ends``: the days of the week ends since the plan; ``history`` a row each with the columns ``SIGNALS``;
    ``corridors`` the table of each, as ``watch_corridors`` gives it, and ``at_first`` that of the day the plan was
    made: where the plan itself left a territory outside, only more than that rings. ``drift`` is looked at on the
    evening alone.
    """
    watch = state.case.scenario.watch
    found = [
        *_changes(state, watch),
        *_away(state, watch),
        *_quick(state, watch),
        *_drifted(state, watch, drift),
    ]
    found += _corridors(watch, ends, corridors, at_first)
    for name in SIGNALS:
        threshold = float(getattr(watch, name))
        values = history[[name]].to_numpy(np.float64)
        rings = (
            ring(values, threshold, watch.weeks, watch.calm)[:, 0] if len(values) else np.zeros(0, dtype=bool)
        )
        if len(rings) and rings[-1] and np.isfinite(values[-1, 0]):
            found.append(Trigger(name, float(values[-1, 0]), threshold, ends[_began(rings)]))
    return found


def _changes(state: State, watch: Watching) -> list[Trigger]:
    """Reps who left or are to hand over and own customers by the plan, and those told to join since it was made."""
    if not watch.rep_changes:
        return []
    reps = state.reps.set_index("rep_id")
    owning = state.customers["plan_owner"][state.customers["here"]]
    going = reps.index[(reps["hands_over"] | ~reps["here"]) & reps.index.isin(owning)]
    late = state.events["at"] > since_of(state.case, state.plan)
    events = state.events[late | state.events["rep_id"].isin(going)]
    found = []
    for kind in ("rep_leaves", "rep_joins"):
        told = events[events["kind"] == kind].drop_duplicates("rep_id", keep="last")
        for rep, day in zip(told["rep_id"], told["at"], strict=True):
            leaves = pd.notna(reps["told_on"][rep])
            if leaves != (kind == "rep_leaves") or leaves != (rep in going):
                continue
            on = reps["ends" if leaves else "joined_on"][rep]
            gaps = {"day": on.date().isoformat()}
            found.append(Trigger(kind, 1.0, 1.0, day.date().isoformat(), rep, gaps))
    return found


def _away(state: State, watch: Watching) -> list[Trigger]:
    """Reps told to be absent for all days that are left, while customers of theirs have work left."""
    absent = state.events[state.events["kind"] == "rep_absent"].drop_duplicates("rep_id", keep="last")
    if not watch.rep_changes or not len(absent):
        return []
    reps = state.reps[state.reps["here"] & ~state.reps["leaving"]].set_index("rep_id")
    if not (reps["remaining_hours"] > 0).any():  # nobody has a day left
        return []
    mine = state.customers[state.customers["here"]]
    work = mine["remaining_hours"].groupby(mine["owner"]).sum()
    found = []
    for rep, told, ends in zip(absent["rep_id"], absent["at"], absent["ends"], strict=True):
        hours = float(work.get(rep, 0.0))
        if rep in reps.index and reps["remaining_hours"][rep] <= 0 and hours > 0:
            gaps = {"day": ends.date().isoformat()}
            found.append(Trigger("rep_away", hours, 0.0, told.date().isoformat(), rep, gaps))
    return found


def _quick(state: State, watch: Watching) -> list[Trigger]:
    """Quick assignments since the plan that together are dearer than the threshold."""
    customers = state.customers[state.customers["here"]]
    cost = float(customers["cost"].sum())
    if cost <= watch.quick_cost:
        return []
    last = customers["won_on"][customers["cost"].notna()].max()
    gaps = {"count": int(customers["cost"].notna().sum())}
    return [Trigger("quick_cost", cost, watch.quick_cost, last.date().isoformat(), details=gaps)]


def _drifted(state: State, watch: Watching, drift: Drift | None) -> list[Trigger]:
    """A plan that is farther from the bound of a fresh one than it was when it was made, by more than the threshold."""
    if drift is None or not 0 < watch.drift < drift.share - drift.planned:
        return []
    gaps = {"objective": drift.objective / UNITS_PER_HOUR, "bound": drift.bound / UNITS_PER_HOUR}
    return [Trigger("drift", drift.share, watch.drift + drift.planned, state.as_of.isoformat(), details=gaps)]


def _corridors(
    watch: Watching, ends: Sequence[str], tables: Sequence[pd.DataFrame], at_first: pd.DataFrame
) -> list[Trigger]:
    """Territories outside a corridor for too many week ends in a row."""
    if not tables or not len(tables[-1]):
        return []
    last = tables[-1]
    keys = pd.MultiIndex.from_frame(last[["corridor", "rep_id"]])
    strains = [t.set_index(["corridor", "rep_id"])["strain"].reindex(keys).to_numpy() for t in tables]
    planned = at_first.set_index(["corridor", "rep_id"])["strain"].reindex(keys).fillna(0.0).to_numpy()
    allowed = np.maximum(planned, 1.0)
    rings = ring(np.array(strains), allowed, watch.corridor_weeks, watch.calm)
    found = []
    for k in np.flatnonzero(rings[-1]):
        row = last.iloc[k]
        gaps = {name: row[name] for name in ("measure", "low", "high")} | {"amount": row["value"]}
        found.append(
            Trigger(
                "corridor",
                float(row["strain"]),
                float(allowed[k]),
                ends[_began(rings[:, k])],
                str(row["rep_id"]),
                gaps,
            )
        )
    return sorted(found, key=lambda trigger: -trigger.value)


def _began(rings: Bools) -> int:
    """The week end from which it rings without a break."""
    quiet = np.flatnonzero(~rings)
    return int(quiet[-1]) + 1 if len(quiet) else 0
