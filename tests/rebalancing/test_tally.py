"""Differences and parts: what is known without judging the whole plan again, against the checker."""

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from optimizer.rebalancing.proposing.part import cut_part
from optimizer.rebalancing.proposing.tally import Tally, every_rep
from tests.cases import random_case

SEEDS = range(120)


def random_plan(seed: int):
    problem = build_problem(random_case(seed))
    rng = np.random.default_rng(seed)
    return problem, rng.integers(-1, problem.n_reps, problem.n_customers), rng


@pytest.mark.parametrize("seed", SEEDS)
def test_a_difference_is_what_the_checker_finds_to_the_last_unit(seed):
    problem, owner, rng = random_plan(seed)
    tally, before = Tally(problem, owner), evaluate(problem, Plan(owner))
    mates = tally.mates(int(rng.integers(problem.n_customers)))
    options = tally.weigh(mates, every_rep(problem))
    breach_now = tally.total()[0]
    for k, rep in enumerate(every_rep(problem)):
        changed = owner.copy()
        changed[mates] = rep
        after = evaluate(problem, Plan(changed))
        assert after.objective - before.objective == options.objective[k]
        for term in set(after.terms) | set(before.terms):
            assert after.terms.get(term, 0) - before.terms.get(term, 0) == options.terms[term][k]
        total = Tally(problem, changed).total()
        assert total == (breach_now + options.breach[k], after.objective)
        assert (total[0] == 0) == after.keeps_all


@pytest.mark.parametrize("seed", SEEDS)
def test_moving_about_keeps_the_sums_right(seed):
    problem, owner, rng = random_plan(seed)
    tally = Tally(problem, owner)
    for _ in range(6):
        tally.move(tally.mates(int(rng.integers(problem.n_customers))), int(rng.integers(-1, problem.n_reps)))
    some = rng.permutation(problem.n_customers)[:3]
    to = rng.integers(-1, problem.n_reps, 3)
    whole = np.unique(np.concatenate([tally.mates(int(c)) for c in some]))
    expected = tally.weigh_each(some, to) if len(whole) == 3 else None
    before = tally.total()
    tally.move_each(some, to)
    fresh = Tally(problem, tally.owner)
    assert tally.total() == fresh.total()
    if expected is not None:
        change = (int(expected.breach[0]), int(expected.objective[0]))
        assert tally.total() == (before[0] + change[0], before[1] + change[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_plan_of_a_part_costs_the_same_amount_less_than_the_whole(seed):
    problem, owner, rng = random_plan(seed)
    part = cut_part(problem, owner, rng.random(problem.n_reps) < 0.4)
    mine = part.take(owner)
    np.testing.assert_array_equal(part.put_back(owner, mine), owner)
    fixed = evaluate(problem, Plan(owner)).objective - evaluate(part.problem, mine).objective
    broken = Tally(problem, owner).total()[0] == 0
    for _ in range(4):
        other = Plan(rng.integers(-1, part.problem.n_reps, part.problem.n_customers))
        whole = evaluate(problem, Plan(part.put_back(owner, other)))
        inner = evaluate(part.problem, other)
        assert whole.objective - inner.objective == fixed
        if broken:
            assert whole.keeps_all == inner.keeps_all


def test_parts_of_random_cases_are_real_parts():
    sizes = []
    for seed in SEEDS:
        problem, owner, rng = random_plan(seed)
        part = cut_part(problem, owner, rng.random(problem.n_reps) < 0.4)
        sizes.append(part.is_whole)
    assert sum(not whole for whole in sizes) > 20
