"""The hours of a week that whole tasks can fill: 24 hours hold four tasks of 5 and no more than 20 hours of them."""

from __future__ import annotations

import numpy as np

from optimizer.problem import Floats, Ints

LOOK = 8  # tasks after which it is asked whether the week is full already


def find_usable(capacity: Ints, rep: Ints, hours: Ints, price: Floats, base_load: Ints) -> Ints:
    """The largest sum of tasks, one of each option at most, that fits each rep's week, [R, W].

    ``rep`` and ``hours`` [K] of the options, ``price`` [K, W] infinite where an option may not be; ``base_load``
    [R, W] is there already. Sums are the bits of one long number: a task shifts them by its hours.
    """
    usable = capacity.copy()
    order = np.argsort(rep, kind="stable")
    first = np.searchsorted(rep[order], np.arange(len(capacity) + 1))
    able = np.isfinite(price)
    for r in range(len(capacity)):
        mine = order[first[r] : first[r + 1]]
        for w in range(capacity.shape[1]):
            room = int(capacity[r, w] - base_load[r, w])
            if room <= 0:
                continue
            sizes = np.sort(hours[mine[able[mine, w]]])[::-1]
            if int(sizes.sum()) > room:
                usable[r, w] = base_load[r, w] + _largest_sum(sizes.tolist(), room)
    return usable


def _largest_sum(sizes: list[int], room: int) -> int:
    """The largest sum of some of ``sizes`` that is at most ``room``."""
    within = (1 << (room + 1)) - 1
    sums = 1
    for at, size in enumerate(sizes):
        if size <= room:
            sums |= (sums << size) & within
        if at % LOOK == 0 and sums >> room:
            return room
    return sums.bit_length() - 1
