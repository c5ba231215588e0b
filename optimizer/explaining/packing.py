"""Packing: a quick plan for hard limits alone, the hardest customers first, each where most room is left."""

from __future__ import annotations

import numpy as np

from optimizer.problem import Ints
from optimizer.solving.model import Model


def pack(model: Model) -> Ints:
    """One arc for each unit, [U], chosen once and in order: few choices first, then large; costs play no part.

    A unit takes the arc that breaches least by itself and then leaves the fullest row it touches least full. What
    asks for a least amount is not looked after.
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
    return arcs
