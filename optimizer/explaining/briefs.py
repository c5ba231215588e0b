"""Briefs: for many customers at once who would be next best, who lives nearest and who had them, and what each would
change, to the last milli-hour; what a map shows of a customer.
"""  # fmt: skip

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from optimizer.explaining.alternatives import NO_BARRIER, find_barriers
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Bools, Ints, Problem
from optimizer.rebalancing.tally import Options, Tally

NONE = -1
MOST_PAIRS = 500_000  # pairs of customer and rep weighed: a second or two
FEWEST = 8  # reps for each customer where there are more pairs
AT_ONCE = 200_000
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
    tally, count = Tally(problem, plan.owner), len(customers)
    near = _find_nearest(problem, customers)
    weighs_all = count * problem.n_reps <= MOST_PAIRS
    number, rep = _list_pairs(problem, customers, weighs_all)
    keep = rep != plan.owner[customers[number]]
    number, rep = number[keep], rep[keep]
    parts = [
        _weigh(tally, customers[number[at : at + AT_ONCE]], rep[at : at + AT_ONCE])
        for at in range(0, len(number), AT_ONCE)
    ]
    names: tuple[str, ...] = tuple(parts[0].terms) if parts else ()
    if not parts:
        nothing = _choose(names, [], number, rep, np.full(count, NONE, dtype=np.int64))
        return Briefs(customers, names, nothing, nothing, nothing, weighs_all)
    barrier = np.concatenate([find_barriers(part) for part in parts])
    objective = np.concatenate([part.objective for part in parts])
    order = np.lexsort((rep, objective, barrier != NO_BARRIER, number))
    first = order[np.unique(number[order], return_index=True)[1]]
    best = np.full(count, NONE, dtype=np.int64)
    free = first[barrier[first] == NO_BARRIER]
    best[number[free]] = free
    before = problem.owner[customers]
    return Briefs(
        customers,
        names,
        _choose(names, parts, number, rep, best),
        _choose(names, parts, number, rep, _place(number, rep == near[number], count)),
        _choose(names, parts, number, rep, _place(number, rep == before[number], count)),
        weighs_all,
    )


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


def _choose(names: tuple[str, ...], parts: list[Options], number: Ints, rep: Ints, at: Ints) -> Others:
    """The pairs ``at`` [K] (-1: none) of all that were weighed, with the largest terms of each difference."""
    known = np.flatnonzero(at != NONE)
    chosen = at[known]
    amounts = np.zeros((len(at), len(names)), dtype=np.int64)
    barrier = np.full(len(at), NO_BARRIER, dtype=np.int64)
    for k, part in enumerate(parts):
        mine = (chosen >= k * AT_ONCE) & (chosen < (k + 1) * AT_ONCE)
        row, inner = known[mine], chosen[mine] - k * AT_ONCE
        barrier[row] = find_barriers(part)[inner]
        for j, name in enumerate(names):
            amounts[row, j] = part.terms[name][inner]
    order = np.argsort(-np.abs(amounts), axis=1, kind="stable")[:, :NAMED]
    who: NDArray[np.int64] = np.full(len(at), NONE, dtype=np.int64)
    who[known] = rep[chosen]
    return Others(who, barrier, amounts.sum(axis=1), order, np.take_along_axis(amounts, order, axis=1))
