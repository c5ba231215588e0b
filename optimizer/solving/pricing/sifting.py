"""Sifting: row prices of a large model, found on the arcs that matter and checked against all of them.

At good prices nearly every unit has a handful of arcs that are near its cheapest; the others cannot change the
prices. So rough prices are found on a sample of the units, and better ones on the few arcs of each unit that are
cheap at these; whatever arc is cheap at the better prices and was not among them joins in (Bixby, Gregory, Lustig,
Marsten, Shanno 1992 did so with linear programs). The bound is computed with every arc in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from optimizer.problem import Bools, Floats
from optimizer.solving.modelling.model import Model
from optimizer.solving.pricing.prices import HANDY, WARMTH, Prices, cheapest_arcs, find_prices, price_at

WHOLE = 250_000  # arcs up to which all are used at once ...
PRECISE = 100  # ... and steps at each warmth
SAMPLE, SPARSEST = 600_000, 10  # arcs of the first sample, but at least every so many-th unit
ROUGH, ROUGH_STEPS = (1.0, 0.3), 30  # warmth of its prices, and steps at each
DENSER, BETTER = 3, (0.3, 0.1)  # every so many-th unit of a second sample where that is more, and warmth ...
AGAIN, AGAIN_STEPS = (0.1,), 40  # ... and of the sample that sifting begins with; steps at each
Passes = Sequence[tuple[int, float, int]]  # arcs of each unit that join, warmth and steps of each pass
PASSES = ((8, 0.1, 40), (4, 0.03, 60), (4, 0.01, 60))
TOUCH = ((8, 0.01, 60),)  # for prices that are nearly good


def find_rough_prices(model: Model, *, should_stop: Callable[[], bool] = lambda: False) -> Prices:
    """Rough prices for a large model from samples of its units, and the bound they prove over all its arcs.

    None (zero) for a model that is not sifted.
    """
    nothing = np.zeros(len(model.low))
    if len(model.rep) <= WHOLE:
        return price_at(model, nothing)
    stride = min(max(2, -(-len(model.rep) // SAMPLE)), SPARSEST)
    find = partial(find_prices, should_stop=should_stop)
    dual = find(_sample(model, stride), nothing, warmth=ROUGH, steps=ROUGH_STEPS).dual
    if stride > DENSER:
        dual = find(_sample(model, DENSER), dual, warmth=BETTER, steps=AGAIN_STEPS).dual
    return price_at(model, dual)


def sift_prices(
    model: Model,
    start: Floats,
    *,
    passes: Passes = PASSES,
    warmth: Sequence[float] = WARMTH,
    effort: float = 1.0,
    enough: float = np.inf,
    whole: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prices:
    """Good prices for the rows of a model of any size, and the bound they prove over all its arcs.

    ``start`` [m]: prices to begin with; ``passes``: see ``PASSES``; ``warmth``: of likenesses where all arcs are used
    at once; ``whole``: see ``WHOLE``. Ends early when the bound has passed ``enough``.
    """
    climb = partial(find_prices, enough=enough, should_stop=should_stop)
    if len(model.rep) <= (WHOLE if whole is None else whole):
        return climb(model, start, warmth=warmth, steps=max(1, round(PRECISE * effort)))
    best = here = price_at(model, start)
    if passes[0][1] >= AGAIN[0]:
        here = _climb_sample(model, start, should_stop)
        best = max(best, here, key=lambda prices: prices.bound)
    keep = np.zeros(len(model.rep), dtype=bool)
    for few, warm, steps in passes:
        keep |= _find_cheapest(model, here.reduced, few)
        part = model.restrict(keep)[0]
        one, times = len(part.rep) <= HANDY, max(1, round(steps * effort))
        dual = climb(part, here.dual, warmth=(warm,), steps=times, one=one).dual
        del part  # there may be no room for two of them
        here = price_at(model, dual)
        if here.bound > best.bound:
            best = here
        if here.bound > enough or should_stop():
            break
    return best


def _climb_sample(model: Model, start: Floats, should_stop: Callable[[], bool]) -> Prices:
    """Prices of all arcs of a sample: where prices are far off, all cheapest arcs lead to the same few reps."""
    sample = _sample(model, DENSER)
    found = find_prices(sample, start, warmth=AGAIN, steps=AGAIN_STEPS, should_stop=should_stop)
    return price_at(model, found.dual)


def _find_cheapest(model: Model, value: Floats, few: int) -> Bools:
    """The ``few`` arcs of least value of each unit."""
    keep = np.zeros(len(value), dtype=bool)
    left = value.copy()
    for _ in range(few):
        least = np.minimum.reduceat(left, model.first[:-1])
        hit = left == least[model.unit]
        keep |= hit
        left[hit] = np.inf
    return keep


def _sample(model: Model, stride: int) -> Model:
    """The arcs of every ``stride``-th unit, with ranges as much narrower.

    Units are counted in the order of their cheapest rep and their size, so that every rep has its share.
    """
    nearest = cheapest_arcs(model, model.weighed_cost)
    size = np.asarray(model.by_arc[nearest].sum(axis=1)).ravel()
    wanted = np.zeros(model.n_units, dtype=bool)
    wanted[np.lexsort((size, model.rep[nearest]))[::stride]] = True
    kept = np.flatnonzero(wanted[model.unit])
    unit = (np.cumsum(wanted) - 1)[model.unit[kept]]
    by_arc = model.by_arc[kept]
    return replace(
        model,
        first=np.searchsorted(unit, np.arange(unit[-1] + 2)),
        unit=unit,
        rep=model.rep[kept],
        cost=model.cost[kept],
        breach=model.breach[kept],
        by_arc=by_arc,
        low=model.low / stride,
        high=model.high / stride,
    )
