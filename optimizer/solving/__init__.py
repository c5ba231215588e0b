"""From a problem to a plan with a proven bound.

The way: modelling (which pairs, and what they add up to) -> pricing (what limits are worth) -> bounding (what no plan
beats) -> searching (the plan, and a better one) -> exact, where few arcs are left -> concluding: the checked result.
``strategy`` goes it; ``teams`` ask beforehand how many reps it takes, and who.
"""

from __future__ import annotations

from optimizer.solving.improving import Improving, improve
from optimizer.solving.modelling.footing import Footing, mix
from optimizer.solving.strategy import solve, solve_near

__all__ = ["Footing", "Improving", "improve", "mix", "solve", "solve_near"]
