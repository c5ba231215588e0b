"""Rows: what constraints say to a solver, as linear ranges over candidate pairs.

Every method of solving reads the same two things: pairs with a cost each, of which every customer takes one, and
rows ``low <= sum of coefficient x pair <= high``, hard or at a price. A constraint that speaks in these words is
therefore respected by every method at every size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from optimizer.plan import UNSERVED
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Bools, Ints, Price, Problem


@dataclass(frozen=True, eq=False)
class Pairs:
    """Candidate pairs; ``rep`` is UNSERVED for "nobody", which every customer has."""

    problem: Problem
    customer: Ints
    rep: Ints

    @cached_property
    def served(self) -> Bools:
        """Pairs with a rep."""
        return np.not_equal(self.rep, UNSERVED)

    @cached_property
    def travel(self) -> Ints:
        """Milli-hours of travel, 0 for nobody."""
        return self._of_served(self.problem.pair_travel_hours)

    @cached_property
    def load(self) -> Ints:
        """Milli-hours of capacity, 0 for nobody."""
        return self._of_served(self.problem.pair_load)

    @cached_property
    def moved(self) -> Bools:
        """Pairs that take a customer from its present owner."""
        before = self.problem.owner[self.customer]
        moved: Bools = (before != UNSERVED) & (before != self.rep)
        return moved

    def _of_served(self, amount: Callable[[Ints, Ints], Ints]) -> Ints:
        out = np.zeros(len(self.rep), dtype=np.int64)
        out[self.served] = amount(self.customer[self.served], self.rep[self.served])
        return out


@dataclass(frozen=True, eq=False)
class Rows:
    """Ranges of one constraint: entry e adds ``coefficient[e]`` of pair ``pair[e]`` to row ``row[e]``.

    A hard block (``hard``) has a price as well: what a unit outside weighs when not everything can be kept.
    ``number`` tells the blocks of one constraint apart: which of the problem's corridors, counts or budgets it is.
    Rows of a block are numbered by rep where each rep has one. ``low`` and ``high`` are only read.
    """

    constraint: str
    row: Ints
    pair: Ints
    coefficient: Ints
    low: Ints
    high: Ints
    price: Price
    hard: bool
    number: int = 0


def build_block(
    constraint: str,
    row: Ints,
    pair: Ints,
    coefficient: Ints,
    *,
    low: Ints | None = None,
    high: Ints | None = None,
    price: Price | None,
    weight: Price,
    number: int = 0,
) -> Rows:
    """A block of rows: priced at ``price``, or hard (None) and then weighed by ``weight`` in a best effort."""
    given = low if low is not None else high
    assert given is not None
    return Rows(
        constraint,
        row,
        pair,
        coefficient,
        np.broadcast_to(np.int64(-NO_LIMIT), len(given)) if low is None else low,
        np.broadcast_to(np.int64(NO_LIMIT), len(given)) if high is None else high,
        weight if price is None else price,
        price is None,
        number,
    )


def exchange(problem: Problem, measure: int) -> Price:
    """Milli-hours that one unit of a measure stands for: total hours over total measure."""
    total = int(problem.measures[measure].size.sum())
    hours = int(problem.hours.sum())
    return simplify(hours, total) if total > 0 and hours > 0 else Price(1)


def mean_hours(problem: Problem) -> Price:
    """Milli-hours of an average customer: the weight of a whole customer."""
    n = max(problem.n_customers, 1)
    return Price(max(int(problem.hours.sum()) // n, UNITS_PER_HOUR))


def simplify(num: int, den: int) -> Price:
    """``num / den`` with terms small enough that products with amounts stay inside int64."""
    small = Fraction(num, den).limit_denominator(10**6)
    return Price(small.numerator, small.denominator) if small > 0 else Price(1, 10**6)
