"""Briefs: for many customers at once who would be next best, who lives nearest and who had them, and what each would
change, to the last milli-hour; what a map shows of a customer.
"""  # fmt: skip

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.spatial import cKDTree

from optimizer.explaining.assignments.alternatives import NO_BARRIER, find_barriers
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Bools, Ints, Problem
from optimizer.rebalancing.proposing.tally import Options, Tally

NONE = -1
MOST_PAIRS = 500_000  # pairs of customer and rep weighed: a second or two
FEWEST = 8  # reps for each customer where there are more pairs
AT_ONCE = 50_000  # pairs weighed in one go: some 20 MB
NAMED = 3  # terms of a difference


@dataclass(frozen=True, eq=False)
class Others:
    """Another owner for each of K customers, all else staying.

    ``rep`` [K]: -1 where there is none to tell of. ``barrier`` [K]: the first hard constraint in the way, a place in
    ``alternatives.ORDER``, or -1. ``difference`` [K]: milli-hours that the objective would rise by. ``terms`` and
    ``amounts`` [K, 3]: its largest parts, places in ``Briefs.term_names``; a part of 0 is none.
    """

    rep: Ints
    barrier: Ints
    difference: Ints
    terms: Ints
    amounts: Ints


@dataclass(frozen=True, eq=False)
class Briefs:
    """K customers by index, ``customer``, ascending. ``best``: the rep who would be next and breaks nothing;
    ``nearest``: who lives nearest; ``before``: who had it; each where that is somebody else than the owner.

    ``weighs_all``: every rep was weighed; else those who live nearest, and the owner before.
    """

    customer: Ints
    term_names: tuple[str, ...]
    best: Others
    nearest: Others
    before: Others
    weighs_all: bool


def brief_customers(problem: Problem, plan: Plan, customers: Ints) -> Briefs:
    """Briefs for ``customers`` (indices, ascending): a customer decided with others stands for all of them."""
    tally = Tally(problem, plan.owner)
    weighs_all = len(customers) * problem.n_reps <= MOST_PAIRS
    number, rep = _list_pairs(problem, customers, weighs_all)
    keep = rep != plan.owner[customers[number]]
    number, rep = number[keep], rep[keep]
    names = tuple(_weigh(tally, customers[:0], rep[:0]).terms)
    expected = _find_nearest(problem, customers), problem.owner[customers]
    # Weighed by portions of customers, so that what is weighed of a million pairs is never held at once.
    portion = np.searchsorted(number, np.arange(len(customers) + 1)) // AT_ONCE
    ends = np.concatenate([[0], np.flatnonzero(np.diff(portion[:-1])) + 1, [len(customers)]])
    found = []
    for some in map(slice, ends[:-1], ends[1:]):
        at = slice(*np.searchsorted(number, [some.start, some.stop]))
        near, before = (reps[some] for reps in expected)
        found.append(_brief(tally, names, customers[some], number[at] - some.start, rep[at], near, before))
    best, nearest, owned = map(_join, zip(*found, strict=True))
    return Briefs(customers, names, best, nearest, owned, weighs_all)


def _brief(
    tally: Tally, names: tuple[str, ...], customers: Ints, number: Ints, rep: Ints, near: Ints, before: Ints
) -> tuple[Others, Others, Others]:
    """The best, the nearest and the one before for each of some customers, of the pairs (``number``, ``rep``)."""
    options, count = _weigh(tally, customers[number], rep), len(customers)
    barrier = find_barriers(options)
    order = np.lexsort((rep, options.objective, barrier != NO_BARRIER, number))
    first = order[np.unique(number[order], return_index=True)[1]]
    best = np.full(count, NONE, dtype=np.int64)
    free = first[barrier[first] == NO_BARRIER]
    best[number[free]] = free
    amounts = np.stack([options.terms[name] for name in names], axis=1)

    def choose(at: Ints) -> Others:
        known = np.flatnonzero(at != NONE)
        who, why = np.full(count, NONE, dtype=np.int64), np.full(count, NO_BARRIER, dtype=np.int64)
        who[known], why[known] = rep[at[known]], barrier[at[known]]
        mine = np.zeros((count, len(names)), dtype=np.int64)
        mine[known] = amounts[at[known]]
        largest = np.argsort(-np.abs(mine), axis=1, kind="stable")[:, :NAMED]
        return Others(who, why, mine.sum(axis=1), largest, np.take_along_axis(mine, largest, axis=1))

    wanted = best, _place(number, rep == near[number], count), _place(number, rep == before[number], count)
    return choose(wanted[0]), choose(wanted[1]), choose(wanted[2])


