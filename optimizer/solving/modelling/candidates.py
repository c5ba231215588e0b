"""Candidates: the pairs worth considering, before anything is solved.

Up to ``ALL_PAIRS`` pairs of customer and rep all are taken. Beyond, each unit gets qualified reps near it, its
members' present owners and the reps of its locks and named pairs; ``far_pairs`` prices the pairs left out.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from optimizer.constraints import together
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Bools, Floats, Ints, Problem

ALL_PAIRS = 2_000_000
CHUNK = 4_000_000  # pairs looked at in one go
REACH = 4  # times as many reps are near enough to be chosen from ...
CITY = 0.07  # ... and this share of all reps, about as many as a large city has
NO_PAIRS = np.empty((0, 2), dtype=np.int64)


def takes_all_pairs(problem: Problem) -> bool:
    """Whether every pair of customer and rep is a candidate."""
    return problem.n_customers * problem.n_reps <= ALL_PAIRS


def find_candidates(problem: Problem, start: Plan | None = None) -> tuple[Ints, Ints]:
    """(customer, rep) of each candidate pair, ascending; all members of a unit have the same reps.

    ``start`` adds the pairs of a plan to begin with. Pairs that hard constraints forbid may be among them.
    """
    n, n_reps = problem.n_customers, problem.n_reps
    if takes_all_pairs(problem):
        customer, rep = np.divmod(np.arange(n * n_reps, dtype=np.int64), n_reps)
        return customer, rep
    unit = together.find_units(problem)
    n_units = int(unit.max()) + 1
    keys = [_find_nearest(problem, unit, n_units)]
    promised, promised_rep = find_promised(problem)
    everybody = np.arange(n)
    for customer, rep in (
        (promised, promised_rep),
        (everybody, start.owner if start is not None else problem.owner),
    ):
        some = rep != UNSERVED
        keys.append(unit[customer[some]] * n_reps + rep[some])
    units, rep = np.divmod(_sort_once(np.concatenate(keys)), n_reps)
    if n_units == n:
        return units, rep  # every unit is one customer
    return _spread(unit, n_units, units, rep)


def spread_pairs(problem: Problem, unit: Ints, rep: Ints) -> tuple[Ints, Ints]:
    """Pairs (customer, rep), ascending, of all members of the units in pairs (unit, rep)."""
    unit_of_customer = together.find_units(problem)
    n_units = int(unit_of_customer.max()) + 1
    unit, rep = np.divmod(_sort_once(unit * problem.n_reps + rep), problem.n_reps)
    return _spread(unit_of_customer, n_units, unit, rep)


def find_promised(problem: Problem) -> tuple[Ints, Ints]:
    """(customer, rep) of pairs that are candidates whatever the distance: present owners, locks, named pairs.

    Their cost or permission may differ from that of other pairs. In any order, some perhaps twice.
    """
    named, named_rep = np.divmod(problem.pair_key, problem.n_reps)
    owned = np.flatnonzero(problem.owner != UNSERVED)
    return (
        np.concatenate([owned, problem.lock_customer, named]),
        np.concatenate([problem.owner[owned], problem.lock_rep, named_rep]),
    )


def find_able(problem: Problem, *, skills: bool = True, tiers: bool = True) -> tuple[Ints, Bools]:
    """Kind of each customer [n], and which reps have the ``skills`` and may serve the ``tiers`` of a kind, [kinds, R].

    Customers of one tier and one requirement are of one kind.
    """
    code = problem.tier * len(problem.requirements) + problem.requirement
    present = np.flatnonzero(np.bincount(code))
    number = np.zeros(int(present[-1]) + 1, dtype=np.int64)
    number[present] = np.arange(len(present))
    tier, requirement = np.divmod(present, len(problem.requirements))
    able = np.ones((len(present), problem.n_reps), dtype=np.bool_)
    if tiers:
        able &= problem.serves.T[tier]
    if skills:
        holds = [np.all(problem.skill >= required, axis=1) for required in problem.requirements]
        able &= np.array(holds)[requirement]
    return number[code], able


def find_middles(problem: Problem, unit: Ints, n_units: int, weight: Floats) -> Floats:
    """The mean of the members' points of each unit, by ``weight`` [n], [U, 3]; NaN where no member has a point.

    Not put back on the sphere: the sum over members of weight x distance to a home is at least the sum of weights x
    the distance from this mean (Jensen).
    """
    located = np.flatnonzero(~np.isnan(problem.customer_point[:, 0]) & (weight > 0))
    total = np.bincount(unit[located], weight[located], minlength=n_units)
    middle = np.full((n_units, 3), np.nan)
    for axis in range(3):
        moment = weight[located] * problem.customer_point[located, axis]
        moment = np.bincount(unit[located], moment, minlength=n_units)
        np.divide(moment, total, out=middle[:, axis], where=total > 0)
    return middle


def _find_nearest(problem: Problem, unit: Ints, n_units: int) -> Ints:
    """Keys unit * R + rep of ``problem.candidates`` near reps that are qualified for every member.

    Where lacking a skill or a tier has a price, half as many near ones who may pay it come on top.
    """
    weight = np.ones(problem.n_customers)
    middle = find_middles(problem, unit, n_units, weight)
    kind, able = merge_members(unit, n_units, *find_able(problem))
    found = [_choose(problem, middle, kind, able, problem.candidates)]
    if problem.skill_price is not None or problem.tier_price is not None:
        allowed = find_able(problem, skills=problem.skill_price is None, tiers=problem.tier_price is None)
        kind, able = merge_members(unit, n_units, *allowed)
        found.append(_choose(problem, middle, kind, able, (problem.candidates + 1) // 2))
    unit_rep = np.concatenate(found)
    return np.asarray(unit_rep[:, 0] * problem.n_reps + unit_rep[:, 1])


def merge_members(unit: Ints, n_units: int, kind: Ints, able: Bools) -> tuple[Ints, Bools]:
    """Kind of each unit [U] and the reps that may have all its members, one row for each different set of reps.

    ``kind`` [n] and ``able`` are the customers', as ``find_able`` gives them.
    """
    order = np.argsort(unit, kind="stable")
    starts = np.searchsorted(unit[order], np.arange(n_units))
    size = np.diff(starts, append=len(unit))
    kind_of_unit = kind[order[starts]]
    sets = [np.packbits(able, axis=1)]
    several = np.flatnonzero(size > 1)
    step = max(1, CHUNK // able.shape[1])
    for begin in range(0, len(several), step):
        units = several[begin : begin + step]
        count = size[units]
        inner = np.cumsum(count) - count
        at = np.repeat(starts[units] - inner, count) + np.arange(int(count.sum()))
        together_able = np.logical_and.reduceat(able[kind[order[at]]], inner)
        sets.append(np.packbits(together_able, axis=1))
    rows, label = np.unique(np.concatenate(sets), axis=0, return_inverse=True)
    label = label.ravel()
    merged: Ints = label[kind_of_unit]
    merged[several] = label[len(able) :]
    return merged, np.unpackbits(rows, axis=1, count=able.shape[1]).astype(np.bool_)


def _choose(problem: Problem, middle: Floats, kind: Ints, able: Bools, count: int) -> Ints:
    """(unit, rep) of ``count`` reps a unit from those of its kind: near ones, or, without places, in turn."""
    found = [NO_PAIRS]
    order = np.argsort(kind, kind="stable")
    starts = np.searchsorted(kind[order], np.arange(len(able) + 1))
    placed = ~np.isnan(middle[:, 0])
    at_home = ~np.isnan(problem.rep_point[:, 0])
    for number, row in enumerate(able):
        units = order[starts[number] : starts[number + 1]]
        near, anywhere = np.flatnonzero(row & at_home), np.flatnonzero(row & ~at_home)
        here = units[placed[units]]
        # A rep without a home is as near as the nearest, so it shares the places with those who have one.
        turns = min(len(anywhere), max(count // 2, count - len(near)))
        found.append(_take_turns(here, anywhere, turns))
        found.append(_take_nearest(here, middle, near, problem.rep_point, count - turns))
        found.append(_take_turns(units[~placed[units]], np.flatnonzero(row), count))
    return np.concatenate(found)


def _take_nearest(units: Ints, middle: Floats, reps: Ints, home: Floats, count: int) -> Ints:
    """(unit, rep) of about ``count`` of ``reps`` for each of ``units``: two thirds the nearest, the others beyond.

    In a crowded city the nearest reps are all as full as one another; those beyond know who has hours left. With as
    many pairs as by nearness alone the prices miss a third as much (100,000 x 1,000: pairs left out could save 0.8 %
    of the bound instead of 2.5 %).
    """
    count = min(count, len(reps))
    if not len(units) or not count:
        return NO_PAIRS
    # All cores may share the work: every answer is one unit's own.
    tree = cKDTree(home[reps])
    widest = round(CITY * len(reps))
    if widest <= REACH * count:
        _, nearest = tree.query(middle[units], k=rank_nearest(count, len(reps)), workers=-1)
        return np.column_stack([np.repeat(units, count), reps[nearest].ravel()])
    near = count - count // 3
    _, nearest = tree.query(middle[units], k=list(range(1, near + 1)), workers=-1)
    found = [np.column_stack([np.repeat(units, near), reps[nearest].ravel()])]
    for classes in np.rint(np.geomspace(count, widest, count - near)).astype(np.int64):
        found.append(_take_beyond(units, middle, reps, home, int(classes)))
    return np.concatenate(found)


def _take_beyond(units: Ints, middle: Floats, reps: Ints, home: Floats, classes: int) -> Ints:
    """(unit, rep): the nearest rep of one of some ``classes`` that reps and units are dealt into.

    It is about as far as the ``classes``-th nearest of all, at a fraction of the work of finding that one, and
    neighbours get different ones.
    """
    dealt = np.random.default_rng(classes).permutation(len(reps)) % classes
    turn = np.arange(len(units)) % classes
    order, by_class = np.argsort(turn, kind="stable"), np.argsort(dealt, kind="stable")
    unit_ends = np.searchsorted(turn[order], np.arange(classes + 1))
    rep_ends = np.searchsorted(dealt[by_class], np.arange(classes + 1))
    chosen = np.empty(len(units), dtype=np.int64)
    for number in range(min(classes, len(units))):
        mine = order[unit_ends[number] : unit_ends[number + 1]]
        some = reps[by_class[rep_ends[number] : rep_ends[number + 1]]]
        chosen[mine] = some[cKDTree(home[some]).query(middle[units[mine]])[1]]
    return np.column_stack([units, chosen])


def rank_nearest(count: int, most: int) -> Ints:
    """Which of the nearest reps are taken, of ``most``: two thirds of ``count`` in order, the others ever farther."""
    near = count - count // 3
    beyond = np.rint(np.geomspace(near + 1, max(min(REACH * count, most), near + 1), count - near))
    return np.concatenate(
        [np.arange(1, near + 1), np.maximum(beyond, np.arange(near + 1, count + 1))]
    ).astype(np.int64)


def _take_turns(units: Ints, reps: Ints, count: int) -> Ints:
    """(unit, rep) of ``count`` of ``reps`` for each of ``units``, every rep about equally often.

    Unit j takes reps j, j + 1, j + a, j + b, ... round the table: each step gives every rep its turn, and the steps
    are drawn so that no part of the units and reps is cut off from the rest.
    """
    count = min(count, len(reps))
    if not len(units) or not count:
        return NO_PAIRS
    further = 2 + np.random.default_rng(0).permutation(max(len(reps) - 2, 0))
    steps = np.concatenate([[0, 1], further])[:count]
    turn = (np.arange(len(units))[:, None] + steps) % len(reps)
    return np.column_stack([np.repeat(units, count), reps[turn].ravel()])


def _sort_once(keys: Ints) -> Ints:
    """The keys ascending, each once. Sorts in place: half the time and memory of np.unique."""
    keys.sort()
    first: Ints = keys[np.diff(keys, prepend=-1) > 0]
    return first


def _spread(unit: Ints, n_units: int, units: Ints, rep: Ints) -> tuple[Ints, Ints]:
    """From pairs (unit, rep) to pairs (customer, rep) of all members."""
    first = np.searchsorted(units, np.arange(n_units + 1))
    count = np.diff(first)[unit]
    customer = np.repeat(np.arange(len(unit)), count)
    within = np.arange(len(customer)) - np.repeat(np.cumsum(count) - count, count)
    return customer, rep[first[unit[customer]] + within]
