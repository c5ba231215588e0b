"""Apart: two customers that must not share an owner, such as competitors. Unit of the price: a pair."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Problem
from optimizer.result import Violation
from optimizer.rows import Pairs, Rows, build_block, mean_hours

NAME = "apart"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Pairs of customers that share an owner and should not."""
    found = []
    for a, b in problem.apart:
        if plan.owner[a] != UNSERVED and plan.owner[a] == plan.owner[b]:
            found.append(
                Violation(
                    "not_apart",
                    NAME,
                    hard=problem.apart_price is None,
                    amount=1,
                    unit="pairs",
                    cost=0 if problem.apart_price is None else int(problem.apart_price.of(1)),
                    customer_id=problem.customer_ids[a],
                    rep_id=problem.rep_ids[plan.owner[a]],
                    details={"other": problem.customer_ids[b]},
                )
            )
    return found


def build_rows(problem: Problem, pairs: Pairs) -> list[Rows]:
    """For each pair of customers and each rep: at most one of the two."""
    if not len(problem.apart):
        return []
    by_customer = np.argsort(pairs.customer, kind="stable")
    in_order = pairs.customer[by_customer]
    customers = problem.apart.ravel()
    begin = np.searchsorted(in_order, customers)
    count = np.searchsorted(in_order, customers, side="right") - begin
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    entry = by_customer[np.repeat(begin, count) + within]
    couple = np.repeat(np.arange(len(customers)) // 2, count)
    entry, couple = entry[pairs.served[entry]], couple[pairs.served[entry]]
    return [
        build_block(
            NAME,
            couple * problem.n_reps + pairs.rep[entry],
            entry,
            np.ones(len(entry), dtype=np.int64),
            # one number for all: thousands of couples and reps make millions of rows
            high=np.broadcast_to(np.int64(1), len(problem.apart) * problem.n_reps),
            price=problem.apart_price,
            weight=mean_hours(problem),
        )
    ]
