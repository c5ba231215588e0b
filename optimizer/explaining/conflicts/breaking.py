"""Breaking: which limits a plan breaks, and whom a limit speaks of."""

from __future__ import annotations

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.explaining.limits.adding import sum_rows
from optimizer.explaining.limits.lifting import Limit, list_hard_limits
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Ints, Problem


def list_broken(problem: Problem, plan: Plan) -> list[Limit]:
    """The hard limits that a plan breaks."""
    violations = evaluate(problem, plan).hard_violations
    reps, customers = (
        {name: at for at, name in enumerate(ids)} for ids in (problem.rep_ids, problem.customer_ids)
    )
    at = {customers[v.customer_id] for v in violations if v.customer_id is not None}
    places = {(v.constraint, reps[v.rep_id]) for v in violations if v.rep_id is not None}
    whole = {v.constraint for v in violations}
    named = {
        "corridor": "corridors", "count": "counts", "budget": "disruption", "pair": "named_pairs", "lock": "locks",
        "group": "together", "tier": "tier_rights", "skill": "skills",
    }  # fmt: skip
    found = []
    for limit in list_hard_limits(problem):
        constraint = named.get(limit.kind.split("_")[0], limit.kind)
        if limit.kind == "coverage":
            some = tuple(i for i in limit.customers if i in at and plan.owner[i] == UNSERVED)
            found += [Limit("coverage", customers=some)] if some and constraint in whole else []
        elif limit.kind == "budget":  # places are reps only where each has his own
            over = sum_rows(problem, plan, limit)[limit.rep] > problem.budgets[limit.number].limit[limit.rep]
            found += [limit] if over else []
        elif limit.rep >= 0:
            found += [limit] if (constraint, limit.rep) in places else []
        elif constraint in whole and (
            limit.kind == "distance" or at & set(find_touched(problem, limit).tolist())
        ):
            found.append(limit)
    return found


def find_touched(problem: Problem, limit: Limit) -> Ints:
    """The customers whom a limit without a rep speaks of."""
    if limit.kind == "lock":
        return problem.lock_customer[limit.number : limit.number + 1]
    if limit.kind == "pair":
        return problem.pair_key[limit.number : limit.number + 1] // problem.n_reps
    if limit.kind == "apart":
        couple: Ints = problem.apart[limit.number]
        return couple
    if limit.kind == "group":
        return np.flatnonzero(problem.group == limit.number)
    if limit.kind == "tier":
        return np.flatnonzero(problem.tier == limit.number)
    if limit.kind == "skill":
        return np.flatnonzero((problem.requirements[:, limit.number] > 0)[problem.requirement])
    return np.arange(problem.n_customers)


def find_locked_twice(problem: Problem) -> list[Limit]:
    """Two locks that force different reps on one customer, the first there are; solvers hear only the last."""
    first: dict[int, int] = {}
    for k in np.flatnonzero(problem.lock_forces).tolist():
        before = first.setdefault(int(problem.lock_customer[k]), k)
        if problem.lock_rep[before] != problem.lock_rep[k]:
            return [Limit("lock", before), Limit("lock", k)]
    return []


def find_troubled(problem: Problem, plan: Plan) -> set[int]:
    """Customers about whom a plan breaks hard limits, or whose rep does."""
    violations = evaluate(problem, plan).hard_violations
    customers = {v.customer_id for v in violations if v.customer_id is not None}
    reps = {v.rep_id for v in violations if v.customer_id is None and v.rep_id is not None}
    at = np.isin(problem.customer_ids.astype(str), [str(c) for c in customers])
    with_rep = np.isin(problem.rep_ids.astype(str), [str(r) for r in reps])
    at |= np.append(with_rep, False)[plan.owner]
    return set(np.flatnonzero(at).tolist())
