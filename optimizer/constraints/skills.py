"""Skills: an owner has every skill a customer requires, at its level, through the whole horizon."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs

NAME = "skills"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """One violation for each customer whose owner lacks a required skill or its level."""
    found = []
    asking = np.flatnonzero((plan.owner >= 0) & np.any(problem.requirements, axis=1)[problem.requirement])
    short = problem.skill[plan.owner[asking]] < problem.requirements[problem.requirement[asking]]
    for i, lacks in zip(asking[short.any(axis=1)], short[short.any(axis=1)], strict=True):
        needed = problem.requirements[problem.requirement[i]]
        lacking = [f"{problem.skill_names[s]}:{needed[s]}" for s in np.flatnonzero(lacks)]
        hours = int(problem.hours[i])
        found.append(
            Violation(
                "skill_missing",
                NAME,
                hard=problem.skill_price is None,
                amount=hours / UNITS_PER_HOUR,
                unit="hours",
                cost=0 if problem.skill_price is None else int(problem.skill_price.of(hours)),
                customer_id=problem.customer_ids[i],
                rep_id=problem.rep_ids[plan.owner[i]],
                details={"skills": ", ".join(lacking)},
            )
        )
    return found


def _unqualified(problem: Problem, pairs: Pairs) -> Bools:
    # Requirements are few (rows of equal wishes), so qualification is a small table [Q, R].
    lacking = np.any(problem.skill[None, :, :] < problem.requirements[:, None, :], axis=2)
    unqualified: Bools = pairs.served & lacking[problem.requirement[pairs.customer], pairs.rep]
    return unqualified


def find_forbidden(problem: Problem, pairs: Pairs) -> Bools:
    """Pairs of a rep without the skills, when skills are hard."""
    if problem.skill_price is not None:
        return np.zeros(len(pairs.rep), dtype=bool)
    return _unqualified(problem, pairs)


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Price of the customer's hours for a rep without the skills, when skills are priced."""
    if problem.skill_price is None:
        return np.zeros(len(pairs.rep), dtype=np.int64)
    price = problem.skill_price.of(problem.hours[pairs.customer])
    return np.where(_unqualified(problem, pairs), price, 0)
