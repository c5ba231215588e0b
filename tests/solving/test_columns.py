"""Territories chosen set by set: whole, each unit once, and better than what a linear program says they cannot beat."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.plan import UNSERVED
from optimizer.solving.searching.columns import LAST, choose_anew, find_columns
from optimizer.solving.strategy import solve
from tests.benchmarks.gap import gap_problem, make_gap
from tests.solving.test_repacking import exchange


def go_on() -> bool:
    return False


@pytest.mark.parametrize("kind", ["C", "D", "E"])
def test_a_choice_gives_every_unit_one_arc_and_costs_less(kind: str) -> None:
    search, value = exchange(gap_problem(make_gap(kind, 9, 45, 3)))
    columns = find_columns(search, np.arange(9))
    assert columns is not None
    assert columns.now == pytest.approx(search.score[1] + 1000.0 * search.score[0], rel=0.2)
    arcs = choose_anew(columns, value, go_on)
    if len(arcs):
        assert search.model.unit[arcs].tolist() == columns.units.tolist()
        before = search.score
        assert search.try_out(arcs)
        assert search.score < before or kind == "C"


@pytest.mark.parametrize("kind", ["C", "D", "E"])
@pytest.mark.parametrize("seed", range(2))
def test_no_mixture_of_all_sets_that_matter_costs_more_than_the_best_plan(kind: str, seed: int) -> None:
    problem = gap_problem(make_gap(kind, 8, 24, seed))
    best = solve(problem, gap=0.0)
    search, value = exchange(problem)
    columns = find_columns(search, np.arange(8))
    assert columns is not None
    columns.converge(value, go_on)
    mixture = columns.mix()
    assert mixture is not None
    cost, worth, place = mixture
    assert best.bound is not None
    # where no set would better the mixture any more it is a bound; rounding aside
    if columns.ask(worth, place)[2] == 0:
        assert cost <= best.score.objective + 1e-6
    # and what the values prove is one always
    total, _, _ = columns.ask(worth)
    assert total + float(np.minimum(worth, columns.nobody).sum()) <= best.score.objective + 1e-6


def test_units_that_the_others_have_are_left_to_them() -> None:
    search, value = exchange(gap_problem(make_gap("D", 16, 96, 0)))
    reps = np.arange(0, 16, 2)
    columns = find_columns(search, reps)
    assert columns is not None
    held = np.isin(search.model.rep[search.arcs], reps)
    assert columns.units.tolist() == np.flatnonzero(held).tolist()
    arcs = choose_anew(columns, value, go_on)
    assert np.isin(search.model.rep[arcs], [UNSERVED, *reps]).all()


def test_few_reps_are_for_another_method() -> None:
    search, _ = exchange(gap_problem(make_gap("D", 8, 40, 0)))
    assert find_columns(search, np.arange(LAST)) is None


def test_who_stops_gets_nothing() -> None:
    search, value = exchange(gap_problem(make_gap("D", 8, 40, 0)))
    columns = find_columns(search, np.arange(8))
    assert columns is not None
    assert not len(choose_anew(columns, value, lambda: True))
