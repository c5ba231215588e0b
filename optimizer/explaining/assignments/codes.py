"""Codes: why every customer is where it is, in a word, for all customers at once.

``locked``: a lock says so. ``only_one``: skills and tier rights leave one rep. A customer that moves has the code of
its move (``move.<code>``), one that stays ``stays``; one that had no owner is with the ``nearest`` rep, or with the one
who ``suits`` best in all. ``unserved``: it has none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from optimizer.constraints import together
from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Ints, Problem
from optimizer.rebalancing.proposing.moves import Move
from optimizer.solving.modelling.candidates import find_able, merge_members

Codes = NDArray[np.object_]


def find_codes(problem: Problem, owner: Ints, moves: tuple[Move, ...]) -> Codes:
    """The code of every customer, [n]; ``moves`` are those of the plan, as ``explain_moves`` gives them.

    In arrays, without looking at pairs of customer and rep: a second for a million customers.
    """
    served = owner != UNSERVED
    code = np.where(problem.owner == owner, "stays", "suits").astype(object)
    placed = np.flatnonzero(served & (problem.owner == UNSERVED))
    code[placed[_is_nearest(problem, placed, owner[placed])]] = "nearest"
    changed = [(np.array(move.customers, dtype=np.int64), move.code) for move in moves if move.is_move]
    if changed:
        at = np.concatenate([customers for customers, _ in changed])
        code[at] = np.repeat(np.array([c for _, c in changed], dtype=object), [len(c) for c, _ in changed])
    code[served & find_only(problem)] = "only_one"
    code[served & find_locked(problem)] = "locked"
    code[~served] = "unserved"
    return code


def find_locked(problem: Problem) -> Bools:
    """Customers whose owner a lock says, for themselves or for one they are decided with, [n]."""
    unit = together.find_units(problem)
    held = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    held[unit[problem.lock_customer[problem.lock_forces]]] = True
    return np.asarray(held[unit])


def find_only(problem: Problem) -> Bools:
    """Customers that one rep alone may serve, by skills and tier rights where these are hard, [n]."""
    if not problem.n_customers or not problem.n_reps:
        return np.zeros(problem.n_customers, dtype=bool)
    unit = together.find_units(problem)
    hard = {"skills": problem.skill_price is None, "tiers": problem.tier_price is None}
    kind, able = merge_members(unit, int(unit.max()) + 1, *find_able(problem, **hard))
    return np.asarray((able.sum(axis=1) == 1)[kind][unit])


def _is_nearest(problem: Problem, customers: Ints, owner: Ints) -> Bools:
    """Whether nobody lives nearer to each of ``customers`` than its ``owner``."""
    home = np.flatnonzero(~np.isnan(problem.rep_point[:, 0]))
    point = problem.customer_point[customers]
    placed = ~np.isnan(point[:, 0])
    found = np.zeros(len(customers), dtype=bool)
    if len(home) and placed.any():
        least, _ = cKDTree(problem.rep_point[home]).query(point[placed])
        mine = np.linalg.norm(point[placed] - problem.rep_point[owner[placed]], axis=1)
        found[placed] = mine <= least * (1 + 1e-9)  # NaN, of an owner without a home, is not
    return found
