"""The generalized assignment problem of the literature: jobs to agents, by the published recipes, said as a case.

Every job goes to one agent; agent i spends ``resource[i, j]`` of its ``capacity[i]`` on job j and costs
``cost[i, j]``; the sum of costs is to be smallest. All numbers are whole.

Types C and D are those of

    P. C. Chu and J. E. Beasley (1997), "A genetic algorithm for the generalised assignment problem",
    Computers & Operations Research 24, 17-23,

and E that of M. Laguna, J. P. Kelly, J. L. Gonzalez-Velarde and F. Glover (1995), "Tabu search for the
multilevel generalized assignment problem", European Journal of Operational Research 82, 176-189, as used with C
and D in

    M. Yagiura, T. Ibaraki and F. Glover (2006), "A path relinking approach with ejection chains for the
    generalized assignment problem", European Journal of Operational Research 169, 548-569.

For m agents, with every b[i] = 0.8 x (sum of a[i, j] over j) / m:

====  =======================================  ================================================
type  resource a                               cost c
====  =======================================  ================================================
C     whole, uniform in [5, 25]                whole, uniform in [10, 50]
D     whole, uniform in [1, 100]               111 - a + e, e whole, uniform in [-10, 10]
E     1 - 10 ln u, u uniform in (0, 1]         1000 / a - 10 v, v uniform in (0, 1]
====  =======================================  ================================================

The papers leave open how fractions are made whole; the published files show it. Capacities are cut off (d20400:
the last row sums to 20,297, 0.8 of a twentieth is 811.88, the file says 811). In type E the resource is cut off
first (in e20400 one value in twelve is 1: cutting gives 1 - exp(-0.1) = 9.5 %, rounding 4.9 %) and cost is made
from the whole resource by whole division (no cost seen there is 333, though 1000 / 3 allows it), then cut off.
Where a is large a cost of type E may be 0 or just below; that is the recipe's, and kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer import Problem, build_problem, read_case
from optimizer.problem import UNITS_PER_HOUR, Ints
from optimizer.scenario import Capacity, Coverage, Disruption, Horizon, Scenario, Solve, Tier

KINDS = ("C", "D", "E")
TIGHTNESS = 0.8


@dataclass(frozen=True, eq=False)
class Gap:
    """One instance: ``cost`` and ``resource`` [agents, jobs], ``capacity`` [agents], all whole."""

    cost: Ints
    resource: Ints
    capacity: Ints

    @property
    def agents(self) -> int:
        """Number of agents."""
        return len(self.cost)

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.cost[0])

    def find_cost(self, agent: Ints) -> int:
        """What the assignment ``agent`` [jobs] costs; a job without an agent (below 0) counts nothing."""
        done = np.flatnonzero(agent >= 0)
        return int(self.cost[agent[done], done].sum())

    def is_feasible(self, agent: Ints) -> bool:
        """Whether every job has an agent and no agent spends more than it has."""
        if len(agent) != self.jobs or agent.min() < 0 or agent.max() >= self.agents:
            return False
        spent = np.bincount(agent, self.resource[agent, np.arange(self.jobs)], minlength=self.agents)
        return bool((spent <= self.capacity).all())


def make_gap(kind: str, agents: int, jobs: int, seed: int) -> Gap:
    """An instance of type ``kind`` (C, D or E); the same arguments give the same instance everywhere."""
    if kind not in KINDS:
        raise ValueError(f"type {kind!r} is not one of {', '.join(KINDS)}")
    rng = np.random.default_rng([ord(kind), agents, jobs, seed])
    size = (agents, jobs)
    if kind == "C":
        resource = rng.integers(5, 25, size, endpoint=True)
        cost = rng.integers(10, 50, size, endpoint=True)
    elif kind == "D":
        resource = rng.integers(1, 100, size, endpoint=True)
        cost = 111 - resource + rng.integers(-10, 10, size, endpoint=True)
    else:
        # random() is in [0, 1); one minus it is in (0, 1]
        resource = np.trunc(1 - 10 * np.log(1 - rng.random(size))).astype(np.int64)
        cost = np.trunc(1000 // resource - 10 * (1 - rng.random(size))).astype(np.int64)
    capacity = np.trunc(TIGHTNESS * resource.sum(axis=1) / agents).astype(np.int64)
    return Gap(cost, resource, capacity)


def gap_problem(gap: Gap, *, effort: float = 1.0, seed: int = 0) -> Problem:
    """The instance as the product reads it: agents are reps, jobs customers, every pair named in ``pairs``.

    One unit of cost or resource is one milli-hour, the product's own whole unit: the objective and the bound in
    milli-hours *are* the literature's cost, nothing is scaled or rounded, and a bound between two whole costs
    counts as the upper one. Nobody may be unserved, capacity is hard, everything else is off: no travel, no
    corridors, no hand-over. ``effort`` and ``seed`` are the scenario's; its ``gap`` is 0, so that the work or
    the clock ends the search.
    """
    tables = build_tables(gap)
    return build_problem(read_case(tables, scenario=describe_wishes(effort=effort, seed=seed)))


def build_tables(gap: Gap) -> dict[str, pd.DataFrame]:
    """The tables ``reps``, ``customers`` and ``pairs`` of an instance."""
    reps = np.array([f"A{i:04d}" for i in range(gap.agents)], dtype=object)
    customers = np.array([f"J{j:05d}" for j in range(gap.jobs)], dtype=object)
    return {
        "reps": pd.DataFrame({"rep_id": reps, "hours_per_week": gap.capacity / UNITS_PER_HOUR}),
        "customers": pd.DataFrame(
            {
                "customer_id": customers,
                # The pairs say what a job takes; this is what it takes at least.
                "hours": gap.resource.min(axis=0) / UNITS_PER_HOUR,
            }
        ),
        "pairs": pd.DataFrame(
            {
                "customer_id": np.repeat(customers, gap.agents),
                "rep_id": np.tile(reps, gap.jobs),
                "hours": gap.resource.T.ravel() / UNITS_PER_HOUR,
                "cost": gap.cost.T.ravel() / UNITS_PER_HOUR,
            }
        ),
    }


def describe_wishes(*, effort: float, seed: int) -> Scenario:
    """The scenario under which a case is a generalized assignment problem and nothing more."""
    return Scenario(
        name="generalized assignment",
        horizon=Horizon(weeks=1, field_share=1.0),
        tiers={"job": Tier(visits=0, hours_per_visit=0)},
        corridors=(),
        coverage=Coverage(hard=True),
        capacity=Capacity(limit=1.0),
        disruption=Disruption(weight=0.0),
        solve=Solve(gap=0.0, effort=effort, seed=seed),
    )
