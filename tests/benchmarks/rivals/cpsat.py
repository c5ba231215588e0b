"""The plain model in CP-SAT: a truth value for each arc, whole numbers for what lies outside a priced corridor."""

from __future__ import annotations

import itertools
import os

import numpy as np

from tests.benchmarks.rivals.dialogue import Answer, Question, reply

# Costs and prices are given in whole parts of a milli-hour: with an objective in fractions CP-SAT 9.15 proves less.
PARTS = 100_000


def solve(question: Question, seconds: float, _: str = "") -> Answer | None:
    """One worker for each core, the start as a complete hint."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in question.rep]
    start = np.zeros(len(chosen), dtype=bool)
    start[question.start] = True
    for arc, is_chosen in zip(chosen, start.tolist(), strict=True):
        model.add_hint(arc, is_chosen)
    ends = np.searchsorted(question.unit, np.arange(question.unit[-1] + 2))
    for begin, end in itertools.pairwise(ends):
        model.add_exactly_one(chosen[begin:end])
    terms, prices = list(chosen), (question.cost * PARTS).tolist()
    price_of_row = np.rint(question.price * PARTS).astype(int).tolist()
    order = np.argsort(question.entry_row, kind="stable")
    ends = np.searchsorted(question.entry_row[order], np.arange(len(question.low) + 1))
    for row, (begin, end) in enumerate(itertools.pairwise(ends)):
        entries = order[begin:end]
        arcs = [chosen[arc] for arc in question.entry_arc[entries]]
        values = np.rint(question.entry_value[entries]).astype(int)
        total = cp_model.LinearExpr.weighted_sum(arcs, values.tolist())
        most = int(np.abs(values).sum())
        low, high = float(question.low[row]), float(question.high[row])
        begun = int(values @ start[question.entry_arc[entries]])
        if not question.hard[row]:
            if np.isfinite(high):
                terms.append(model.new_int_var(0, most, ""))
                prices.append(price_of_row[row])
                model.add_hint(terms[-1], max(0, begun - int(high)))
                total -= terms[-1]
            if np.isfinite(low):
                terms.append(model.new_int_var(0, most + max(int(low), 0), ""))
                prices.append(price_of_row[row])
                model.add_hint(terms[-1], max(0, int(low) - begun))
                total += terms[-1]
        if np.isfinite(low):
            model.add(total >= int(low))
        if np.isfinite(high):
            model.add(total <= int(high))
    model.minimize(cp_model.LinearExpr.weighted_sum(terms, prices))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = os.cpu_count() or 1
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    arcs = np.flatnonzero([solver.boolean_value(arc) for arc in chosen])
    return Answer(question.owners(arcs), solver.best_objective_bound / PARTS)


if __name__ == "__main__":
    reply(solve)
