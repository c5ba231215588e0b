"""Generated instances follow the published recipes, and become exactly the same problem in the product."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from optimizer import Plan, evaluate, solve
from tests.benchmarks.gap import KINDS, Gap, gap_problem, make_gap


@pytest.mark.parametrize(
    ("kind", "resource", "cost"),
    [("C", (5, 25), (10, 50)), ("D", (1, 100), (1, 120)), ("E", (1, 200), (-1, 1000))],
)
def test_a_recipe_keeps_to_its_ranges_and_its_tightness(kind, resource, cost):
    gap = make_gap(kind, 20, 400, 0)
    assert gap.cost.shape == gap.resource.shape == (20, 400) and gap.capacity.shape == (20,)
    assert resource[0] == gap.resource.min() and gap.resource.max() <= resource[1]
    assert cost[0] <= gap.cost.min() and gap.cost.max() <= cost[1]
    exact = 0.8 * gap.resource.sum(axis=1) / 20
    assert ((gap.capacity <= exact) & (exact < gap.capacity + 1)).all()


def test_types_differ_as_the_papers_say():
    free, inverse, skewed = (make_gap(kind, 40, 400, 1) for kind in KINDS)
    noise = inverse.cost + inverse.resource - 111
    assert set(np.unique(noise)) == set(range(-10, 11))
    assert abs(np.corrcoef(free.cost.ravel(), free.resource.ravel())[0, 1]) < 0.05
    whole = 1000 // skewed.resource
    assert ((skewed.cost >= whole - 10) & (skewed.cost < np.maximum(whole, 1))).all()
    # a cut-off exponential of mean 10: 1 - exp(-0.1) of all are 1
    assert (skewed.resource == 1).mean() == pytest.approx(1 - np.exp(-0.1), abs=0.01)
    assert skewed.resource.mean() == pytest.approx(1 / (1 - np.exp(-0.1)), rel=0.03)


def test_a_seed_names_one_instance_and_every_argument_another():
    same, again = make_gap("D", 5, 30, 7), make_gap("D", 5, 30, 7)
    assert (same.cost == again.cost).all() and (same.resource == again.resource).all()
    assert (make_gap("D", 5, 30, 8).cost != same.cost).any()
    assert (make_gap("D", 5, 31, 7).cost[:, :30] != same.cost).any()
    with pytest.raises(ValueError, match="C, D, E"):
        make_gap("F", 5, 30, 7)


@pytest.mark.parametrize("kind", KINDS)
def test_the_problem_is_the_instance_to_the_last_unit(kind):
    gap = make_gap(kind, 6, 40, 3)
    problem = gap_problem(gap)
    assert (gap.cost == problem.pair_cost.reshape(40, 6).T).all()
    assert (gap.resource == problem.pair_hours.reshape(40, 6).T).all()
    assert (problem.load_limit == gap.capacity).all()
    rng = np.random.default_rng(0)
    for density in (
        0.1,
        1.0,
    ):  # plans that keep capacity are rare at random: some jobs of each are cheap ones
        for _ in range(20):
            agent = np.where(rng.random(40) < density, rng.integers(6, size=40), gap.resource.argmin(axis=0))
            score = evaluate(problem, Plan(agent))
            assert score.objective == gap.find_cost(agent)
            assert score.keeps_all == gap.is_feasible(agent)
    agent[0] = -1
    assert not evaluate(problem, Plan(agent)).keeps_all and not gap.is_feasible(agent)


def test_feasible_and_broken_assignments_both_occur_in_that_comparison():
    gap = make_gap("D", 6, 40, 3)
    cheapest = gap.resource.argmin(axis=0)
    assert gap.is_feasible(cheapest) and not gap.is_feasible(np.zeros(40, dtype=np.int64))


@pytest.mark.parametrize("kind", KINDS)
def test_the_product_finds_and_proves_the_best_assignment_of_a_tiny_instance(kind):
    gap = make_gap(kind, 3, 7, 2)
    gap = Gap(gap.cost, gap.resource, gap.capacity + 5)
    choices = (np.array(agents) for agents in itertools.product(range(3), repeat=7))
    best = min(gap.find_cost(agent) for agent in choices if gap.is_feasible(agent))
    result = solve(gap_problem(gap))
    assert gap.is_feasible(result.plan.owner)
    assert result.objective == gap.find_cost(result.plan.owner) == best
    assert result.bound == best and result.gap == 0
