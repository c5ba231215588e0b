"""Ascent: values of units that climb towards a better bound, a step at a time.

A unit wanted by several territories becomes dearer, one wanted by none becomes cheaper (the subgradient method with
Polyak's step; Held, Wolfe, Crowder 1974).
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import Floats

EAGER, PATIENCE, INERTIA = 0.3, 4, 0.6


class Ascent:
    """The values [U] to be tried next, and the best bound so far with its values.

    Steps become shorter after a few without a better bound, and at once where the bound falls by more than ``deep`` of
    what is left to the objective.
    """

    def __init__(self, value: Floats, *, deep: float = np.inf) -> None:
        self.value = self.best_value = value
        self.bound = -np.inf
        self.direction = np.zeros(len(value))
        self.eager, self.stale, self.deep = EAGER, 0, deep
        self.shortened = 0  # times that steps became shorter since the bound last rose

    def move(self, bound: float, slope: Floats, objective: float) -> None:
        """Take what the values proved, and move them along ``slope`` towards a bound of ``objective``."""
        if bound > self.bound:
            self.bound, self.best_value, self.stale, self.shortened = bound, self.value, 0, 0
        else:
            self.stale += 1
        fallen = self.bound - bound > self.deep * max(objective - self.bound, 1.0)
        if self.stale >= PATIENCE or fallen:
            self.eager, self.stale, self.shortened = self.eager / 2, 0, self.shortened + 1
            self.value, self.direction = self.best_value, np.zeros(len(slope))
        self.direction = slope + INERTIA * self.direction
        length = float(self.direction @ self.direction)
        if length > 0:
            step = self.eager * max(objective - self.bound, 1.0) / length
            self.value = self.value + step * self.direction
