"""Widening: a model that pairs joined is the model that would have been built over all of them at once."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.modelling.widening import carry_over, widen_model
from tests.cases import random_case


def check_alike(one: Model, other: Model) -> None:
    for field in fields(Model):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name == "by_arc":
            mine, theirs = mine.toarray(), theirs.toarray()
        assert np.array_equal(mine, theirs), field.name


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(10))
def test_pairs_that_join_leave_the_model_of_all_pairs(seed: int, share: float) -> None:
    problem = build_problem(random_case(seed, customers=30, reps=6))
    customer, rep = find_candidates(problem)
    model = build_model(problem, customer, rep, whole=False)
    # all members of a unit alike
    rng = np.random.default_rng(seed)
    first = rng.random((model.n_units, problem.n_reps))[model.unit_of_customer[customer], rep] >= share
    narrow = build_model(problem, customer[first], rep[first], whole=False)
    check_alike(widen_model(problem, narrow, customer[~first], rep[~first]), model)
    # again with pairs that are there already
    check_alike(widen_model(problem, narrow, customer, rep), model)


def test_rows_that_nothing_can_break_wait_for_pairs_that_might() -> None:
    problem = build_problem(random_case(4, customers=30, reps=6))
    pairs = find_candidates(problem)
    whole, lasting = build_model(problem, *pairs), build_model(problem, *pairs, whole=False)
    assert len(whole.low) < len(lasting.low)
    assert {tuple(row) for row in whole.place.tolist()} < {tuple(row) for row in lasting.place.tolist()}


def test_prices_go_over_to_a_model_with_more_rows_by_what_they_stand_for() -> None:
    problem = build_problem(random_case(4, customers=30, reps=6))
    customer, rep = find_candidates(problem)
    narrow = build_model(problem, customer[rep < 4], rep[rep < 4])
    whole = build_model(problem, customer, rep, whole=False)
    dual = np.arange(1.0, len(narrow.low) + 1)
    carried = carry_over(dual, narrow.place, whole.place)
    assert len(carried) > len(dual)
    assert np.array_equal(carry_over(carried, whole.place, narrow.place), dual)
    assert carried.sum() == dual.sum()
