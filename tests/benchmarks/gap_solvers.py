"""Four ways to solve one generalized assignment problem: the product, and the natural model of three solvers.

Each takes an instance and the moment its clock ends. Reading tables and building models is inside the clock. The
gap asked for is 0; everything else is as the solver has it, and CP-SAT has ``THREADS`` workers.

SCIP and HiGHS are called through MathOpt: pywraplp and the model builder of OR-Tools 9.15 lose the plan that HiGHS
has when its time ends. MathOpt takes no number of threads for either: SCIP has one, HiGHS chooses.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model

from optimizer import solve
from optimizer.problem import Ints
from tests.benchmarks.gap import Gap, gap_problem

THREADS = 2


@dataclass(frozen=True, eq=False)
class Answer:
    """An assignment [jobs] or None, a lower bound on every assignment's cost or None.

    ``found``: when the assignment was found (``time.perf_counter``), where the solver says so; ``words``: why it
    stopped, in the solver's words.
    """

    agent: Ints | None
    bound: float | None
    found: float | None
    words: str


def solve_by_product(gap: Gap, ends: float, effort: float) -> Answer:
    """Ours: tables are read, the problem is built and solved and the plan judged, as for any planner.

    ``effort`` multiplies the product's limits of work, so that they need not end it before the clock.
    """
    problem = gap_problem(gap, effort=effort)
    began = time.perf_counter()
    result = solve(problem, time_limit=_left(ends))
    best = [p.seconds for p in result.trace if p.objective == result.trace[-1].objective]
    found = began + best[0] if best else None
    bound = None if result.bound is None else float(result.bound)
    return Answer(result.plan.owner, bound, found, f"{result.stopped}: {result.method}")


def solve_by_cpsat(gap: Gap, ends: float, effort: float) -> Answer:
    """CP-SAT: a Boolean a pair, exactly one agent a job, a linear capacity an agent."""
    model = cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in range(gap.jobs)] for _ in range(gap.agents)]
    for column in zip(*x, strict=True):
        model.add_exactly_one(column)
    for row, resource, capacity in zip(x, gap.resource, gap.capacity, strict=True):
        model.add(cp_model.LinearExpr.weighted_sum(row, resource.tolist()) <= int(capacity))
    pairs = [variable for row in x for variable in row]
    model.minimize(cp_model.LinearExpr.weighted_sum(pairs, gap.cost.ravel().tolist()))
    solver, clock = cp_model.CpSolver(), _Clock()
    solver.parameters.num_workers = THREADS
    solver.parameters.max_time_in_seconds = _left(ends)
    status = solver.solve(model, clock)
    name = solver.status_name(status).lower()
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(None, solver.best_objective_bound, None, name)
    value = np.array([solver.value(variable) for variable in pairs]).reshape(gap.agents, gap.jobs)
    return Answer(value.argmax(axis=0), solver.best_objective_bound, clock.last, name)


def solve_by_scip(gap: Gap, ends: float, effort: float) -> Answer:
    """SCIP: the same model in integers."""
    return _solve_integers(gap, ends, mathopt.SolverType.GSCIP)


def solve_by_highs(gap: Gap, ends: float, effort: float) -> Answer:
    """HiGHS: the same model in integers."""
    return _solve_integers(gap, ends, mathopt.SolverType.HIGHS)


Solver = Callable[[Gap, float, float], Answer]
SOLVERS: dict[str, Solver] = {
    "ours": solve_by_product,
    "cpsat": solve_by_cpsat,
    "scip": solve_by_scip,
    "highs": solve_by_highs,
}
NAMES = {"ours": "ours", "cpsat": "CP-SAT", "scip": "SCIP", "highs": "HiGHS"}


class _Clock(cp_model.CpSolverSolutionCallback):
    """When the last solution came."""

    last: float | None = None

    def on_solution_callback(self) -> None:
        self.last = time.perf_counter()


def _left(ends: float) -> float:
    return max(ends - time.perf_counter(), 0.1)


def _solve_integers(gap: Gap, ends: float, solver: mathopt.SolverType) -> Answer:
    model = mathopt.Model()
    x = [[model.add_binary_variable() for _ in range(gap.jobs)] for _ in range(gap.agents)]
    for column in zip(*x, strict=True):
        model.add_linear_constraint(mathopt.fast_sum(column) == 1)
    for row, resource, capacity in zip(x, gap.resource.tolist(), gap.capacity, strict=True):
        spent = mathopt.fast_sum(a * variable for a, variable in zip(resource, row, strict=True))
        model.add_linear_constraint(spent <= int(capacity))
    pairs = [variable for row in x for variable in row]
    costs = gap.cost.ravel().tolist()
    model.minimize(mathopt.fast_sum(c * variable for c, variable in zip(costs, pairs, strict=True)))
    limits = mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=_left(ends)), relative_gap_tolerance=0.0, absolute_gap_tolerance=0.0
    )
    result = mathopt.solve(model, solver, params=limits)
    bound = result.termination.objective_bounds.dual_bound
    words = result.termination.reason.name.lower()
    if not result.has_primal_feasible_solution():
        return Answer(None, bound, None, words)
    value = np.array(result.variable_values(pairs)).reshape(gap.agents, gap.jobs)
    return Answer(value.argmax(axis=0), bound, None, words)
