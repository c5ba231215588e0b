"""What is called impossible is impossible, for plans made of any pairs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.problem import Problem
from optimizer.solving.bounding.impossible import find_dearest, prove_infeasible
from optimizer.solving.modelling import candidates
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import build_model
from optimizer.solving.pricing.far_pairs import price_rows
from tests.cases import make_case, random_case


def crowded_town(spare: float) -> Problem:
    """Forty customers near four of eight reps, all with ``spare`` x the room needed; the far ones own one each."""
    shops = [
        {"lat": 30.0, "lon": 120.0 + 0.01 * (i % 4), "hours": 10.0, "owner": f"r{i}" if i < 8 else None}
        for i in range(40)
    ]
    sellers = [{"lat": 30.0 if r < 4 else 45.0, "lon": 120.0 + 0.01 * (r % 4)} for r in range(8)]
    problem = build_problem(make_case(sellers, shops, scenario={"coverage": {"hard": True}, "corridors": []}))
    room = np.full(8, round(spare * problem.hours.sum() / 8))
    return replace(problem, candidates=2, capacity=room, load_limit=room)


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "ALL_PAIRS", 0)


def test_where_reps_left_out_have_room_nothing_is_called_impossible() -> None:
    """The candidates alone cannot serve the town; the others, 1,600 km away, can."""
    problem = crowded_town(1.2)
    model = build_model(problem, *find_candidates(problem), whole=False)
    assert prove_infeasible(model), "by its own arcs it is, so the other claim is worth something"
    assert not prove_infeasible(model, partial(price_rows, problem))


def test_where_nobody_has_room_it_is_proved_whoever_was_left_out() -> None:
    problem = crowded_town(0.9)
    model = build_model(problem, *find_candidates(problem), whole=False)
    assert prove_infeasible(model, partial(price_rows, problem))


def test_what_few_pairs_prove_all_pairs_confirm() -> None:
    """Random tight problems: a proof that knows few pairs claims nothing that the whole model does not."""
    claims = 0
    for seed in range(16):
        problem = replace(build_problem(random_case(seed, customers=14, reps=9)), candidates=2)
        few = build_model(problem, *find_candidates(problem), whole=False)
        if prove_infeasible(few, partial(price_rows, problem)):
            claims += 1
            everything = np.divmod(np.arange(problem.n_customers * problem.n_reps), problem.n_reps)
            assert prove_infeasible(build_model(problem, *everything))
    assert claims > 1


@pytest.mark.parametrize("seed", range(20))
def test_no_plan_that_keeps_everything_is_dearer_than_the_dearest(seed: int, monkeypatch) -> None:
    """A bound above it is taken for a proof, so no plan may cost more, however much it breaks at a price."""
    monkeypatch.setattr(candidates, "ALL_PAIRS", 10**9)
    problem = build_problem(random_case(seed, customers=3 + seed % 4, reps=3))
    model = build_model(problem, *find_candidates(problem))
    dearest = find_dearest(model)
    for choice in product(*(range(count) for count in np.diff(model.first))):
        breach, cost = model.judge(model.first[:-1] + np.array(choice))
        assert breach > 0 or cost <= dearest
