"""Team bound: what every team of a size costs at least, whoever is on it.

Customers get values v, and each seat takes what pays within its hours, in parts (Lagrangian relaxation of "each
customer has one owner"; for fixed numbers of facilities Cornuejols, Fisher & Nemhauser 1977, with capacities
Cornuejols, Sridharan & Thizy 1991):

    L(v, p) = sum over units of v + sum over the p best seats of min over parts x of (cost - v) x, load x <= limit

No team of p people costs less, whatever v is: what balance, budgets and rivals cost comes on top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from optimizer.problem import Floats, Ints
from optimizer.solving.teams.seats import Offers

STEPS = 120  # of the ascent at a size that no neighbour has prices for, ...
AGAIN = 60  # ... and at the others
PATIENCE = 6  # steps without a better bound before they become shorter
MOST_VALUE = 1e9  # milli-hours that a unit is worth at most where nobody may be left out
AIM = 0.03  # by this share the ascent aims above the best bound where no team is known to cost more
SAFETY = 1e-9  # relative, for rounding errors of sums


@dataclass(eq=False)
class TeamBound:
    """Bounds for teams of any size from the same seats. ``must_serve``: nobody may be left without an owner."""

    offers: Offers
    fixed: Ints
    most: Ints
    must_serve: bool = False

    def climb(
        self, sizes: Iterable[int], known: dict[int, float], should_stop: Callable[[], bool] = lambda: False
    ) -> dict[int, float]:
        """A bound in milli-hours for each size; ``known``: what a team of some costs."""
        bounds: dict[int, float] = {}
        value = self._begin()
        for turn, size in enumerate(sorted(sizes, reverse=True)):
            bound, value = self._climb(size, value, known.get(size), AGAIN if turn else STEPS, should_stop)
            bounds[size] = bound - SAFETY * abs(bound)
        return bounds

    def look(self, value: Floats, size: int) -> tuple[float, Floats]:
        """The bound of given values, and how often each unit is wanted less once, [U]."""
        offers = self.offers
        gain = value[offers.unit] - offers.cost
        some = np.flatnonzero((gain > 0) & (self.most[offers.seat] > 0))
        worth = gain[some] / np.maximum(offers.load[some], 1e-3)
        some = some[np.lexsort((-worth, offers.seat[some]))]
        load = offers.load[some].astype(np.float64)
        total = np.cumsum(load) - load
        seat = offers.seat[some]
        first = np.searchsorted(seat, np.arange(offers.n_seats))
        began = np.append(total, load.sum())[first]
        room = np.maximum(offers.limit[seat] - (total - began[seat]), 0.0)
        part = np.where(load > 0, np.minimum(room / np.maximum(load, 1e-3), 1.0), 1.0)
        saved = np.bincount(seat, part * gain[some], offers.n_seats).astype(np.float64)
        taken = self._pick(saved, size)
        wanted = np.bincount(offers.unit[some], part * taken[seat], offers.n_units)
        slope: Floats = (1.0 - wanted).astype(np.float64)
        return float(value.sum() - (saved * taken).sum()), slope

    def _pick(self, saved: Floats, size: int) -> Ints:
        """How many sit on each seat: the fixed ones and those who save most."""
        taken = self.fixed.copy()
        free = size - int(taken.sum())
        spare = self.most - taken
        order = np.argsort(-saved, kind="stable")
        before = np.cumsum(spare[order]) - spare[order]
        taken[order] += np.clip(free - before, 0, spare[order])
        return taken

    def _begin(self) -> Floats:
        """Values a little above what a unit costs with those nearest to it."""
        offers = self.offers
        cost = np.full((offers.n_units, 3), np.inf)
        allowed = np.flatnonzero(self.most[offers.seat] > 0)
        order = allowed[np.lexsort((offers.cost[allowed], offers.unit[allowed]))]
        unit = offers.unit[order]
        rank = np.arange(len(order)) - np.searchsorted(unit, unit)
        near = rank < 3
        cost[unit[near], rank[near]] = offers.cost[order[near]]
        known = np.where(np.isfinite(cost), cost, -np.inf).max(axis=1)
        return self._clip(np.where(np.isfinite(known), known, 0.0))

    def _clip(self, value: Floats) -> Floats:
        most: Floats = np.minimum(value, MOST_VALUE if self.must_serve else self.offers.alone)
        return most

    def _climb(
        self, size: int, value: Floats, known: float | None, steps: int, should_stop: Callable[[], bool]
    ) -> tuple[float, Floats]:
        # As in ``Ascent``, but steps count from the present bound and a shorter one looks again at the best values:
        # the values of the next larger team are far off, and without both half a team is proved 2 % less.
        best, best_value, eager, idle = -np.inf, value, 1.0, 0
        smooth = np.zeros(len(value))
        for _ in range(steps):
            bound, slope = self.look(value, size)
            idle += 1
            if bound > best:
                best, best_value, idle = bound, value, 0
            # Where a value stands at its end nothing pulls it further.
            capped = (value >= (MOST_VALUE if self.must_serve else self.offers.alone)) & (slope > 0)
            smooth = np.where(capped, 0.0, slope) + 0.5 * smooth
            length = float(smooth @ smooth)
            if length < 1e-9 or should_stop():
                break
            if idle >= PATIENCE:
                eager, idle, value, smooth = eager / 2, 0, best_value, np.zeros(len(value))
                continue
            goal = known if known is not None and known > best else best + AIM * abs(best) + 1.0
            value = self._clip(value + eager * (goal - bound) / length * smooth)
        return best, best_value
