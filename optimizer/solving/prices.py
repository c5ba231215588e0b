"""Prices: what one more unit of each row is worth, and the lower bound they prove.

For any prices d (>= 0 at the upper end of a row, <= 0 at the lower end, at most the row's own price), taking
every row into the cost gives a number that no plan can beat (Geoffrion 1974, Lagrangian relaxation):

    L(d) = sum over units of min over arcs (cost + sum of d x coefficient) - sum over rows (d+ high - d- low)

It holds for every d whatever way d was found, so the search for good prices may be as rough as it likes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from optimizer.problem import Floats, Ints
from optimizer.solving.model import BREACH_WEIGHT, Model

ROUNDS = 60  # of climbing at most; usually 14
SLICED, SLICES = 100_000, 4  # arcs above which a model is cut in slices, and how many


@dataclass(frozen=True, eq=False)
class Prices:
    """Row prices ``dual`` [m], the bound they prove (milli-hours), and each arc's ``reduced`` cost [K]."""

    dual: Floats
    bound: float
    reduced: Floats

    def regret(self, model: Model) -> Floats:
        """How much dearer each arc is than its unit's cheapest, [K]."""
        return self.reduced - np.minimum.reduceat(self.reduced, model.first[:-1])[model.unit]


def price_at(model: Model, dual: Floats) -> Prices:
    """The bound of given prices, made admissible first."""
    dual = clip(model, dual)
    reduced = model.by_arc @ dual
    reduced += model.cost
    reduced += BREACH_WEIGHT * model.breach
    cheapest = np.minimum.reduceat(reduced, model.first[:-1])
    return Prices(dual, float(cheapest.sum() - _row_constant(model, dual)), reduced)


def clip(model: Model, dual: Floats) -> Floats:
    """Nearest admissible prices: zero where an end is open, at most the price of priced rows.

    Prices of hard rows could rise for ever where nothing keeps them all, and so would the bound; they end at the
    weight of a breach.
    """
    ceiling = np.where(model.hard, model.price * BREACH_WEIGHT, model.price)
    most = np.where(np.isfinite(model.high), ceiling, 0.0)
    least = np.where(np.isfinite(model.low), -ceiling, 0.0)
    return np.clip(dual, least, most)


def _row_constant(model: Model, dual: Floats) -> float:
    end = np.where(dual > 0, model.high, np.where(dual < 0, model.low, 0.0))
    return float(dual @ end)


@dataclass(frozen=True, eq=False)
class Slice:
    """Some of a model's units with their arcs, so that several can be asked side by side."""

    first: Ints  # where each unit's arcs begin
    count: Ints
    cost: Floats
    by_arc: sp.csr_array
    rows: sp.csr_array

    def choose_cheapest(self, dual: Floats) -> tuple[float, Floats]:
        """At given prices, what the cheapest arcs cost in all and what they add up to in each row, [m]."""
        reduced = self.by_arc @ dual
        reduced += self.cost
        cheapest = np.minimum.reduceat(reduced, self.first)
        # Of equals each is chosen in part: any mean of slopes is a slope.
        chosen = (reduced == np.repeat(cheapest, self.count)).astype(np.float64)
        equals = np.add.reduceat(chosen, self.first)
        if equals.max() > 1:
            chosen /= np.repeat(equals, self.count)
        return float(cheapest.sum()), np.asarray(self.rows @ chosen, dtype=np.float64)


def slice_units(model: Model) -> list[Slice]:
    """The model as one slice, or as several of a large one; how many does not depend on the machine."""
    cost = model.cost + BREACH_WEIGHT * model.breach
    count = np.diff(model.first)
    if len(model.rep) <= SLICED:
        return [Slice(model.first[:-1], count, cost, model.by_arc, model.rows)]
    slices = []
    ends = np.linspace(0, model.n_units, SLICES + 1).astype(np.int64)
    for begin, end in pairwise(ends):
        arcs = slice(model.first[begin], model.first[end])
        by_arc = model.by_arc[arcs]
        first = model.first[begin:end] - model.first[begin]
        slices.append(Slice(first, count[begin:end], cost[arcs], by_arc, sp.csr_array(by_arc.T.tocsr())))
    return slices


