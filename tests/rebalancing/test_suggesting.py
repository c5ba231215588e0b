"""Suggestions for one customer: exact, in the right order, and quick."""

import time
import tomllib

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.generating import generate_frames
from optimizer.plan import Plan
from optimizer.reading import read_case
from optimizer.rebalancing import Desk, suggest_owners
from optimizer.rebalancing.proposing.tally import Tally
from tests.cases import random_case


@pytest.mark.parametrize("seed", range(60))
def test_a_difference_is_with_less_without_to_the_last_unit(seed):
    problem = build_problem(random_case(seed))
    rng = np.random.default_rng(seed)
    owner = rng.integers(-1, problem.n_reps, problem.n_customers)
    customer = int(rng.integers(problem.n_customers))
    mates = Tally(problem, owner).mates(customer)
    without = owner.copy()
    without[mates] = -1
    nothing = evaluate(problem, Plan(without))
    found = suggest_owners(problem, Plan(owner), problem.customer_ids[customer], 99)
    assert len(found) == problem.n_reps
    ranks = []
    for suggestion in found:
        having = owner.copy()
        having[mates] = int(np.flatnonzero(problem.rep_ids == suggestion.rep_id)[0])
        score = evaluate(problem, Plan(having))
        assert score.objective - nothing.objective == suggestion.difference == sum(suggestion.terms.values())
        if nothing.keeps_all:
            assert score.keeps_all == (not suggestion.breaks)
        assert suggestion.is_present == bool((owner[mates] == having[mates]).all())
        ranks.append(Tally(problem, having).total())
    assert ranks == sorted(ranks)  # those that break less first


def test_what_is_taken_counts_in_the_next_answer_and_adds_up():
    problem = build_problem(random_case(3))
    desk = Desk(problem, Plan(np.full(problem.n_customers, -1)))
    costs = []
    for name in problem.customer_ids:
        choice = desk.suggest(name, 99)[-1]
        before = desk.plan
        costs.append(desk.take(name, choice.rep_id))
        assert desk.suggest(name, 99)[-1].rep_id == choice.rep_id
        assert next(s.is_present for s in desk.suggest(name, 99) if s.rep_id == choice.rep_id)
        expected = evaluate(problem, desk.plan).objective - evaluate(problem, before).objective
        if (before.owner >= 0).sum() + 1 == (desk.plan.owner >= 0).sum():
            assert expected == choice.difference
    assert desk.drift == sum(costs) and min(costs) >= 0
    with pytest.raises(KeyError):
        desk.suggest("nobody")


def test_a_warm_desk_answers_in_milliseconds():
    frames, scenario = generate_frames(3000, 60, 1)
    problem = build_problem(read_case(frames, scenario=tomllib.loads(scenario)))
    desk = Desk(problem, Plan(problem.owner))
    times = []
    for name in problem.customer_ids[::100]:
        began = time.process_time()
        desk.suggest(name, 5)
        times.append(time.process_time() - began)
    assert np.median(times) < 0.02
