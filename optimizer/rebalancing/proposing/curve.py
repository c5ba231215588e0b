"""Curve: what each number of moves would bring, and where more of them bring little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints, Problem
from optimizer.result import Score

STEPS = (0, 5, 20, 60, 180, 540)  # moves allowed ...
FEW = 20  # ... and where no more than so many pay:
STEPS_OF_FEW = (0, 1, 2, 3, 5, 10)


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """The best plan found with at most ``allowed`` moves, of those that are aimed at.

    ``aimed``: its objective there (milli-hours), which curve, knee and bound speak of; ``score`` is what it is worth.
    ``outside``: territories outside a corridor; ``deviation``: mean distance of the territories from their targets, as
    a share of these, over all corridors. ``bound``: no plan with so many moves, and the reps who take no part as in
    this one, costs less (milli-hours; None: not known). ``knee``: the point to look at first.
    """

    allowed: int
    moves: int
    owner: Ints
    score: Score
    aimed: int
    bound: int | None
    optimal: bool
    outside: int
    deviation: float
    knee: bool = False

    @property
    def objective_hours(self) -> float:
        """The objective aimed at, in hours."""
        return self.aimed / UNITS_PER_HOUR

    @property
    def bound_hours(self) -> float | None:
        """The bound in hours."""
        return None if self.bound is None else self.bound / UNITS_PER_HOUR

    @property
    def handover_hours(self) -> float:
        """Hours of hand-over."""
        return self.score.terms["handover"] / UNITS_PER_HOUR


def measure_balance(problem: Problem, plan: Plan) -> tuple[int, float]:
    """(territories outside a corridor, mean distance from the targets as a share of them)."""
    outside = np.zeros(problem.n_reps, dtype=bool)
    shares: list[Floats] = []
    served = plan.owner >= 0
    for corridor in problem.corridors:
        size = problem.measures[corridor.measure].size
        total = np.bincount(plan.owner[served], size[served], minlength=problem.n_reps)
        outside |= (total < corridor.low) | (total > corridor.high)
        aimed = corridor.target > 0
        shares.append(np.abs(total[aimed] / corridor.target[aimed] - 1))
    every = np.concatenate(shares) if shares else np.zeros(0)
    return int(outside.sum()), float(every.mean()) if len(every) else 0.0


def choose_steps(wanted: int) -> tuple[int, ...]:
    """The numbers of moves that are worth comparing where ``wanted`` of them pay."""
    return STEPS if wanted > FEW else STEPS_OF_FEW


def join_points(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Points, ascending by moves allowed, with each plan once: where the most are allowed for which it is the best
    found; with the best bound that is known, and the knee.
    """  # fmt: skip
    last = [
        point
        for point, after in zip(points, [*points[1:], None], strict=True)
        if after is None or (after.owner != point.owner).any()
    ]
    bounds = [find_bound(points, point) for point in last]
    knee = mark_knee(last)
    return [
        replace(point, bound=bound, optimal=bound == point.aimed, knee=k == knee)
        for k, (point, bound) in enumerate(zip(last, bounds, strict=True))
    ]


def find_bound(points: Sequence[CurvePoint], chosen: CurvePoint, most: int | None = None) -> int | None:
    """What no plan with at most ``most`` moves (None: as many as ``chosen`` allows) costs less than, as far as
    ``points`` prove it: what holds for more moves holds for fewer too. ``chosen`` is such a plan.
    """  # fmt: skip
    most = chosen.allowed if most is None else min(most, chosen.allowed)
    known = [point.bound for point in points if point.allowed >= most and point.bound is not None]
    return min(max(known), chosen.aimed) if known and chosen.score.keeps_all else None


def mark_knee(points: list[CurvePoint]) -> int | None:
    """The point to look at first: of those that break fewest hard constraints the one where the curve bends."""
    if len(points) < 2:
        return None
    broken = [len(point.score.hard_violations) for point in points]
    kept = [k for k, count in enumerate(broken) if count == min(broken)]
    bend = find_knee([points[k].moves for k in kept], [points[k].aimed for k in kept])
    if bend is not None:
        return kept[bend]
    # The first that mends what can be mended is a bend too.
    return kept[0] if kept[0] > 0 and len(kept) > 1 else None


def find_knee(moves: list[int], objective: list[int]) -> int | None:
    """The point farthest below the straight line from the first to the last (Satopaa et al. 2011); None: no bend.

    Left of it every further move brings more than the average one, right of it less.
    """
    if len(moves) < 3 or moves[-1] == moves[0] or objective[0] <= objective[-1]:
        return None
    x = (np.array(moves) - moves[0]) / (moves[-1] - moves[0])
    y = (objective[0] - np.array(objective)) / (objective[0] - objective[-1])
    above = y - x
    best = int(np.argmax(above))
    return best if above[best] > 1e-9 else None
