"""Weighing: what each way to move a few units from and to one rep costs, with the true charge of every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.linear import Range
from optimizer.solving.ways import Ways


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

    def charge(self, activity: Floats, some: Ints) -> Floats:
        """What ``some`` rows [s] cost when they add up to ``activity`` [s, ...]."""
        low, high, weight = self.within.low[some], self.within.high[some], self.within.weight[some]
        outside = np.maximum((low - activity.T).T, (activity.T - high).T)
        charge: Floats = weight @ np.maximum(outside, 0.0, out=outside)
        return charge


def weigh_ways(ways: Ways, around: Around) -> Floats:
    """What each way costs more than staying, in whole milli-hours.

    Whole, so that which of two equal ways is taken does not depend on the order of adding up. Only the rows of
    the rep itself, and those of several reps, are added up way by way. The rows of another rep change with the
    one or two units that a way moves from or to it: that is worked out unit by unit and pair by pair. Ways that
    move more than two between the same two reps are added up in full.
    """
    line, before = len(around.cost), around.before
    own, others = np.flatnonzero(around.own), np.flatnonzero(~around.own)
    still = around.charge(before[others], others)
    alone = around.charge((before + around.amount)[:, others].T, others) - still
    amount = np.zeros((1 + len(own), ways.length))
    amount[0, :line] = around.cost + alone
    amount[0, line:] = np.inf
    amount[1:, :line] = around.amount[:, own].T
    pairs = np.zeros((ways.length, ways.length))
    one, two = np.nonzero(np.triu(around.other[:, None] == around.other, 1))
    both = around.amount[one] + around.amount[two] + before
    pairs[one, two] = around.charge(both[:, others].T, others) - still - alone[one] - alone[two]
    total = ways.add_up(amount, pairs)
    cost = total[0] + around.charge(total[1:] + before[own, None], own)
    label = np.arange(-ways.length, 0)
    label[:line] = around.other
    crowded = ways.find_crowded(label)
    crowded = crowded[np.isfinite(cost[crowded])]
    changes = np.vstack([np.column_stack([around.amount, around.cost]), np.zeros(len(before) + 1)])
    added = changes[np.minimum(ways.places[:, crowded], line)].sum(axis=0)
    everything = np.arange(len(before))
    cost[crowded] = added[:, -1] + around.charge((added[:, :-1] + before).T, everything) - still
    gain: Floats = np.rint(cost - around.charge(before[own], own))
    return gain
