"""Ascent: values of units that climb towards a better bound, a step at a time.

A unit wanted by several territories becomes dearer, one wanted by none becomes cheaper (the subgradient method with
Polyak's step; Held, Wolfe, Crowder 1974).
"""

from __future__ import annotations

import numpy as np

from optimizer.problem import Floats

EAGER, PATIENCE, INERTIA = 0.3, 4, 0.6


class Ascent:
    """The values [U] to be tried next, and the best bound so far with its values."""

    def __init__(self, value: Floats) -> None:
        self.value = self.best_value = value
        self.bound = -np.inf
        self.direction = np.zeros(len(value))
        self.eager, self.stale = EAGER, 0

    def move(self, bound: float, slope: Floats, objective: float) -> None:
        """Take what the values proved, and move them along ``slope`` towards a bound of ``objective``."""
        if bound > self.bound:
            self.bound, self.best_value, self.stale = bound, self.value, 0
        else:
            self.stale += 1
        if self.stale >= PATIENCE:
            self.eager, self.stale = self.eager / 2, 0
            self.value, self.direction = self.best_value, np.zeros(len(slope))
        self.direction = slope + INERTIA * self.direction
        length = float(self.direction @ self.direction)
        if length > 0:
            step = self.eager * max(objective - self.bound, 1.0) / length
            self.value = self.value + step * self.direction
