"""Widening: more pairs join a model, at the work of these pairs alone."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints, Problem
from optimizer.solving.modelling.model import Model, build_model, label_arcs


def widen_model(problem: Problem, model: Model, customer: Ints, rep: Ints) -> Model:
    """The model with more pairs, of all members of a unit alike, in order of customers as ``build_model`` wants them.

    ``model`` was not built as the whole: then it has every row that its arcs touch, and the result is the model that
    would be built over all pairs at once. Pairs that are in it already are passed over.
    """
    more = build_model(problem, customer, rep, whole=False)
    here, there = (label_arcs(one.n_reps, one.unit, one.rep) for one in (model, more))
    fresh = np.flatnonzero((more.rep != UNSERVED) & ~_contains(here, there))
    joins = np.zeros(len(here) + len(fresh), dtype=np.bool_)
    joins[np.searchsorted(here, there[fresh]) + np.arange(len(fresh))] = True
    del here, there  # as large as a column of the model

    def merge(name: str) -> Ints:
        merged = np.empty(len(joins), dtype=np.int64)
        merged[~joins] = getattr(model, name)
        merged[joins] = getattr(more, name)[fresh]
        return merged

    row, old_row, new_row = _merge_rows(model.place, more.place)
    limits = {
        name: np.concatenate([getattr(model, name), getattr(more, name)])[row]
        for name in ("low", "high", "num", "den", "hard", "place")
    }
    unit = merge("unit")
    by_arc = _merge_entries(joins, model.by_arc, old_row, more.by_arc[fresh], new_row, len(row))
    return Model(
        n_reps=model.n_reps,
        unit_of_customer=model.unit_of_customer,
        first=np.searchsorted(unit, np.arange(model.n_units + 1)),
        unit=unit,
        rep=merge("rep"),
        cost=merge("cost"),
        breach=merge("breach"),
        by_arc=by_arc,
        **limits,
    )


def carry_over(dual: Floats, place: Ints, to: Ints) -> Floats:
    """Row prices ``dual`` [m] of rows at ``place`` [m, 3] for the rows of another model of the problem at ``to``.

    Models over different pairs have different rows. Rows that were not priced get 0.
    """
    there = {tuple(row): price for row, price in zip(place.tolist(), dual.tolist(), strict=True)}
    return np.array([there.get(tuple(row), 0.0) for row in to.tolist()])


def _contains(ascending: Ints, wanted: Ints) -> Bools:
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.equal(ascending[at], wanted)


def _merge_rows(place: Ints, more: Ints) -> tuple[Ints, Ints, Ints]:
    """Of two lists of rows by place: the rows of both, as numbers in the two lists together, and where each went."""
    together = np.concatenate([place, more])
    _, row, number = np.unique(together, axis=0, return_index=True, return_inverse=True)
    number = number.ravel().astype(np.int32)
    return row, number[: len(place)], number[len(place) :]


def _merge_entries(
    joins: Bools, old: sp.csr_array, old_row: Ints, new: sp.csr_array, new_row: Ints, n_rows: int
) -> sp.csr_array:
    """The entries of old arcs and of those that join, arc by arc."""
    count = np.empty(len(joins), dtype=np.int32)
    count[~joins], count[joins] = np.diff(old.indptr), np.diff(new.indptr)
    indptr = np.zeros(len(joins) + 1, dtype=np.int32 if old.nnz + new.nnz < 2**31 else np.int64)
    np.cumsum(count, out=indptr[1:])
    joining = np.repeat(joins, count)
    del count
    data = np.empty(len(joining))
    data[joining], data[~joining] = new.data, old.data
    indices = np.empty(len(joining), dtype=np.int32)
    indices[joining], indices[~joining] = new_row[new.indices], old_row[old.indices]
    return sp.csr_array((data, indices, indptr), shape=(len(joins), n_rows))
