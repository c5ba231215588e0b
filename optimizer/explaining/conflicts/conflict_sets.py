"""Conflicts: of limits that cannot all hold, the few that stand in each other's way; without any one they could.

Limits are let go as long as the rest is still proved impossible (a deletion filter: Chinneck and Dravnieks 1991); what
is left is needed, each limit shown so by a plan that keeps all the others. The search begins where it is cheapest:
single customers, then what locks alone ask for, then customers about whom the best effort failed, then everybody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.explaining.conflicts.breaking import find_locked_twice, find_troubled, list_broken
from optimizer.explaining.conflicts.holding import PLACES, Verdict, judge_limits
from optimizer.explaining.conflicts.shrinking import Asker, Conflict, shrink
from optimizer.explaining.conflicts.stuck import explain_stuck, find_stuck_customers
from optimizer.explaining.conflicts.suspects import list_suspects
from optimizer.explaining.limits.lifting import KINDS, LOOSE, RECORDS, Limit, lift, list_hard_limits
from optimizer.plan import Plan
from optimizer.problem import Problem

MOST = 5  # conflicts looked for


def find_conflicts(problem: Problem, plan: Plan, most: int = MOST) -> list[Conflict]:
    """Conflicts among the hard limits of ``problem``, one for each cause, up to ``most``.

    ``plan``: the best effort. Empty when some plan keeps everything; ends with one that is not proved when neither a
    conflict nor such a plan is found.
    """
    found: list[Conflict] = []
    left, plans = problem, [plan]
    while len(found) < most:
        if evaluate(left, plan).keeps_all:
            break
        conflict = _find_conflict(left, plan, Asker(left, plans))
        if conflict is None:
            verdict = judge_limits(left)
            if not verdict.holds:
                found.append(Conflict(tuple(list_broken(left, plan)), proved=False))
            break
        # Numbers are places in ``left``; records that were lifted moved the ones behind them.
        found.append(_renumber(conflict, problem, left))
        left = lift(left, choose_release(left, conflict))
    return found


def choose_release(problem: Problem, conflict: Conflict, kept: Collection[Limit] = ()) -> list[Limit]:
    """What of a conflict is let go to look for others, and hides least of them: one limit, or a whole setting.

    A corridor, count or budget goes whole: that it is too much for one rep after the other is one cause. So do the
    hours of all reps of the conflict, of whom one would else take what all are short of. Where locks are too much for
    a limit it is the limit that goes, not one of the locks, without which the others may be too much again. Nothing of
    ``kept`` is let go.
    """
    others = [*RECORDS, *(kind for kind in KINDS if kind not in (*RECORDS, "capacity", "coverage"))]
    if len({limit.kind for limit in conflict.limits} & set(PLACES)) == 1:
        others = [*others[1:], "capacity", "lock"]
    rank = {kind: at for at, kind in enumerate(dict.fromkeys([*others, "capacity", "coverage"]))}
    for first in sorted(conflict.limits, key=lambda limit: rank[limit.kind]):
        whole = list_setting(problem, first)
        if first.kind == "capacity":
            whole = [limit for limit in conflict.limits if limit.kind == "capacity"]
        if not set(whole) & set(kept):
            return whole
    return []


def list_setting(problem: Problem, limit: Limit) -> list[Limit]:
    """All hard limits that are the same setting of the scenario as ``limit``, which is one rep's end of it."""
    if limit.kind not in PLACES:
        return [limit]
    kind = limit.kind.split("_")[0] if limit.kind.startswith("corridor") else limit.kind
    return [x for x in list_hard_limits(problem) if x.kind.startswith(kind) and x.number == limit.number]


def _find_conflict(problem: Problem, plan: Plan, asker: Asker) -> Conflict | None:
    """One conflict of a problem, from where it is cheapest to find."""
    twice = find_locked_twice(problem)
    if twice:
        return shrink(problem, twice, lambda some: Verdict(False) if len(some) == 2 else asker.ask(some))
    stuck = find_stuck_customers(problem)
    if len(stuck):
        conflict = explain_stuck(problem, asker, stuck)
        if conflict is not None:
            return conflict
    for limits in list_suspects(problem, asker.every):
        if asker.ask(limits).holds is False:
            return shrink(problem, limits, asker.ask)
    firm = [limit for limit in asker.every if limit.kind not in (*LOOSE, "coverage")]
    loose = [limit for limit in asker.every if limit.kind in LOOSE]
    covered = [limit for limit in asker.every if limit.kind == "coverage"]
    troubled = find_troubled(problem, plan)
    wanting = [limit for limit in covered if troubled & set(limit.customers)]
    tries = [firm, firm + wanting, firm + covered, loose + firm + covered]
    for number, limits in enumerate(tries):
        if number and limits == tries[number - 1]:
            continue
        if limits and asker.ask(limits).holds is False:
            return shrink(problem, limits, asker.ask)
    return None


def _renumber(conflict: Conflict, problem: Problem, left: Problem) -> Conflict:
    """The conflict with records by their places in ``problem``, of which ``left`` has lost some."""

    def find(limit: Limit) -> Limit:
        if limit.kind == "lock":
            k = limit.number
            same = (
                (problem.lock_customer == left.lock_customer[k])
                & (problem.lock_rep == left.lock_rep[k])
                & (problem.lock_forces == left.lock_forces[k])
            )
            return Limit("lock", int(np.flatnonzero(same)[0]))
        if limit.kind == "apart":
            same = (problem.apart == left.apart[limit.number]).all(axis=1)
            return Limit("apart", int(np.flatnonzero(same)[0]))
        return limit

    return replace(conflict, limits=tuple(find(limit) for limit in conflict.limits))
