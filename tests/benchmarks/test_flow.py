"""The yardstick is the optimum of what it says it solves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from optimizer import build_problem
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import build_model
from tests.benchmarks.flow import build_network, run_flow
from tests.cases import make_case, random_case


def _network(case):
    problem = build_problem(case)
    return build_network(problem, build_model(problem, *find_candidates(problem)))


@pytest.mark.parametrize("seed", range(12))
def test_the_flow_costs_what_a_linear_program_says(seed):
    network = _network(random_case(seed))
    count, nodes = len(network.tail), len(network.supply)
    balance = np.zeros((nodes, count))
    balance[network.tail, np.arange(count)] += 1
    balance[network.head, np.arange(count)] -= 1
    bounds = np.column_stack([np.zeros(count), network.capacity])
    answer = linprog(network.cost, A_eq=balance, b_eq=network.supply, bounds=bounds)
    flow = run_flow(network)
    assert flow.arcs == count
    assert flow.cost == pytest.approx((answer.fun + network.forgiven) / 1e6, rel=1e-6, abs=1e-6)


def test_hours_below_and_above_the_corridor_are_paid_and_capacity_is_kept():
    # Two reps of 100 hours (targets 50, corridors 45 to 55), one customer of 100 hours; 30 of it may leave r0.
    reps = [{"hours_per_week": 50 / 0.6, "tiers": "A"}, {"hours_per_week": 50 / 0.6, "tiers": "B"}]
    wishes = {
        "horizon": {"weeks": 2},
        "tiers": {
            tier: {"visits": 1, "hours_per_visit": 1, "unserved_price": 10, "handover_hours": 0}
            for tier in "AB"
        },
        "corridors": [{"measure": "hours", "tolerance": 0.1, "price": 2.0}],
    }
    case = make_case(reps, [{"hours": 70, "tier": "A"}, {"hours": 30, "tier": "B"}], scenario=wishes)
    assert run_flow(_network(case)).cost == pytest.approx(2.0 * (70 - 55) + 2.0 * (45 - 30))
    full = make_case(reps, [{"hours": 120, "tier": "A"}, {"hours": 60, "tier": "B"}], scenario=wishes)
    # target 90, corridor 81 to 99: r0 works its 100 hours, 20 stay unserved; r1 is 21 short
    assert run_flow(_network(full)).cost == pytest.approx(2.0 * 1 + 10 * 20 + 2.0 * 21)
