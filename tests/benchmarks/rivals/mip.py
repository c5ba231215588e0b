"""The plain mixed-integer model in SCIP or HiGHS, through MathOpt of OR-Tools, handed over whole as a matrix.

MathOpt, because the other interfaces of OR-Tools 9.15 drop the plan that HiGHS has when its time ends.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from tests.benchmarks.rivals.dialogue import Answer, Array, Question, reply

HOUR = 1000.0  # costs in hours: nearer to what solvers take for ordinary numbers


def solve(question: Question, seconds: float, name: str) -> Answer | None:
    """SCIP works with one thread, HiGHS with as many as it likes; both get the start as a hint."""
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    cost, low, high, matrix = build_program(question)
    n_arcs = len(question.rep)
    proto = model_pb2.ModelProto()
    variables, rows, entries = proto.variables, proto.linear_constraints, proto.linear_constraint_matrix
    variables.ids.extend(range(len(cost)))
    variables.lower_bounds.extend(np.zeros(len(cost)).tolist())
    variables.upper_bounds.extend(np.where(np.arange(len(cost)) < n_arcs, 1.0, np.inf).tolist())
    variables.integers.extend((np.arange(len(cost)) < n_arcs).tolist())
    proto.objective.linear_coefficients.ids.extend(np.flatnonzero(cost).tolist())
    proto.objective.linear_coefficients.values.extend(cost[cost != 0].tolist())
    rows.ids.extend(range(len(low)))
    rows.lower_bounds.extend(low.tolist())
    rows.upper_bounds.extend(high.tolist())
    entries.row_ids.extend(matrix[0].tolist())
    entries.column_ids.extend(matrix[1].tolist())
    entries.coefficients.extend(matrix[2].tolist())
    model = mathopt.Model.from_model_proto(proto)
    arcs = [model.get_variable(arc) for arc in range(n_arcs)]
    start = np.zeros(n_arcs)
    start[question.start] = 1.0
    hint = mathopt.SolutionHint(variable_values=dict(zip(arcs, start.tolist(), strict=True)))
    result = mathopt.solve(
        model,
        {"scip": mathopt.SolverType.GSCIP, "highs": mathopt.SolverType.HIGHS}[name],
        params=mathopt.SolveParameters(time_limit=dt.timedelta(seconds=seconds), relative_gap_tolerance=0.0),
        model_params=mathopt.ModelSolveParameters(solution_hints=[hint]),
    )
    if not result.has_primal_feasible_solution():
        return None
    value = np.array(result.variable_values(arcs))
    bound = result.termination.objective_bounds.dual_bound * HOUR
    return Answer(question.owners(round_values(question, value)), bound)


def build_program(question: Question) -> tuple[Array, Array, Array, tuple[Array, Array, Array]]:
    """Cost of each variable, low and high end of each row, and the entries (row, variable, value) row by row.

    Variables: the arcs (binary), then what lies above and below priced rows (continuous). Rows: one arc a unit, then
    the question's, divided by their largest entry, which helps both solvers with potentials in millions.
    """
    n_arcs, n_units = len(question.rep), int(question.unit[-1]) + 1
    size = np.ones(len(question.low))
    np.maximum.at(size, question.entry_row, np.abs(question.entry_value))
    soft = ~question.hard
    above = np.flatnonzero(soft & np.isfinite(question.high))
    below = np.flatnonzero(soft & np.isfinite(question.low))
    slack = np.concatenate([above, below])
    row = np.concatenate([question.unit, n_units + question.entry_row, n_units + slack])
    column = np.concatenate([np.arange(n_arcs), question.entry_arc, n_arcs + np.arange(len(slack))])
    value = np.concatenate(
        [
            np.ones(n_arcs),
            question.entry_value / size[question.entry_row],
            -np.ones(len(above)),
            np.ones(len(below)),
        ]
    )
    order = np.lexsort((column, row))
    return (
        np.concatenate([question.cost, (question.price * size)[slack]]) / HOUR,
        np.concatenate([np.ones(n_units), question.low / size]),
        np.concatenate([np.ones(n_units), question.high / size]),
        (row[order], column[order], value[order]),
    )


def round_values(question: Question, value: Array) -> Array:
    """The arc with the largest value of each unit."""
    order = np.lexsort((-value, question.unit))
    return order[np.unique(question.unit[order], return_index=True)[1]]


if __name__ == "__main__":
    reply(solve)
