"""Every constraint and objective is said twice: once to people, once to solvers. Here the two are compared."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from optimizer import constraints, objectives
from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Ints, Problem
from optimizer.rows import Pairs
from optimizer.solving.linear import Work, solve_part
from optimizer.solving.modelling import model as model_module
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.pricing.prices import price_at
from tests.cases import random_case

SEEDS = range(150)


def all_pairs(problem: Problem) -> tuple[Ints, Ints]:
    return np.divmod(np.arange(problem.n_customers * problem.n_reps), problem.n_reps)


def random_plans(problem: Problem, seed: int, count: int) -> list[Plan]:
    """Plans of every kind: wild ones, near the present one, and some that keep groups together."""
    rng = np.random.default_rng(seed)
    plans = []
    for number in range(count):
        owner = rng.integers(-1, problem.n_reps, problem.n_customers)
        if number % 3 == 1:
            stay = rng.random(problem.n_customers) < 0.7
            owner = np.where(stay, problem.owner, owner)
        if number % 3 != 0:
            for group in np.unique(problem.group[problem.group >= 0]):
                members = problem.group == group
                owner[members] = owner[members][0]
        plans.append(Plan(owner))
    return plans


def find_exact_arcs(model: Model, plan: Plan) -> Ints | None:
    """The arcs that say exactly this plan, None when the model has no words for it."""
    arcs = model.find_arcs(plan)
    return arcs if np.array_equal(model.to_plan(arcs).owner, plan.owner) else None


@pytest.mark.parametrize("seed", SEEDS)
def test_the_model_and_the_checker_agree_on_every_plan(seed: int) -> None:
    problem = build_problem(random_case(seed))
    model = build_model(problem, *all_pairs(problem))
    for plan in random_plans(problem, seed, 12):
        score = evaluate(problem, plan)
        arcs = find_exact_arcs(model, plan)
        if arcs is None:
            assert not score.keeps_all, "the model left out a plan that the checker finds clean"
            continue
        breach, objective = model.judge(arcs)
        assert (breach == 0) == score.keeps_all, score.violations
        assert objective == score.objective


@pytest.mark.parametrize("seed", range(40))
def test_the_solver_charges_what_the_checker_charges(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is fixed by offering one arc a unit; what SCIP adds up is the score."""
    monkeypatch.setattr(model_module, "BREACH_WEIGHT", 1.0)
    problem = build_problem(random_case(seed))
    model = build_model(problem, *all_pairs(problem))
    rows = len(model.low)
    for plan in random_plans(problem, seed, 4):
        arcs = find_exact_arcs(model, plan)
        if arcs is None:
            continue
        answer = solve_part(model, arcs, Work(10, 0.0))
        breach, objective = model.judge(arcs)
        # Each priced row is rounded up to a whole milli-hour once; the solver pays the fraction.
        assert answer.bound == pytest.approx(breach + objective, abs=rows + 1e-6 * (breach + objective))
        assert answer.bound <= breach + objective + 1e-6 * (breach + objective)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_prices_prove_more_than_a_clean_plan_costs(seed: int) -> None:
    problem = build_problem(random_case(seed))
    model = build_model(problem, *all_pairs(problem))
    rng = np.random.default_rng(seed)
    clean = [
        model.judge(arcs)[1]
        for plan in random_plans(problem, seed, 60)
        if (arcs := find_exact_arcs(model, plan)) is not None and model.judge(arcs)[0] == 0
    ]
    for size in (0.0, 0.1, 1.0, 10.0):
        bound = price_at(model, rng.normal(0.0, size, len(model.low))).bound
        assert all(bound <= objective + 1e-6 * abs(objective) for objective in clean)


@pytest.mark.parametrize("seed", SEEDS)
def test_pair_constraints_forbid_exactly_what_they_find_broken(seed: int) -> None:
    problem = build_problem(random_case(seed))
    customer, rep = all_pairs(problem)
    n = problem.n_customers
    pairs = Pairs(
        problem, np.concatenate([np.arange(n), customer]), np.concatenate([np.full(n, UNSERVED), rep])
    )
    for constraint in constraints.ON_PAIRS:
        forbidden = constraint.find_forbidden(problem, pairs)
        charged = constraint.charge(problem, pairs)
        for i, r, is_forbidden, cost in zip(pairs.customer, pairs.rep, forbidden, charged, strict=True):
            plan = Plan(np.full(n, UNSERVED))
            plan.owner[i] = r
            mine = [
                v
                for v in constraint.find_violations(problem, plan)
                if v.customer_id == problem.customer_ids[i]
            ]
            assert is_forbidden == any(v.hard for v in mine)
            assert cost == sum(v.cost for v in mine)


@pytest.mark.parametrize("seed", SEEDS)
def test_objectives_charge_a_pair_what_they_measure_in_a_plan(seed: int) -> None:
    problem = build_problem(random_case(seed))
    for plan in random_plans(problem, seed, 3):
        pairs = Pairs(problem, np.arange(problem.n_customers), plan.owner)
        for objective in objectives.ALL:
            assert np.array_equal(objective.measure(problem, plan), objective.charge(problem, pairs))


def test_the_random_cases_are_tight_enough_to_tell() -> None:
    """Every constraint is broken hard, broken at a price where it can have one, and kept; every term is paid."""
    hard, priced, kept, paid = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for seed in SEEDS:
        problem = build_problem(random_case(seed))
        for plan in random_plans(problem, seed, 12):
            score = evaluate(problem, plan)
            broken = {v.constraint for v in score.violations}
            hard.update({v.constraint for v in score.violations if v.hard})
            priced.update({v.constraint for v in score.violations if not v.hard and v.cost})
            kept.update({c.NAME for c in constraints.ALL} - broken)
            paid.update(name for name, amount in score.terms.items() if amount)
    always_hard = {"coverage", "locks", "named_pairs", "together"}
    names = {c.NAME for c in constraints.ALL}
    assert set(hard) == names
    assert set(priced) == names - always_hard
    assert set(kept) == names
    assert {o.NAME for o in objectives.ALL} <= set(paid)
