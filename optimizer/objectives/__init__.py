"""What makes a plan better, one file each, said twice; every amount in milli-hours.

The first voice, ``measure(problem, plan)``, gives each customer's share of the term [n]; the second,
``charge(problem, pairs)``, the cost of each candidate pair. Prices of broken constraints are the constraints' own.
"""

from __future__ import annotations

from optimizer.objectives import handover, misfit, pair_cost, travel, unserved

ALL = (travel, handover, unserved, misfit, pair_cost)
