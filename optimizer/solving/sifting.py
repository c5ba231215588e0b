"""Sifting: row prices of a large model, found on the arcs that matter and checked against all of them.

At good prices nearly every unit has a handful of arcs that are near its cheapest; the others cannot change the
prices. So rough prices are found on all arcs, and better ones on the few that are cheap at these; whatever arc is
cheap at the better prices and was not among them joins in (Bixby, Gregory, Lustig, Marsten, Shanno 1992 did so with
linear programs). The bound is computed with every arc in any case.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from optimizer.problem import Bools, Floats
from optimizer.solving.model import Model
from optimizer.solving.prices import Prices, find_prices, price_at

WHOLE = 250_000  # arcs up to which all are used at once
ROUGH, ROUGH_STEPS = 0.15, 50  # warmth of the first prices, and steps
PASSES = (0.05, 0.015, 0.005)  # warmth of each pass over the arcs that matter ...
EXACT_STEPS = 100  # at each warmth where all arcs are used
STEPS = 60  # ... and its steps
FIRST, MORE = 6, 4  # arcs of each unit in the first pass, and joining in each other one


def find_rough_prices(model: Model, *, should_stop: Callable[[], bool] = lambda: False) -> Prices:
    """Rough prices from all arcs of a large model; none for one that is not sifted."""
    nothing = np.zeros(len(model.low))
    if len(model.rep) <= WHOLE:
        return price_at(model, nothing)
    return find_prices(model, nothing, warmth=(ROUGH,), steps=ROUGH_STEPS, should_stop=should_stop)


def sift_prices(
    model: Model,
    start: Floats,
    *,
    effort: float = 1.0,
    enough: float = np.inf,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prices:
    """Good prices for the rows of a model of any size, and the bound they prove over all its arcs.

    ``start`` [m]: prices to begin with. Ends early when the bound has passed ``enough``.
    """
    climb = partial(find_prices, enough=enough, should_stop=should_stop)
    if len(model.rep) <= WHOLE:
        return climb(model, start, steps=max(1, round(EXACT_STEPS * effort)))
    best = here = price_at(model, start)
    keep = np.zeros(len(model.rep), dtype=bool)
    for number, warmth in enumerate(PASSES):
        keep |= _find_cheapest(model, here.reduced, MORE if number else FIRST)
        part, _ = model.restrict(keep)
        found = climb(part, here.dual, warmth=(warmth,), steps=max(1, round(STEPS * effort)))
        here = price_at(model, found.dual)
        if here.bound > best.bound:
            best = here
        if here.bound > enough or should_stop():
            break
    return best


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
