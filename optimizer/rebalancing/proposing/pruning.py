"""Pruning: moves that bring nothing are taken back, one by one and chain by chain."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Ints, Problem
from optimizer.rebalancing.proposing.tally import Tally

PASSES = 50  # over all moves; each but the last takes one back at least


def prune(problem: Problem, owner: Ints) -> Ints:
    """The plan ``owner`` without moves that do not pay for themselves.

    A move stays when taking it back would cost something or break a hard constraint. One that stays only because
    others lean on it goes with them when all of these together bring nothing. The plan never becomes worse.
    """
    tally = Tally(problem, owner)
    for _ in range(PASSES):
        changed = _take_back_single(tally)
        changed |= _take_back_chains(tally)
        if not changed:
            break
    return tally.owner


def list_moved_units(tally: Tally) -> list[Ints]:
    """The customers that left their owner, with those they are decided with, each once."""
    return tally.list_units(np.flatnonzero(find_moved(tally.problem, tally.owner)))


def find_moved(problem: Problem, owner: Ints) -> Bools:
    """Which customers left an owner, [n]."""
    moved: Bools = (problem.owner != UNSERVED) & (owner != problem.owner)
    return moved


def weigh_return(tally: Tally, customers: Ints) -> tuple[int, int]:
    """(breach, objective) that giving customers back to their present owners would add.

    Those without one stay where they are.
    """
    options = tally.weigh_each(customers, returned(tally, customers))
    return int(options.breach[0]), int(options.objective[0])


def weigh_each_return(tally: Tally, units: list[Ints]) -> list[tuple[int, int]]:
    """The same of each of several sets of customers, given back alone; all weighed at once."""
    if not units:
        return []
    option = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    customers = np.concatenate(units)
    found = tally.weigh_apart(option, customers, returned(tally, customers), len(units))
    return list(zip(found.breach.tolist(), found.objective.tolist(), strict=True))


def returned(tally: Tally, customers: Ints) -> Ints:
    """The present owner of each of the customers, the planned one where there is none."""
    before = tally.problem.owner[customers]
    return np.where(before == UNSERVED, tally.owner[customers], before)


def split_chains(tally: Tally, units: list[Ints]) -> list[Ints]:
    """The moved customers by chain: moves that meet at a rep are of one chain."""
    n_reps = tally.problem.n_reps
    label = np.arange(n_reps + 1)

    def root(rep: int) -> int:
        while label[rep] != rep:
            rep = int(label[rep])
        return rep

    ends = []
    for unit in units:
        reps = {int(r) for r in (*tally.problem.owner[unit], *tally.owner[unit]) if r != UNSERVED}
        first = root(min(reps))
        for rep in reps:
            label[root(rep)] = first
        ends.append(min(reps))
    roots = np.array([root(rep) for rep in ends], dtype=np.int64)
    return [np.concatenate([units[k] for k in np.flatnonzero(roots == r)]) for r in np.unique(roots)]


def _take_back_single(tally: Tally) -> bool:
    """Take back moves that bring nothing, the worst first."""
    changed = False
    while True:
        units = list_moved_units(tally)
        gains = weigh_each_return(tally, units)
        idle = [k for k, gain in enumerate(gains) if gain <= (0, 0)]
        if not idle:
            return changed
        changed = True
        touched: set[int] = set()
        for k in sorted(idle, key=lambda k: gains[k]):
            unit = units[k]
            reps = {int(r) for r in (*tally.problem.owner[unit], *tally.owner[unit])}
            # Moves that share no rep with one taken back are still worth what was found.
            if touched & reps and weigh_return(tally, unit) > (0, 0):
                continue
            if weigh_return(tally, unit) <= (0, 0):
                touched |= reps
                tally.move_each(unit, returned(tally, unit))


def _take_back_chains(tally: Tally) -> bool:
    """Take back whole chains that bring nothing together, and pairs of moves that do not."""
    changed = False
    chains = split_chains(tally, list_moved_units(tally))
    for chain, gain in zip(chains, weigh_each_return(tally, chains), strict=True):
        if gain <= (0, 0) and weigh_return(tally, chain) <= (0, 0):
            tally.move_each(chain, returned(tally, chain))
            changed = True
    return changed
