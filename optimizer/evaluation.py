"""What a plan is worth and what it breaks, said without any solver.

This is the checker: it reads only the first voice of constraints and objectives and shares no code with solving.
"""

from __future__ import annotations

from optimizer import constraints, objectives
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import Score


def evaluate(problem: Problem, plan: Plan) -> Score:
    """Judge any plan, made here, by hand or by another tool; never refuses one.

    The objective is the sum of the objectives' amounts and of the prices of broken priced constraints, in whole
    milli-hours. Hard constraints have no price: they stand in ``Score.hard_violations``.
    """
    by_customer = {term.NAME: term.measure(problem, plan) for term in objectives.ALL}
    violations = constraints.find_violations(problem, plan)
    terms = {name: int(amount.sum()) for name, amount in by_customer.items()}
    for constraint in constraints.ALL:
        priced = [v.cost for v in violations if v.constraint == constraint.NAME and not v.hard]
        if priced:
            terms[constraint.NAME] = sum(priced)
    return Score(sum(terms.values()), terms, by_customer, violations)
