"""The part of a task problem that is still to be decided, laid out for solving.

Published and barred tasks are settled: what they cost is ``constant``, what they load is ``base_load``. What is left
are *units*: the open tasks of a series, which have one doer. An *option* is a unit with a rep who may do it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.judging import judge_schedule
from optimizer.scheduling.schedule import Schedule
from optimizer.scheduling.spreading import Rows
from optimizer.scheduling.task_problem import FORBIDDEN, NOWHERE, TaskProblem
from optimizer.scheduling.usable import find_usable


@dataclass(frozen=True, eq=False)
class Board:
    """U units in descending order of open visits, K options in the order of units, R reps, W weeks."""

    problem: TaskProblem
    task: Ints  # [O] open tasks, those of a unit together, in the order of their numbers
    task_first: Ints  # [U + 1]
    customer: Ints  # [U] or -1
    option_first: Ints  # [U + 1]
    unit: Ints  # [K] unit of each option
    rep: Ints  # [K]
    hours: Ints  # [K] each task takes
    rows: Rows  # [K]
    price: Floats  # [K, W] of a task in a week: travel and lateness; infinite where it may not be
    new_person: Floats  # [K] cost if the doer is new to the customer, shared among its undecided units
    edge: Ints  # [E, 2] earlier unit, later unit; units of one task
    lag: Ints  # [E]
    base_load: Ints  # [R, W]
    usable: Ints  # [R, W] capacity, or where it is hard the part of it that whole tasks can fill
    constant: int  # cost of what is settled, without ``charge_load``

    @property
    def n_units(self) -> int:
        """U."""
        return len(self.task_first) - 1

    @property
    def is_free(self) -> Bools:
        """Which units have several who may do them, [U]."""
        free: Bools = np.diff(self.option_first) > 1
        return free

    def charge_load(self, load: Ints, rep: Ints | None = None) -> Ints:
        """What crowded weeks and overtime cost at given loads [..., W] of ``rep`` (all: every rep in order)."""
        problem = self.problem
        peak, capacity = problem.peak, problem.capacity
        if rep is not None:
            peak, capacity = peak[rep], capacity[rep]
        cost: Ints = problem.peak_price.of(np.maximum(load - peak, 0))
        if problem.capacity_price is not None:
            cost = cost + problem.capacity_price.of(np.maximum(load - capacity, 0))
        return cost

    def to_schedule(self, option: Ints, week: Ints) -> Schedule:
        """The schedule of ``option`` [U] chosen by each unit and ``week`` [O] of each open task."""
        problem = self.problem
        doer, when = problem.published_doer.copy(), problem.published_week.copy()
        doer[self.task] = np.repeat(self.rep[option], np.diff(self.task_first))
        when[self.task] = week
        return Schedule(doer, when)


def is_linked(board: Board) -> Bools:
    """Which units wait for others or hold them up, [U]."""
    linked: Bools = np.zeros(board.n_units, dtype=np.bool_)
    linked[board.edge.ravel()] = True
    return linked


def lay_out(problem: TaskProblem) -> Board:
    """The board of ``problem``."""
    open_task = np.flatnonzero(~problem.is_barred & ~problem.is_published)
    series, count = np.unique(problem.series[open_task], return_counts=True)
    order = np.argsort(-count, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    unit_of_task = rank[np.searchsorted(series, problem.series[open_task])]
    open_task = open_task[np.argsort(unit_of_task, kind="stable")]
    series, count = series[order], count[order]
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    head = open_task[first[:-1]]

    n_options = np.diff(problem.option_first)[series]
    option_first = np.concatenate([[0], np.cumsum(n_options)]).astype(np.int64)
    unit = np.repeat(np.arange(len(series)), n_options)
    option = problem.option_first[series][unit] + np.arange(len(unit)) - option_first[unit]
    rep, hours = problem.option_rep[option], problem.option_hours[option]

    unit_of_series = np.full(problem.n_series, -1, dtype=np.int64)
    unit_of_series[series] = np.arange(len(series))
    edge, lag, ready = _read_edges(problem, unit_of_series)
    week = np.arange(problem.n_weeks)
    task = head[unit]
    late = problem.late_cost[task][:, None] * np.maximum(week - problem.due[task][:, None], 0)
    price = (late + problem.option_travel[option][:, None]).astype(np.float64)
    earliest = np.maximum(problem.earliest[head], ready)[unit]
    barred = (week < earliest[:, None]) | (problem.available[rep] == 0)
    barred |= week > problem.option_last[option][:, None]
    if problem.capacity_price is None:
        barred |= hours[:, None] > problem.capacity[rep]
    price[barred] = np.inf
    if len(edge):
        price[week < _find_ready(price, option_first, edge, lag)[unit][:, None]] = np.inf

    nothing = Schedule(problem.published_doer, problem.published_week)
    settled = judge_schedule(problem, nothing)
    fixed = np.full(len(series), -1, dtype=np.int64)
    single = n_options[unit] == 1
    fixed[unit[single]] = rep[single]
    shared, people = _share_new_people(problem, nothing, head, fixed, unit, rep)
    constant = settled.objective - settled.terms["continuity"] + people * problem.continuity_price
    constant -= int(problem.slip_cost[open_task].sum())
    rows, again = _make_rows(problem, series, head, count)
    board = Board(
        problem=problem,
        task=open_task,
        task_first=first,
        customer=problem.customer[head],
        option_first=option_first,
        unit=unit,
        rep=rep,
        hours=hours,
        rows=rows.take(unit),
        price=price,
        new_person=shared,
        edge=edge,
        lag=lag,
        base_load=settled.load,
        usable=problem.capacity
        if problem.capacity_price is not None
        else find_usable(problem.capacity, rep, hours, price, settled.load),
        constant=constant - again,
    )
    return replace(board, constant=board.constant - int(board.charge_load(board.base_load).sum()))


def _read_edges(problem: TaskProblem, unit_of_series: Ints) -> tuple[Ints, Ints, Ints]:
    """Edges between units, their lags, and the week from which each unit may be done for what is published, [U]."""
    first, then = problem.after[:, 0], problem.after[:, 1]
    ready = np.zeros(int((unit_of_series >= 0).sum()), dtype=np.int64)
    open_then = ~problem.is_published[then] & ~problem.is_barred[then]
    told = open_then & problem.is_published[first]
    week = problem.published_week[first[told]] + problem.after_lag[told]
    np.maximum.at(ready, unit_of_series[problem.series[then[told]]], week)
    both = open_then & ~problem.is_published[first] & ~problem.is_barred[first]
    return unit_of_series[problem.series[problem.after[both]]], problem.after_lag[both], ready


def _find_ready(price: Floats, option_first: Ints, edge: Ints, lag: Ints) -> Ints:
    """The week from which each unit may be done for all that it waits for, through however many others, [U]."""
    n_weeks = price.shape[1]
    open_week = np.maximum.reduceat(np.isfinite(price), option_first[:-1], axis=0)
    # The first open week from each week on; that after the last is behind the horizon.
    following = np.full((len(open_week), n_weeks + 1), n_weeks, dtype=np.int64)
    for week in range(n_weeks - 1, -1, -1):
        following[:, week] = np.where(open_week[:, week], week, following[:, week + 1])
    ready = np.zeros(len(open_week), dtype=np.int64)
    while True:
        done = following[np.arange(len(ready)), np.minimum(ready, n_weeks)]
        later = ready.copy()
        np.maximum.at(later, edge[:, 1], np.minimum(done[edge[:, 0]] + lag, n_weeks))
        if (later == ready).all():
            return ready
        ready = later


def _share_new_people(
    problem: TaskProblem, nothing: Schedule, head: Ints, fixed: Ints, unit: Ints, rep: Ints
) -> tuple[Floats, int]:
    """What each option's doer adds to the people of its customer [K], and the people beyond the first without them.

    A customer's settled people are those of published tasks and of units that only one may do. Everybody new costs
    the price once, however many undecided units he takes: each of the k that he may do bears a k-th of it, which is
    what he costs at least.
    """
    base = problem.n_reps
    customer = problem.customer[head]
    told = (nothing.doer >= 0) & (problem.customer >= 0)
    sure = (fixed >= 0) & (customer >= 0)
    known = np.unique(
        np.concatenate(
            [problem.customer[told] * base + nothing.doer[told], customer[sure] * base + fixed[sure]]
        )
    )
    free = (fixed < 0) & (customer >= 0)
    served = np.union1d(known // base, customer[free])
    of = customer[unit]
    is_new = free[unit] & ~np.isin(of * base + rep, known)
    share = np.zeros(len(unit))
    _, person, able = np.unique((of * base + rep)[is_new], return_inverse=True, return_counts=True)
    share[is_new] = problem.continuity_price / able[person]
    return share, len(known) - len(served)


def _make_rows(problem: TaskProblem, series: Ints, head: Ints, count: Ints) -> tuple[Rows, int]:
    """Spacing of each unit [U], and what of it the settled part of the objective holds already.

    A unit that has published visits goes on from the last of them.
    """
    n_weeks, week = problem.n_weeks, np.arange(problem.n_weeks)
    anchor = np.full(problem.n_series, NOWHERE, dtype=np.int64)
    told = problem.is_published
    np.maximum.at(anchor, problem.series[told], problem.published_week[told])
    anchor, policy = anchor[series], problem.spacing[series]
    # The last row of the tables is for tasks given: nothing costs anything.
    gap = np.vstack([problem.gap_cost, np.zeros(n_weeks + 1, dtype=np.int64)]).astype(np.float64)
    gap[gap == FORBIDDEN] = np.inf
    end = np.vstack([problem.end_cost, np.zeros(n_weeks + 1, dtype=np.int64)]).astype(np.float64)
    later = week - anchor[:, None]
    follows = np.where(later > 0, np.take_along_axis(gap[policy], np.clip(later, 0, n_weeks), axis=1), np.inf)
    since, until = problem.span[series].T
    ahead = np.take_along_axis(end[policy], np.maximum(week - since[:, None], 0), axis=1)
    behind = np.take_along_axis(end[policy], np.maximum(until[:, None] - week, 0), axis=1)
    start = np.where(anchor[:, None] >= 0, follows, ahead)
    none = np.where(anchor >= 0, end[policy, np.maximum(until - anchor, 0)], 0.0)
    rows = Rows(
        count=count,
        slip=problem.slip_cost[head].astype(np.float64),
        start=start,
        gap=gap[policy][:, :n_weeks],
        end=behind,
        none=none,
    )
    return rows, int(none.sum())