def _join(portions: Sequence[Others]) -> Others:
    """The others of all customers, from those of each portion."""
    arrays = ([getattr(others, field.name) for others in portions] for field in fields(Others))
    return Others(*(np.concatenate(each) for each in arrays))


def _place(number: Ints, hit: Bools, count: int) -> Ints:
    """Where the pair of each customer that is a ``hit`` stands, [K]; -1: nowhere."""
    at = np.full(count, NONE, dtype=np.int64)
    found = np.flatnonzero(hit)
    at[number[found]] = found
    return at


def _weigh(tally: Tally, customer: Ints, rep: Ints) -> Options:
    """What giving each customer, with those it is decided with, to each rep would change."""
    alone = tally.count_mates(customer) == 1
    if alone.all():
        return tally.weigh_apart(np.arange(len(customer)), customer, rep, len(customer))
    mates = [tally.mates(int(c)) for c in customer]
    size = np.array([len(m) for m in mates])
    option = np.repeat(np.arange(len(customer)), size)
    return tally.weigh_apart(option, np.concatenate(mates), np.repeat(rep, size), len(customer))


def _list_pairs(problem: Problem, customers: Ints, weighs_all: bool) -> tuple[Ints, Ints]:
    """(place among the customers, rep) of every pair to weigh, each once."""
    count, reps = len(customers), problem.n_reps
    if weighs_all:
        return np.repeat(np.arange(count), reps), np.tile(np.arange(reps), count)
    most = min(max(FEWEST, MOST_PAIRS // max(count, 1) - 1), reps)
    pairs = [_ask_tree(problem, customers, most), _pair_known(problem.owner[customers], reps)]
    key = np.unique(np.concatenate(pairs))
    number, rep = np.divmod(key, reps)
    return number, rep


def _pair_known(rep: Ints, reps: int) -> Ints:
    known = np.flatnonzero(rep != UNSERVED)
    key: Ints = known * reps + rep[known]
    return key


def _ask_tree(problem: Problem, customers: Ints, most: int) -> Ints:
    """Keys of the pairs of each customer with the ``most`` reps that live nearest; the first reps without places."""
    home = np.flatnonzero(~np.isnan(problem.rep_point[:, 0]))
    point = problem.customer_point[customers]
    placed = np.flatnonzero(~np.isnan(point[:, 0])) if len(home) else np.empty(0, dtype=np.int64)
    rep = np.tile(np.arange(most), (len(customers), 1))
    if len(placed):
        most = min(most, len(home))
        _, near = cKDTree(problem.rep_point[home]).query(point[placed], k=most)
        rep[placed, :most] = home[near.reshape(len(placed), most)]
    number = np.repeat(np.arange(len(customers)), rep.shape[1])
    key: Ints = number * problem.n_reps + rep.ravel()
    return key


def _find_nearest(problem: Problem, customers: Ints) -> Ints:
    """The rep whose home is nearest to each customer, [K]; -1 without places."""
    home = np.flatnonzero(~np.isnan(problem.rep_point[:, 0]))
    point = problem.customer_point[customers]
    placed = np.flatnonzero(~np.isnan(point[:, 0]))
    found = np.full(len(customers), NONE, dtype=np.int64)
    if len(home) and len(placed):
        found[placed] = home[cKDTree(problem.rep_point[home]).query(point[placed])[1]]
    return found
