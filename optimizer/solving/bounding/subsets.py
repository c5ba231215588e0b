"""Subsets: every set that costs less than a limit more than the cheapest one, listed with what it adds up to.

At good prices most of a territory is settled: few customers are cheap to bring in or to leave out. The sets that
differ from the cheapest one by little are then so few that they can simply be listed, and the best of them is the
best of all as soon as it costs no more than the limit (ranking by reduced cost; Lawler 1972 lists k best in that
way).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Floats, Ints

BINS = 1024  # steps in which a limit is looked for


@dataclass(frozen=True, eq=False)
class Subsets:
    """N sets of changes: what each costs, what it adds up to, and how it came about.

    Set 0 is empty; set s is set ``parent[s]`` and change ``change[s]`` besides.
    """

    cost: Floats  # [N]
    total: Floats  # [N, m]
    parent: Ints  # [N]
    change: Ints  # [N]

    def list_changes(self, number: int) -> Ints:
        """The changes in a set."""
        changes = []
        while number:
            changes.append(int(self.change[number]))
            number = int(self.parent[number])
        return np.array(changes, dtype=np.int64)


def find_limit(cost: Floats, limit: float, most: int) -> float:
    """The largest limit, of ``BINS`` steps up to ``limit``, that at most ``most`` sets of changes cost less than.

    ``cost`` [k] >= 0: what each change costs. Sets are counted by their cost rounded down to a step. 0 where too many
    cost next to nothing.
    """
    step = np.floor(cost * (BINS / limit)).astype(np.int64)
    step = step[step < BINS]
    free = int((step == 0).sum())
    count = np.zeros(BINS)
    count[0] = 2.0 ** min(free, 60)
    for bins in step[step > 0]:
        count[bins:] += count[:-bins].copy()
        np.minimum(count, most + 1.0, out=count)  # more is too many, however many more
    return limit * int(np.searchsorted(np.cumsum(count), most, side="right")) / BINS


def list_subsets(cost: Floats, amount: Floats, limit: float) -> Subsets:
    """All sets of changes whose costs sum to less than ``limit``, and the empty set.

    ``cost`` [k] >= 0 and ``amount`` [k, m]: what each change costs and adds. The dearest changes come first: few
    sets can hold them, and the many that hold cheap ones are made at the end.
    """
    order = np.argsort(-cost, kind="stable")
    order = order[np.searchsorted(-cost[order], -limit, side="right") :]
    total, sums = np.zeros(1), np.zeros((1, amount.shape[1]))
    parents, changes = [np.zeros(1, dtype=np.int64)], [np.zeros(1, dtype=np.int64)]
    for change in order:
        parent = np.flatnonzero(total + cost[change] < limit)
        total = np.concatenate([total, total[parent] + cost[change]])
        sums = np.concatenate([sums, sums[parent] + amount[change]])
        parents.append(parent)
        changes.append(np.full(len(parent), change))
    return Subsets(total, sums, np.concatenate(parents), np.concatenate(changes))
