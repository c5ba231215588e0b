"""Many small concave functions climbed side by side: a proximal bundle for each rep's prices.

What a rep's hours are worth is a concave function of the prices of its weeks, known only where it was asked. Every
answer is a plane above it; the next question is where the lowest of these planes, less a penalty for the distance from
the best point, is highest (Kiwiel 1990, Proximity control in bundle methods). With a dozen weeks some dozens of
questions settle it, where subgradient steps zigzag.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Bools, Floats

INNER = 60  # steps of the small problem of weights
SERIOUS = 0.1  # of the promised gain that a question must bring to be the new best point


@dataclass(eq=False)
class Bundle:
    """R functions of W prices. Of each the last M planes are known: heights at price 0 and slopes."""

    centre: Floats  # [R, W] best point of each
    value: Floats  # [R] its value
    reach: Floats  # [R] weight of the penalty: how far steps go
    height: Floats  # [R, M]
    slope: Floats  # [R, M, W]
    known: Bools  # [R, M]
    next: int = 0
    promised: Floats | None = None

    def add(self, price: Floats, value: Floats, slope: Floats) -> Bools:
        """Take in the answer at ``price``: which functions got a new best point."""
        m = self.next % self.known.shape[1]
        self.next += 1
        self.height[:, m] = value - (slope * price).sum(axis=1)
        self.slope[:, m] = slope
        self.known[:, m] = True
        gain = value - self.value
        if self.promised is None:
            better = gain > 0
        else:
            better = gain > SERIOUS * np.maximum(self.promised, 0.0)
            much = gain > 0.5 * self.promised
            self.reach *= np.where(better, np.where(much, 2.0, 1.0), 0.8)
        self.centre[better], self.value = price[better], np.where(better, value, self.value)
        return better

    def forget(self, which: Bools, centre: Floats) -> None:
        """``which`` [R] are other functions now: begin again at ``centre``, with steps as far as before."""
        self.known[which] = False
        self.value[which] = -np.inf
        self.centre[which] = centre[which]
        self.promised = None

    def ask_next(self, low: Floats, high: Floats) -> Floats:
        """Where to ask next, [R, W], within ``low`` and ``high``: weights of planes by accelerated projected steps."""
        count = self.known.sum(axis=1)
        weight = np.where(self.known, 1.0 / np.maximum(count, 1)[:, None], 0.0)
        ahead, momentum = weight, 1.0
        steep = (self.slope**2).sum(axis=2).max(axis=1, initial=0.0, where=self.known)
        # The largest eigenvalue of the planes' products is at most their number times the steepest.
        step = 1.0 / np.maximum(self.reach * steep * np.sqrt(np.maximum(count, 1)) * 2, 1e-12)
        for _ in range(INNER):
            price = self._best_price(ahead, low, high)
            above = self.height + np.einsum("rmw,rw->rm", self.slope, price)
            new = _project(ahead - step[:, None] * above, self.known)
            faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead = new + (momentum - 1) / faster * (new - weight)
            weight, momentum = new, faster
        price = self._best_price(weight, low, high)
        lowest = np.where(self.known, self.height + np.einsum("rmw,rw->rm", self.slope, price), np.inf)
        self.promised = lowest.min(axis=1) - self.value
        return price

    def _best_price(self, weight: Floats, low: Floats, high: Floats) -> Floats:
        towards = np.einsum("rm,rmw->rw", weight, self.slope)
        price: Floats = np.clip(self.centre + self.reach[:, None] * towards, low, high)
        return price


def _project(points: Floats, known: Bools) -> Floats:
    """The nearest weights that are not negative and add up to 1, [R, M]; unknown planes have none."""
    masked = np.where(known, points, -np.inf)
    falling = -np.sort(-masked, axis=1)
    total = np.cumsum(np.where(np.isfinite(falling), falling, 0.0), axis=1)
    number = np.arange(1, points.shape[1] + 1)
    positive = falling - (total - 1) / number > 0
    last = np.maximum(positive.sum(axis=1) - 1, 0)
    rows = np.arange(len(points))
    shift = (total[rows, last] - 1) / (last + 1)
    weights: Floats = np.where(known, np.maximum(points - shift[:, None], 0.0), 0.0)
    return weights


def start_bundle(centre: Floats, reach: Floats, planes: int) -> Bundle:
    """No answers yet; the first one is best."""
    n, w = centre.shape
    return Bundle(
        centre=centre.copy(),
        value=np.full(n, -np.inf),
        reach=reach.copy(),
        height=np.zeros((n, planes)),
        slope=np.zeros((n, planes, w)),
        known=np.zeros((n, planes), dtype=np.bool_),
    )
