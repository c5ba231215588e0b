"""Walking: from one plan towards another, the change that helps most first, as far as the budgets of moves allow."""

from __future__ import annotations

import numpy as np

from optimizer.constraints import disruption
from optimizer.plan import UNSERVED
from optimizer.problem import Ints, Problem
from optimizer.rebalancing.concern import measure_pairs
from optimizer.rebalancing.tally import Tally

MOST_PLACED = 2_000  # customers that are placed before anything is solved; the others wait for the search
NEAR = 48  # reps that are weighed for each, the cheapest by themselves
TURNS = 200  # of giving every rep one customer at most
PAIRS = 500_000  # looked at in one go


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
    gains = _weigh(tally, units, target)
    left = set(range(len(units)))
    while left:
        known = [(gain, k) for k in left if (gain := gains[k]) is not None and gain < (0, 0)]
        if not known:
            break
        best = min(known)[1]
        # What was found may be out of date where budgets for all have been drawn on meanwhile.
        now = _weigh(tally, [units[best]], target)[0]
        if now is None or now > (gains[best] or (0, 0)):
            gains[best] = now
            continue
        tally.move_each(units[best], target[units[best]])
        left.discard(best)
        near = [k for k in left if reps[k] & reps[best]]
        for k, gain in zip(near, _weigh(tally, [units[k] for k in near], target), strict=True):
            gains[k] = gain
    return tally.owner


def place(problem: Problem, owner: Ints) -> Ints:
    """The plan in which customers without an owner have the best near one, the largest first; others stay.

    Whom nobody can take without breaking more, or at a higher cost than leaving them out, stays without.
    """
    tally = Tally(problem, owner)
    place_in(tally)
    return tally.owner


def place_in(tally: Tally) -> None:
    """The same for the plan of a tally, which has it then."""
    problem = tally.problem
    lost = np.flatnonzero(tally.owner == UNSERVED)
    lost = lost[np.argsort(-problem.hours[lost], kind="stable")][:MOST_PLACED]
    if not len(lost) or not problem.n_reps:
        return
    units = list({int(mates[0]): mates for mates in map(tally.mates, lost.tolist())}.values())
    line = [
        reps
        for some in np.array_split(np.arange(len(units)), -(-len(units) * problem.n_reps // PAIRS))
        for reps in _find_near(problem, np.array([units[k][0] for k in some.tolist()], dtype=np.int64))
    ]
    waiting = [k for k in range(len(units)) if len(line[k])]
    for _ in range(TURNS):
        if not waiting:
            break
        waiting = _place_some(tally, units, line, waiting)


def _find_near(problem: Problem, customers: Ints) -> list[Ints]:
    """For each customer the reps who may have it, ``NEAR`` at most: the cheapest by themselves."""
    cost = measure_pairs(problem, customers, np.arange(problem.n_reps))
    if problem.n_reps > NEAR:
        at = np.argpartition(cost, NEAR - 1, axis=1)[:, :NEAR]
    else:
        at = np.tile(np.arange(problem.n_reps), (len(customers), 1))
    allowed = np.isfinite(np.take_along_axis(cost, at, axis=1))
    return [np.sort(reps[may]) for reps, may in zip(at, allowed, strict=True)]


def _place_some(tally: Tally, units: list[Ints], line: list[Ints], waiting: list[int]) -> list[int]:
    """Give some of the ``waiting`` to the best rep in their line, each rep one; who would like one that is taken now
    waits on.
    """  # fmt: skip
    count = [len(line[k]) for k in waiting]
    to = np.concatenate([line[k] for k in waiting])
    size = np.repeat([len(units[k]) for k in waiting], count)
    who = np.concatenate([np.tile(units[k], len(line[k])) for k in waiting])
    found = tally.weigh_apart(np.repeat(np.arange(len(to)), size), who, np.repeat(to, size), len(to))
    breach, objective = found.breach, found.objective
    order = np.lexsort((objective, breach, np.repeat(np.arange(len(waiting)), count)))
    given: dict[int, int] = {}
    left = []
    for k, best in zip(waiting, order[np.cumsum(count) - count].tolist(), strict=True):
        if (int(breach[best]), int(objective[best])) >= (0, 0):
            continue
        if int(to[best]) in given:
            left.append(k)
        else:
            given[int(to[best])] = k
    if given:
        moved = [units[k] for k in given.values()]
        tally.move_each(np.concatenate(moved), np.repeat(list(given), [len(unit) for unit in moved]))
    return left


def _weigh(tally: Tally, units: list[Ints], target: Ints) -> list[tuple[int, int] | None]:
    """(breach, objective) that each change adds by itself; None where it overdraws a hard budget."""
    if not units:
        return []
    option = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    customers = np.concatenate(units)
    options = tally.weigh_apart(option, customers, target[customers], len(units))
    added = zip(options.breach.tolist(), options.objective.tolist(), strict=True)
    overdrawn = options.broken.get(disruption.NAME, np.zeros(len(units))) > 0
    return [None if over else gain for over, gain in zip(overdrawn.tolist(), added, strict=True)]


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
