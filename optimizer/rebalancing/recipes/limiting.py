"""Limiting: who alone may change hands, and who alone may be given customers, as a problem in which all else stays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.constraints import together
from optimizer.plan import UNSERVED
from optimizer.problem import NO_LIMIT, Bools, Budget, Ints, Problem

CUSTOMERS = 1  # the measure that counts customers, in every problem


@dataclass(frozen=True, eq=False)
class Scope:
    """What a change of the plan may touch.

    ``movable`` [n]: the customers that may change hands; a group is movable when one of it is. ``receivers`` [R]: who
    may be given any; None: everybody. ``emptied`` [R]: reps who keep none of the movable customers, unless a lock says
    so; None: nobody. ``concerned`` [R]: whose territories are looked at first. ``gives_up``: whether anybody may be
    left without an owner who has one.
    """

    movable: Bools
    receivers: Bools | None
    emptied: Bools | None
    concerned: Bools
    gives_up: bool = True

    def limit(self, problem: Problem) -> Problem:
        """The problem in which all else stays: others with an owner keep it, others without one stay without.

        These limits are hard, and are locks and a budget like any other: every method of solving and the checker know
        of them.
        """
        forced, held, free = _find_forced(problem), self.find_held(problem), problem.owner == UNSERVED
        asked = ~held & ~forced
        everybody = np.arange(problem.n_reps)
        stays = np.flatnonzero(held & ~free)
        never = [_pair(np.flatnonzero(held & free), everybody)]
        if self.receivers is not None:
            most = np.where(self.receivers, NO_LIMIT, 0).astype(np.int64)
            problem = _add_budget(problem, Budget(CUSTOMERS, "rep", "in", None, most, None))
            never.append(_pair(np.flatnonzero(asked & free), everybody[~self.receivers]))
        if self.emptied is not None:
            leaving = np.flatnonzero(asked & np.append(self.emptied, False)[problem.owner])
            never.append((leaving, problem.owner[leaving]))
        if not self.gives_up:
            excused = np.union1d(problem.excused, np.flatnonzero(free))
            problem = replace(problem, cover_all=True, excused=excused)
        customer, rep = (np.concatenate(columns) for columns in zip(*never, strict=True))
        is_forced = np.arange(len(stays) + len(rep)) < len(stays)
        return replace(
            problem,
            lock_customer=np.concatenate([problem.lock_customer, stays, customer]),
            lock_rep=np.concatenate([problem.lock_rep, problem.owner[stays], rep]),
            lock_forces=np.concatenate([problem.lock_forces, is_forced]),
        )

    def find_held(self, problem: Problem) -> Bools:
        """Who stays as now, [n]: all but the movable, their groups, and those of whom a lock says who it must be."""
        unit = together.find_units(problem)
        touched = np.bincount(unit, self.movable, minlength=1)[unit] > 0
        held: Bools = ~touched & ~_find_forced(problem)
        return held

    def settle(self, problem: Problem, owner: Ints) -> Ints:
        """A plan with whoever must stay put back, [n].

        Where the present owner breaks a hard constraint, breaking the lock instead may look as good to a solver.
        ``problem`` is the one before ``limit``.
        """
        stays = self.find_held(problem)
        if not self.gives_up:
            stays |= (owner == UNSERVED) & ~_find_forced(problem)
        return np.where(stays, problem.owner, owner)


def _find_forced(problem: Problem) -> Bools:
    """Of whom a lock says who it must be, [n]."""
    forced = np.zeros(problem.n_customers, dtype=bool)
    forced[problem.lock_customer[problem.lock_forces]] = True
    return forced


def limit_moves(problem: Problem, most: int | None) -> Problem:
    """The problem with at most so many customers leaving their owner."""
    if most is None:
        return problem
    return _add_budget(problem, Budget(CUSTOMERS, "all", "out", None, np.array([most], dtype=np.int64), None))


def _pair(customers: Ints, reps: Ints) -> tuple[Ints, Ints]:
    """Every customer with every rep."""
    return np.repeat(customers, len(reps)), np.tile(reps, len(customers))


def _add_budget(problem: Problem, budget: Budget) -> Problem:
    return replace(problem, budgets=(*problem.budgets, budget))
