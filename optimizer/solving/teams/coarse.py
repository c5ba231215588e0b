"""A coarse problem: customers who are alike in all that matters and live near each other, taken together as one.

Whom to keep on a team and where to hire is asked of it hundreds of times; plans are never made from it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from optimizer.problem import Floats, Ints, Problem
from optimizer.solving.modelling.candidates import find_able, merge_members

MOST_NODES, WIDE_NODES, PER_REP = 2_000, 3_500, 4  # customers gathered at least and at most, and of each rep
CELLS = (160, 80, 40, 20)  # places around which the customers of one owner are gathered, as many as may be
ROUNDS = 12  # in which places move into the middle of what is gathered around them


def spread_places(point: Floats, weight: Floats, count: int, seed: int = 0) -> Ints:
    """``count`` customers that stand for all: each at the middle of those nearest to it, [count] positions, ascending.

    ``point`` [n, 3], NaN without a place; ``weight`` [n] >= 0. Weighted k-means on the sphere (Lloyd 1982) from a
    seeded start that spreads by weight and distance (k-means++; Arthur & Vassilvitskii 2007), each middle moved to the
    customer nearest to it. Fewer where there are fewer different places; none without any.
    """
    located = np.flatnonzero(np.isfinite(point).all(axis=1))
    if not len(located) or count < 1:
        return located[:0]
    places, weights = point[located], np.maximum(weight[located], 1e-9)
    chance = np.random.default_rng(seed)
    chosen = [int(chance.choice(len(places), p=weights / weights.sum()))]
    far = ((places - places[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count and (far * weights).max() > 1e-16:
        reach = far * weights
        chosen.append(int(chance.choice(len(places), p=reach / reach.sum())))
        far = np.minimum(far, ((places - places[chosen[-1]]) ** 2).sum(axis=1))
    middle = places[chosen]
    for _ in range(ROUNDS):
        _, cell = cKDTree(middle).query(places)
        total = np.bincount(cell, weights, len(middle))
        sums = np.column_stack([np.bincount(cell, weights * places[:, k], len(middle)) for k in range(3)])
        length = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        middle = np.where((total > 0)[:, None], sums / length, middle)
    _, nearest = cKDTree(places).query(middle)
    return np.unique(located[nearest])


def coarsen(problem: Problem) -> Problem:
    """The relaxed problem with 2,000 to 3,500 customers, more for many reps; itself where it has no more.

    Those who are taken together may have the same reps, and live around the same place; where reps are few, they
    agree in tier, requirements, preferences and present owner too. Groups, named pairs and rivals are forgotten.
    """
    most = int(np.clip(PER_REP * problem.n_reps, MOST_NODES, WIDE_NODES))
    if problem.n_customers <= most:
        return problem
    label = _gather(problem, most)
    _, node = np.unique(label, return_inverse=True)
    node = node.ravel()
    n_nodes = int(node.max()) + 1
    _, first = np.unique(node, return_index=True)

    def add(amount: Ints | Floats) -> Ints:
        return np.rint(np.bincount(node, amount, n_nodes)).astype(np.int64)

    nothing = np.empty(0, dtype=np.int64)
    weight = np.maximum(problem.travel_rate, 1e-9)
    known = np.isfinite(problem.customer_point).all(axis=1)
    point = np.column_stack(
        [np.bincount(node[known], (weight * problem.customer_point[:, k])[known], n_nodes) for k in range(3)]
    )
    length = np.linalg.norm(point, axis=1, keepdims=True)
    point = np.divide(point, length, out=np.full_like(point, np.nan), where=length > 0)
    count = np.bincount(node, minlength=n_nodes)
    return replace(
        problem,
        customer_ids=problem.customer_ids[first],
        tier=problem.tier[first],
        hours=add(problem.hours),
        travel_rate=np.bincount(node, problem.travel_rate, n_nodes).astype(np.float64),
        customer_point=point,
        nearest_km=np.bincount(node, problem.nearest_km, n_nodes) / count,
        owner=problem.owner[first],
        handover=add(problem.handover),
        unserved=add(problem.unserved),
        group=np.full(n_nodes, -1, dtype=np.int64),
        requirement=problem.requirement[first],
        preference=problem.preference[first],
        counts=(),
        lock_customer=nothing,
        lock_rep=nothing,
        lock_forces=nothing.astype(np.bool_),
        pair_key=nothing,
        pair_hours=nothing,
        pair_travel=nothing,
        pair_cost=nothing,
        pair_allowed=nothing,
        apart=np.empty((0, 2), dtype=np.int64),
    )


def _gather(problem: Problem, most: int) -> Ints:
    """A label for each customer; customers of one label are taken together, [n]."""
    alike = np.column_stack([problem.tier, problem.requirement, problem.preference, problem.owner])
    _, owned = np.unique(alike, axis=0, return_inverse=True)
    owned = owned.ravel()
    for cells in CELLS if len(np.unique(owned)) <= most else ():
        label = owned * (cells + 1) + _find_cells(problem, cells)
        if len(np.unique(label)) <= most:
            return label
    each = np.arange(problem.n_customers)
    allowed = find_able(problem, skills=problem.skill_price is None, tiers=problem.tier_price is None)
    kind, _ = merge_members(each, problem.n_customers, *allowed)  # by who may have them
    fewest = max(1, most // len(np.unique(kind)))
    for cells in (8 * fewest, 4 * fewest, 2 * fewest, fewest):  # not every kind lives everywhere
        label = kind * (cells + 1) + _find_cells(problem, cells)
        if len(np.unique(label)) <= most:
            break
    return label


def _find_cells(problem: Problem, count: int) -> Ints:
    cell = np.zeros(problem.n_customers, dtype=np.int64)
    known = np.isfinite(problem.customer_point).all(axis=1)
    at = spread_places(problem.customer_point, problem.hours.astype(np.float64), count)
    if len(at):
        cell[known] = 1 + cKDTree(problem.customer_point[at]).query(problem.customer_point[known])[1]
    return cell
