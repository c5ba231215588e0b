"""A case as every rival is asked it: the arcs and rows that planning reads, and the plain facts beside them."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from optimizer.case import Case
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Bools, Floats, Ints, Problem
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import Model, build_model
from tests.benchmarks.rivals.dialogue import Question


def build_question(case: Case, problem: Problem, cheapest: int | None = None) -> Question:
    """The whole model, or with only the ``cheapest`` arcs of each unit, its present owner's and nobody.

    Left out of either are arcs that break a hard constraint by themselves (nobody, where somebody must be), if the
    unit has others. A range without a whole number in it becomes two rows.
    """
    model = build_model(problem, *find_candidates(problem))
    held = model.find_arcs(Plan(problem.owner))
    keep = model.breach == 0
    keep |= (np.add.reduceat(keep, model.first[:-1]) == 0)[model.unit]
    if cheapest is not None:
        near = _rank(model, keep) < cheapest
        near[held] = True
        keep &= near | (model.rep == UNSERVED)
    arcs = np.flatnonzero(keep)
    position = np.full(len(model.rep), -1)
    position[arcs] = np.arange(len(arcs))
    unit = model.unit[arcs]
    first = np.searchsorted(unit, np.arange(model.n_units))
    entries = model.by_arc[arcs].tocoo()
    entry_arc, entry_row = entries.coords
    value, low, high = entries.data, model.low, model.high
    price, hard = model.price, model.hard
    crossed = np.flatnonzero(low > high)
    if len(crossed):
        again = np.isin(entry_row, crossed)
        number = np.full(len(low), -1)
        number[crossed] = len(low) + np.arange(len(crossed))
        entry_arc = np.concatenate([entry_arc, entry_arc[again]])
        value = np.concatenate([value, value[again]])
        entry_row = np.concatenate([entry_row, number[entry_row[again]]])
        low = np.concatenate([low, np.full(len(crossed), -np.inf)])
        high = np.concatenate([np.where(model.low > high, np.inf, high), high[crossed]])
        price, hard = np.concatenate([price, price[crossed]]), np.concatenate([hard, hard[crossed]])
    present = np.where(position[held] >= 0, position[held], first)
    nobody = np.where(model.rep[arcs[first]] == UNSERVED, first, -1)
    rows = sp.csr_array((value, (entry_row, entry_arc)), (len(low), len(arcs)))
    start = leave_out(present, nobody, model.cost[arcs], rows, np.where(hard, high, np.inf))
    forced = np.full(problem.n_customers, UNSERVED)
    forced[problem.lock_customer[problem.lock_forces]] = problem.lock_rep[problem.lock_forces]
    return Question(
        unit_of_customer=model.unit_of_customer,
        unit=unit,
        rep=model.rep[arcs],
        cost=model.cost[arcs],
        entry_row=entry_row,
        entry_arc=entry_arc,
        entry_value=value,
        low=low,
        high=high,
        price=price,
        hard=hard,
        start=start,
        customer_point=problem.customer_point,
        rep_point=problem.rep_point,
        hours=problem.hours,
        owner=problem.owner,
        forced=forced,
        region=_names(case, "customers", "region"),
        team=_names(case, "reps", "team"),
    )


def leave_out(start: Ints, nobody: Ints, cost: Ints, rows: sp.csr_array, most: Floats) -> Ints:
    """Arcs [U] like ``start``, with units given to nobody until no row exceeds ``most``, where that helps.

    Of a row that is exceeded those leave first whose leaving costs least for what they take of it. ``nobody`` is the
    arc that leaves a unit unserved, -1 where there is none. A feasible plan to begin with is worth much to solvers.
    """
    arcs = start.copy()
    for row in np.flatnonzero(np.isfinite(most)):
        taken = rows[[row], :].toarray().ravel()[arcs]
        excess = taken.sum() - most[row]
        if excess > 0:
            free = np.flatnonzero((taken > 0) & (nobody >= 0))
            order = free[np.argsort(cost[nobody[free]] / taken[free], kind="stable")]
            gone = order[: 1 + int(np.searchsorted(np.cumsum(taken[order]), excess))]
            arcs[gone] = nobody[gone]
    return arcs


def _rank(model: Model, keep: Bools) -> Ints:
    """Place of each arc among those of its unit that are kept, the cheapest 0."""
    order = np.lexsort((model.cost, ~keep, model.unit))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - model.first[model.unit[order]]
    return rank


def _names(case: Case, table: str, column: str) -> Bools:
    return case.records.tables()[table][column].fillna("").to_numpy().astype(str)
