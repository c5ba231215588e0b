"""k-means-constrained: clusters of nearly equal numbers of customers, begun at the homes of the reps.

It knows points and sizes in customers; no hours, skills, owners or locks. Its clusters are given to the reps for
whom they cost least (a matching on the true cost of the arcs), after every few rounds, and the cheapest is kept.
"""

from __future__ import annotations

import time

import numpy as np

from tests.benchmarks.rivals.dialogue import NOBODY, Answer, Array, Question, reply

SPREAD = 0.1  # sizes within this share of customers : reps, as the hours corridor
ROUNDS = 5  # rounds of k-means between two looks at the clock


def solve(question: Question, seconds: float, _: str = "") -> Answer:
    """Run rounds until they end or time is up; customers without a point go to the middle of all."""
    from k_means_constrained import KMeansConstrained

    began = time.perf_counter()
    point, centre = fill_points(question.customer_point), fill_points(question.rep_point)
    share = question.n_customers / question.n_reps
    cost = spread_costs(question)
    best: tuple[float, Array] | None = None
    while True:
        clusters = KMeansConstrained(
            n_clusters=question.n_reps,
            size_min=int(np.floor((1 - SPREAD) * share)),
            size_max=int(np.ceil((1 + SPREAD) * share)),
            init=centre,
            n_init=1,
            max_iter=ROUNDS,
            random_state=0,
        ).fit(point)
        owner, total = match_clusters(clusters.labels_, cost)
        if best is None or total < best[0]:
            best = total, owner
        if clusters.n_iter_ < ROUNDS or time.perf_counter() - began > seconds:
            return Answer(best[1])
        centre = clusters.cluster_centers_


def fill_points(point: Array) -> Array:
    """Points on the sphere, where one is missing the middle of the others."""
    return np.where(np.isnan(point), np.nanmean(point, axis=0), point)


def spread_costs(question: Question) -> Array:
    """Cost of each customer with each rep, [n, R]; where there is no arc, dearer than any plan."""
    dear = float(np.abs(question.cost).sum()) + 1.0
    arcs = np.flatnonzero(question.rep != NOBODY)
    by_unit = np.full((int(question.unit[-1]) + 1, question.n_reps), dear)
    members = np.bincount(question.unit_of_customer)
    by_unit[question.unit[arcs], question.rep[arcs]] = (
        question.cost[arcs] / members[question.unit[arcs]]  # a group shares what it costs
    )
    return by_unit[question.unit_of_customer]


def match_clusters(label: Array, cost: Array) -> tuple[Array, float]:
    """The owner of each customer when each cluster goes to one rep at least cost, and that cost."""
    from scipy.optimize import linear_sum_assignment

    by_cluster = np.zeros((cost.shape[1], cost.shape[1]))
    np.add.at(by_cluster, label, cost)
    cluster, rep = linear_sum_assignment(by_cluster)
    return rep[np.argsort(cluster)][label], float(by_cluster[cluster, rep].sum())


if __name__ == "__main__":
    reply(solve)
