"""Screening: finds in U x R pairs of unit and stranger the few that may be cheaper than what a unit has.

Units that live near one another are looked at together: a rep too far for all of them is dismissed in one
comparison, the rest in one product of small matrices. Everything is in 32 bits and rounded downwards, so that no pair
is dismissed that could be cheaper; what is found must be priced exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from optimizer.cores import count_threads
from optimizer.problem import EARTH_RADIUS_KM, Bools, Floats, Ints, Problem
from optimizer.solving.modelling.strangers import Strangers

NEIGHBOURS = 768  # units that live together and are looked at in one go
ROUNDING = 2.0**-24  # relative, of one operation in 32 bits

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Lists:
    """A list of whole numbers for each unit: unit u has ``value[first[u] : first[u + 1]]``."""

    first: Ints  # [U + 1]
    value: Ints

    def of(self, units: Ints) -> tuple[Ints, Ints]:
        """The lists of ``units`` one after another, and where each begins."""
        count = self.first[units + 1] - self.first[units]
        begin = np.cumsum(count) - count
        at = np.repeat(self.first[units] - begin, count) + np.arange(int(count.sum()))
        return self.value[at], begin


@dataclass(frozen=True, eq=False)
class Found:
    """Pairs (``unit``, ``rep``) [F] that may undercut, and a lower bound on how far all others go below, ``rest`` [U].

    ``rest`` is 0 where all pairs that may undercut are among those found, negative elsewhere; milli-hours.
    """

    unit: Ints
    rep: Ints
    rest: Floats


class Screen:
    """One look at all units and their strangers, for what is below the ``cheapest`` arc each has, [U].

    ``middle`` [U, 3]: where units live, NaN for nowhere; ``kind`` [U] and ``able`` [kinds, R]: which reps may have
    a unit; ``ties``: reps of each unit that are no strangers, -1 is nobody; ``open_units`` [U]: False where no
    stranger may come at all; ``keep``: the most pairs found for a unit.
    """

    def __init__(
        self,
        problem: Problem,
        members: Lists,
        strangers: Strangers,
        cheapest: Floats,
        *,
        middle: Floats,
        kind: Ints,
        able: Bools,
        ties: tuple[Lists, ...],
        open_units: Bools,
        keep: int,
    ) -> None:
        self.problem, self.members, self.strangers = problem, members, strangers
        self.middle, self.kind, self.able, self.ties = middle, kind, able, ties
        self.open_units, self.keep = open_units, keep
        self.placed = ~np.isnan(middle[:, 0])
        self.home = problem.rep_point
        self.at_home = ~np.isnan(self.home[:, 0])
        self.base = strangers.handover + strangers.shared - cheapest
        # milli-hours a unit of chord; 0 for customers without a place, whose road is 0
        located = ~np.isnan(problem.customer_point[:, 0])
        self.rate = np.where(located, problem.travel_rate * EARTH_RADIUS_KM, 0.0)
        unit_of_member = np.repeat(np.arange(len(self.base)), np.diff(members.first))

        def add_up(amount: Floats) -> Floats:
            return np.bincount(unit_of_member, amount[members.value], len(self.base)).astype(np.float64)

        self.unit_rate = add_up(self.rate)
        # Travel is rounded to whole milli-hours for each member.
        self.rounding = 0.5 * add_up((self.rate > 0).astype(np.float64))
        # What a rep without a home travels: the same to every one of them.
        self.homeless = add_up(np.rint(problem.nearest_km * problem.travel_rate))
        limit = problem.distance_limit
        hard = problem.distance_price is None and limit < np.pi * EARTH_RADIUS_KM
        self.farthest = 2 * np.sin(limit / (2 * EARTH_RADIUS_KM)) * (1 + 1e-6) if hard else np.inf

    def run(self) -> Found:
        """Look at every unit."""
        rest = np.zeros(len(self.base))
        units, reps = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        # Two threads: numpy lets go of Python's lock in all that takes long.
        with ThreadPoolExecutor(min(2, count_threads())) as pool:
            for unit, rep, looked, left in pool.map(self._look, self._cut()):
                rest[looked] = left
                units.append(unit)
                reps.append(rep)
        return Found(np.concatenate(units), np.concatenate(reps), rest)

    def _cut(self) -> Iterator[tuple[Ints, Ints]]:
        """Chunks of units of one kind that live near one another, and the reps that may have them."""
        placed = self.placed
        order = np.argsort(self.kind, kind="stable")
        starts = np.searchsorted(self.kind[order], np.arange(len(self.able) + 1))
        for kind, row in enumerate(self.able):
            reps = np.flatnonzero(row)
            units = order[starts[kind] : starts[kind + 1]]
            units = units[self.open_units[units]]
            if not len(reps):
                continue
            for here in (units[placed[units]], units[~placed[units]]):
                if len(here) and placed[here[0]]:
                    here = here[cKDTree(self.middle[here], leafsize=NEIGHBOURS).indices]
                for begin in range(0, len(here), NEIGHBOURS):
                    yield here[begin : begin + NEIGHBOURS], reps

    def _look(self, task: tuple[Ints, Ints]) -> tuple[Ints, Ints, Ints, Floats]:
        """Pairs (unit, rep) found in a chunk; its units where more may undercut, and by how much at most."""
        units, reps = task
        nobody = np.empty(0, dtype=np.int64)
        customers, inner = self.members.of(units)
        point = self.problem.customer_point[customers]
        lost = np.isnan(point[:, 0])
        centre = np.zeros(3) if lost.all() else point[~lost].mean(axis=0)
        point = np.where(lost[:, None], 0.0, point - centre)
        radius = float(np.sqrt((point**2).sum(axis=1).max()))
        home = np.where(self.at_home[reps, None], self.home[reps] - centre, 0.0)
        away = np.sqrt((home**2).sum(axis=1))
        near = np.maximum(away - radius, 0.0)  # no member is nearer than this

        close = self._may_undercut(units, reps, near)
        if not close.any():
            return nobody, nobody, nobody, np.empty(0)
        reps, home, away, near = reps[close], home[close], away[close], near[close]
        value = self._price(units, customers, inner, reps, point, radius, home, away, near)
        self._leave_out_ties(value, units, reps)
        hit = np.flatnonzero(value.min(axis=1) < 0)
        if not len(hit):
            return nobody, nobody, nobody, np.empty(0)
        value = value[hit]
        left = np.zeros(len(hit))
        column = np.broadcast_to(np.arange(len(reps)), value.shape)
        if len(reps) > self.keep:
            column = np.argpartition(value, self.keep, axis=1)[:, : self.keep + 1]
            value = np.take_along_axis(value, column, axis=1)
            left = np.minimum(value[:, self.keep].astype(np.float64), 0.0)
            column, value = column[:, : self.keep], value[:, : self.keep]
        row, at = np.nonzero(value < 0)
        return units[hit[row]], reps[column[row, at]], units[hit], left

    def _may_undercut(self, units: Ints, reps: Ints, near: Floats) -> Bools:
        """False for reps who are too dear for every unit, by the least of each of their properties."""
        stranger = self.strangers
        scale = np.where(self.unit_rate[units] > 0, self.unit_rate[units], 1.0)
        size = stranger.size[units] / scale[:, None]
        at_home = self.at_home[reps]
        road = (self.unit_rate[units] / scale).min() * near - (self.rounding[units] / scale).max()
        road = np.where(at_home, road, (self.homeless[units] / scale).min())
        least = (self.base[units] / scale).min() + stranger.toll[reps] * road
        if size.shape[1]:
            price = stranger.price[:, reps]
            least += np.minimum(size.min(axis=0)[:, None] * price, size.max(axis=0)[:, None] * price).sum(
                axis=0
            )
        close: Bools = least < 0
        if np.isfinite(self.farthest):
            close &= ~at_home | (near <= self.farthest) | ~self.placed[units].all()
        return close

    def _price(
        self,
        units: Ints,
        customers: Ints,
        inner: Ints,
        reps: Ints,
        point: Floats,
        radius: float,
        home: Floats,
        away: Floats,
        near: Floats,
    ) -> Floats32:
        """At most what each unit would pay above its cheapest arc for each rep, [units, reps]."""
        stranger = self.strangers
        at_home = self.at_home[reps]
        toll = stranger.toll[reps]
        # The arc of a chord c is at least c + c^3 / 24.
        weight = np.where(at_home, toll * (1 + near**2 / 24), 0.0)
        # Squared chords |p|^2 - 2 p.q + |q|^2, scaled by the squares of both prices, in one product; 16 roundings of
        # the largest term are taken off, more than all of them together can have added (7).
        error = 16 * ROUNDING * (radius + away) ** 2
        left = np.column_stack([-2 * point, (point**2).sum(axis=1), np.ones(len(point))])
        right = np.column_stack([home, np.ones(len(home)), away**2 - error])
        rate = self.rate[customers]
        squares = _multiply(left * rate[:, None] ** 2, (right * weight[:, None] ** 2).T)
        np.maximum(squares, 0, out=squares)
        amount = np.sqrt(squares, out=squares)
        if np.isfinite(self.farthest):
            too_far = _multiply(left, right.T) > self.farthest**2
            too_far &= (~np.isnan(self.problem.customer_point[customers, 0]))[:, None] & at_home
            amount[too_far] = np.inf
        for fee in stranger.fees:
            burden = fee.burden[customers].astype(np.float32)
            if burden.any():
                lacking = fee.lacking[:, reps].astype(np.float32)[fee.kind[customers]]
                lacking *= burden[:, None]
                amount += lacking
        several = len(customers) > len(units)
        if several:
            amount = np.add.reduceat(amount, inner, axis=0)
        size = np.column_stack([stranger.size[units], -self.rounding[units], self.homeless[units]])
        price = np.vstack(
            [stranger.price[:, reps], np.where(at_home, toll, 0.0), np.where(at_home, 0.0, toll)]
        )
        base = self.base[units]
        # What is rounded, and how often at most: the columns of the product, the members added up, a few more.
        largest = np.abs(base) + np.abs(size) @ np.abs(price).max(axis=1)
        largest += self.unit_rate[units] * float((weight * (away + radius)).max())
        for fee in stranger.fees:
            dearest = fee.burden[customers] * fee.lacking.max()
            largest += np.add.reduceat(dearest, inner)
        roundings = 2 * (size.shape[1] + 12 + len(stranger.fees) + (len(customers) if several else 0))
        base = base - roundings * ROUNDING * largest
        amount += _multiply(np.column_stack([size, base]), np.vstack([price, np.ones(len(reps))]))
        return amount

    def _leave_out_ties(self, value: Floats32, units: Ints, reps: Ints) -> None:
        """Reps that are no strangers cost what they cost elsewhere."""
        column = np.full(self.problem.n_reps + 1, -1)  # the last for nobody
        column[reps] = np.arange(len(reps))
        for ties in self.ties:
            rep, begin = ties.of(units)
            row = np.repeat(np.arange(len(units)), np.diff(begin, append=len(rep)))
            at = column[rep]
            known = at >= 0
            value[row[known], at[known]] = np.inf


def _multiply(left: Floats, right: Floats) -> Floats32:
    """The product of two matrices in 32 bits."""
    # A product with one column reads beyond it and complains; its numbers are right.
    with np.errstate(invalid="ignore"):
        product: Floats32 = left.astype(np.float32) @ right.astype(np.float32)
    return product
