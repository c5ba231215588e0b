"""Prices: what one more unit of each row is worth, and the lower bound they prove.

For any prices d (>= 0 at the upper end of a row, <= 0 at the lower end, at most the row's own price), taking
every row into the cost gives a number that no plan can beat (Geoffrion 1974, Lagrangian relaxation):

    L(d) = sum over units of min over arcs (cost + sum of d x coefficient) - sum over rows (d+ high - d- low)

It holds for every d whatever way d was found, so the search for good prices may be as rough as it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.problem import Floats, Ints
from optimizer.solving.model import BREACH_WEIGHT, Model

ROUNDS = 60  # of climbing at most; usually 14


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


def climb(
    model: Model,
    dual: Floats,
    target: float,
    steps: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prices:
    """Raise the bound by ``steps`` of the deflected subgradient method with Polyak's step towards ``target``.

    Camerini, Fratta, Maffioli (1975): the direction keeps part of the last one, which damps zigzagging.
    Rows are scaled to their typical coefficient, so that hours and yuan climb alike.
    """
    by_row = model.rows
    squares = by_row.multiply(by_row).sum(axis=1)
    count = np.maximum(np.diff(by_row.indptr), 1)
    scale = 1.0 / np.maximum(np.sqrt(np.asarray(squares).ravel() / count), 1e-9)
    cost = model.cost + BREACH_WEIGHT * model.breach
    count = np.diff(model.first)
    best_dual = here = clip(model, dual)
    best = -np.inf
    direction = np.zeros_like(dual)
    eager, stale = 1.0, 0
    for _ in range(steps + 1):
        reduced = model.by_arc @ here
        reduced += cost
        cheapest = np.minimum.reduceat(reduced, model.first[:-1])
        bound = float(cheapest.sum() - _row_constant(model, here))
        if bound > best:
            best, best_dual, stale = bound, here, 0
        else:
            stale += 1
            if stale >= 12:
                eager, stale = eager / 2, 0
                here, direction = best_dual, np.zeros_like(dual)
                continue
        # Of equals each is chosen in part: any mean of slopes is a slope.
        chosen = (reduced == np.repeat(cheapest, count)).astype(np.float64)
        equals = np.add.reduceat(chosen, model.first[:-1])
        if equals.max() > 1:
            chosen /= np.repeat(equals, count)
        activity = by_row @ chosen
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
    return price_at(model, best_dual)


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
    best = price_at(model, dual)
    scale = max(abs(price_at(model, np.zeros_like(dual)).bound), 1.0)
    for _ in range(ROUNDS):
        if ambition < precision or best.bound > enough or should_stop():
            break
        reach = max(abs(best.bound), scale) * ambition
        found = climb(model, best.dual, best.bound + reach, max(1, round(steps * effort)), should_stop)
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
