"""Locks: promises that a customer stays with, goes to, or never goes to a rep. Always hard."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs

NAME = "locks"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Locks that the plan breaks; a customer held by a lock and left unserved breaks it too."""
    found = []
    for i, r, forces in zip(problem.lock_customer, problem.lock_rep, problem.lock_forces, strict=True):
        broken = plan.owner[i] != r if forces else plan.owner[i] == r
        if broken:
            now = plan.owner[i]
            forced = "lock_unserved" if now == UNSERVED else "lock_not_kept"
            found.append(
                Violation(
                    forced if forces else "lock_forbids",
                    NAME,
                    hard=True,
                    amount=problem.hours[i] / UNITS_PER_HOUR,
                    unit="hours",
                    customer_id=problem.customer_ids[i],
                    rep_id=problem.rep_ids[r],
                    details={"owner": None if now == UNSERVED else problem.rep_ids[now]},
                )
            )
    return found


def find_forbidden(problem: Problem, pairs: Pairs) -> Bools:
    """Every other pair of a forced customer (nobody included), and every forbidden pair."""
    forced = np.full(problem.n_customers, UNSERVED, dtype=np.int64)
    forced[problem.lock_customer[problem.lock_forces]] = problem.lock_rep[problem.lock_forces]
    must = forced[pairs.customer]
    forbidden: Bools = (must != UNSERVED) & (pairs.rep != must)
    never = ~problem.lock_forces
    if never.any():
        keys = np.sort(problem.lock_customer[never] * problem.n_reps + problem.lock_rep[never])
        key = pairs.customer * problem.n_reps + pairs.rep
        at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        forbidden |= pairs.served & (keys[at] == key)
    return forbidden


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Nothing: locks have no price."""
    return np.zeros(len(pairs.rep), dtype=np.int64)
