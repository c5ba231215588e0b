"""Following a recipe: its events are added to what happened, and only what it speaks of may change."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from optimizer.case import Case
from optimizer.findings import InputError
from optimizer.in_force import PlanInForce
from optimizer.plan import Plan
from optimizer.progress import ROW
from optimizer.rebalancing.proposing.proposal import Rebalance
from optimizer.rebalancing.proposing.rebalance import rebalance_state
from optimizer.rebalancing.recipes.covering import Covering, find_cover
from optimizer.rebalancing.recipes.occasions import Cover, Recipe, add_events, is_going
from optimizer.rebalancing.replay.state import State, apply_progress, find_day
from optimizer.result import Progress


def follow_recipe(
    case: Case,
    plan: Plan | PlanInForce,
    events: pd.DataFrame,
    recipe: Recipe,
    as_of: dt.date | None = None,
    *,
    max_moves: int | None = None,
    seed: int | None = None,
    time_limit: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rebalance:
    """What ``recipe`` changes of ``plan`` on the evening of ``as_of``, as small as it is worth it; else nothing.

    The answer of a ``Cover`` is about the weeks of the cover alone: ``Rebalance.covering`` says who stands in for which
    customers and tasks, and the owners stay. ``Rebalance.added`` has the events that the recipe added: hand them in
    with the others from now on. Arguments and errors otherwise as in ``rebalance``; InputError also for a rep or a
    customer that nobody knows.
    """
    began = time.perf_counter()
    as_of = _find_day(case, events, recipe, as_of)
    added = recipe.list_events(events[events["at"] <= pd.Timestamp(as_of)], case, as_of)
    state = apply_progress(case, plan, add_events(events, added), as_of)
    _check_taken(state, events)
    covering: Covering | None = None
    if isinstance(recipe, Cover):
        covering = find_cover(state, recipe)
        about, scope = covering.window, covering.scope
    else:
        about, scope = state, recipe.find_scope(state)
    left = None if time_limit is None else max(0.0, time_limit - (time.perf_counter() - began))
    found = rebalance_state(
        about,
        max_moves=max_moves,
        seed=seed,
        scope=scope,
        time_limit=left,
        on_progress=on_progress,
        should_stop=should_stop,
        steps=None if covering is None else (),
    )
    if covering is not None:
        covering = covering.settle(found)
    return replace(found, recipe=recipe, added=tuple(added), covering=covering)


def _check_taken(state: State, events: pd.DataFrame) -> None:
    """InputError with what is wrong with an event that the recipe added: it stands behind those handed in."""
    handed_in = int(events[ROW].max()) if len(events) else 1
    # of somebody unknown the scope says more
    told = [f for f in state.findings if f.code != "event_unknown"]
    wrong = [f for f in told if f.row is not None and f.row > handed_in]
    if wrong:
        raise InputError([replace(finding, row=None, severity="error") for finding in wrong])


def _find_day(case: Case, events: pd.DataFrame, recipe: Recipe, as_of: dt.date | None) -> dt.date:
    """The day of the recipe; who was told today to leave a seat has it covered from tomorrow on."""
    day = find_day(case, events) if as_of is None else as_of
    if isinstance(recipe, Cover) and is_going(recipe.rep_id, events[events["at"] == pd.Timestamp(day)]):
        day += dt.timedelta(days=1)
    return day
