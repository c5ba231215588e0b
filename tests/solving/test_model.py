"""Building the model: part by part gives what building it at once gives."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import scipy.sparse as sp

from optimizer.building import build_problem
from optimizer.solving.modelling import candidates, model
from optimizer.solving.modelling.candidates import find_candidates
from tests.cases import random_case


@pytest.mark.parametrize("part", [1, 7, 20])
@pytest.mark.parametrize("all_pairs", [True, False])
def test_the_size_of_the_parts_changes_nothing(
    part: int, all_pairs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not all_pairs:
        monkeypatch.setattr(candidates, "ALL_PAIRS", 0)
    for seed in range(8):
        problem = replace(build_problem(random_case(seed, customers=12, reps=5)), candidates=2)
        pairs = find_candidates(problem)
        monkeypatch.setattr(model, "PART", 10**6)
        whole = model.build_model(problem, *pairs)
        monkeypatch.setattr(model, "PART", part)
        calls: list[int] = []
        build_part = model._build_part
        monkeypatch.setattr(model, "_build_part", lambda *a, b=build_part, c=calls: (c.append(1), b(*a))[1])
        pieced = model.build_model(problem, *pairs)
        monkeypatch.setattr(model, "_build_part", build_part)
        assert len(calls) > 1
        for field in fields(whole):
            one, other = getattr(whole, field.name), getattr(pieced, field.name)
            if sp.issparse(one):
                assert (one != other).nnz == 0, field.name
                assert one.nnz == other.nnz
                assert one.shape == other.shape
            else:
                assert np.array_equal(one, other), field.name


def test_rows_that_no_choice_can_break_are_left_out() -> None:
    """Of customers kept apart only the reps that both may go to have a row."""
    for seed in range(15):
        problem = build_problem(random_case(seed, customers=10, reps=4))
        built = model.build_model(problem, *find_candidates(problem))
        most = np.asarray(built.by_arc.maximum(0).sum(axis=0)).ravel()
        least = np.asarray(built.by_arc.minimum(0).sum(axis=0)).ravel()
        assert ((most > built.high) | (least < built.low)).all()
