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
    ``level[n + 1]``. ``places`` [deepest, ways] are all that each way moves, ``length`` where there are no more: the
    longest line they are made for. ``couple``: every two different places. ``couples``: of the ways of each level, for
    each place before the last, where it and the last stand in a [line, line] table laid flat.
    """

    length: int
    parent: Ints
    place: Ints
    level: tuple[int, ...]
    places: Ints
    couple: tuple[Ints, Ints]
    couples: tuple[Ints, ...]

    def add_up(self, amount: Floats, pairs: Floats) -> Floats:
        """What each way adds up to, [k, ways]: the ``amount`` [k, line] of each unit.

        ``pairs`` [line, line]: what the first row has besides for each two units of a way.
        """
        total = np.zeros((len(amount), len(self.parent)))
        flat = pairs.ravel()
        for depth, couples in enumerate(self.couples, 1):
            some = slice(self.level[depth], self.level[depth + 1])
            parent, place = self.parent[some], self.place[some]
            for line, values in zip(total, amount, strict=True):
                np.add(line[parent], values[place], out=line[some])
            for couple in couples:
                total[0, some] += flat[couple]
        return total

    def find_crowded(self, label: Ints) -> Ints:
        """Ways that move three or more units of the same label; ``label`` [line]."""
        crowded = []
        for size in range(3, self.places.shape[0] + 1):
            begin, end = self.level[size], self.level[size + 1]
            labels = label[self.places[:size, begin:end]]
            alike = np.zeros(end - begin, dtype=np.int8)
            for one, other in combinations(labels, 2):
                alike += one == other
            crowded.append(begin + np.flatnonzero(alike >= 3))
        return np.concatenate(crowded)


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
    places = np.full((deepest, len(ways)), length)
    for w, way in enumerate(ways):
        places[: len(way), w] = way
    level = [int(at) for at in np.searchsorted(size, np.arange(deepest + 2))]
    return Ways(
        length=length,
        parent=np.array([number[way[:-1]] for way in ways]),
        place=np.array([way[-1] if way else -1 for way in ways]),
        level=tuple(level),
        places=places,
        couple=np.triu_indices(length, 1),
        couples=tuple(
            places[: depth - 1, level[depth] : level[depth + 1]] * length
            + places[depth - 1, level[depth] : level[depth + 1]]
            for depth in range(1, deepest + 1)
        ),
    )
