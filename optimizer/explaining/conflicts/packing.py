"""Packing: a quick plan for hard limits alone, the hardest customers first, each where most room is left."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from optimizer.problem import Ints
from optimizer.solving.modelling.model import Model


def pack(model: Model) -> Ints:
    """One arc for each unit, [U], chosen once and in order: few choices first, then large; costs play no part.

    A unit takes the arc that breaches least by itself and then leaves the fullest row it touches least full. Where less
    is then than must be, units come from where they are not needed.
    """
    matrix = model.by_arc
    room = np.where(np.isfinite(model.high), np.maximum(model.high, 0.0), np.inf)
    size = np.zeros(len(model.rep))
    share = matrix.data / np.where(room > 0, room, 1e-9)[matrix.indices]
    np.maximum.at(size, np.repeat(np.arange(len(model.rep)), np.diff(matrix.indptr)), share)
    choices = np.add.reduceat((model.breach == 0).astype(np.int64), model.first[:-1])
    largest = np.maximum.reduceat(size, model.first[:-1])
    full = np.zeros(len(model.high))
    arcs = np.zeros(model.n_units, dtype=np.int64)
    for unit in np.lexsort((-largest, np.minimum(choices, 4))):
        begin, end = model.first[unit], model.first[unit + 1]
        ends = matrix.indptr[begin : end + 1]
        row, more = matrix.indices[ends[0] : ends[-1]], share[ends[0] : ends[-1]]
        filled = np.zeros(end - begin)
        count = np.diff(ends)
        touched = np.flatnonzero(count)
        if len(touched):
            filled[touched] = np.maximum.reduceat(full[row] + more, ends[touched] - ends[0])
        best = int(np.lexsort((filled, model.breach[begin:end]))[0])
        arcs[unit] = begin + best
        own = slice(ends[best], ends[best + 1])
        full[matrix.indices[own]] += share[own]
    _fill(model, arcs)
    return arcs


def _fill(model: Model, arcs: Ints) -> None:
    """Give rows that are below their lower end units that no other row needs, as far as upper ends let it."""
    used = np.asarray(model.by_arc[arcs].sum(axis=0)).ravel()
    short = np.flatnonzero(used < model.low)
    if not len(short):
        return
    ends, rows, data = (
        some.tolist() for some in (model.by_arc.indptr, model.by_arc.indices, model.by_arc.data)
    )
    by_row = sp.csc_array(model.by_arc)
    free = model.breach == 0
    for row in short[np.argsort(used[short] - model.low[short], kind="stable")].tolist():
        offered = by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]]
        for arc in offered[free[offered]].tolist():
            if used[row] >= model.low[row]:
                break
            unit = int(model.unit[arc])
            change: dict[int, float] = {}
            for sign, some in ((1, arc), (-1, int(arcs[unit]))):
                for at in range(ends[some], ends[some + 1]):
                    change[rows[at]] = change.get(rows[at], 0.0) + sign * data[at]
            if change[row] > 0 and all(
                used[at] + more <= model.high[at] if more > 0 else used[at] + more >= model.low[at]
                for at, more in change.items()
                if more
            ):
                arcs[unit] = arc
                for at, more in change.items():
                    used[at] += more