def climb(
    model: Model,
    choose_cheapest: Callable[[Floats], tuple[float, Floats]],
    dual: Floats,
    target: float,
    steps: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> Floats:
    """Row prices [m] of a higher bound: ``steps`` of the deflected subgradient method with Polyak's step.

    The steps aim at a bound of ``target``. Camerini, Fratta, Maffioli (1975): the direction keeps part of the last
    one, which damps zigzagging. Rows are scaled to their typical coefficient, so that hours and yuan climb alike.
    """
    squares = model.rows.multiply(model.rows).sum(axis=1)
    entries = np.maximum(np.diff(model.rows.indptr), 1)
    scale = 1.0 / np.maximum(np.sqrt(np.asarray(squares).ravel() / entries), 1e-9)
    best_dual = here = clip(model, dual)
    best = -np.inf
    direction = np.zeros_like(dual)
    eager, stale = 1.0, 0
    for _ in range(steps + 1):
        paid, activity = choose_cheapest(here)
        bound = paid - _row_constant(model, here)
        if bound > best:
            best, best_dual, stale = bound, here, 0
        else:
            stale += 1
            if stale >= 12:
                eager, stale = eager / 2, 0
                here, direction = best_dual, np.zeros_like(dual)
                continue
        over, under = activity - model.high, activity - model.low
        slope = np.where(
            here > 0, over, np.where(here < 0, under, np.maximum(over, 0) + np.minimum(under, 0))
        )
        slope = np.where(np.isfinite(slope), slope, 0.0) * scale
        direction = slope + 0.7 * direction
        length = float(direction @ direction)
        if length == 0 or should_stop():
            break
        here = clip(model, here + eager * max(target - bound, 1.0) / length * direction * scale)
    return best_dual


def find_prices(
    model: Model,
    dual: Floats,
    *,
    steps: int = 60,
    effort: float = 1.0,
    ambition: float = 0.1,
    precision: float = 2e-6,
    enough: float = np.inf,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prices:
    """Climb in rounds towards targets ever nearer above the bound, until a round gains next to nothing.

    The first target is the share ``ambition`` above the bound; one is given up (divided by 3) when a round wins
    less than a quarter of the way to it, and doubled after three quarters; the last is the share ``precision``.
    Steps are counted, so that the prices do not depend on the clock. Also ends when the bound has passed ``enough``,
    and when ``should_stop`` says so.
    """
    slices = slice_units(model)
    best = price_at(model, dual)
    scale = max(abs(price_at(model, np.zeros_like(dual)).bound), 1.0)
    with ThreadPoolExecutor(min(len(slices), os.cpu_count() or 1)) as pool:

        def choose_cheapest(prices: Floats) -> tuple[float, Floats]:
            run = map if len(slices) == 1 else pool.map
            answers = list(run(partial(Slice.choose_cheapest, dual=prices), slices))
            return sum(paid for paid, _ in answers), np.sum([activity for _, activity in answers], axis=0)

        for _ in range(ROUNDS):
            if ambition < precision or best.bound > enough or should_stop():
                break
            reach = max(abs(best.bound), scale) * ambition
            dual = climb(
                model,
                choose_cheapest,
                best.dual,
                best.bound + reach,
                max(1, round(steps * effort)),
                should_stop,
            )
            found = price_at(model, dual)
            if found.bound - best.bound < 0.25 * reach:
                ambition /= 3
            elif found.bound - best.bound > 0.75 * reach:
                ambition = min(2 * ambition, 0.1)
            if found.bound > best.bound:
                best = found
    return best


def cheapest_arcs(model: Model, reduced: Floats) -> Ints:
    """The arc of least reduced cost of each unit, the first of equals, [U]."""
    low = np.minimum.reduceat(reduced, model.first[:-1])
    hit = np.flatnonzero(reduced == low[model.unit])
    unit = model.unit[hit]  # ascending: the first hit of each unit is where it changes
    arcs: Ints = hit[np.concatenate([[True], unit[1:] != unit[:-1]])]
    return arcs
