"""The yardstick: one bare minimum-cost flow on the arcs that planning a case considers.

    python -m tests.benchmarks.flow CASE

The flow sends the hours of each customer (of each group) to reps at the arc's cost per hour, or to nobody at the
price of leaving it unserved; each rep passes them on through a convex chain: rewarded up to the lower end of the
hours corridor, free within it, paid above, never beyond capacity. It knows one balanced measure, splits customers,
and forgets everything else; what it costs in time is what no method that reads these arcs can do without. Printed
as JSON, seconds on the wall.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from optimizer import build_problem, read_case
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import BREACH_WEIGHT, Model, build_model


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes: units, then reps, then the sink. Flow is milli-hours, cost milli-hours per hour of flow."""

    tail: Ints  # [arcs]
    head: Ints  # [arcs]
    capacity: Ints  # [arcs]
    cost: Ints  # [arcs]
    supply: Ints  # [nodes]

    @property
    def forgiven(self) -> int:
        """What the rewards of the chain sum up to when all are earned: then nobody is below the corridor."""
        return -int((self.capacity * np.minimum(self.cost, 0))[self.head == self.head[-1]].sum())


@dataclass(frozen=True)
class Flow:
    """What the flow took and found; ``cost`` in hours is the optimum of this relaxation, a weak lower bound."""

    arcs: int
    build_seconds: float
    solve_seconds: float
    cost: float


def build_network(problem: Problem, model: Model) -> Network:
    """The network of a model's arcs, whole; units without hours have nothing to send."""
    hours = np.bincount(model.unit_of_customer, problem.hours, model.n_units).astype(np.int64)
    sending = hours[model.unit] > 0
    unit, rep = model.unit[sending], model.rep[sending]
    total = model.weighed_cost[sending]
    sink = model.n_units + problem.n_reps
    chain_rep, chain_capacity, chain_cost = _build_chain(problem)
    return Network(
        np.concatenate([unit, model.n_units + chain_rep]),
        np.concatenate([np.where(rep == UNSERVED, sink, model.n_units + rep), np.full(len(chain_rep), sink)]),
        np.concatenate([hours[unit], chain_capacity]),
        np.concatenate([np.rint(total * UNITS_PER_HOUR / hours[unit]).astype(np.int64), chain_cost]),
        np.concatenate([hours, np.zeros(problem.n_reps, dtype=np.int64), [-hours.sum()]]),
    )


def _build_chain(problem: Problem) -> tuple[Ints, Ints, Ints]:
    """(rep, capacity, cost) of the arcs from reps to the sink, cheapest first: the price of each rep's hours."""
    rep = np.arange(problem.n_reps)
    limit = problem.load_limit if problem.capacity_price is None else np.full_like(rep, problem.hours.sum())
    corridors = [c for c in problem.corridors if problem.measures[c.measure].name == "hours"]
    if not corridors:
        return rep, limit, np.zeros_like(rep)
    corridor = corridors[0]
    price = BREACH_WEIGHT if corridor.price is None else corridor.price.num / corridor.price.den
    low, high = np.minimum(corridor.low, limit), np.minimum(corridor.high, limit)
    per_hour = int(np.rint(price * UNITS_PER_HOUR))
    return (
        np.tile(rep, 3),
        np.concatenate([low, high - low, limit - high]),
        np.repeat(np.array([-per_hour, 0, per_hour]), problem.n_reps),
    )


def run_flow(network: Network) -> Flow:
    """Hand the arrays to OR-Tools and solve; RuntimeError when there is no optimum, which cannot be."""
    began = time.perf_counter()
    flow = SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(network.tail, network.head, network.capacity, network.cost)
    flow.set_nodes_supplies(np.arange(len(network.supply)), network.supply)
    built = time.perf_counter()
    status = flow.solve()
    solved = time.perf_counter()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the flow ended with {status}")
    cost = (flow.optimal_cost() + network.forgiven) / UNITS_PER_HOUR**2
    return Flow(len(network.tail), built - began, solved - built, cost)


def main() -> None:
    problem = build_problem(read_case(sys.argv[1]))
    network = build_network(problem, build_model(problem, *find_candidates(problem)))
    print(json.dumps(asdict(run_flow(network))))


if __name__ == "__main__":
    main()
