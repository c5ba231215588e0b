"""Solving against brute force: on problems so small that every plan can be looked at, each answer must be true.

The most important test of the product: a wrong bound or a wrong "no plan keeps all" cannot hide here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.problem import Problem
from optimizer.result import OPTIMALITY_GAP, Result, Status
from optimizer.solving import solve
from tests.cases import random_case
from tests.solving.enumeration import enumerate_plans

BLOCK = 10
EXACT = {"gap": 0.0}


def tiny_problem(seed: int) -> Problem:
    """2 to 7 customers and 1 to 3 reps, tight; about half have no plan that keeps everything."""
    reps = 1 + seed % 2 if seed % 11 == 0 else 3
    return build_problem(random_case(seed, customers=2 + seed % 6, reps=reps))


def enlarge(problem: Problem, factor: int) -> Problem:
    """The same problem with every amount ``factor`` times as large, as of a company ``factor`` times as busy.

    Limits of thousands of hours are where a solver's relative tolerance is worth whole units.
    """

    def given(amount: np.ndarray) -> np.ndarray:
        return np.where(amount >= 0, amount * factor, amount)

    return replace(
        problem,
        hours=problem.hours * factor,
        travel_rate=problem.travel_rate * factor,
        handover=problem.handover * factor,
        unserved=problem.unserved * factor,
        capacity=problem.capacity * factor,
        load_limit=problem.load_limit * factor,
        pair_hours=given(problem.pair_hours),
        pair_travel=given(problem.pair_travel),
        pair_cost=problem.pair_cost * factor,
        measures=tuple(replace(m, size=m.size * factor) for m in problem.measures),
        corridors=tuple(
            replace(c, low=c.low * factor, high=c.high * factor, target=c.target * factor)
            for c in problem.corridors
        ),
        budgets=tuple(replace(b, limit=b.limit * factor) for b in problem.budgets),
    )


def find_untruths(problem: Problem, result: Result) -> list[str]:
    """Everything that an answer claims and that is not so."""
    best = enumerate_plans(problem).find_best()
    score = evaluate(problem, result.plan)
    wrong = []
    if (score.objective, score.keeps_all) != (result.objective, result.ok):
        wrong.append(f"the checker says {score.objective}, {score.keeps_all}: the result {result.objective}")
    if best is None:
        if result.status is not Status.INFEASIBLE:
            wrong.append(f"no plan keeps all: {result.status}")
        return wrong
    optimum = best[0]
    if not result.ok:
        return [*wrong, f"a plan of {optimum} keeps all: {result.status}"]
    assert result.bound is not None and result.gap is not None
    if result.bound > optimum:
        wrong.append(f"bound {result.bound} is above the optimum {optimum}")
    if result.status is Status.OPTIMAL and result.objective - optimum > OPTIMALITY_GAP * max(
        abs(result.objective), 1
    ):
        wrong.append(f"{result.objective} is called optimal, {optimum} is")
    if result.gap < (result.objective - optimum) / max(abs(result.objective), 1) - 1e-9:
        wrong.append(f"gap {result.gap} is too small: {result.objective} against {optimum}")
    return wrong


def find_all_untruths(seeds: range, factor: int = 1) -> list[str]:
    found = []
    for seed in seeds:
        problem = tiny_problem(seed)
        problem = enlarge(problem, factor) if factor != 1 else problem
        # Every other one is to be solved to the end; the rest may stop at the scenario's gap.
        result = solve(problem, **(EXACT if seed % 2 else {}))
        found += [f"seed {seed} x {factor}: {wrong}" for wrong in find_untruths(problem, result)]
    return found


@pytest.mark.parametrize("first", range(0, 100, BLOCK))
def test_every_claim_about_a_tiny_problem_is_true(first: int):
    assert not find_all_untruths(range(first, first + BLOCK))


@pytest.mark.parametrize("first", range(0, 20, BLOCK))
def test_every_claim_is_true_for_amounts_a_thousand_times_as_large(first: int):
    assert not find_all_untruths(range(first, first + BLOCK), factor=977)


@pytest.mark.slow
@pytest.mark.parametrize("factor", (1, 977))
def test_every_claim_about_three_thousand_tiny_problems_is_true(factor: int):
    assert not find_all_untruths(range(1000, 4000), factor)


def test_an_answer_with_a_wrong_claim_is_found_out():
    by_luck = {
        enumerate_plans(problem).find_best() is not None: problem for problem in map(tiny_problem, range(8))
    }
    result = solve(by_luck[True], **EXACT)
    assert result.ok and not find_untruths(by_luck[True], result)
    assert find_untruths(by_luck[True], replace(result, bound=result.objective + 1))
    assert find_untruths(by_luck[True], replace(result, status=Status.NOT_FOUND))
    assert find_untruths(by_luck[False], replace(solve(by_luck[False]), status=Status.FEASIBLE))
