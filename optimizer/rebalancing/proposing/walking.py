"""Walking: from one plan towards another, the change that helps most first, as far as the budgets of moves allow."""

from __future__ import annotations

import numpy as np

from optimizer.constraints import disruption
from optimizer.plan import UNSERVED
from optimizer.problem import Ints, Problem
from optimizer.rebalancing.proposing.concern import measure_pairs
from optimizer.rebalancing.proposing.tally import Tally

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
    units = tally.list_units(np.flatnonzero(tally.owner != target))
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
    units = tally.list_units(lost)
    line = [
        reps
        for some in np.array_split(np.arange(len(units)), -(-len(units) * problem.n_reps // PAIRS))
        for reps in _find_near(problem, np.array([units[k][0] for k in some.tolist()], dtype=np.int64))
    ]
    queue = _Queue(tally, units, line)
    for _ in range(TURNS):
        if not queue.waiting.any():
            break
        queue.place_some()


def _find_near(problem: Problem, customers: Ints) -> list[Ints]:
    """For each customer the reps who may have it, ``NEAR`` at most: the cheapest by themselves."""
    cost = measure_pairs(problem, customers, np.arange(problem.n_reps))
    if problem.n_reps > NEAR:
        at = np.argpartition(cost, NEAR - 1, axis=1)[:, :NEAR]
    else:
        at = np.tile(np.arange(problem.n_reps), (len(customers), 1))
    allowed = np.isfinite(np.take_along_axis(cost, at, axis=1))
    return [np.sort(reps[may]) for reps, may in zip(at, allowed, strict=True)]


class _Queue:
    """Units without an owner and the reps in line for each, with what each would add; kept true turn by turn."""

    def __init__(self, tally: Tally, units: list[Ints], line: list[Ints]) -> None:
        self.tally, self.units = tally, units
        count = [len(reps) for reps in line]
        self.unit, self.rep = np.repeat(np.arange(len(line)), count), np.concatenate(line)
        self.breach, self.objective = np.zeros_like(self.rep), np.zeros_like(self.rep)
        self.waiting = np.array(count) > 0  # [units]
        self.stale = np.ones(len(self.rep), dtype=bool)  # what was weighed when a rep had other customers

    def place_some(self) -> None:
        """Give some of the waiting to the best rep in their line, each rep one; who would like one that is taken now
        waits on.
        """  # fmt: skip
        alive = np.flatnonzero(self.waiting[self.unit])
        self._weigh(alive[self.stale[alive]])
        order = alive[np.lexsort((self.objective[alive], self.breach[alive], self.unit[alive]))]
        given: dict[int, int] = {}
        for best in order[np.unique(self.unit[order], return_index=True)[1]].tolist():
            unit, rep = int(self.unit[best]), int(self.rep[best])
            if (int(self.breach[best]), int(self.objective[best])) >= (0, 0):
                self.waiting[unit] = False
            elif rep not in given:
                given[rep] = unit
        if not given:
            return
        moved = [self.units[k] for k in given.values()]
        self.waiting[list(given.values())] = False
        who = np.concatenate(moved)
        # Of a group some may have an owner: what they leave, and budgets for all, count for everybody in line.
        alone = bool((self.tally.owner[who] == UNSERVED).all())
        self.stale = np.isin(self.rep, list(given)) | (not alone)
        self.tally.move_each(who, np.repeat(list(given), [len(unit) for unit in moved]))

    def _weigh(self, at: Ints) -> None:
        """What giving its unit to its rep would add, of each of these places in line."""
        if not len(at):
            return
        size = np.array([len(unit) for unit in self.units], dtype=np.int64)[self.unit[at]]
        who = np.concatenate([self.units[k] for k in self.unit[at].tolist()])
        option = np.repeat(np.arange(len(at)), size)
        found = self.tally.weigh_apart(option, who, np.repeat(self.rep[at], size), len(at))
        self.breach[at], self.objective[at] = found.breach, found.objective


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


def _find_ends(tally: Tally, unit: Ints, target: Ints) -> set[int]:
    return {int(rep) for rep in (*tally.owner[unit], *target[unit]) if rep != UNSERVED}
