"""Briefs say of many customers what a question about each would be answered."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.explaining import explain_owner
from optimizer.explaining.assignments import briefs
from optimizer.explaining.assignments.alternatives import ORDER
from optimizer.explaining.assignments.briefs import Others, brief_customers
from optimizer.explaining.assignments.owners import OwnerReason
from optimizer.problem import Problem
from tests.explaining.test_owners import random_plan


def check(problem: Problem, reason: OwnerReason, names: tuple[str, ...], others: Others, k: int) -> None:
    alternative = reason.with_rep(problem.rep_ids[others.rep[k]])
    assert alternative is not None
    assert alternative.difference == others.difference[k]
    assert alternative.barrier == (None if others.barrier[k] < 0 else ORDER[others.barrier[k]])
    told = {names[t]: a for t, a in zip(others.terms[k], others.amounts[k], strict=True) if a}
    assert told.items() <= alternative.terms.items()
    assert len(told) == min(len(alternative.terms), briefs.NAMED)


@pytest.mark.parametrize("seed", range(40))
def test_a_brief_says_what_the_question_about_one_customer_is_answered(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefs, "AT_ONCE", 5)
    problem, plan, _ = random_plan(seed)
    at = np.arange(problem.n_customers)[:: 1 + seed % 2]
    found = brief_customers(problem, plan, at)
    assert found.weighs_all
    for k, customer in enumerate(at.tolist()):
        reason = explain_owner(problem, plan, problem.customer_ids[customer])
        if len({int(plan.owner[problem.customer_ids == name][0]) for name in reason.customer_ids}) > 1:
            continue  # a group that the plan parts: an owner may be an alternative
        best = reason.runner_up
        assert (found.best.rep[k] < 0) == (best is None)
        if best is not None:
            assert best.difference == found.best.difference[k]
            check(problem, reason, found.term_names, found.best, k)
        if found.nearest.rep[k] >= 0:
            check(problem, reason, found.term_names, found.nearest, k)
        assert (found.nearest.rep[k] >= 0) == (reason.nearest is not None)
        if found.before.rep[k] >= 0:
            assert problem.owner[customer] == found.before.rep[k]
            check(problem, reason, found.term_names, found.before, k)


def test_of_very_many_the_nearest_reps_and_the_owner_before_are_weighed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(briefs, "MOST_PAIRS", 10)
    monkeypatch.setattr(briefs, "FEWEST", 2)
    for seed in range(20):
        problem, plan, _ = random_plan(seed)
        found = brief_customers(problem, plan, np.arange(problem.n_customers))
        assert not found.weighs_all
        for others in (found.best, found.nearest, found.before):
            for k in np.flatnonzero(others.rep >= 0).tolist():
                check(
                    problem,
                    explain_owner(problem, plan, problem.customer_ids[k]),
                    found.term_names,
                    others,
                    k,
                )
        moved = (problem.owner >= 0) & (problem.owner != plan.owner)
        assert (found.before.rep[moved] == problem.owner[moved]).all()
