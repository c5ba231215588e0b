"""Disruption: no more changes hands than the budgets allow, in all, per rep and per tier.

A customer that had an owner and gets another, or none, is moved; a customer that had none is not.
"""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Problem
from optimizer.result import Violation
from optimizer.rows import Pairs, Rows, build_block, exchange

NAME = "disruption"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Budgets that the plan overdraws."""
    found = []
    moved = plan.moved(problem)
    for budget in problem.budgets:
        measure = problem.measures[budget.measure]
        used = np.zeros(len(budget.limit), dtype=np.int64)
        if budget.scope == "rep":
            place = problem.owner if budget.direction == "out" else plan.owner
            counted = moved & (place != UNSERVED)
            np.add.at(used, place[counted], measure.size[counted])
        else:
            counted = moved if budget.scope == "all" else moved & (problem.tier == budget.tier)
            used[0] = measure.size[counted].sum()
        for place_number in np.flatnonzero(used > budget.limit):
            above = int(used[place_number] - budget.limit[place_number])
            found.append(
                Violation(
                    f"over_budget_{budget.scope}" + (f"_{budget.direction}" if budget.scope == "rep" else ""),
                    NAME,
                    hard=budget.price is None,
                    amount=above / measure.scale,
                    unit=measure.name,
                    cost=0 if budget.price is None else int(budget.price.of(above)),
                    rep_id=problem.rep_ids[place_number] if budget.scope == "rep" else None,
                    tier=None if budget.tier is None else problem.tier_names[budget.tier],
                    measure=measure.name,
                    details={
                        "used": int(used[place_number]) / measure.scale,
                        "limit": int(budget.limit[place_number]) / measure.scale,
                    },
                )
            )
    return found


def build_rows(problem: Problem, pairs: Pairs) -> list[Rows]:
    """One row a budget (or budget and rep): the size of the moved pairs up to the limit."""
    blocks = []
    for number, budget in enumerate(problem.budgets):
        counted = pairs.moved
        if budget.scope == "rep" and budget.direction == "in":
            counted = counted & pairs.served
        if budget.scope == "tier":
            counted = counted & (problem.tier[pairs.customer] == budget.tier)
        entry = np.flatnonzero(counted)
        if budget.scope != "rep":
            row = np.zeros(len(entry), dtype=np.int64)
        elif budget.direction == "out":
            row = problem.owner[pairs.customer[entry]]
        else:
            row = pairs.rep[entry]
        blocks.append(
            build_block(
                NAME,
                row,
                entry,
                problem.measures[budget.measure].size[pairs.customer[entry]],
                high=budget.limit,
                price=budget.price,
                weight=exchange(problem, budget.measure),
                number=number,
            )
        )
    return blocks
