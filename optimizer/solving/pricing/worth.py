"""Worth: the prices of the rows, read back as what one more hour, point, customer or allowed move is worth.

With prices d the bound is a sum that depends on the limits only through d x limit (see ``prices``). So a limit
moved by any amount moves the bound these prices prove by price x amount, and nothing need be solved again.
"""

from __future__ import annotations

import numpy as np

from optimizer import constraints
from optimizer.constraints import capacity, corridors, counts, disruption
from optimizer.problem import UNITS_PER_HOUR, Floats, Problem
from optimizer.result import Worth
from optimizer.solving.modelling.model import Model

POINT = 0.01  # of the target: the step of a corridor


def find_worth(problem: Problem, model: Model, dual: Floats, bound: float) -> Worth:
    """What the prices ``dual`` [m] of the model's rows say of each limit of the problem.

    ``dual``: milli-hours per unit, positive at a row's upper end, negative at its lower end, as ``Prices`` has them;
    ``bound``: what they prove by themselves (milli-hours). ``model`` is built from ``problem``. A row that no
    choice can break is not in the model: its limit is worth nothing.
    """
    higher = np.where(np.isfinite(model.high), np.maximum(dual, 0.0), 0.0)
    lower = np.where(np.isfinite(model.low), np.maximum(-dual, 0.0), 0.0)
    speaker, number, line = model.place.T

    def spread(price: Floats, constraint: object, block: int, size: int) -> Floats:
        """Prices of one block of rows in their places, milli-hours per unit."""
        at = np.flatnonzero((speaker == constraints.ON_ROWS.index(constraint)) & (number == block))
        out = np.zeros(size)
        out[line[at]] = price[at]
        return out

    def stack(price: Floats, constraint: object, blocks: int) -> Floats:
        """The same for blocks with a row a rep, [blocks, R]."""
        rows = [spread(price, constraint, block, problem.n_reps) for block in range(blocks)]
        return np.array(rows).reshape(blocks, problem.n_reps)

    # A measure's unit is 1 / scale; an hour has as many milli-hours of load as of objective.
    targets = np.array([np.abs(corridor.target) for corridor in problem.corridors])
    point = POINT * targets.reshape(len(problem.corridors), problem.n_reps) / UNITS_PER_HOUR
    scales = [problem.measures[budget.measure].scale for budget in problem.budgets]
    return Worth(
        bound=bound,
        hour=spread(higher, capacity, 0, problem.n_reps),
        corridor_low=stack(lower, corridors, len(problem.corridors)) * point,
        corridor_high=stack(higher, corridors, len(problem.corridors)) * point,
        count_low=stack(lower, counts, len(problem.counts)) / UNITS_PER_HOUR,
        count_high=stack(higher, counts, len(problem.counts)) / UNITS_PER_HOUR,
        budgets=tuple(
            spread(higher, disruption, block, len(budget.limit)) * scale / UNITS_PER_HOUR
            for block, (budget, scale) in enumerate(zip(problem.budgets, scales, strict=True))
        ),
    )
