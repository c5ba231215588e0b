"""A case as every rival is asked it: the arcs and rows that planning reads, and the plain facts beside them."""

from __future__ import annotations

import numpy as np

from optimizer.case import Case
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Bools, Ints, Problem
from optimizer.solving.candidates import find_candidates
from optimizer.solving.model import Model, build_model
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
    present = position[held]
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
        present=np.where(present >= 0, present, first),
        customer_point=problem.customer_point,
        rep_point=problem.rep_point,
        hours=problem.hours,
        owner=problem.owner,
        forced=forced,
        region=_names(case, "customers", "region"),
        team=_names(case, "reps", "team"),
    )


def _rank(model: Model, keep: Bools) -> Ints:
    """Place of each arc among those of its unit that are kept, the cheapest 0."""
    order = np.lexsort((model.cost, ~keep, model.unit))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - model.first[model.unit[order]]
    return rank


def _names(case: Case, table: str, column: str) -> Bools:
    return case.records.tables()[table][column].fillna("").to_numpy().astype(str)
