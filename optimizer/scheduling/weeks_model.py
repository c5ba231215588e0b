"""The model of exact work: how many units that are alike go which way through the weeks.

Units that are alike are not told apart: what counts is how many of them go which way. The visits of a unit are a path
through the weeks, with a layer for each visit made: an arc into the first week, arcs between two that follow each
other, an arc out of the last. Costs are the judge's, to the last milli-hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from optimizer.problem import Bools, Floats, Ints, Price
from optimizer.scheduling.board import Board, is_linked
from optimizer.scheduling.placing import Placing
from optimizer.scheduling.task_problem import NOWHERE

BEFORE, BEHIND = -1, -2  # in place of a week: before the first visit, behind the last

Arc = tuple[int, int, int, int]  # option of the first of a group, visits made so far, from week, to week
Sum = list[tuple[int, cp_model.IntVar]]


@dataclass(eq=False)
class WeeksModel:
    """A CP-SAT model of some units: ``groups`` of them that are alike, and how many of each go along every ``arc``."""

    board: Board
    units: list[int]
    groups: list[list[int]]
    model: cp_model.CpModel
    arc: dict[Arc, cp_model.IntVar]
    terms: Sum


def find_alike(board: Board, units: Ints) -> list[list[int]]:
    """``units`` in groups that may change places: the same rep, hours, weeks and costs, and nobody waits for them."""
    alone = is_linked(board) | board.is_free
    groups: dict[object, list[int]] = defaultdict(list)
    rows = board.rows
    for unit in units.tolist():
        k = int(board.option_first[unit])
        parts = (rows.start[k], rows.gap[k], rows.end[k], board.price[k])
        numbers = (board.rep[k], board.hours[k], rows.count[k], rows.slip[k], rows.none[k])
        alike = (*map(float, numbers), *(values.tobytes() for values in parts))
        groups[unit if alone[unit] else alike].append(unit)
    return list(groups.values())


def count_arcs(board: Board, units: Ints) -> int:
    """At most so many arcs has the model of ``units``, of those that one rep may do as of all."""
    n_weeks = board.problem.n_weeks
    total = 0
    for group in find_alike(board, units):
        first, end = board.option_first[group[0]], board.option_first[group[0] + 1]
        layers = int(board.rows.count[first]) - 1
        total += int(end - first) * (1 + n_weeks + layers * n_weeks * (n_weeks + 1) // 2)
    return total


def build_weeks_model(
    placing: Placing, units: Ints, allowed: Bools | None = None, value: Floats | None = None
) -> WeeksModel:
    """The model of lifted ``units``; all else stays as it is, and what waits for it or holds it up is heeded.

    ``allowed`` [K]: only these options. ``value`` [U]: what several may do need not be done, and earns its value if it
    is; what a rep does is then told apart from the others, and what crosses between them is left out.
    """
    board, model = placing.board, cp_model.CpModel()
    built = WeeksModel(board, units.tolist(), find_alike(board, units), model, {}, [])
    work = _Work()
    limits = _find_limits(placing, units) if value is None else {}
    people: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    reps: set[int] = set()
    for group in built.groups:
        unit = group[0]
        options = range(*board.option_first[unit : unit + 2].tolist())
        done = work.done[unit] = [[] for _ in range(board.problem.n_weeks)]
        begun = []
        for option in options:
            if allowed is not None and not allowed[option]:
                continue
            reps.add(int(board.rep[option]))
            offer = 0 if value is None or len(options) == 1 else int(value[unit] - board.new_person[option])
            starts = _add_paths(built, work, option, len(group), done, limits.get(unit), offer)
            begun += starts
            person = int(placing.person[option])
            if len(options) > 1 and value is None and person and not placing.people[person]:
                people[person] += starts
        if value is None or len(options) == 1:
            model.add(sum(begun) == len(group))
        else:
            model.add(sum(begun) <= 1)
    for starts in people.values():
        new = model.new_bool_var("")
        for start in starts:
            model.add(start <= new)
        built.terms.append((board.problem.continuity_price, new))
    _add_loads(built, placing, work, sorted(reps))
    _add_order(built, work, apart=value is not None)
    variables = [variable for _, variable in built.terms]
    model.minimize(cp_model.LinearExpr.weighted_sum(variables, [cost for cost, _ in built.terms]))
    return built


@dataclass(eq=False)
class _Work:
    """What the arcs mean: hours in each (rep, week), the most they can be, and arcs into each week of a group."""

    load: dict[tuple[int, int], Sum] = field(default_factory=lambda: defaultdict(list))
    most: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    done: dict[int, list[list[cp_model.IntVar]]] = field(default_factory=dict)


def _find_limits(placing: Placing, units: Ints) -> dict[int, tuple[int, int]]:
    """First and last week of units that are tied to some that stay; the last is ``BEFORE`` where it must slip.

    Below the number of weeks a last week also says that the task must be done: another waits for it.
    """
    board, n_weeks = placing.board, placing.board.problem.n_weeks
    inside = np.zeros(board.n_units, dtype=np.bool_)
    inside[units] = True
    limits: dict[int, tuple[int, int]] = {}
    crosses = inside[board.edge[:, 0]] != inside[board.edge[:, 1]]
    for (one, other), lag in zip(board.edge[crosses].tolist(), board.lag[crosses].tolist(), strict=True):
        tied, stays = (one, other) if inside[one] else (other, one)
        week = int(placing.week[board.task_first[stays]])
        first, last = limits.get(tied, (0, n_weeks))
        if tied == other:
            limits[tied] = (max(first, week + lag), last) if week >= 0 else (first, BEFORE)
        elif week >= 0:
            limits[tied] = (first, min(last, week - lag))
    return limits


def _add_paths(
    built: WeeksModel,
    work: _Work,
    option: int,
    size: int,
    done: list[list[cp_model.IntVar]],
    limit: tuple[int, int] | None,
    offer: int,
) -> list[cp_model.IntVar]:
    """The ways of ``size`` units done by ``option``, with all that they cost; the arcs on which they begin."""
    board, model = built.board, built.model
    rows, price, count = board.rows, board.price[option], int(board.rows.count[option])
    slip, rep, hours = int(rows.slip[option]), int(board.rep[option]), int(board.hours[option])
    open_weeks = np.flatnonzero(np.isfinite(price)).tolist()
    if limit is not None:
        open_weeks = [week for week in open_weeks if limit[0] <= week <= limit[1]]

    def add_arc(made: int, here: int, there: int, cost: float) -> cp_model.IntVar:
        variable = model.new_bool_var("") if size == 1 else model.new_int_var(0, size, "")
        built.arc[option, made, here, there] = variable
        built.terms.append((int(cost) - (offer if here == BEFORE else 0), variable))
        if there >= 0:
            done[there].append(variable)
            work.load[rep, there].append((hours, variable))
            work.most[rep, there] += hours * size
        return variable

    def close(made: int, week: int) -> float:
        return float(rows.end[option, week]) + (count - made) * slip

    starts = []
    if limit is None or not 0 <= limit[1] < len(price):
        starts.append(add_arc(0, BEFORE, BEHIND, rows.none[option] + count * slip))
    into: dict[int, list[cp_model.IntVar]] = {}
    for week in open_weeks:
        cost = rows.start[option, week] + price[week] + (close(1, week) if count == 1 else 0.0)
        if np.isfinite(cost):
            into[week] = [add_arc(0, BEFORE, week, cost)]
            starts += into[week]
    for made in range(1, count):  # the last visit's arcs hold what it costs to end there
        onward: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for week, arrive in into.items():
            leave = [add_arc(made, week, BEHIND, close(made, week))] if np.isfinite(close(made, week)) else []
            for later in open_weeks:
                gap = rows.gap[option, later - week] if later > week else np.inf
                cost = gap + price[later] + (close(count, later) if made + 1 == count else 0.0)
                if np.isfinite(cost):
                    leave.append(add_arc(made, week, later, cost))
                    onward[later].append(leave[-1])
            model.add(sum(arrive) == sum(leave))
        into = onward
    return starts


def _add_order(built: WeeksModel, work: _Work, apart: bool) -> None:
    """What waits for another task comes so many weeks after it, or not at all; ``apart``: unless others may do that."""
    board, done = built.board, work.done
    both = np.isin(board.edge, built.units).all(axis=1)
    if apart:
        both &= ~board.is_free[board.edge[:, 0]]
    for (one, other), lag in zip(board.edge[both].tolist(), board.lag[both].tolist(), strict=True):
        for week in range(board.problem.n_weeks):
            early = [v for w in range(max(week - lag + 1, 0)) for v in done[one][w]]
            built.model.add(sum(v for w in range(week + 1) for v in done[other][w]) <= sum(early))


def _add_loads(built: WeeksModel, placing: Placing, work: _Work, reps: list[int]) -> None:
    """Room and price of the weeks of ``reps``, on top of what is there."""
    problem, model = built.board.problem, built.model
    for rep in reps:
        for week in range(problem.n_weeks):
            tasks, there = work.load[rep, week], int(placing.load[rep, week])
            hours = there + cp_model.LinearExpr.weighted_sum([v for _, v in tasks], [h for h, _ in tasks])
            most, limit = there + work.most[rep, week], int(problem.capacity[rep, week])
            if tasks and problem.capacity_price is None and most > limit:
                model.add(hours <= limit)
                most = max(limit, there)
            _add_above(built, hours, most, int(problem.peak[rep, week]), problem.peak_price)
            if problem.capacity_price is not None:
                _add_above(built, hours, most, limit, problem.capacity_price)


def _add_above(built: WeeksModel, hours: cp_model.LinearExprT, most: int, limit: int, price: Price) -> None:
    """Charge hours above ``limit``, rounded up to whole milli-hours."""
    if most <= limit or not price.num:
        return
    cost = built.model.new_int_var(0, int(price.of(most - limit)), "")
    built.model.add(price.den * cost >= price.num * (hours - limit))
    built.terms.append((1, cost))


def count_flow(built: WeeksModel, option: Ints, week: Ints) -> dict[Arc, int]:
    """How many units go along each arc when they have these ``option`` and ``week`` [units, most visits]."""
    flow: dict[Arc, int] = defaultdict(int)
    row = {unit: at for at, unit in enumerate(built.units)}
    for group in built.groups:
        head = int(built.board.option_first[group[0]])
        for unit in group:
            at = row[unit]
            chosen = head + int(option[at] - built.board.option_first[unit])
            stops = [BEFORE, *(w for w in week[at].tolist() if w >= 0), BEHIND]
            for made, (here, there) in enumerate(pairwise(stops)):
                flow[chosen, made, here, there] += 1
    return flow


def read_solution(built: WeeksModel, value: Callable[[cp_model.IntVar], int]) -> tuple[Ints, Ints]:
    """Option [units] and week [units, most visits] of a solution: one of the ways for each unit of a group."""
    board, units = built.board, built.units
    count = np.diff(board.task_first)[units]
    option = np.zeros(len(units), dtype=np.int64)
    week = np.full((len(units), int(count.max(initial=1))), NOWHERE, dtype=np.int64)
    leaving: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for (chosen, made, here, there), variable in built.arc.items():
        leaving[chosen, made, here] += [there] * value(variable)
    row = {unit: at for at, unit in enumerate(units)}
    for group in built.groups:
        options = range(*board.option_first[group[0] : group[0] + 2].tolist())
        for unit in group:
            chosen = next(k for k in options if leaving[k, 0, BEFORE])
            option[row[unit]] = board.option_first[unit] + chosen - options[0]
            made, here = 0, leaving[chosen, 0, BEFORE].pop()
            while here != BEHIND:
                week[row[unit], made] = here
                made += 1
                here = leaving[chosen, made, here].pop() if made < count[row[unit]] else BEHIND
    return option, week
