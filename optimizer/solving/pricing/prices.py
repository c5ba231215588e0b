"""Prices: what one more unit of each row is worth, and the lower bound they prove.

For any prices d (>= 0 at the upper end of a row, <= 0 at the lower end, at most the row's own price), taking
every row into the cost gives a number that no plan can beat (Geoffrion 1974, Lagrangian relaxation):

    L(d) = sum over units of min over arcs (cost + sum of d x coefficient) - sum over rows (d+ high - d- low)

It holds for every d whatever way d was found. Good prices are found by climbing a smooth likeness of L (Nesterov
2005), in which a unit does not jump from its cheapest arc to the next one but leans to each the more the cheaper it
is: with weights exp(-reduced cost / warmth). The colder, the truer; each likeness is climbed by L-BFGS-B (Byrd, Lu,
Nocedal, Zhu 1995) from where the warmer one ended. In a few hundred steps this comes as near to the best prices as a
subgradient method in thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, minimize

from optimizer.cores import count_threads
from optimizer.problem import Floats, Ints
from optimizer.solving.modelling.model import Model

WARMTH = (0.1, 0.01, 0.001)  # of what second-cheapest arcs are usually dearer
STEPS = 100  # of climbing at each warmth
REMEMBERED = 10  # steps that L-BFGS-B learns the curvature from
FLATTEST = 0.02  # units that lean to and fro: rows that fewer touch are scaled as if so many did
SLICED = 120_000  # arcs of a slice at most: what a processor keeps at hand
HANDY = 10_000  # arcs up to which handing slices to others takes longer than the work itself
ALIKE = 8  # arcs up to which only units with equally many share a slice; above, a fifth more or less does not matter


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
    reduced += model.weighed_cost
    cheapest = np.minimum.reduceat(reduced, model.first[:-1])
    return Prices(dual, float(cheapest.sum() - _row_constant(model, dual)), reduced)


def clip(model: Model, dual: Floats) -> Floats:
    """Nearest admissible prices: zero where an end is open, at most the price of priced rows.

    Prices of hard rows could rise for ever where nothing keeps them all, and so would the bound; they end at the
    weight of a breach.
    """
    ceiling = model.weight
    most = np.where(np.isfinite(model.high), ceiling, 0.0)
    least = np.where(np.isfinite(model.low), -ceiling, 0.0)
    return np.clip(dual, least, most)


def _find_largest(model: Model) -> Floats:
    """The largest entry of each row, [m]."""
    largest = np.zeros(len(model.low))
    np.maximum.at(largest, model.by_arc.indices, np.abs(model.by_arc.data))
    return largest


def _find_worth_pricing(model: Model, dual: Floats) -> tuple[Ints, Ints]:
    """Rows with an upper end worth a price, and with a lower one: arcs can go beyond it, or it has a price already."""
    entries = model.by_arc
    negative = entries.data < 0
    least = np.bincount(entries.indices[negative], entries.data[negative], minlength=len(model.low)).astype(
        float
    )
    most = entries.T @ np.ones(len(model.rep)) - least
    return np.flatnonzero((most > model.high) | (dual > 0)), np.flatnonzero((least < model.low) | (dual < 0))


def _row_constant(model: Model, dual: Floats) -> float:
    end = np.where(dual > 0, model.high, np.where(dual < 0, model.low, 0.0))
    return float(dual @ end)


@dataclass(frozen=True, eq=False)
class Slice:
    """Some of a model's units, so that several can be asked side by side.

    Arcs stand in places: first the first arcs of all units, then the second ones, and so on. Units are then compared
    in whole lines, several times faster than one by one.
    """

    cost: Floats  # [places, units], inf where a unit has no more arcs
    by_arc: sp.csr_array  # [places x units, m]

    def lean(self, dual: Floats, warmth: float) -> tuple[float, float, Floats]:
        """At given prices, what the cheapest arcs cost in all, the smooth likeness of it, and its slope [m].

        The slope is what the arcs add up to in each row when each unit leans to its arcs by their weights.
        """
        cheapest, total, weight = self._weigh(dual, warmth)
        paid = float(cheapest.sum())
        return paid, paid - warmth * float(np.log(total).sum()), self.by_arc.T @ weight.ravel()

    def bend(self, dual: Floats, warmth: float) -> Floats:
        """How fast the slope changes with the price of each row by itself, times ``warmth``, [m]."""
        _, _, weight = self._weigh(dual, warmth)
        weight *= 1.0 - weight
        squares = sp.csr_array(
            (self.by_arc.data**2, self.by_arc.indices, self.by_arc.indptr), self.by_arc.shape
        )
        bend: Floats = squares.T @ weight.ravel()
        return bend

    def _weigh(self, dual: Floats, warmth: float) -> tuple[Floats, Floats, Floats]:
        """What each unit's cheapest arc costs, the sum of the weights relative to it, and the weights as shares."""
        reduced = (self.by_arc @ dual).reshape(self.cost.shape)
        reduced += self.cost
        cheapest = reduced.min(axis=0)
        np.subtract(cheapest, reduced, out=reduced)
        reduced /= warmth
        weight = np.exp(reduced, out=reduced)
        total = weight.sum(axis=0)
        weight /= total
        return cheapest, total, weight


