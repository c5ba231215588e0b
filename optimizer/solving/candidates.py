"""Candidates: the pairs worth considering, before anything is solved.

Up to ``ALL_PAIRS`` pairs of customer and rep all are taken, and the bound holds for every plan. Beyond, each unit
gets its nearest qualified reps, its members' present owners and the reps of its locks and named pairs.
"""

from __future__ import annotations

import numpy as np

from optimizer.constraints import together
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Bools, Floats, Ints, Problem

ALL_PAIRS = 2_000_000
CHUNK = 4_000_000  # pairs looked at in one go: 32 MB an array


def find_candidates(problem: Problem, start: Plan | None = None) -> tuple[Ints, Ints]:
    """(customer, rep) of each candidate pair, ascending; all members of a unit have the same reps.

    ``start`` adds the pairs of a plan to begin with. Pairs that hard constraints forbid may be among them.
    """
    n, n_reps = problem.n_customers, problem.n_reps
    if n * n_reps <= ALL_PAIRS:
        customer, rep = np.divmod(np.arange(n * n_reps, dtype=np.int64), n_reps)
        return customer, rep
    unit = together.find_units(problem)
    n_units = int(unit.max()) + 1
    keys = [_find_nearest(problem, unit, n_units)]
    named, named_rep = np.divmod(problem.pair_key, n_reps)
    for customer, rep in (
        (np.arange(n), problem.owner),
        (problem.lock_customer, problem.lock_rep),
        (named, named_rep),
        (np.arange(n), start.owner if start is not None else problem.owner),
    ):
        some = rep != UNSERVED
        keys.append(unit[customer[some]] * n_reps + rep[some])
    units, rep = np.divmod(np.unique(np.concatenate(keys)), n_reps)
    return _spread(unit, n_units, units, rep)


def _find_nearest(problem: Problem, unit: Ints, n_units: int) -> Ints:
    """Keys unit * R + rep of the ``problem.candidates`` nearest reps that are qualified for every member."""
    n_reps, k = problem.n_reps, min(problem.candidates, problem.n_reps)
    order = np.argsort(unit, kind="stable")
    starts = np.searchsorted(unit[order], np.arange(n_units))
    qualified = np.all(problem.skill[None] >= problem.requirements[:, None], axis=2)  # [Q, R]
    home: Floats = np.nan_to_num(problem.rep_point)
    keys = []
    step = max(1, CHUNK // n_reps)
    for begin in range(0, n_units, step):
        end = min(begin + step, n_units)
        members = order[starts[begin] : starts[end] if end < n_units else len(order)]
        inner = starts[begin:end] - starts[begin]
        # the cosine of the angle between two points grows as they get nearer
        near = np.add.reduceat(np.nan_to_num(problem.customer_point[members]), inner) @ home.T
        able: Bools = np.asarray(problem.serves.T[problem.tier[members]])  # a copy: indexed by an array
        if problem.skill_price is None:
            np.logical_and(able, qualified[problem.requirement[members]], out=able)
        near[~np.logical_and.reduceat(able, inner)] = -np.inf
        best = np.argpartition(-near, k - 1, axis=1)[:, :k]
        keys.append((np.arange(begin, end)[:, None] * n_reps + np.sort(best, axis=1)).ravel())
    return np.concatenate(keys)


def _spread(unit: Ints, n_units: int, units: Ints, rep: Ints) -> tuple[Ints, Ints]:
    """From pairs (unit, rep) to pairs (customer, rep) of all members."""
    first = np.searchsorted(units, np.arange(n_units + 1))
    count = np.diff(first)[unit]
    customer = np.repeat(np.arange(len(unit)), count)
    within = np.arange(len(customer)) - np.repeat(np.cumsum(count) - count, count)
    return customer, rep[first[unit[customer]] + within]
