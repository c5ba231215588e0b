"""From a problem to a plan with a proven bound.

The way: candidates -> model -> prices (a bound) -> exchanges (the plan) and territories (a better bound) -> exact
where small -> checked result.
"""

from __future__ import annotations

from optimizer.solving.footing import Footing, mix
from optimizer.solving.improving import Improving, improve
from optimizer.solving.strategy import solve, solve_near

__all__ = ["Footing", "Improving", "improve", "mix", "solve", "solve_near"]
