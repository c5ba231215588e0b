"""Territories decided anew keep the books, are never worse, and find what exchanges alone do not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Floats
from optimizer.solving import exact, strategy
from optimizer.solving.bounding.territories import find_values
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import build_model
from optimizer.solving.pricing.prices import cheapest_arcs, find_prices
from optimizer.solving.searching.exchanges import Exchanges, start_exchanges
from optimizer.solving.searching.neighbours import find_neighbours
from optimizer.solving.searching.repacking import repack
from tests.benchmarks.gap import gap_problem, make_gap
from tests.cases import random_case


def exchange(problem, seed: int = 0) -> tuple[Exchanges, Floats]:  # type: ignore[no-untyped-def]
    model = build_model(problem, *find_candidates(problem))
    prices = find_prices(model, np.zeros(len(model.low)))
    search, _ = start_exchanges(model, prices.regret(model), cheapest_arcs(model, prices.reduced), seed)
    search.run(lambda: False)
    return search, find_values(model, prices)


def decide_anew(search: Exchanges, value: Floats, workers: int = 2) -> list[tuple[str, tuple[int, int]]]:
    gains: list[tuple[str, tuple[int, int]]] = []
    neighbours = find_neighbours(search.model, search.regret)
    with ThreadPoolExecutor(workers) as pool:
        repack(search, neighbours, pool, value, on_gain=lambda method: gains.append((method, search.score)))
    return gains


CASES = [build_problem(random_case(seed, customers=60, reps=6)) for seed in range(6)] + [
    gap_problem(make_gap(kind, 7, 28, seed)) for seed, kind in enumerate("CDE")
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_it_is_never_worse_and_its_books_are_right(case: int) -> None:
    search, value = exchange(CASES[case], case)
    before = search.score
    gains = [score for _, score in decide_anew(search, value)]
    assert gains == sorted(gains, reverse=True)
    assert search.score == min([before, *gains])
    assert search.score == search.model.judge(search.arcs)
    for rep in range(search.model.n_reps):
        mine = np.flatnonzero(search.model.rep[search.arcs] == rep)
        assert sorted(search.units_of[rep]) == mine.tolist()


def test_it_gains_where_jobs_are_large_and_exchanges_are_at_their_end() -> None:
    search, value = exchange(gap_problem(make_gap("E", 8, 64, 0)))
    before = search.score
    assert {method for method, _ in decide_anew(search, value)} & {"columns", "repacking"}
    assert search.score < before


def test_little_effort_is_little_work_however_much_there_is_to_gain() -> None:
    search, value = exchange(gap_problem(make_gap("E", 8, 64, 0)))
    gains: list[str] = []
    neighbours = find_neighbours(search.model, search.regret)
    with ThreadPoolExecutor(1) as pool:
        repack(search, neighbours, pool, value, effort=0.005, on_gain=gains.append)
    assert 1 <= len(gains) <= 3  # one round of sets, and one of models of either size


def test_what_comes_out_does_not_depend_on_how_many_work_side_by_side() -> None:
    plans = []
    for workers in (1, 3):
        search, value = exchange(gap_problem(make_gap("C", 7, 35, 1)))
        decide_anew(search, value, workers)
        plans.append(search.arcs.tolist())
    assert plans[0] == plans[1]


def test_a_plan_of_nobodys_customers_is_no_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's customers break no rep's limit: once the search began there and never found out."""
    begun: list[float] = []

    def begin(model, regret, arcs, seed, **options):  # type: ignore[no-untyped-def]
        begun.append(float((model.rep[arcs] == UNSERVED).mean()))
        return start_exchanges(model, regret, arcs, seed, **options)

    monkeypatch.setattr(strategy, "start_exchanges", begin)
    monkeypatch.setattr(strategy, "TINY", 10**9)  # what follows the beginning is of no interest here
    monkeypatch.setattr(exact, "EXACT", 0)
    problem = gap_problem(make_gap("D", 6, 60, 0))
    assert strategy.solve(problem, start=Plan(np.full(problem.n_customers, UNSERVED))).ok
    assert begun[0] < 0.5
