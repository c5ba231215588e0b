"""The plain model of tasks into weeks in CP-SAT: a truth value for each task and week, a path for each unit's visits.

Units that are alike are told apart in it, which optimizer.scheduling.weeks_model does not do. All cores, a limit of
seconds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from ortools.sat.python import cp_model

from optimizer.problem import Ints, Price
from optimizer.scheduling.board import Board
from optimizer.scheduling.placing import Placing
from optimizer.scheduling.task_problem import NOWHERE

BEFORE, BEHIND = -1, -2  # in place of a week: before the first visit, behind the last


@dataclass(frozen=True, eq=False)
class Exact:
    """``option`` and ``week`` [units, most visits] of the units asked for, None when nothing was found.

    ``objective`` and ``bound`` are of these units and of the weeks of the reps they may touch, people included.
    """

    option: Ints | None
    week: Ints | None
    objective: float
    bound: float


@dataclass(eq=False)
class WeeksModel:
    """A CP-SAT model of some units; ``at`` [unit, option, week] are its task variables, ``arc`` its paths."""

    board: Board
    units: list[int]
    model: cp_model.CpModel
    at: dict[tuple[int, int], cp_model.IntVar]  # (option, week)
    doer: dict[int, cp_model.IntVar]  # option
    arc: dict[
        tuple[int, int, int], cp_model.IntVar
    ]  # (unit, from week, to week); BEFORE the first, BEHIND the last
    terms: list[cp_model.LinearExprT]


def build_weeks_model(placing: Placing, units: Ints, reps: Ints) -> WeeksModel:
    """The model of lifted ``units`` (whole families), whose options are of ``reps``; all else stays as it is."""
    board = placing.board
    problem = board.problem
    model = cp_model.CpModel()
    built = WeeksModel(board, units.tolist(), model, {}, {}, {}, [])
    load: dict[tuple[int, int], list[tuple[int, cp_model.IntVar]]] = defaultdict(list)
    people: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    done: dict[int, list[list[cp_model.IntVar]]] = {}
    for unit in built.units:
        options = range(int(board.option_first[unit]), int(board.option_first[unit + 1]))
        by_week: list[list[cp_model.IntVar]] = [[] for _ in range(problem.n_weeks)]
        for option in options:
            chosen = built.doer[option] = model.new_bool_var("")
            person = int(placing.person[option])
            if person and not placing.people[person]:
                people[person].append(chosen)
            for week in np.flatnonzero(np.isfinite(board.price[option])).tolist():
                here = built.at[option, week] = model.new_bool_var("")
                model.add_implication(here, chosen)
                by_week[week].append(here)
                load[int(board.rep[option]), week].append((int(board.hours[option]), here))
                built.terms.append(int(board.price[option, week]) * here)
        model.add_exactly_one([built.doer[option] for option in options])
        done[unit] = by_week
        _add_path(built, unit, options[0], by_week)
    for entry in people.values():
        new = model.new_bool_var("")
        for chosen in entry:
            model.add_implication(chosen, new)
        built.terms.append(problem.continuity_price * new)
    _add_loads(built, placing, load, reps)
    inside = set(built.units)
    for (one, other), lag in zip(board.edge.tolist(), board.lag.tolist(), strict=True):
        if one in inside and other in inside:
            for week in range(problem.n_weeks):
                early = [v for w in range(max(week - lag + 1, 0)) for v in done[one][w]]
                model.add(sum(v for w in range(week + 1) for v in done[other][w]) <= sum(early))
    model.minimize(sum(built.terms))
    return built


def _add_path(built: WeeksModel, unit: int, option: int, by_week: list[list[cp_model.IntVar]]) -> None:
    """The visits of one unit in order, with the cost of their spacing and of those left out."""
    rows, model = built.board.rows, built.model
    count, slip = int(rows.count[option]), int(rows.slip[option])
    everything = [here for tasks in by_week for here in tasks]
    for tasks in by_week:
        if len(tasks) > 1:
            model.add_at_most_one(tasks)
    built.terms.append(count * slip - slip * sum(everything))
    if count == 1:
        model.add_at_most_one(everything)
        ends = rows.start[option] + rows.end[option] - rows.none[option]
        for tasks, cost_of in zip(by_week, ends.tolist(), strict=True):
            _add_cost(built, cost_of, tasks)
        built.terms.append(int(rows.none[option]))
        return
    model.add(sum(everything) <= count)
    open_weeks = [week for week, tasks in enumerate(by_week) if tasks]
    idle = built.arc[unit, BEFORE, BEHIND] = model.new_bool_var("")
    built.terms.append(int(rows.none[option]) * idle)
    into: dict[int, list[cp_model.IntVar]] = {week: [] for week in open_weeks}
    out: dict[int, list[cp_model.IntVar]] = {week: [] for week in open_weeks}
    starts, stops = [idle], [idle]
    for week in open_weeks:
        for cost, side, ends in ((rows.start, into, starts), (rows.end, out, stops)):
            if np.isfinite(cost[option, week]):
                arc = model.new_bool_var("")
                built.arc[(unit, BEFORE, week) if side is into else (unit, week, BEHIND)] = arc
                built.terms.append(int(cost[option, week]) * arc)
                side[week].append(arc)
                ends.append(arc)
        for later in open_weeks:
            if later > week and np.isfinite(rows.gap[option, later - week]):
                arc = built.arc[unit, week, later] = model.new_bool_var("")
                built.terms.append(int(rows.gap[option, later - week]) * arc)
                out[week].append(arc)
                into[later].append(arc)
    model.add_exactly_one(starts)
    model.add_exactly_one(stops)
    for week in open_weeks:
        model.add(sum(into[week]) == sum(by_week[week]))
        model.add(sum(out[week]) == sum(by_week[week]))


def _add_cost(built: WeeksModel, cost: float, variables: list[cp_model.IntVar]) -> None:
    for here in variables:
        if math.isfinite(cost):
            built.terms.append(int(cost) * here)
        else:
            built.model.add(here == 0)


def _add_loads(
    built: WeeksModel,
    placing: Placing,
    load: dict[tuple[int, int], list[tuple[int, cp_model.IntVar]]],
    reps: Ints,
) -> None:
    """Room and price of the weeks of ``reps``, on top of what is there."""
    problem, model = built.board.problem, built.model
    for rep in reps.tolist():
        for week in range(problem.n_weeks):
            tasks, there = load[rep, week], int(placing.load[rep, week])
            hours = there + sum(size * here for size, here in tasks)
            most = there + sum(size for size, _ in tasks)
            if tasks and problem.capacity_price is None and most > problem.capacity[rep, week]:
                model.add(hours <= int(problem.capacity[rep, week]))
            _add_above(built, hours, most, int(problem.peak[rep, week]), problem.peak_price)
            if problem.capacity_price is not None:
                _add_above(built, hours, most, int(problem.capacity[rep, week]), problem.capacity_price)


def _add_above(built: WeeksModel, hours: cp_model.LinearExprT, most: int, limit: int, price: Price) -> None:
    """Charge hours above ``limit``, rounded up to whole milli-hours."""
    if most <= limit or not price.num:
        return
    highest = int(price.of(most - limit))
    cost = built.model.new_int_var(0, highest, "")
    built.model.add(price.den * cost >= price.num * (hours - limit))
    built.terms.append(1 * cost)


def solve_exactly(
    placing: Placing,
    units: Ints,
    *,
    work: float,
    start: tuple[Ints, Ints] | None = None,
    seed: int = 0,
    workers: int = 1,
    seconds: float | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Exact:
    """The best weeks for ``units`` (whole families, lifted), all others staying. ``work``: CP-SAT's own clock.

    ``start``: option [units] and weeks [units, most visits] to begin with. ``seconds`` is an extra stop.
    """
    board = placing.board
    options = np.flatnonzero(np.isin(board.unit, units))
    reps = np.unique(board.rep[options])
    built = build_weeks_model(placing, units, reps)
    if start is not None:
        _give_hint(built, *start)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = work
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    watch = _Watch(should_stop) if should_stop is not None else None
    status = solver.solve(built.model, watch)
    bound = solver.best_objective_bound
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Exact(None, None, math.inf, bound)
    option, week = read_solution(built, solver.boolean_value)
    return Exact(option, week, solver.objective_value, bound)


def _give_hint(built: WeeksModel, option: Ints, week: Ints) -> None:
    """Begin with these options and weeks; every variable of choice is told."""
    true: set[object] = set()
    for unit, chosen, weeks in zip(built.units, option.tolist(), week.tolist(), strict=True):
        made = [w for w in weeks if w >= 0]
        true.add(chosen)
        true.update((chosen, w) for w in made)
        stops = [BEFORE, *made, BEHIND]
        true.update((unit, one, other) for one, other in pairwise(stops))
    for key, variable in chain(built.doer.items(), built.at.items(), built.arc.items()):
        built.model.add_hint(variable, key in true)


def read_solution(built: WeeksModel, is_true: Callable[[cp_model.IntVar], bool]) -> tuple[Ints, Ints]:
    """Option [units] and week [units, most visits] of a solution."""
    board, units = built.board, built.units
    count = np.diff(board.task_first)[units]
    option = np.zeros(len(units), dtype=np.int64)
    week = np.full((len(units), int(count.max(initial=1))), NOWHERE, dtype=np.int64)
    for row, unit in enumerate(units):
        for k in range(int(board.option_first[unit]), int(board.option_first[unit + 1])):
            if is_true(built.doer[k]):
                option[row] = k
        open_weeks = np.flatnonzero(np.isfinite(board.price[option[row]])).tolist()
        weeks = [w for w in open_weeks if is_true(built.at[int(option[row]), w])]
        week[row, : len(weeks)] = weeks
    return option, week


class _Watch(cp_model.CpSolverSolutionCallback):
    """Stops the solver at its next solution when asked to."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        super().__init__()
        self.should_stop = should_stop

    def on_solution_callback(self) -> None:
        if self.should_stop():
            self.stop_search()
