"""Together: the customers of a group have one owner. Always hard."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.result import Violation

NAME = "together"


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """One violation for each customer of a group that is not with the group's most frequent owner."""
    found = []
    members = np.flatnonzero(problem.group >= 0)
    members = members[np.argsort(problem.group[members], kind="stable")]
    if not len(members):
        return []
    starts = np.flatnonzero(np.diff(problem.group[members], prepend=-1))
    owner = plan.owner[members]
    split = np.minimum.reduceat(owner, starts) != np.maximum.reduceat(owner, starts)
    ends = np.append(starts[1:], len(members))
    for start, end in zip(starts[split], ends[split], strict=True):
        group = members[start:end]
        owners, counts = np.unique(plan.owner[group], return_counts=True)
        main = owners[np.argmax(counts)]
        for i in group[plan.owner[group] != main]:
            found.append(
                Violation(
                    "group_split",
                    NAME,
                    hard=True,
                    amount=problem.hours[i] / UNITS_PER_HOUR,
                    unit="hours",
                    customer_id=problem.customer_ids[i],
                    rep_id=None if plan.owner[i] == UNSERVED else problem.rep_ids[plan.owner[i]],
                    details={"with": problem.customer_ids[group[np.argmax(plan.owner[group] == main)]]},
                )
            )
    return found


def find_units(problem: Problem) -> Ints:
    """Number of the decision each customer belongs to, 0..U-1 in order of first appearance.

    Customers of a group share one; what is forbidden for a member is forbidden for all.
    """
    n = problem.n_customers
    alone = n + np.arange(n)
    label = np.where(problem.group >= 0, problem.group, alone)
    _, first, unit = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[unit].astype(np.int64)
