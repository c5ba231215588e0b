"""Named pairs: a pair that the ``pairs`` table does not allow is not made. Always hard."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.result import Violation
from optimizer.rows import Pairs

NAME = "named_pairs"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Pairs of the plan that the table forbids."""
    found = []
    for key in problem.pair_key[problem.pair_allowed == 0]:
        i, r = divmod(int(key), problem.n_reps)
        if plan.owner[i] == r:
            found.append(
                Violation(
                    "pair_not_allowed",
                    NAME,
                    hard=True,
                    amount=problem.hours[i] / UNITS_PER_HOUR,
                    unit="hours",
                    customer_id=problem.customer_ids[i],
                    rep_id=problem.rep_ids[r],
                )
            )
    return found


def find_forbidden(problem: Problem, pairs: Pairs) -> Bools:
    """Pairs that the table does not allow."""
    forbidden = np.zeros(len(pairs.rep), dtype=bool)
    if len(problem.pair_key):
        at = problem.find_pairs(pairs.customer, np.maximum(pairs.rep, 0))
        forbidden = pairs.served & (at >= 0) & (problem.pair_allowed[at] == 0)
    return forbidden


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """Nothing: the table's ``cost`` is an objective."""
    return np.zeros(len(pairs.rep), dtype=np.int64)
