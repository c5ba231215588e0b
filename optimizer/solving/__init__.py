"""From a problem to a plan with a proven bound.

The way: candidates -> model -> prices (a bound) -> exchanges (the plan) and territories (a better bound) -> exact
where small -> checked result.
"""

from __future__ import annotations

from optimizer.solving.improving import Improving, improve
from optimizer.solving.strategy import solve

__all__ = ["Improving", "improve", "solve"]
