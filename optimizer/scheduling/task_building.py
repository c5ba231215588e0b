"""From a case and its owners to the task problem: every task, who may do it, and the hours of every week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.limits import exact, to_price
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Floats, Ints, Price, Problem, to_units
from optimizer.records import positions_of
from optimizer.scenario import Scenario
from optimizer.scheduling.doers import Options, find_doers
from optimizer.scheduling.ordering import find_edges, find_waiting, is_in_circle
from optimizer.scheduling.stretching import stretch_cadences
from optimizer.scheduling.task_problem import FORBIDDEN, Barred, TaskProblem
from optimizer.scheduling.tasks import Tasks, list_tasks
from optimizer.scheduling.weeks import Weeks, find_last_weeks, find_week_hours, find_weeks

LEAST_SLIP = 1  # milli-hours: leaving work out is never as good as doing it


def build_task_problem(
    case: Case, plan: Plan, *, problem: Problem | None = None, published: pd.DataFrame | None = None
) -> TaskProblem:
    """The task problem that ``case`` poses when customers belong to the owners of ``plan``.

    ``problem`` is the case's territory problem, if it is at hand. ``published``: an earlier ``tasks.csv`` (columns
    task_id, rep_id, week); what it puts into the first ``schedule.published_weeks`` weeks stays there, and nothing
    else enters them.
    """
    scenario = case.scenario
    problem = build_problem(case) if problem is None else problem
    weeks = find_weeks(scenario.horizon)
    available = to_units(find_week_hours(case.records, scenario, weeks))
    share = exact(scenario.schedule.week_limit)
    capacity = available * share.numerator // share.denominator if share.numerator < 10**6 else available
    last_week = find_last_weeks(case.records, scenario, weeks)
    tasks = list_tasks(case, problem, plan.owner, weeks, last_week)
    told = _read_published(problem, tasks, weeks, scenario, published)
    # Within a series the visits that are published come first.
    order = np.lexsort((tasks.visit, told.week < 0, tasks.series))
    tasks, told = tasks.take(order), replace(told, doer=told.doer[order], week=told.week[order])
    tasks = replace(tasks, earliest=np.maximum(tasks.earliest, told.closed))
    owner = _look_up(plan.owner, tasks.customer)
    n_series = int(tasks.series[-1]) + 1 if len(tasks.series) else 0
    first = np.searchsorted(tasks.series, np.arange(n_series + 1))

    options = find_doers(problem, case, tasks, weeks, owner, available.sum(axis=1) > 0, last_week)
    travel = to_units(options.km * hours_of_km(scenario))
    load = tasks.hours[first[options.series]] + (travel if scenario.capacity.count_travel else 0)
    fits, barred = _bar_series(scenario, tasks, first, options, load, available, capacity)
    barred = barred[tasks.series]
    barred[tasks.earliest >= weeks.count] = Barred.AFTER_HORIZON
    by_owner = options.rep == owner[first[options.series]]

    after, unknown = find_edges(case.records.tasks, tasks)
    barred[is_in_circle(after, len(barred))] = Barred.CIRCLE
    tier = _look_up(problem.tier, tasks.customer)
    gap = _ideal_gaps(scenario, tasks, tier, first, weeks)
    if scenario.schedule.slips == "stretch":
        # Who would do most of it: the only, or the nearest, who may.
        rep = np.full(n_series, -1, dtype=np.int64)
        rep[options.series[::-1]] = options.rep[::-1]
        work = np.where((barred == Barred.NO) & (told.week < 0), tasks.hours, 0)
        dropped, gap = stretch_cadences(
            tasks.series,
            tasks.in_series,
            work,
            rep,
            capacity[:, told.closed :].sum(axis=1),
            tier[first[:-1]],
            gap,
        )
        barred[dropped & (barred == Barred.NO) & (told.week < 0)] = Barred.STRETCHED
    barred[told.week >= 0] = Barred.NO
    barred[find_waiting(after, barred != Barred.NO) & (barred == Barred.NO) & (told.week < 0)] = Barred.WAITS

    spacing = _build_spacing(scenario, tier[first[:-1]], tasks.visit[first[:-1]] > 0, gap, weeks.count)
    after_owner = _wait_for_successor(tasks, first, np.append(spacing.least, 1)[spacing.row])
    barred[(after_owner >= weeks.count) & (barred == Barred.NO) & (told.week < 0)] = Barred.AFTER_HORIZON
    tasks = replace(tasks, earliest=after_owner)
    late = to_units(scenario.schedule.late_price * tasks.priority)
    late_at_end = late * np.maximum(weeks.count - tasks.due, 0)
    unserved = np.array([t.unserved_price for t in scenario.tiers.values()])
    blank = list(scenario.tiers).index(scenario.blank_tier)
    weight = unserved[np.where(tier >= 0, tier, blank)] * scenario.schedule.slip_weight * tasks.priority
    slip = np.rint(weight * tasks.hours).astype(np.int64) + late_at_end
    kinds, kind_names = pd.factorize(tasks.kind)
    chosen = np.flatnonzero(fits)
    n_options = np.bincount(options.series[chosen], minlength=n_series)
    option_first = np.concatenate([[0], np.cumsum(n_options)]).astype(np.int64)
    settled = np.full(n_series, -1, dtype=np.int64)
    single = chosen[n_options[options.series[chosen]] == 1]
    settled[options.series[single]] = options.rep[single]
    doer = np.where(told.week >= 0, told.doer, settled[tasks.series])
    together = (doer[after[:, 0]] == doer[after[:, 1]]) & (doer[after[:, 0]] >= 0)
    return TaskProblem(
        task_ids=tasks.task_ids,
        customer_ids=problem.customer_ids,
        rep_ids=problem.rep_ids,
        tier_names=problem.tier_names,
        kind_names=tuple(kind_names),
        week_names=weeks.names,
        week_starts=weeks.starts,
        series=tasks.series,
        visit=tasks.visit,
        customer=tasks.customer,
        owner=owner,
        tier=tier,
        kind=kinds.astype(np.int64),
        given_doer=tasks.given_doer,
        hours=tasks.hours,
        earliest=tasks.earliest,
        due=tasks.due,
        due_day=tasks.due_day,
        priority=tasks.priority,
        late_cost=late,
        slip_cost=np.maximum(slip, LEAST_SLIP),
        published_doer=told.doer,
        published_week=told.week,
        barred=barred,
        series_first=first,
        spacing=spacing.row,
        span=np.column_stack([tasks.since[first[:-1]], tasks.until[first[:-1]]]),
        option_first=option_first,
        option_rep=options.rep[chosen],
        option_hours=load[chosen],
        option_last=options.last[chosen],
        option_travel=np.where(by_owner, 0, np.rint(travel * scenario.travel.price).astype(np.int64))[chosen],
        ideal_gap=spacing.ideal,
        min_gap=spacing.least,
        gap_cost=spacing.gap_cost,
        end_cost=spacing.end_cost,
        after=after,
        after_lag=np.where(together, 0, 1),
        capacity=capacity,
        available=available,
        peak=_find_peaks(
            scenario,
            np.bincount(tasks.series, np.where(barred == Barred.NO, tasks.hours, 0), n_series),
            n_options,
            (options.series[chosen], options.rep[chosen]),
            available,
            capacity,
        ),
        capacity_price=_price(scenario.schedule.overtime_price, tasks.hours),
        peak_price=_price(scenario.schedule.peak_price, tasks.hours) or Price(0),
        continuity_price=int(to_units(scenario.schedule.continuity_price)),
        closed_weeks=told.closed,
        publish_window=scenario.schedule.publish_window,
        seed=scenario.solve.seed,
        gap=scenario.schedule.gap,
        effort=scenario.solve.effort,
        notes=told.notes + ([("unknown_after", {"count": unknown})] if unknown else []),
    )


def _look_up(values: Ints, customer: Ints) -> Ints:
    """The value of each customer, -1 for no customer."""
    return np.append(values, -1)[customer]


@dataclass(frozen=True, eq=False)
class _Told:
    """What was published: doer and week of each task [T] or -1, and how many weeks are closed."""

    doer: Ints
    week: Ints
    closed: int
    notes: list[tuple[str, dict[str, Any]]]


def _read_published(
    problem: Problem, tasks: Tasks, weeks: Weeks, scenario: Scenario, published: pd.DataFrame | None
) -> _Told:
    doer = np.full(len(tasks.task_ids), -1, dtype=np.int64)
    week = doer.copy()
    closed = min(scenario.schedule.published_weeks, weeks.count)
    if published is None or not closed:
        return _Told(doer, week, 0, [])
    numbers = pd.Index(weeks.names).get_indexer(pd.Index(published["week"].astype(str)))
    inside = (numbers >= 0) & (numbers < closed)
    rows = published[inside]
    at = _find_published(tasks, problem.customer_ids, rows["task_id"])
    who = positions_of(pd.Series(problem.rep_ids), rows["rep_id"])
    known = (at >= 0) & (who >= 0)
    doer[at[known]], week[at[known]] = who[known], numbers[inside][known]
    lost = int((~known).sum())
    return _Told(doer, week, closed, [("published_gone", {"count": lost})] if lost else [])


def _find_published(tasks: Tasks, customer_ids: NDArray[np.object_], names: pd.Series[str]) -> Ints:
    """The task that each published name means, -1: none.

    A visit that was told within another horizon, ``CUSTOMER:2027-01-04:7``, is the customer's next visit of this one
    that no other name means.
    """
    at = positions_of(pd.Series(tasks.task_ids), names)
    taken = np.zeros(len(tasks.task_ids), dtype=np.bool_)
    taken[at[at >= 0]] = True
    lost = np.flatnonzero(at < 0)
    visit = names.iloc[lost].astype(str).str.extract(r"^(.*):\d{4}-\d{2}-\d{2}:\d+$")[0]
    of = positions_of(pd.Series(customer_ids), visit)
    spare = np.flatnonzero((tasks.visit > 0) & ~taken)
    spare = spare[np.argsort(tasks.customer[spare], kind="stable")]
    customers = tasks.customer[spare]
    asking = lost[of >= 0]
    of = of[of >= 0]
    number = pd.Series(of).groupby(of).cumcount().to_numpy(np.int64)
    place = np.searchsorted(customers, of) + number
    found = place < np.searchsorted(customers, of, side="right")
    at[asking[found]] = spare[place[found]]
    return at


def _bar_series(
    scenario: Scenario,
    tasks: Tasks,
    first: Ints,
    options: Options,
    load: Ints,
    available: Ints,
    capacity: Ints,
) -> tuple[Bools, NDArray[np.object_]]:
    """Which options have a week with room for one task [K], and why a series has none of them [S]."""

    week = np.arange(available.shape[1])
    open_week = week >= tasks.earliest[first[:-1]][options.series][:, None]
    open_week &= week <= options.last[:, None]
    there: Bools = np.any((available[options.rep] > 0) & open_week, axis=1)
    fits = there
    if scenario.schedule.overtime_price is None:
        fits = there & (load <= np.where(open_week, capacity[options.rep], 0).max(axis=1, initial=0))
    n_series = len(first) - 1
    reason = np.full(n_series, Barred.NO_SKILL, dtype=object)
    reason[options.qualified] = Barred.NO_WEEK
    reason[options.series[there]] = Barred.TOO_LONG
    reason[options.series[fits]] = Barred.NO
    return fits, reason


def _ideal_gaps(scenario: Scenario, tasks: Tasks, tier: Ints, first: Ints, weeks: Weeks) -> Floats:
    """Ideal weeks between visits of each series, [S]: the tier's, else the horizon's weeks / visits."""
    wished = np.array([np.nan if t.gap_weeks is None else t.gap_weeks for t in scenario.tiers.values()])
    at = first[:-1]
    own = np.where(tier[at] >= 0, wished[tier[at]], np.nan)
    gap: Floats = np.where(np.isnan(own), scenario.horizon.weeks / np.maximum(tasks.in_series[at], 1), own)
    return gap


def _wait_for_successor(tasks: Tasks, first: Ints, least: Ints) -> Ints:
    """Earliest week of each task, [T], a successor's visits being far enough from the last that the owner may make.

    ``least`` [S]: fewest weeks between two visits of a series.
    """
    begin = first[:-1]
    follows = (tasks.since[begin] > 0) & (np.diff(tasks.customer[begin], prepend=-2) == 0)
    follows[1:] &= tasks.in_series[begin[:-1]] > 0
    wait = np.where(follows, tasks.since[begin] + least - 1, 0)
    earliest: Ints = np.maximum(tasks.earliest, wait[tasks.series])
    return earliest


def hours_of_km(scenario: Scenario) -> float:
    """Hours of travel of one task for each km between home and customer, as ``workload.travel_rate`` has it."""
    return 2 * scenario.travel.detour / (scenario.travel.speed_kmh * scenario.travel.stops_per_day)


@dataclass(frozen=True, eq=False)
class _Spacing:
    row: Ints
    ideal: Floats
    least: Ints
    gap_cost: Ints
    end_cost: Ints


def _build_spacing(scenario: Scenario, tier: Ints, is_cadence: Bools, gap: Floats, n_weeks: int) -> _Spacing:
    """One row a different pair of ideal gap and fewest weeks; -1 for tasks given."""
    wished = np.array(
        [np.nan if t.min_gap_weeks is None else t.min_gap_weeks for t in scenario.tiers.values()]
    )
    own = np.where(tier >= 0, wished[tier], np.nan)
    least = np.maximum(np.where(np.isnan(own), np.floor(gap / 2), np.ceil(own)), 1)
    row = np.full(len(gap), -1, dtype=np.int64)
    pairs = np.column_stack([gap, least])[is_cadence]
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    row[is_cadence] = inverse.ravel()
    ideal, fewest = unique[:, 0], unique[:, 1].astype(np.int64)
    weeks = np.arange(n_weeks + 1)
    price = scenario.schedule.spacing_price
    between = to_units(price * np.abs(weeks[None, :] - ideal[:, None]))
    between[weeks[None, :] < fewest[:, None]] = FORBIDDEN
    before = to_units(price * np.maximum(weeks[None, :] - ideal[:, None], 0))
    return _Spacing(row, ideal, fewest, between, before)


def _find_peaks(
    scenario: Scenario,
    series_work: Ints,
    n_options: Ints,
    options: tuple[Ints, Ints],
    available: Ints,
    capacity: Ints,
) -> Ints:
    """Load of a week above which it is crowded, [R, W]: (1 + tolerance) x the rep's average utilisation.

    The average is of the work of the rep's series, ``series_work`` [S] shared equally where several may do it, over
    the weeks that it has; at most capacity.
    """
    series, rep = options
    share_of = series_work[series] / np.maximum(n_options[series], 1)
    work = np.bincount(rep, share_of, len(available))
    hours = available.sum(axis=1)
    share = np.divide(work, hours, out=np.zeros(len(hours)), where=hours > 0)
    high = np.floor(available * (share * (1 + scenario.schedule.peak_tolerance))[:, None]).astype(np.int64)
    peak: Ints = np.minimum(high, capacity)
    return peak


def _price(price: float | None, hours: Ints) -> Price | None:
    """Per milli-hour; travel may come on top of hours, hence the margin."""
    return None if price is None else to_price(price, 1000 * int(hours.sum()) + UNITS_PER_HOUR, Fraction(1))
