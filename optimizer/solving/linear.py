"""The model, or a part of it with the rest held fast, handed to a linear or mixed-integer solver of OR-Tools.

Matrices go over whole (``fill_model_from_sparse_data``), never term by term: at 100,000 arcs that is the
difference between milliseconds and minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder_helper as helper

from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.modelling.model import Model


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver said: ``value`` [offered arcs] or None when it found nothing.

    ``bound``: no choice of the offered arcs costs less (with the weight of breaches), -inf when unknown.
    ``dual`` [m]: milli-hours saved per unit by which a row's range is widened; for linear relaxations only.
    """

    value: Floats | None
    bound: float
    dual: Floats | None


@dataclass(frozen=True)
class Work:
    """Limits of work of a mixed-integer solve; never of clock."""

    nodes: int
    gap: float
    more: str = ""  # settings of SCIP besides


def solve_part(
    model: Model,
    offered: Ints,
    work: Work | None,
    *,
    start: Ints | None = None,
    seed: int = 0,
    seconds: float | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Answer:
    """Choose one of the ``offered`` arcs (ascending) for each unit; every unit has one.

    ``work`` None solves the linear relaxation. ``start`` are the chosen arcs to begin with. ``seconds`` and
    ``should_stop`` end it early, if the user asked for that.
    """
    part = sp.csc_array(model.by_arc[offered])
    touched = np.flatnonzero(np.diff(part.indptr))
    weight = model.weight
    solved = solve_rows(
        model.weighed_cost[offered],
        sp.csr_array(part[:, touched].T),
        Range(model.low[touched], model.high[touched], weight[touched]),
        work,
        unit=model.unit[offered],
        start=None if start is None else np.isin(offered, start),
        seed=seed,
        seconds=seconds,
        should_stop=should_stop,
    )
    # Rows that no offered arc touches stay as they are, and cost what they cost.
    still = model.count_outside(np.zeros(len(weight))) * weight
    still[touched] = 0.0
    settled = float(still.sum())
    if solved.value is None or solved.dual is None:
        return Answer(solved.value, solved.bound + settled, None)
    dual = np.zeros(len(model.low))
    dual[touched] = solved.dual
    return Answer(solved.value, solved.bound + settled, dual)


@dataclass(frozen=True, eq=False)
class Range:
    """What rows may add up to, and what each unit outside costs, [m] each."""

    low: Floats
    high: Floats
    weight: Floats


def solve_rows(
    cost: Floats,
    rows: sp.csr_array,
    within: Range,
    work: Work | None,
    *,
    unit: Ints | None = None,
    start: Bools | None = None,
    seed: int = 0,
    seconds: float | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Answer:
    """Choose among K arcs of given ``cost`` so that what ``rows`` [m, K] add up to costs least in all.

    ``unit`` [K]: of each unit exactly one arc must be chosen; None: every arc is free to be chosen or not.
    ``start`` [K]: the chosen arcs to begin with.
    """
    # A range without a whole number in it (low above high) is said as two rows, one for each end.
    crossed = np.flatnonzero(within.low > within.high)
    number = np.concatenate([np.arange(rows.shape[0]), crossed])
    rows, low, high, weight = rows[number], within.low[number], within.high[number], within.weight[number]
    low[crossed] = -np.inf
    high[len(high) - len(crossed) :] = np.inf
    above, below = np.flatnonzero(np.isfinite(high)), np.flatnonzero(np.isfinite(low))
    n_rows, n_arcs = rows.shape
    n_outside = len(above) + len(below)
    # Rows are scaled to their largest entry: hours, counts and yuan then look alike to the solver.
    size = np.ones(n_rows)
    filled = np.flatnonzero(np.diff(rows.indptr))
    if len(filled):
        size[filled] = np.maximum(np.maximum.reduceat(np.abs(rows.data), rows.indptr[filled]), 1e-9)
    scaled = rows.multiply(1.0 / size[:, None])
    side = np.concatenate([np.full(len(above), -1.0), np.ones(len(below))])
    place = (np.concatenate([above, below]), np.arange(n_outside))
    matrix = sp.hstack([scaled, sp.csr_array((side, place), (n_rows, n_outside))])
    low, high = low / size, high / size
    n_units = 0
    if unit is not None:
        n_units = int(unit[-1]) + 1
        choose = sp.csr_array((np.ones(n_arcs), (unit, np.arange(n_arcs))), (n_units, n_arcs + n_outside))
        matrix = sp.vstack([choose, matrix])
        low, high = np.concatenate([np.ones(n_units), low]), np.concatenate([np.ones(n_units), high])
    price = weight * size
    program = helper.ModelBuilderHelper()
    program.fill_model_from_sparse_data(
        np.zeros(n_arcs + n_outside),
        np.concatenate([np.ones(n_arcs), np.full(n_outside, np.inf)]),
        np.concatenate([cost, price[above], price[below]]),
        low,
        high,
        sp.csr_matrix(matrix),
    )
    if work is None:
        solver = helper.ModelSolverHelper("glop")
    else:
        for arc in range(n_arcs):
            program.set_var_integrality(arc, True)
        if start is not None:
            for arc, chosen in enumerate(start):
                program.add_hint(arc, float(chosen))
        solver = helper.ModelSolverHelper("scip")
        solver.set_solver_specific_parameters(
            f"limits/totalnodes = {work.nodes}\nlimits/gap = {work.gap}\nrandomization/randomseedshift = {seed}\n"
            # without the second, SCIP keeps Ctrl-C to itself
            "display/verblevel = 0\nmisc/catchctrlc = FALSE\n"
            # More presolve does not pay here: one round takes a fifth off whole models of 1,000 x 25.
            "presolving/maxrounds = 1\npresolving/maxrestarts = 0\n" + work.more
        )
    if seconds is not None:
        solver.set_time_limit_in_seconds(max(seconds, 0.01))
    if not _run(solver, program, should_stop) or not solver.has_solution():
        return Answer(None, -np.inf, None)
    value = np.asarray(solver.variable_values())[:n_arcs]
    if work is not None:
        return Answer(value, float(solver.best_objective_bound()), None)
    price_of_row = -np.asarray(solver.dual_values())[n_units:] / size
    dual = np.bincount(number, price_of_row, minlength=len(within.low)).astype(np.float64)
    return Answer(value, float(solver.objective_value()), dual)


def _run(
    solver: helper.ModelSolverHelper,
    program: helper.ModelBuilderHelper,
    should_stop: Callable[[], bool] | None,
) -> bool:
    """Solve; False when stopped on the way.

    SCIP does not hear ``interrupt_solve`` (OR-Tools 9.15), so a stoppable solve runs in a thread of its own, which
    is left behind to end by its limits of work.
    """
    if should_stop is None:
        solver.solve(program)
        return True
    worker = threading.Thread(target=solver.solve, args=(program,), daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(0.05)
        if should_stop():
            return False
    return True


def pick_arcs(model: Model, offered: Ints, value: Floats) -> Ints:
    """The arc with the largest value of each unit, in order of units."""
    order = np.lexsort((offered, -value, model.unit[offered]))
    _, first = np.unique(model.unit[offered][order], return_index=True)
    return offered[order[first]]
