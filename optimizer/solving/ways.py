"""Ways: the sets of a few places in a line that are weighed together, smallest sums of places first.

Units stand in line in the order of how cheaply they move, so these are about the cheapest ways to move a few of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from optimizer.problem import Floats, Ints

DEEPEST = 4  # units moved together
REACH = 90  # what the places of units moved together may sum to ...
TOLL = 15  # ... and what each adds: 76 places, 4,911 ways


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways to move units that stand in line: way w moves what way ``parent[w]`` moves, and the unit at ``place[w]``.

    Way 0 moves nothing; then come the ways that move one unit, two units, and so on, at ``level[n]`` to
    ``level[n + 1]``. ``places`` [ways, deepest] are all that each way moves, ``length`` where there are no more: the
    longest line they are made for.
    """

    length: int
    parent: Ints
    place: Ints
    level: tuple[int, ...]
    places: Ints

    def add_up(self, amount: Floats, pairs: Floats) -> Floats:
        """What each way adds up to, [ways, k]: the ``amount`` [line, k] of each unit.

        ``pairs`` [line, line]: what the first column has besides for each two units of a way.
        """
        total = np.zeros((len(self.parent), amount.shape[1]))
        flat = pairs.ravel()
        for depth in range(1, len(self.level) - 1):
            begin, end = self.level[depth], self.level[depth + 1]
            place, part = self.place[begin:end], total[begin:end]
            np.take(total, self.parent[begin:end], axis=0, out=part)
            part += np.take(amount, place, axis=0)
            for earlier in self.places[begin:end, : depth - 1].T:
                part[:, 0] += flat[earlier * len(pairs) + place]
        return total

    def find_crowded(self, label: Ints) -> Ints:
        """Ways that move three or more units of the same label; ``label`` [line]."""
        begin = self.level[3]
        labels = np.append(label, 0)[self.places[begin:]]
        none = self.places[begin:] == self.length
        labels[none] = -2 - self.length - np.nonzero(none)[1]  # like no other
        alike = np.zeros(len(labels), dtype=np.int64)
        for one, other in combinations(range(self.places.shape[1]), 2):
            alike += labels[:, one] == labels[:, other]
        return begin + np.flatnonzero(alike >= 3)


@cache
def list_ways(reach: int = REACH, toll: int = TOLL, deepest: int = DEEPEST) -> Ways:
    """Ways whose places sum to at most ``reach``, with ``toll`` added for each unit moved.

    Since units stand in the order of how cheaply they move, these are about the cheapest ways there are.
    """
    ways: list[tuple[int, ...]] = [()]

    def extend(way: tuple[int, ...], left: int) -> None:
        if len(way) < deepest:
            for place in range(way[-1] + 1 if way else 0, left - toll + 1):
                ways.append((*way, place))
                extend(ways[-1], left - toll - place)

    extend((), reach)
    ways.sort(key=lambda way: (len(way), way))
    number = {way: w for w, way in enumerate(ways)}
    size = np.array([len(way) for way in ways])
    length = reach - toll + 1
    places = np.full((len(ways), deepest), length)
    for w, way in enumerate(ways):
        places[w, : len(way)] = way
    return Ways(
        length=length,
        parent=np.array([number[way[:-1]] for way in ways]),
        place=np.array([way[-1] if way else -1 for way in ways]),
        level=tuple(int(at) for at in np.searchsorted(size, np.arange(deepest + 2))),
        places=places,
    )
