"""Some units decided exactly by CP-SAT, the rest held where it is, with a limit of work."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.placing import Placing
from optimizer.scheduling.weeks_model import BEFORE, WeeksModel, build_weeks_model, count_flow, read_solution

LISTEN = 0.05  # seconds between two looks at whether to stop


@dataclass(frozen=True, eq=False)
class Exact:
    """``option`` and ``week`` [units, most visits] of the units asked for, None when nothing was found.

    ``objective`` and ``bound`` are of these units and of the weeks of the reps they may touch, people included.
    ``spent``: the work done.
    """

    option: Ints | None
    week: Ints | None
    objective: float
    bound: float
    spent: float


@dataclass(frozen=True, eq=False)
class Offer:
    """What a rep alone costs at least, and the ``options`` by which it takes what several may do."""

    bound: float
    options: Ints
    spent: float


def solve_exactly(
    placing: Placing,
    units: Ints,
    *,
    work: float,
    allowed: Bools | None = None,
    start: tuple[Ints, Ints] | None = None,
    seed: int = 0,
    seconds: float | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Exact:
    """The best weeks for lifted ``units`` by ``allowed`` [K] options, all others staying.

    ``work``: CP-SAT's own clock. ``start``: option [units] and weeks [units, most visits] to begin with. ``seconds``
    and ``should_stop`` are extra stops.
    """
    built = build_weeks_model(placing, units, allowed)
    if start is not None:
        flow = count_flow(built, *start)
        for arc, variable in built.arc.items():
            built.model.add_hint(variable, flow.get(arc, 0))
    solver = _ask(built, work, seed, seconds, should_stop)
    spent = float(solver.response_proto.deterministic_time)
    if solver.response_proto.status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Exact(None, None, math.inf, solver.best_objective_bound, spent)
    option, week = read_solution(built, solver.value)
    return Exact(option, week, solver.objective_value, solver.best_objective_bound, spent)


def bound_rep(
    placing: Placing,
    rep: int,
    value: Floats,
    *,
    work: float,
    seed: int = 0,
    seconds: float | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Offer:
    """No way to fill the weeks of ``rep`` alone costs less, what several may do being offered at its ``value`` [U].

    ``placing`` is empty. Bounds of reps and values of what they share add up to a bound for all of them: who does a
    shared unit pays what it costs less its value, and it is done, or left out, by one.
    """
    board = placing.board
    allowed = board.rep == rep
    built = build_weeks_model(placing, np.unique(board.unit[allowed]), allowed, value)
    solver = _ask(built, work, seed, seconds, should_stop)
    options = np.zeros(0, dtype=np.int64)
    if solver.response_proto.status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        begun = {k for (k, _, here, _), arc in built.arc.items() if here == BEFORE and solver.value(arc)}
        options = np.array([k for k in sorted(begun) if board.is_free[board.unit[k]]], dtype=np.int64)
    return Offer(solver.best_objective_bound, options, float(solver.response_proto.deterministic_time))


def _ask(
    built: WeeksModel,
    work: float,
    seed: int,
    seconds: float | None,
    should_stop: Callable[[], bool] | None,
) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = (
        2  # every row in the linear program: without, bounds are far below
    )
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = work
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    with _listen(solver, should_stop):
        solver.solve(built.model)
    return solver


@contextmanager
def _listen(solver: cp_model.CpSolver, should_stop: Callable[[], bool] | None) -> Iterator[None]:
    """In this block the solver stops soon after it is asked to."""
    ended = threading.Event()

    def listen() -> None:
        while should_stop is not None and not ended.wait(LISTEN):
            if should_stop():
                solver.stop_search()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield
    finally:
        ended.set()
        listener.join()
