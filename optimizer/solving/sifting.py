"""Sifting: row prices of a large model, found on the arcs that matter and checked against all of them.

At good prices nearly every unit has a handful of arcs that are near its cheapest; the others cannot change the
prices. So they are found on few arcs, first of a sample of the units, and whatever arc is cheap at these prices and
was not among them joins in (Bixby, Gregory, Lustig, Marsten, Shanno 1992 did so with linear programs). The bound is
computed with every arc in any case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import scipy.sparse as sp

from optimizer.problem import Bools, Floats
from optimizer.solving.model import BREACH_WEIGHT, Model
from optimizer.solving.prices import Prices, cheapest_arcs, find_prices, price_at

WHOLE = 250_000  # arcs up to which all are used at once
SAMPLE = 600_000  # arcs of a sample at most
FEW = 4  # arcs of each unit
PASSES = 5
ROUGH, FINE = 2e-4, 3e-6  # precision of prices on the way, and at the end
AGAIN = 1e-3  # of the bound: what prices that are nearly right are expected to gain
NEARLY, CLOSE = 2e-3, 3e-5  # of the bound: what arcs left out may cost it, on the way and at the end


def sift_prices(
    model: Model,
    dual: Floats,
    *,
    effort: float = 1.0,
    enough: float = np.inf,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prices:
    """Good prices for the rows of a model of any size, and the bound they prove over all its arcs.

    ``dual`` [m]: prices to begin with. Ends early when the bound has passed ``enough``.
    """
    if len(model.rep) <= WHOLE:
        return find_prices(model, dual, effort=effort, enough=enough, should_stop=should_stop)
    climb = partial(find_prices, effort=effort, should_stop=should_stop)
    best = here = price_at(model, dual)
    ambition = AGAIN if dual.any() else 0.01
    keep = np.ones(len(model.rep), dtype=bool)
    stride = 1 if dual.any() else max(2, -(-len(model.rep) // SAMPLE))
    while stride > 1:
        found = climb(_sample(model, keep, stride), here.dual, precision=ROUGH)
        here = price_at(model, found.dual)
        keep = _find_cheapest(model, here.reduced)
        stride //= 6
    keep = _find_cheapest(model, here.reduced)
    precision = FINE if dual.any() else ROUGH
    for _ in range(PASSES):
        part, _ = model.restrict(keep)
        found = climb(part, here.dual, ambition=ambition, precision=precision, enough=enough)
        here = price_at(model, found.dual)
        if here.bound > best.bound:
            best = here
        lost = (found.bound - here.bound) / max(abs(here.bound), 1.0)
        if (lost <= CLOSE and precision == FINE) or should_stop():
            break
        precision = FINE if lost <= NEARLY else ROUGH
        ambition = AGAIN
        keep |= _find_cheapest(model, here.reduced)
    return best


def _find_cheapest(model: Model, value: Floats) -> Bools:
    """The ``FEW`` arcs of least value of each unit."""
    keep = np.zeros(len(value), dtype=bool)
    left = value.copy()
    for _ in range(FEW):
        least = np.minimum.reduceat(left, model.first[:-1])
        hit = left == least[model.unit]
        keep |= hit
        left[hit] = np.inf
    return keep


def _sample(model: Model, keep: Bools, stride: int) -> Model:
    """The kept arcs of every ``stride``-th unit, with ranges as much narrower.

    Units are counted in the order of their cheapest rep and their size, so that every rep has its share.
    """
    part, _ = model.restrict(keep)
    nearest = cheapest_arcs(part, part.cost + BREACH_WEIGHT * part.breach)
    size = np.asarray(part.by_arc[nearest].sum(axis=1)).ravel()
    wanted = np.zeros(part.n_units, dtype=bool)
    wanted[np.lexsort((size, part.rep[nearest]))[::stride]] = True
    kept = np.flatnonzero(wanted[part.unit])
    unit = (np.cumsum(wanted) - 1)[part.unit[kept]]
    by_arc = part.by_arc[kept]
    return replace(
        part,
        first=np.searchsorted(unit, np.arange(unit[-1] + 2)),
        unit=unit,
        rep=part.rep[kept],
        cost=part.cost[kept],
        breach=part.breach[kept],
        rows=sp.csr_array(by_arc.T.tocsr()),
        by_arc=by_arc,
        low=part.low / stride,
        high=part.high / stride,
    )
