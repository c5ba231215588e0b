"""Weighing: what each way to move a few units from and to one rep costs, with the true charge of every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.linear import Range
from optimizer.solving.searching.ways import Ways


@dataclass(frozen=True, eq=False)
class Around:
    """What moving each of n units in line, from or to one rep, changes."""

    rep: int
    rows: Ints  # [m] the rows that change
    amount: Floats  # [n, m] by how much
    cost: Floats  # [n] what the units cost more by themselves
    other: Ints  # [n] the rep at the other end of the move
    before: Floats  # [m] what the rows add up to now
    within: Range  # [m]
    own: Bools  # [m] rows of the rep, or of several reps

    def rows_that(self, some: Bools) -> Changing:
        """Some of the rows."""
        within = self.within
        return Changing(
            self.amount[:, some], self.before[some], within.low[some], within.high[some], within.weight[some]
        )


@dataclass(frozen=True, eq=False)
class Changing:
    """Rows that change: the ``amount`` [n, s] of each unit, what they add up to now, and their ranges [s]."""

    amount: Floats
    before: Floats
    low: Floats
    high: Floats
    weight: Floats

    def charge(self, change: Floats) -> Floats:
        """What these rows cost more when they change by ``change`` [..., s]."""
        return self._charge(self.before + change) - self._charge(self.before)

    def _charge(self, activity: Floats) -> Floats:
        outside = np.maximum(self.low - activity, activity - self.high)
        charge: Floats = np.maximum(outside, 0.0, out=outside) @ self.weight
        return charge


def weigh_ways(ways: Ways, around: Around) -> Floats:
    """What each way costs more than staying, in whole milli-hours.

    Whole, so that which of two equal ways is taken does not depend on the order of adding up. Only the rows of
    the rep itself, and those of several reps, are added up way by way. The rows of another rep change with the
    one or two units that a way moves from or to it: that is worked out unit by unit and pair by pair. Ways that
    move more than two between the same two reps are added up in full.
    """
    line = len(around.cost)
    own, others = around.rows_that(around.own), around.rows_that(~around.own)
    alone = others.charge(others.amount)
    amount = np.zeros((1 + len(own.before), ways.length))
    amount[0, :line] = around.cost + alone
    amount[0, line:] = np.inf
    amount[1:, :line] = own.amount.T
    label = np.arange(-ways.length, 0) + UNSERVED  # who is not in line is alike to nobody
    label[:line] = around.other
    one, two = ways.couple
    alike = np.flatnonzero(label[one] == label[two])
    one, two = one[alike], two[alike]
    pairs = np.zeros((ways.length, ways.length))
    pairs[one, two] = others.charge(others.amount[one] + others.amount[two]) - alone[one] - alone[two]
    total = ways.add_up(amount, pairs)
    cost = total[0] + own.charge(total[1:].T)
    crowded = ways.find_crowded(label)
    crowded = crowded[np.isfinite(cost[crowded])]
    if len(crowded):
        every = around.rows_that(np.ones(len(around.rows), dtype=np.bool_))
        changes = np.vstack([np.column_stack([around.amount, around.cost]), np.zeros(len(around.rows) + 1)])
        added = changes[np.minimum(ways.places[:, crowded], line)].sum(axis=0)
        cost[crowded] = added[:, -1] + every.charge(added[:, :-1])
    gain: Floats = np.rint(cost)
    return gain
