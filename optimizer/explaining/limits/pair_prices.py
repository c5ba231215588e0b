"""Pair prices: what every customer costs with every rep when the prices of hours, corridors and budgets are paid too.

These are the reduced costs of ``solving.prices``, read back from a result's ``Worth``. A pair that a limit takes away
is priced like any other, so that what the limit costs can be told without planning again: an estimate, because prices
stay as they are while customers move.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer import constraints, objectives
from optimizer.constraints import together
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints, Problem
from optimizer.result import Worth
from optimizer.rows import Pairs
from optimizer.solving.pricing.worth import POINT

MOST_PAIRS = 2_000_000  # customers x reps priced for one answer; of more a sample
PORTION = 1_000_000  # of them in one go


@dataclass(frozen=True, eq=False)
class PairPrices:
    """The prices of a problem's limits, milli-hours per unit."""

    problem: Problem
    worth: Worth

    @cached_property
    def corridors(self) -> Floats:
        """Price of a unit of each corridor's measure with each rep, [C, R]: above the target dear, below it a gain."""
        targets = [np.abs(corridor.target) for corridor in self.problem.corridors]
        shape = (len(self.problem.corridors), self.problem.n_reps)
        point = POINT * np.array(targets).reshape(shape) / UNITS_PER_HOUR
        net = self.worth.corridor_high - self.worth.corridor_low
        return np.divide(net, point, out=np.zeros(shape), where=point > 0)

    def price(self, problem: Problem, customer: Ints, rep: Ints) -> Floats:
        """Milli-hours of each pair, inf where it may not be. ``problem``: this one, perhaps without some limits."""
        pairs = Pairs(problem, customer, rep)
        cost = np.zeros(len(rep), dtype=np.float64)
        forbidden = np.zeros(len(rep), dtype=bool)
        for term in objectives.ALL:
            cost += term.charge(problem, pairs)
        for constraint in constraints.ON_PAIRS:
            cost += constraint.charge(problem, pairs)
            forbidden |= constraint.find_forbidden(problem, pairs)
        served, r = pairs.served, np.maximum(rep, 0)
        paid = self.worth.hour[r] * pairs.load
        for k, corridor in enumerate(problem.corridors):
            paid += self.corridors[k, r] * problem.measures[corridor.measure].size[customer]
        for k, count in enumerate(problem.counts):
            net = (self.worth.count_high[k] - self.worth.count_low[k])[r] * UNITS_PER_HOUR
            paid += net if count.tier is None else np.where(problem.tier[customer] == count.tier, net, 0.0)
        cost += np.where(served, paid, 0.0)
        for budget, worth in zip(problem.budgets, self.worth.budgets, strict=True):
            measure = problem.measures[budget.measure]
            counted = pairs.moved
            place: Ints = np.zeros(len(rep), dtype=np.int64)
            if budget.scope == "tier":
                counted = counted & (problem.tier[customer] == budget.tier)
            elif budget.scope == "rep":
                counted = counted & served if budget.direction == "in" else counted
                place = r if budget.direction == "in" else np.maximum(problem.owner[customer], 0)
            unit = worth[place] * UNITS_PER_HOUR / measure.scale
            cost += np.where(counted, unit * measure.size[customer], 0.0)
        cost[forbidden] = np.inf
        return cost

    def price_all(self, problem: Problem, customers: Ints) -> Floats:
        """The same for whole units and all reps, nobody last, [units, R + 1]; ``customers`` by unit, groups whole."""
        reps = np.append(np.arange(problem.n_reps), UNSERVED)
        if not len(customers):
            return np.empty((0, len(reps)))
        unit = together.find_units(problem)[customers]
        starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
        step = max(1, PORTION // len(reps))
        rows = [
            self.price(problem, np.repeat(some, len(reps)), np.tile(reps, len(some))).reshape(len(some), -1)
            for some in np.array_split(customers, -(-len(customers) // step))
        ]
        table = np.concatenate(rows)
        summed: Floats = table if len(starts) == len(table) else np.add.reduceat(table, starts)
        return summed

    def find_cheapest(self, problem: Problem, customers: Ints) -> Floats:
        """What the cheapest rep of each unit, or nobody, costs, [units]; inf where nobody may."""
        table = self.price_all(problem, customers)
        cheapest: Floats = table.min(axis=1)
        return cheapest


def take_units(problem: Problem, customers: Ints) -> Ints:
    """``customers`` with all whom they are decided with, unit by unit."""
    unit = together.find_units(problem)
    touched = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    touched[unit[customers]] = True
    at = np.flatnonzero(touched[unit])
    order: Ints = at[np.argsort(unit[at], kind="stable")]
    return order


def thin(problem: Problem, customers: Ints, most: int) -> tuple[Ints, float]:
    """Every so many units of ``customers`` (unit by unit), up to ``most`` pairs with reps; and how many times as many
    there are in all, so that a sum over the sample times that estimates the whole.
    """  # fmt: skip
    step = -(-len(customers) * problem.n_reps // max(most, 1))
    if step <= 1:
        return customers, 1.0
    unit = together.find_units(problem)[customers]
    rank = np.cumsum(np.r_[False, unit[1:] != unit[:-1]])
    kept = rank % step == 0
    return customers[kept], (int(rank[-1]) + 1) / (int(rank[-1]) // step + 1)
