"""Present territories: near their owners, but as unfair as asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from making.chance import Chance

Point = tuple[float, float]  # latitude, longitude in degrees
ROUNDS = 60


def km_between(one: Point, other: Point) -> float:
    """Distance on a plane: good enough to invent a territory."""
    north = (one[0] - other[0]) * 111.2
    east = (one[1] - other[1]) * 111.2 * math.cos(math.radians((one[0] + other[0]) / 2))
    return math.hypot(north, east)


def assign(
    points: Sequence[Point],
    hours: Sequence[float],
    homes: Sequence[Point],
    wanted: Sequence[float],
    can: Callable[[int, int], bool],
    chance: Chance,
) -> list[int]:
    """The owner of every customer so that loads are about as ``wanted`` (shares, 0: none).

    Every rep has a penalty in km that grows while the rep has too much: a power diagram with some noise.
    """
    total, share = sum(hours), sum(wanted)
    goal = [w / share * total for w in wanted]
    choices = []
    for i, point in enumerate(points):
        able = [r for r in range(len(homes)) if wanted[r] > 0 and can(i, r)]
        choices.append(sorted((km_between(point, homes[r]) * chance.between(0.8, 1.2), r) for r in able)[:12])
    # A rep's steps are as long as its neighbours are far: short in a city, long on the plains.
    around: list[list[float]] = [[] for _ in homes]
    for able_near in choices:
        around[able_near[0][1]].append(able_near[min(3, len(able_near) - 1)][0])
    step = [0.3 * sum(kms) / max(len(kms), 1) for kms in around]
    push = [0.0] * len(homes)
    owner = [0] * len(points)
    for turn in range(ROUNDS):
        load = [0.0] * len(homes)
        for i, able in enumerate(choices):
            owner[i] = min((km + push[r], r) for km, r in able)[1]
            load[owner[i]] += hours[i]
        for r, goal_r in enumerate(goal):
            if goal_r > 0:
                push[r] += step[r] / (1 + 0.1 * turn) * max(-1.0, min(1.0, load[r] / goal_r - 1))
    return owner
