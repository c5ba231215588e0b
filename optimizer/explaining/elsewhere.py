"""Elsewhere: some territories of a plan as a problem of their own, small however far customers have moved.

A part of a problem is closed: the owners its customers had before must be in it, because leaving them costs, and
everybody without an owner is. After a plan with many moves, or with few hours for much work, that is nearly everything.
Here one rep, whom nothing can be given to, stands for all owners of before who take no part: whoever was theirs has
moved, and stays moved, whatever is decided. Another has the customers without an owner who are too far away to matter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.explaining.newcomers import Newcomers, add_reps
from optimizer.plan import UNSERVED
from optimizer.problem import NO_LIMIT, Bools, Ints, Problem
from optimizer.rebalancing.proposing.concern import measure_pairs
from optimizer.rebalancing.proposing.part import Part, close_reps, cut_part

ELSEWHERE, NOWHERE = "\x00elsewhere", "\x00nowhere"  # no id of a table begins so
MOST_LOST = 200  # customers without an owner in a part


def cut_around(problem: Problem, owner: Ints, reps: Bools) -> Part:
    """The part of ``problem`` in which the territories of ``reps`` [R] under the plan ``owner`` are decided.

    As ``cut_part``, but owners of before who are not among the reps stay outside: their customers in the part cannot go
    back to them; and of customers without an owner only those come in who would be cheapest there. The part's
    ``whole`` has two reps more, the last.
    """
    owner = _leave_out(problem, owner, reps)
    nobody = np.zeros(2, dtype=bool)
    # groups and locks are closed, whoever had them before
    reps = close_reps(replace(problem, owner=owner), owner, np.append(reps, nobody))[: problem.n_reps]
    inside = np.concatenate([reps, nobody, [True]])[owner]
    gone = inside & (problem.owner != UNSERVED) & ~np.append(reps, True)[problem.owner]
    return cut_part(_stand_in(problem, gone, inside), owner, np.concatenate([reps, [gone.any(), False]]))


def _leave_out(problem: Problem, owner: Ints, reps: Bools) -> Ints:
    """The owners, in which those without one who are too far away are with a rep who is nobody, R + 1."""
    lost, at = np.flatnonzero(owner == UNSERVED), np.flatnonzero(reps)
    if len(lost) <= MOST_LOST or not len(at):
        return owner
    single = lost[problem.group[lost] < 0]  # groups are always looked at
    cost = measure_pairs(problem, single, at).min(axis=1) - problem.unserved[single]
    result = owner.copy()
    result[single[np.argsort(cost, kind="stable")[MOST_LOST:]]] = problem.n_reps + 1
    return result


def _stand_in(problem: Problem, gone: Bools, inside: Bools) -> Problem:
    """The problem with two reps more, to whom nobody can be given; the first had those who are ``gone`` [n]."""
    count = problem.n_reps
    none = np.zeros(2, dtype=np.int64)
    wider = add_reps(
        problem,
        Newcomers(
            (ELSEWHERE, NOWHERE),
            capacity=none,
            load_limit=none,
            point=np.full((2, 3), np.nan),
            skill=np.zeros((2, problem.skill.shape[1]), dtype=np.int64),
            serves=np.zeros((2, problem.serves.shape[1]), dtype=bool),
        ),
    )
    barred = np.flatnonzero(inside)
    key = np.concatenate([wider.pair_key, barred * (count + 2) + count])
    order = np.argsort(key, kind="stable")

    def name_pairs(values: Ints, blank: int) -> Ints:
        return np.append(values, np.full(len(barred), blank, dtype=np.int64))[order]

    def open_last(limit: Ints) -> Ints:
        return np.append(limit[:-2], [NO_LIMIT, NO_LIMIT])

    return replace(
        wider,
        owner=np.where(gone, count, problem.owner),
        pair_key=key[order],
        pair_hours=name_pairs(problem.pair_hours, -1),
        pair_travel=name_pairs(problem.pair_travel, -1),
        pair_cost=name_pairs(problem.pair_cost, 0),
        pair_allowed=name_pairs(problem.pair_allowed, 0),
        budgets=tuple(replace(b, limit=open_last(b.limit)) if b.scope == "rep" else b for b in wider.budgets),
    )
