"""Knapsacks: the cheapest set of a territory whose limits all count the same thing in steps that are not too fine.

Then what matters of a set is its cost and its load, and the cheapest set of every load is found customer by customer
(dynamic programming; Kellerer, Pferschy, Pisinger 2004, section 2.3): exact, in a millisecond. Where the rows only
say how much is too much, most customers are clearly in or clearly out by what they bring for their load, and only
the others, the core, need be looked at (the same, section 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.linear import Range

FINEST = 20_000  # steps up to a limit
CELLS = 4_000_000  # steps times customers
CORE = 12  # customers nearest to being as good in as out: they show how good a set can be


@dataclass(frozen=True, eq=False)
class Knapsack:
    """What each of k arcs loads, in whole ``steps``, and what rows charge for a load.

    ``factor`` [m]: what a step counts in each row. ``reach``: the largest load above which the rows charge at least
    ``dear`` for every step; None if none is known.
    """

    steps: Ints
    factor: Floats
    within: Range
    reach: int | None
    dear: float

    def charge(self, load: Ints) -> Floats:
        """What rows charge for loads."""
        activity = load[:, None] * self.factor
        outside = np.maximum(self.within.low - activity, activity - self.within.high)
        charge: Floats = np.maximum(outside, 0.0) @ self.within.weight
        return charge

    def find_cheapest(self, cost: Floats) -> tuple[float, Bools] | None:
        """What the cheapest set costs with what rows charge, and which arcs are in it; None if there is too much."""
        heavy = self.steps > 0
        taken = ~heavy & (cost < 0)
        free = float(cost[taken].sum())
        wanted = np.flatnonzero(heavy & ((cost < 0) | self.is_short()))
        # Who is over every limit could leave out any arc, and would save more than it brings.
        if self.reach is not None and -cost[wanted].min(initial=0.0) <= self.dear:
            wanted = wanted[self.steps[wanted] <= self.reach]
            filling = _fill(self.steps[wanted], cost[wanted], self.reach)
            if filling is None:
                return None
            taken[wanted[filling]] = True
            return float(cost[taken].sum() + self.charge(self.steps[taken].sum(keepdims=True))[0]), taken
        steps = self.steps[wanted]
        table = _tabulate(steps, cost[wanted], int(steps.sum()))
        if table is None:
            return None
        best, better = table
        best += self.charge(np.arange(len(best)))
        load = int(np.argmin(best))
        taken[wanted[_trace(steps, better, load)]] = True
        return float(best[load]) + free, taken

    def is_short(self) -> bool:
        """Whether rows charge for too little, so that a set may be better with what costs something."""
        return bool((self.within.low > 0).any())


def _tabulate(steps: Ints, value: Floats, top: int) -> tuple[Floats, Bools] | None:
    """What the cheapest set of every load up to ``top`` costs, and whether an item is in it if none after it is.

    None if there is too much to look at.
    """
    if (top + 1) * max(len(steps), 1) > CELLS:
        return None
    best = np.full(top + 1, np.inf)
    best[0] = 0.0
    better = np.zeros((len(steps), top + 1), dtype=np.bool_)
    for item, (size, price) in enumerate(zip(steps.tolist(), value.tolist(), strict=True)):
        if size > top:
            continue
        brought = best[: top + 1 - size] + price
        gains = brought < best[size:]
        better[item, size:] = gains
        np.copyto(best[size:], brought, where=gains)
    return best, better


def _trace(steps: Ints, better: Bools, load: int) -> Ints:
    """The items of the cheapest set of a load."""
    items = []
    for item in range(len(steps) - 1, -1, -1):
        if better[item, load]:
            items.append(item)
            load -= int(steps[item])
    return np.array(items, dtype=np.int64)


def _fill(steps: Ints, value: Floats, reach: int) -> Ints | None:
    """The items, each of a ``value`` below 0, that cost least together and load at most ``reach``.

    At the price of a step where the best items for their load fill the reach, each is better in or out by some
    regret. A set with an item on its wrong side falls short of the most there can be by that regret, and so is no
    better than a known set that falls short by less. None if there is too much to look at.
    """
    if steps.sum() <= reach:
        return np.arange(len(steps))
    order = np.argsort(value / steps, kind="stable")
    last = order[np.argmax(np.cumsum(steps[order]) > reach)]
    rate = -value[last] / steps[last]
    regret = -value - rate * steps  # of leaving an item out
    most = reach * rate + float(np.maximum(regret, 0.0).sum())
    near = np.argsort(np.abs(regret), kind="stable")
    core = CORE
    while True:
        some, sure = near[:core], near[core:]
        sure = sure[regret[sure] > 0]
        left = reach - int(steps[sure].sum())
        core *= 2
        if left < 0:
            continue
        table = _tabulate(steps[some], value[some], left)
        if table is None:
            return None
        best, better = table
        found = np.concatenate([sure, some[_trace(steps[some], better, int(np.argmin(best)))]])
        short = most + float(value[found].sum())
        needed = int(np.count_nonzero(np.abs(regret) <= short))
        if needed <= len(some):
            return found
        core = needed


def find_knapsack(by_arc: sp.csr_array, within: Range) -> Knapsack | None:
    """The knapsack of a territory's rows ``by_arc`` [k, m]; None if they count different things or too finely."""
    load = by_arc.toarray()
    if not load.size or (load < 0).any():
        return None
    measure = load[:, np.argmax(load.any(axis=0))]
    shared = measure > 0
    if not shared.any() or (load[~shared] != 0).any():
        return None
    unit = float(np.gcd.reduce(np.rint(measure[shared]).astype(np.int64)))
    steps = np.rint(measure / unit)
    first = int(np.argmax(shared))
    factor = load[first] / steps[first]
    if (load != steps[:, None] * factor).any():
        return None
    reach, dear = None, 0.0
    ends = np.flatnonzero(np.isfinite(within.high) & (factor > 0) & (within.weight > 0))
    if len(ends) and not (within.low > 0).any():
        row = ends[np.argmin(within.high[ends] / factor[ends])]
        reach = max(int(within.high[row] // factor[row]), 0)
        dear = float(within.weight[row] * ((reach + 1) * factor[row] - max(within.high[row], 0.0)))
        if reach > FINEST:
            return None
    return Knapsack(steps.astype(np.int64), factor, within, reach, dear)