def slice_units(model: Model, pool: Executor | None = None, *, one: bool = False) -> list[Slice]:
    """The model in slices of units that have about as many arcs; how many does not depend on the machine.

    In ``one`` slice where units have few arcs, and none has many more than another.
    """
    count = np.diff(model.first)
    if one:
        return [_slice(model, model.weighed_cost, np.arange(model.n_units), count)]
    size = np.where(count <= ALIKE, count, ALIKE + np.ceil(4 * np.log2(count / ALIKE)).astype(np.int64))
    parts: list[Ints] = []
    for alike in np.unique(size):
        units = np.flatnonzero(size == alike)
        parts += np.array_split(units, -(-int(count[units].sum()) // SLICED))
    total = model.weighed_cost
    return list((pool.map if pool else map)(lambda part: _slice(model, total, part, count[part]), parts))


def _slice(model: Model, total: Floats, units: Ints, count: Ints) -> Slice:
    place = np.arange(int(count.max()))[:, None]
    there = place < count
    arcs = (model.first[units] + place)[there]
    cost = np.full(there.shape, np.inf)
    cost[there] = total[arcs]
    part = model.by_arc[arcs]
    # where each place's entries end; one without an arc has none
    ends = np.zeros(there.size + 1, dtype=part.indptr.dtype)
    ends[1:][there.ravel()] = np.diff(part.indptr)
    np.cumsum(ends, out=ends)
    return Slice(cost, sp.csr_array((part.data, part.indices, ends), shape=(there.size, part.shape[1])))


class _Climb:
    """Climbing one likeness after the other; remembers the best prices on the way.

    Both ends of a row are priced on their own, [upper ends, then lower ends], both from zero up. Rows are scaled by how
    fast their slope changes, so that hours and yuan climb alike, and a crowded city as fast as an empty plain.
    """

    def __init__(
        self,
        model: Model,
        start: Prices,
        pool: Executor,
        one: bool,
        enough: float,
        should_stop: Callable[[], bool],
    ) -> None:
        self.slices, self.n_rows = slice_units(model, pool, one=one), len(model.low)
        self.map = map if len(model.rep) <= HANDY or len(self.slices) == 1 else pool.map
        self.enough, self.should_stop = enough, should_stop
        upper, lower = _find_worth_pricing(model, start.dual)
        self.row = np.concatenate([upper, lower])
        self.sign = np.concatenate([np.ones(len(upper)), -np.ones(len(lower))])
        self.end = np.concatenate([model.high[upper], model.low[lower]]) * self.sign
        self.most = model.weight[self.row]
        largest = _find_largest(model)
        self.least = np.maximum(FLATTEST * largest**2, 1e-18)
        self.scale = np.ones(len(self.row))
        self.best, self.best_dual = start.bound, start.dual

    def join(self, ends: Floats) -> Floats:
        """Row prices [m] of the prices of their ends."""
        dual = np.bincount(self.row, ends * self.scale * self.sign, minlength=self.n_rows)
        return dual.astype(np.float64, copy=False)

    def fall(self, ends: Floats, warmth: float) -> tuple[float, Floats]:
        """What is minimised: the likeness turned upside down, and its slope."""
        dual = self.join(ends)
        answers = list(self.map(lambda part: part.lean(dual, warmth), self.slices))
        charge = float((self.end * self.scale) @ ends)
        bound = sum(paid for paid, _, _ in answers) - charge
        if bound > self.best:
            self.best, self.best_dual = bound, dual
        activity = np.sum([slope for _, _, slope in answers], axis=0)[self.row]
        value = sum(like for _, like, _ in answers) - charge
        size = warmth * self.n_rows  # keeps both in a range that the method is at ease with
        return -value / size, (self.end - activity * self.sign) * self.scale / size

    def climb(self, dual: Floats, warmth: float, steps: int) -> None:
        """Climb the likeness of one warmth from the given prices."""
        bend = np.sum(list(self.map(lambda part: part.bend(dual, warmth), self.slices)), axis=0)
        self.scale = 1.0 / np.sqrt(np.maximum(bend, self.least))[self.row]
        most = self.most / self.scale
        start = np.clip(dual[self.row] * self.sign / self.scale, 0.0, most)

        def look(xk: Floats) -> None:
            if self.best > self.enough or self.should_stop():
                raise StopIteration

        minimize(
            self.fall,
            start,
            args=(warmth,),
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(np.zeros(len(start)), most),
            callback=look,
            options={"maxiter": steps, "maxfun": 2 * steps, "maxcor": REMEMBERED, "ftol": 1e-10, "gtol": 0.0},
        )


def find_prices(
    model: Model,
    dual: Floats,
    *,
    warmth: Sequence[float] = WARMTH,
    steps: int = STEPS,
    one: bool = False,
    enough: float = np.inf,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prices:
    """Good prices for the rows of a model, from ``dual`` [m] up, and the bound they prove.

    ``warmth``: of each likeness that is climbed, as a share of what second-cheapest arcs are usually dearer. ``steps``
    at each are counted, so that the prices do not depend on the clock. ``one``: as for ``slice_units``. Also ends when
    the bound has passed ``enough``, and when ``should_stop`` says so.
    """
    best = price_at(model, dual)
    if not len(model.low):
        return best
    usual = find_usual_regret(model)
    with ThreadPoolExecutor(count_threads()) as pool:
        climb = _Climb(model, best, pool, one, enough, should_stop)
        for share in warmth:
            climb.climb(climb.best_dual, share * usual, steps)
            if climb.best > enough or should_stop():
                break
    found = price_at(model, climb.best_dual)
    return found if found.bound > best.bound else best


def find_usual_regret(model: Model) -> float:
    """How much dearer than its cheapest arc a unit's second-cheapest usually is (median of those dearer at all).

    Where most units are held where they are, and may only be left out at the weight of a breach, that would be what is
    usual, and so warm a likeness proves nothing: arcs that break something do not count then.
    """
    cost = model.weighed_cost
    first = model.first[:-1]
    cheapest = np.minimum.reduceat(cost, first)
    dearer = cost > cheapest[model.unit]
    regrets = []
    for counts in (dearer, dearer & (model.breach == 0)):
        regret = np.minimum.reduceat(np.where(counts, cost, np.inf), first) - cheapest
        regrets.append(regret[np.isfinite(regret)])
    every, kept = regrets
    usual = float(np.median(every)) if len(every) else 1.0
    return float(np.median(kept)) if len(kept) and usual > kept.max() else usual


def cheapest_arcs(model: Model, reduced: Floats) -> Ints:
    """The arc of least reduced cost of each unit, the first of equals, [U]."""
    low = np.minimum.reduceat(reduced, model.first[:-1])
    hit = np.flatnonzero(reduced == low[model.unit])
    unit = model.unit[hit]  # ascending: the first hit of each unit is where it changes
    arcs: Ints = hit[np.concatenate([[True], unit[1:] != unit[:-1]])]
    return arcs
