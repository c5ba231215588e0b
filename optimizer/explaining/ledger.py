"""Ledger: who and what every hour of the objective is paid for, from the total down to a rep and to a customer.

It speaks with the second voice of constraints and objectives, in arrays; its sums are those of ``evaluate`` to the last
milli-hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from optimizer import constraints, objectives
from optimizer.constraints import apart, disruption
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.rows import Pairs, Rows

WHOLE_TEAM = -1  # of the rep of a row: it counts all reps together


@dataclass(frozen=True, eq=False)
class Ledger:
    """The objective of a plan in its parts, milli-hours; everything sums to ``objective`` exactly.

    ``customers``: by term what each customer costs with its owner, or without one, [n]. ``limits``: by priced
    constraint what each rep's own limits cost, [R]. ``team``: the same for limits of all reps together. ``owner`` [n]:
    the plan, -1 for nobody.
    """

    customer_ids: NDArray[np.object_]
    rep_ids: NDArray[np.object_]
    owner: Ints
    customers: dict[str, Ints]
    limits: dict[str, Ints]
    team: dict[str, int]

    @property
    def terms(self) -> dict[str, int]:
        """The objective by term."""
        total = {name: int(amount.sum()) for name, amount in self.customers.items()}
        for name, amount in self.limits.items():
            total[name] = total.get(name, 0) + int(amount.sum()) + self.team.get(name, 0)
        return total

    @property
    def objective(self) -> int:
        """The sum of all."""
        return sum(self.terms.values())

    @property
    def reps(self) -> Ints:
        """What each rep costs with customers and limits, and last those whom nobody owns, [R + 1]."""
        total = np.zeros(len(self.rep_ids) + 1, dtype=np.int64)
        for amount in self.customers.values():
            np.add.at(total, self.owner, amount)
        for amount in self.limits.values():
            total[:-1] += amount
        return total

    def of_rep(self, rep: int) -> dict[str, int]:
        """What one rep (index; -1: nobody) costs by term; zeros left out."""
        mine = self.owner == rep
        found = {name: int(amount[mine].sum()) for name, amount in self.customers.items()}
        if rep >= 0:
            for name, amount in self.limits.items():
                found[name] = found.get(name, 0) + int(amount[rep])
        return {name: amount for name, amount in found.items() if amount}

    def of_customer(self, customer: int) -> dict[str, int]:
        """What one customer (index) costs by term; zeros left out."""
        found = {name: int(amount[customer]) for name, amount in self.customers.items()}
        return {name: amount for name, amount in found.items() if amount}

    def list_customers(self, rep: int) -> list[tuple[str, int]]:
        """The customers of one rep (index; -1: nobody) with what each costs, the dearest first."""
        at = np.flatnonzero(self.owner == rep)
        cost = np.zeros(len(at), dtype=np.int64)
        for amount in self.customers.values():
            cost += amount[at]
        order = np.argsort(-cost, kind="stable")
        return [(str(self.customer_ids[at[k]]), int(cost[k])) for k in order]


def explain_score(problem: Problem, plan: Plan) -> Ledger:
    """Every hour of the plan's objective by term, rep and customer.

    What a customer costs by itself is booked to it; what a broken priced limit costs is booked to the rep whose limit
    it is (two customers who should be apart: to their common owner), or to the whole team.
    """
    pairs = Pairs(problem, np.arange(problem.n_customers), plan.owner)
    customers = {term.NAME: term.charge(problem, pairs) for term in objectives.ALL}
    for constraint in constraints.ON_PAIRS:
        cost = constraint.charge(problem, pairs)
        if cost.any():
            customers[constraint.NAME] = cost
    limits: dict[str, Ints] = {}
    team: dict[str, int] = {}
    for block in chain.from_iterable(c.build_rows(problem, pairs) for c in constraints.ON_ROWS):
        if block.hard:
            continue
        activity = np.zeros(len(block.low), dtype=np.int64)
        np.add.at(activity, block.row, block.coefficient)
        row = np.flatnonzero((activity < block.low) | (activity > block.high))
        cost = block.price.of(np.maximum(block.low[row] - activity[row], activity[row] - block.high[row]))
        rep = find_row_rep(problem, block, row)
        mine = limits.setdefault(block.constraint, np.zeros(problem.n_reps, dtype=np.int64))
        np.add.at(mine, rep[rep != WHOLE_TEAM], cost[rep != WHOLE_TEAM])
        shared = int(cost[rep == WHOLE_TEAM].sum())
        team[block.constraint] = team.get(block.constraint, 0) + shared
    return Ledger(problem.customer_ids, problem.rep_ids, plan.owner, customers, limits, team)


def find_row_rep(problem: Problem, block: Rows, row: Ints) -> Ints:
    """The rep whose limit each row of a block is, ``WHOLE_TEAM`` where it counts all together."""
    if block.constraint == apart.NAME:
        return row % problem.n_reps
    if block.constraint == disruption.NAME and problem.budgets[block.number].scope != "rep":
        return np.full(len(row), WHOLE_TEAM, dtype=np.int64)
    return row


def to_hours(terms: dict[str, int]) -> dict[str, float]:
    """Milli-hours by term as hours, the largest first."""
    ordered = sorted(terms.items(), key=lambda item: -abs(item[1]))
    return {name: amount / UNITS_PER_HOUR for name, amount in ordered}
