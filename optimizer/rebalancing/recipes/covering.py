"""Covering: some weeks of a rep who is away as a problem of their own, and who stands in for which work.

The customers stay with their owner; what is decided is only who does the work that falls into these weeks.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.findings import Finding, InputError
from optimizer.messages import say
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Bools, Floats, Problem, to_units
from optimizer.rebalancing.recipes.limiting import Scope
from optimizer.rebalancing.recipes.occasions import Cover, check_others, check_reps, find_reps
from optimizer.rebalancing.replay.calendar import first_day
from optimizer.rebalancing.replay.changing import keep_present
from optimizer.rebalancing.replay.state import State
from optimizer.rebalancing.replay.work import sum_by
from optimizer.rebalancing.visits import name_visits
from optimizer.records import positions_of
from optimizer.scenario import Counts, Coverage, Scenario, Season
from optimizer.scheduling.weeks import Weeks, find_weeks
from optimizer.workload import working_days

if TYPE_CHECKING:
    from optimizer.rebalancing.proposing.proposal import Rebalance


@dataclass(frozen=True, eq=False)
class Covering:
    """Who stands in for a rep in the weeks from ``starts`` to ``ends`` (their working days from tomorrow on).

    ``state``: the whole, in which nothing changes hands. ``window``: its state cut down to these weeks, in which the
    work of the rep belongs to nobody yet. ``weeks``: their names. ``customers``: a row a customer with work in these
    weeks: customer_id, owner_id, cover_rep_id (missing: nobody can), hours, tasks. ``tasks``: a row for each task or
    visit that others do: task_id, customer_id, rep_id (who stands in), week, hours.
    """

    state: State
    window: State
    rep_id: str
    weeks: tuple[str, ...]
    starts: dt.date
    ends: dt.date
    scope: Scope
    work: pd.DataFrame  # every task of the rep's customers in these weeks
    customers: pd.DataFrame = field(default_factory=pd.DataFrame)
    tasks: pd.DataFrame = field(default_factory=pd.DataFrame)

    def settle(self, found: Rebalance) -> Covering:
        """With who stands in, as a rebalance of the window found."""
        problem = found.problem
        at = np.flatnonzero(problem.owner == UNSERVED)
        names = np.array([*problem.rep_ids, None], dtype=object)
        customers = pd.DataFrame(
            {
                "customer_id": problem.customer_ids[at],
                "owner_id": self.rep_id,
                "cover_rep_id": names[found.plan.owner[at]],
                "hours": problem.hours[at] / UNITS_PER_HOUR,
            }
        ).astype({"customer_id": "str", "owner_id": "str", "cover_rep_id": "str"})
        count = self.work["customer_id"].value_counts()
        customers["tasks"] = customers["customer_id"].map(count).fillna(0).astype(np.int64)
        doer = self.work["customer_id"].map(customers.set_index("customer_id")["cover_rep_id"])
        tasks = self.work.assign(rep_id=doer.astype("str"))[doer.notna().to_numpy()]
        return replace(self, customers=customers, tasks=tasks.reset_index(drop=True))

    def lend(self, problem: Problem) -> Problem:
        """The ``problem`` of the whole in which the hours of these weeks count with whoever stands in.

        The rep's customers have so many hours fewer, those who stand in so many fewer for their own. What does not fit
        then, theirs or what nobody covers, waits: limits of these reps are at least what they own.
        """
        lent = self.customers[self.customers["cover_rep_id"].notna()]
        at = positions_of(pd.Series(problem.customer_ids), lent["customer_id"])
        hours = np.minimum(to_units(lent["hours"].to_numpy(np.float64)), problem.hours[at])
        taken = np.zeros(problem.n_customers, dtype=np.int64)
        taken[at] = hours
        rep = positions_of(pd.Series(problem.rep_ids), lent["cover_rep_id"])
        given = np.bincount(rep, hours, minlength=problem.n_reps).astype(np.int64)
        measures = tuple(
            replace(measure, size=measure.size - taken) if measure.name == "hours" else measure
            for measure in problem.measures
        )
        left = replace(
            problem,
            hours=problem.hours - taken,
            measures=measures,
            capacity=np.maximum(problem.capacity - given, 0),
        )
        owned = np.flatnonzero(problem.owner >= 0)
        own = problem.owner[owned]
        load = np.bincount(own, left.pair_load(owned, own), minlength=problem.n_reps).astype(np.int64)
        concerned = (given > 0) | (problem.rep_ids == self.rep_id)
        limit = np.where(concerned, np.maximum(problem.load_limit - given, load), problem.load_limit)
        return replace(left, load_limit=limit)

    def sentence(self, lang: str = "") -> str:
        """Who is covered when, how much of the work, and by how many."""
        covered = self.customers[self.customers["cover_rep_id"].notna()]
        waits = len(self.customers) - len(covered)
        return say(
            "recipe.cover" if len(self.customers) else "recipe.cover_nothing",
            lang,
            rep=self.rep_id,
            first=self.starts.isoformat(),
            last=self.ends.isoformat(),
            covered_count=len(covered),
            customers=len(self.customers),
            hours=float(covered["hours"].sum()),
            reps=covered["cover_rep_id"].nunique(),
            waiting=say("recipe.wait", lang, count=waits) if waits else "",
        )


def find_cover(state: State, recipe: Cover) -> Covering:
    """The weeks of a cover as a problem of their own. InputError when they hold no whole week that is still to come.

    A week is covered when the rep is away on most of its working days: the work of a shorter absence waits.
    """
    check_reps(state, recipe.rep_id, *recipe.to)
    check_others(recipe.rep_id, recipe.to)
    scenario = state.case.scenario
    weeks = find_weeks(scenario.horizon)
    chosen = _choose_weeks(state, recipe, weeks)
    if not chosen.any():
        gaps = {"first": recipe.first_day.isoformat(), "last": recipe.last_day.isoformat()}
        raise InputError([Finding("cover_no_week", "error", "recipe", None, None, recipe.rep_id, gaps)])
    day = np.arange(len(weeks.of_day))
    ahead = day > (state.as_of - first_day(scenario).date()).days
    inside = np.append(chosen, False)[weeks.of_day] & ahead
    hours, visits, work = _measure_work(state, weeks, chosen, inside, ahead)
    records = state.case.records
    mine = (records.customers["owner"] == recipe.rep_id).to_numpy(dtype=bool)
    asked = mine & (hours > 0)
    customers = records.customers.assign(hours=hours, visits=visits)
    stays = customers["customer_id"][asked | (~mine & customers["owner"].notna().to_numpy())]
    away = find_reps(state, recipe.rep_id)
    others = replace(
        records,
        customers=customers,
        tasks=records.tasks.iloc[:0],
        reps=records.reps.assign(max_customers=np.nan),  # nobody owns more for standing in
    )
    others = keep_present(others, stays, records.reps["rep_id"][~away])
    window = replace(
        state,
        case=replace(state.case, records=others, scenario=_close_others(scenario, inside)),
        freezes=state.freezes.iloc[:0],  # work in progress goes on, in other hands
    )
    free = others.customers["owner"].isna().to_numpy(dtype=bool)
    receivers = find_reps(window, *recipe.to) if recipe.to else None
    concerned = np.zeros(len(others.reps), dtype=bool) if receivers is None else receivers
    days = np.flatnonzero(inside & working_days(scenario.horizon))
    start = first_day(scenario).date()
    theirs = work[work["customer_id"].isin(customers["customer_id"][asked])].reset_index(drop=True)
    return Covering(
        state=state,
        window=window,
        rep_id=recipe.rep_id,
        weeks=tuple(np.array(weeks.names, dtype=object)[chosen]),
        starts=start + dt.timedelta(days=int(days[0])),
        ends=start + dt.timedelta(days=int(days[-1])),
        scope=Scope(free, receivers, None, concerned),
        work=theirs,
    )


def _choose_weeks(state: State, recipe: Cover, weeks: Weeks) -> Bools:
    """Weeks on most of whose working days that are left the rep is away, [W]."""
    horizon = state.case.scenario.horizon
    start = first_day(state.case.scenario).date()
    day = np.arange(len(weeks.of_day))
    works = working_days(horizon) & (day > (state.as_of - start).days)
    away = works & (day >= (recipe.first_day - start).days) & (day <= (recipe.last_day - start).days)
    all_days = np.bincount(weeks.of_day, works, minlength=weeks.count)
    gone = np.bincount(weeks.of_day, away, minlength=weeks.count)
    chosen: Bools = (gone > 0) & (2 * gone > all_days)
    return chosen


def _measure_work(
    state: State, weeks: Weeks, chosen: Bools, inside: Bools, ahead: Bools
) -> tuple[Floats, Floats, pd.DataFrame]:
    """Hours and visits of every customer in the chosen weeks, [n] each, and the tasks that are planned there.

    What has no week yet is spread evenly over the working days that are left.
    """
    customers, n = state.case.records.customers, len(state.case.records.customers)
    works = working_days(state.case.scenario.horizon)
    share = float((works & inside).sum()) / max(float((works & ahead).sum()), 1.0)
    known = state.customers.set_index("customer_id").loc[customers["customer_id"]]
    tasks = state.tasks[(state.tasks["status"] == "open") & (state.tasks["week"] >= 0)]
    tasks = tasks.assign(at=positions_of(customers["customer_id"], tasks["customer_id"]))
    tasks = tasks[tasks["at"] >= 0]
    here = np.append(chosen, False)[tasks["week"].to_numpy()]
    is_visit = (tasks["row"] < 0).to_numpy()

    def add_up(where: Bools, amount: Floats) -> Floats:
        return sum_by(tasks["at"].to_numpy()[where], amount[where], n)

    left, ones = tasks["remaining_hours"].to_numpy(np.float64), np.ones(len(tasks))
    every = np.ones(len(tasks), dtype=bool)
    rest = np.maximum(known["remaining_hours"].to_numpy(np.float64) - add_up(every, left), 0.0)
    more = np.maximum(known["remaining_visits"].to_numpy(np.float64) - add_up(is_visit, ones), 0.0)
    hours = add_up(here, left) + np.where(rest > 1e-6, share * rest, 0.0)
    visits = add_up(here & is_visit, ones) + share * more
    names = np.array(weeks.names, dtype=object)
    listed = tasks[here].assign(hours=tasks["remaining_hours"][here], week=names[tasks["week"][here]])
    parts = [listed, _name_more(state, tasks["task_id"], np.rint(share * more), rest, more)]
    columns = ["task_id", "customer_id", "week", "hours", "row"]
    return hours, visits, pd.concat([part[columns] for part in parts], ignore_index=True)


def _name_more(
    state: State, placed: pd.Series[str], count: Floats, hours: Floats, visits: Floats
) -> pd.DataFrame:
    """Of every customer's visits without a week the next ``count`` [n]; ``visits`` [n] share ``hours`` [n]."""
    names = name_visits(state)
    names = names[~names["task_id"].isin(placed)].reset_index(drop=True)
    at = positions_of(state.case.records.customers["customer_id"], names["customer_id"])
    each = np.divide(hours, visits, out=np.zeros(len(hours)), where=visits > 0)
    names = names.assign(week=None, hours=each[at], row=-1)
    number = names.groupby("customer_id").cumcount().to_numpy()
    return names[(number < count[at]) & (at >= 0)]


def _close_others(scenario: Scenario, inside: Bools) -> Scenario:
    """The scenario in which only the days ``inside`` have hours; limits on owning do not concern who stands in."""
    start = first_day(scenario).date()
    edges = np.flatnonzero(np.diff(np.concatenate([[True], inside, [True]]).astype(np.int8)))
    closed = [
        Season(
            starts=start + dt.timedelta(days=int(a)), ends=start + dt.timedelta(days=int(b) - 1), share=0.0
        )
        for a, b in edges.reshape(-1, 2)
    ]
    horizon = scenario.horizon.model_copy(update={"seasons": (*scenario.horizon.seasons, *closed)})
    capacity = scenario.capacity
    # Whoever stands in has no time for more than fits: it is hard again where it was.
    if capacity.spares_present and capacity.price == capacity.slip_price:
        capacity = capacity.model_copy(update={"price": None})
    update = {
        "horizon": horizon,
        "capacity": capacity,
        "corridors": tuple(c for c in scenario.corridors if c.measure == "hours"),
        "counts": Counts(),
        "coverage": Coverage(),
        "disruption": scenario.disruption.model_copy(update={"budgets": ()}),
    }
    return scenario.model_copy(update=update)
