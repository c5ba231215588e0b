"""Walking: from one plan towards another, the change that helps most first, as far as the budgets of moves allow."""

from __future__ import annotations

import numpy as np

from optimizer.constraints import disruption
from optimizer.plan import UNSERVED
from optimizer.problem import Ints, Problem
from optimizer.rebalancing.tally import Tally

MOST_PLACED = 2_000  # customers that are placed one by one; the others wait for the search


def walk(problem: Problem, owner: Ints, target: Ints) -> Ints:
    """The plan ``owner`` [n] after those changes towards ``target`` that each make it better.

    Better is less of hard constraints broken, then less cost. No change is made that overdraws a hard budget, so that a
    plan within the budgets stays within them.
    """
    tally = Tally(problem, owner)
    units = _list_differences(tally, target)
    if not units:
        return tally.owner
    reps = [_find_ends(tally, unit, target) for unit in units]
    gains: list[tuple[int, int] | None] = [_weigh(tally, unit, target) for unit in units]
    left = set(range(len(units)))
    while left:
        known = [(gain, k) for k in left if (gain := gains[k]) is not None and gain < (0, 0)]
        if not known:
            break
        best = min(known)[1]
        # What was found may be out of date where budgets for all have been drawn on meanwhile.
        now = _weigh(tally, units[best], target)
        if now is None or now > (gains[best] or (0, 0)):
            gains[best] = now
            continue
        tally.move_each(units[best], target[units[best]])
        left.discard(best)
        for k in left:
            if reps[k] & reps[best]:
                gains[k] = _weigh(tally, units[k], target)
    return tally.owner


def place(problem: Problem, owner: Ints) -> Ints:
    """The plan in which customers without an owner have the best one for each, the largest first; others stay.

    Whom nobody can take without breaking more, or at a higher cost than leaving them out, stays without.
    """
    lost = np.flatnonzero(owner == UNSERVED)
    lost = lost[np.argsort(-problem.hours[lost], kind="stable")][:MOST_PLACED]
    if not len(lost) or not problem.n_reps:
        return owner.copy()
    tally, reps = Tally(problem, owner), np.arange(problem.n_reps)
    for customer in lost.tolist():
        if tally.owner[customer] == UNSERVED:
            mates = tally.mates(customer)
            options = tally.weigh(mates, reps)
            best = int(np.lexsort((options.objective, options.breach))[0])
            if (int(options.breach[best]), int(options.objective[best])) < (0, 0):
                tally.move(mates, best)
    return tally.owner


def _weigh(tally: Tally, unit: Ints, target: Ints) -> tuple[int, int] | None:
    """(breach, objective) that the change adds; None where it overdraws a hard budget."""
    options = tally.weigh_each(unit, target[unit])
    if int(options.broken.get(disruption.NAME, np.zeros(1))[0]) > 0:
        return None
    return int(options.breach[0]), int(options.objective[0])


def _list_differences(tally: Tally, target: Ints) -> list[Ints]:
    seen: set[int] = set()
    units = []
    for customer in np.flatnonzero(tally.owner != target).tolist():
        if customer not in seen:
            mates = tally.mates(customer)
            seen |= set(mates.tolist())
            units.append(mates)
    return units


def _find_ends(tally: Tally, unit: Ints, target: Ints) -> set[int]:
    return {int(rep) for rep in (*tally.owner[unit], *target[unit]) if rep != UNSERVED}
