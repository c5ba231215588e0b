"""Fairness: where a plan, and each rep's share in it, lies among plans that are about as good.

The sample is a walk: from the plan on, one customer (or two of different reps, in exchange) changes its rep at random
whenever no hard constraint is broken more and the objective stays within the slack. It shows what else was to be had at
about the same cost; it is not a uniform draw from all such plans, and near the plan plans are met more often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator
from scipy.spatial import cKDTree

from optimizer.evaluation import evaluate
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints, Problem
from optimizer.rebalancing.proposing.tally import Tally

SLACK = 0.02  # of the objective that a plan of the sample may cost more
DRAWS = 200
APART = 0.2  # of all customers: changes tried between two draws ...
LEAST_APART, MOST_APART = 10, 100  # ... at least and at most
STEP = 0.05  # of the slack that one move may use, so that many small ones fit in
CHOICES = 8  # reps, the cheapest that are allowed, of whom one is drawn
NEAR = 100  # customers, the nearest, of whom one with another rep is drawn to change places


@dataclass(frozen=True, eq=False)
class Share:
    """What one rep has of a measure, in its units, and quantiles of what plans of the sample give."""

    rep_id: str
    measure: str
    value: float
    low: float  # 5 % of the plans give less
    middle: float
    high: float  # 5 % give more
    rank: float  # share of the plans that give less


@dataclass(frozen=True, eq=False)
class Spread:
    """Largest less smallest part of its target that a rep has of a measure, and the same in the sample."""

    measure: str
    value: float
    low: float
    high: float
    rank: float  # share of the plans with a smaller one


@dataclass(frozen=True, eq=False)
class Fairness:
    """A sample of ``plans`` within ``slack`` of the plan's objective, drawn with ``seed``, and what it shows.

    ``objectives`` [plans]: milli-hours, as the checker says. ``changes``: how many there were on the way; 0 says that
    the plan stands alone and nothing is shown.
    """

    plans: tuple[Plan, ...]
    objectives: Ints
    changes: int
    slack: float
    seed: int
    spreads: tuple[Spread, ...]
    shares: tuple[Share, ...]


def explain_fairness(
    problem: Problem,
    plan: Plan,
    *,
    seed: int = 0,
    draws: int = DRAWS,
    slack: float = SLACK,
    on_progress: Callable[[int, int], None] | None = None,
) -> Fairness:
    """Where ``plan`` lies in a sample of ``draws`` plans that cost at most ``slack`` more and break no more.

    The same seed draws the same sample. Nothing is solved: a draw takes some milliseconds to a tenth of a second.
    ``on_progress`` hears how many plans are drawn of how many.
    """
    walk = _Walk(problem, plan, seed, slack)
    apart = int(np.clip(APART * problem.n_customers, LEAST_APART, MOST_APART))
    plans = []
    for drawn in range(draws):
        for _ in range(apart):
            walk.step()
        plans.append(Plan(walk.tally.owner.copy()))
        if on_progress is not None:
            on_progress(drawn + 1, draws)
    objectives = np.array([evaluate(problem, drawn).objective for drawn in plans], dtype=np.int64)
    spreads: list[Spread] = []
    shares: list[Share] = []
    if walk.changes:
        for name, scale, target in _list_measures(problem):
            mine = _sum_by_rep(problem, name, plan.owner)
            others = np.array([_sum_by_rep(problem, name, drawn.owner) for drawn in plans])
            spreads.append(_spread(name, mine, others, target))
            shares += _share(problem, name, scale, mine, others)
    return Fairness(tuple(plans), objectives, walk.changes, slack, seed, tuple(spreads), tuple(shares))


class _Walk:
    """A plan that changes at random and stays about as good."""

    def __init__(self, problem: Problem, plan: Plan, seed: int, slack: float) -> None:
        self.problem, self.tally = problem, Tally(problem, plan.owner)
        self.rng = Generator(PCG64(seed))
        objective = self.tally.total()[1]
        self.room = int(slack * abs(objective))  # milli-hours that may still be added
        self.step_room = STEP * self.room
        self.reps = np.arange(problem.n_reps)
        self.placed = np.flatnonzero(~np.isnan(problem.customer_point[:, 0]))
        self.tree = cKDTree(problem.customer_point[self.placed])
        self.changes = 0

    def step(self) -> None:
        """Try one change."""
        customer = int(self.rng.integers(self.problem.n_customers))
        mates = self.tally.mates(customer)
        if self.rng.random() < 0.5:
            self._swap(mates)
        else:
            self._move(mates)

    def _move(self, mates: Ints) -> None:
        rep = self.tally.owner[mates[0]]
        if rep == UNSERVED:
            return
        others = self.reps[self.reps != rep]
        options = self.tally.weigh(mates, others)
        able = np.flatnonzero((options.breach <= 0) & (options.objective <= self.room))
        if len(able):
            most = max(self.step_room, float(options.objective[able].min()))
            able = able[options.objective[able] <= most]
            able = able[np.argsort(options.objective[able], kind="stable")[:CHOICES]]
            k = int(self.rng.choice(able))
            self.tally.move(mates, int(others[k]))
            self._pay(int(options.objective[k]))

    def _swap(self, mates: Ints) -> None:
        """Let two customers who live near each other, and those they are decided with, change places."""
        a = int(self.tally.owner[mates[0]])
        others = self._find_near(int(mates[0]))
        others = others[~np.isin(self.tally.owner[others], [a, UNSERVED])]
        if a == UNSERVED or not len(others):
            return
        rivals = self.tally.mates(int(self.rng.choice(others)))
        b = int(self.tally.owner[rivals[0]])
        if b in (a, UNSERVED):  # a group that the plan parts
            return
        customers = np.concatenate([mates, rivals])
        to = np.concatenate([np.full(len(mates), b), np.full(len(rivals), a)]).astype(np.int64)
        options = self.tally.weigh_each(customers, to)
        if options.breach[0] <= 0 and options.objective[0] <= self.room:
            self.tally.move_each(customers, to)
            self._pay(int(options.objective[0]))

    def _find_near(self, customer: int) -> Ints:
        """The customers nearest to one; everybody where places are not known."""
        point = self.problem.customer_point[customer]
        if np.isnan(point[0]):
            return np.arange(self.problem.n_customers)
        near = np.asarray(self.tree.query(point, k=np.arange(1, min(NEAR, len(self.placed)) + 1))[1])
        return self.placed[near]

    def _pay(self, hours: int) -> None:
        self.room -= hours
        self.changes += 1


def _list_measures(problem: Problem) -> list[tuple[str, float, Floats]]:
    """Hours, then each balanced measure: name, scale and target [R]; of hours without a corridor the capacity."""
    found = {"hours": (float(UNITS_PER_HOUR), problem.capacity.astype(np.float64))}
    for corridor in problem.corridors:
        measure = problem.measures[corridor.measure]
        found[measure.name] = (measure.scale, corridor.target)
    return [(name, scale, target) for name, (scale, target) in found.items()]


def _sum_by_rep(problem: Problem, name: str, owner: Ints) -> Ints:
    served = np.flatnonzero(owner != UNSERVED)
    if name == "hours":
        amount = problem.pair_load(served, owner[served])
    else:
        amount = next(m for m in problem.measures if m.name == name).size[served]
    total = np.zeros(problem.n_reps, dtype=np.int64)
    np.add.at(total, owner[served], amount)
    return total


def _spread(name: str, mine: Ints, others: Ints, target: Floats) -> Spread:
    asked = target > 0

    def measure(sums: Ints) -> Floats:
        parts = sums[..., asked] / target[asked]
        wide: Floats = np.ptp(parts, axis=-1) if asked.any() else np.zeros(sums.shape[:-1])
        return wide

    value, sample = float(measure(mine)), measure(others)
    low, high = np.quantile(sample, [0.05, 0.95])
    return Spread(name, value, float(low), float(high), float((sample < value - 1e-9).mean()))


def _share(problem: Problem, name: str, scale: float, mine: Ints, others: Ints) -> list[Share]:
    low, middle, high = np.quantile(others, [0.05, 0.5, 0.95], axis=0) / scale
    less = (others < mine).mean(axis=0)
    return [
        Share(
            str(problem.rep_ids[r]), name, int(mine[r]) / scale,
            float(low[r]), float(middle[r]), float(high[r]), float(less[r]),
        )
        for r in range(problem.n_reps)
    ]  # fmt: skip
