"""What no plan can avoid is exactly the price of those whom no rep may serve."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer import build_problem, constraints
from optimizer.constraints import coverage, together
from optimizer.plan import Plan
from tests.benchmarks.unavoidable import count_unavoidable, find_unservable
from tests.cases import make_case, random_case


@pytest.mark.parametrize("seed", range(40))
def test_unservable_are_those_that_the_checker_refuses_with_every_rep(seed):
    problem = build_problem(random_case(seed))
    unit = together.find_units(problem)
    refused = []
    for number in range(unit.max() + 1):
        members = np.flatnonzero(unit == number)
        names = set(problem.customer_ids[members])
        for rep in range(problem.n_reps):
            owner = np.full(problem.n_customers, -1)
            owner[members] = rep
            found = [
                v
                for constraint in constraints.ON_PAIRS
                if constraint is not coverage
                for v in constraint.find_violations(problem, Plan(owner))
            ]
            if not any(v.hard and v.customer_id in names for v in found):
                break
        else:
            refused += list(members)
    everybody = np.arange(problem.n_customers)
    assert find_unservable(problem, everybody).tolist() == sorted(refused)
    assert count_unavoidable(problem, everybody) == problem.unserved[refused].sum()
    assert count_unavoidable(problem, everybody[:0]) == 0


def test_some_of_the_random_cases_have_unservable_customers():
    found = [
        find_unservable(p, np.arange(p.n_customers)) for p in map(build_problem, map(random_case, range(40)))
    ]
    assert 3 < sum(len(some) > 0 for some in found) < 40


def test_a_customer_left_out_by_choice_is_avoidable_and_a_group_falls_as_one():
    reps = [{"skills": "cardio"}, {"skills": "export"}]
    customers = [
        {"hours": 1, "tier": "C"},
        {"hours": 2, "tier": "C", "requires": "welding"},
        {"hours": 3, "tier": "C", "requires": "cardio", "group": "g"},
        {"hours": 4, "tier": "C", "requires": "export", "group": "g"},
    ]
    problem = build_problem(make_case(reps, customers))
    assert find_unservable(problem, np.arange(4)).tolist() == [1, 2, 3]
    assert find_unservable(problem, np.array([0, 3])).tolist() == [3]
    assert count_unavoidable(problem, np.arange(4)) == 4 * (2 + 3 + 4) * 1000
