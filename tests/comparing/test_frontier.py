"""Frontiers: no plan shown is dominated, every bound is true, and nothing found once is found again."""

from __future__ import annotations

import csv
import re
import warnings
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer import build_problem, evaluate, frontier, look_at, measure_kpis, read_case, solve
from optimizer.cli import run
from optimizer.comparing.frontier.envelope import mix_rates
from optimizer.comparing.frontier.frontiers import AIMS, Frontier, dominates, name_plans
from optimizer.comparing.frontier.trading import Rates, Trade
from optimizer.folders import OutputError
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR
from optimizer.reports.comparisons.frontier_chart import WIDE, draw_frontier
from optimizer.reports.comparisons.frontier_files import write_frontier
from optimizer.solving import Footing, solve_near
from optimizer.solving.modelling.footing import reprice_model
from optimizer.solving.modelling.model import build_model
from tests.cases import make_case, random_case
from tests.test_docs import ROOT
from tests.test_two_voices import all_pairs

QUICKSTART = ROOT / "scenarios" / "quickstart"


@pytest.fixture(scope="module")
def found() -> Frontier:
    return frontier(read_case(QUICKSTART), points=6)


def test_no_plan_of_a_frontier_dominates_another_by_what_evaluate_says(found: Frontier) -> None:
    assert 5 <= len(found.points) <= 6
    aims = []
    for point in found.points:
        score = evaluate(found.problem, point.plan)
        assert score.keeps_all and point.score.objective == score.objective
        kpis = measure_kpis(look_at(found.problem, point.plan, score))
        aims.append([kpis[name] for name in AIMS])
        assert aims[-1] == list(point.aims)
        travel = found.problem.pair_travel_hours(np.arange(found.problem.n_customers), point.plan.owner)
        assert point.aims[0] == travel.sum() / UNITS_PER_HOUR
    for one, other in product(aims, repeat=2):
        assert not dominates(one, other)
    assert len({tuple(one) for one in aims}) == len(aims)


def test_every_bound_holds_against_every_other_plan_of_the_frontier(found: Frontier) -> None:
    for point in found.points:
        assert point.bound <= point.objective and point.gap <= 0.02
        problem = found.trade.at(point.rates)
        for other in found.points:
            assert evaluate(problem, other.plan).objective_hours >= point.bound - 1e-6


def test_names_are_each_once_and_true(found: Frontier) -> None:
    assert len({point.key for point in found.points}) == len(found.points)
    for k, name in enumerate(("least_travel", "best_balance", "fewest_moves")):
        (best,) = [point for point in found.points if point.name == name]
        assert best.aims[k] == min(point.aims[k] for point in found.points)
    assert name_plans([(1, 5, 5), (5, 1, 5), (5, 5, 1), (2, 2, 2), (4, 3, 2)]) == [
        "least_travel", "best_balance", "fewest_moves", "knee", "more_travel",
    ]  # fmt: skip
    assert name_plans([(1, 0, 5), (5, 0, 1)]) == ["least_travel", "fewest_moves"]
    assert name_plans([]) == [] and name_plans([(1, 2, 3)]) == ["best"]


def test_bounds_hold_against_all_plans_of_a_tiny_case() -> None:
    reps = [{"lat": 50.0, "lon": 8.0 + k, "hours_per_week": 4} for k in range(3)]
    customers = [
        {
            "tier": "ABC"[k % 3],
            "hours": 9.0 + 3 * (k % 4),
            "lat": 50.2,
            "lon": 7.6 + k / 3,
            "owner": f"r{k % 3}",
        }
        for k in range(5)
    ]
    corridor = {"measure": "hours", "tolerance": 0.1, "price": 2.0}
    few = frontier(make_case(reps, customers, scenario={"corridors": [corridor]}))
    assert len(few.points) >= 2
    plans = [Plan(np.array(owner)) for owner in product(range(3), repeat=5)]
    every = [(plan, evaluate(few.problem, plan)) for plan in plans]
    kept = [plan for plan, score in every if score.keeps_all]
    assert len(kept) > 10
    for point in few.points:
        problem = few.trade.at(point.rates)
        assert min(evaluate(problem, plan).objective_hours for plan in kept) >= point.bound - 1e-6


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_what_a_mixture_proves_is_never_above_the_least_plan(data: st.DataObject) -> None:
    amount = st.floats(0, 100)
    plans = np.array(data.draw(st.lists(st.tuples(amount, amount, amount), min_size=1, max_size=6)))
    rate = st.builds(Rates, st.floats(0.01, 10), st.floats(0.01, 10))
    known, at = data.draw(st.lists(rate, min_size=1, max_size=5)), data.draw(rate)

    def least(rates: Rates) -> float:
        return float((plans @ [1.0, rates.balance, rates.move]).min())

    bound, shares = mix_rates(known, [least(rates) for rates in known], at)
    assert bound <= least(at) + 1e-6 * (1 + abs(least(at)))
    if any(rates.balance <= at.balance and rates.move <= at.move for rates in known):
        assert shares.sum() == pytest.approx(1)
    assert mix_rates([*known, at], [*map(least, known), least(at)], at)[0] == pytest.approx(
        least(at), abs=1e-6
    )


def test_without_anything_known_a_mixture_proves_nothing() -> None:
    assert mix_rates([], [], Rates(1, 1))[0] == -np.inf
    assert mix_rates([Rates(2, 2)], [5.0], Rates(1, 1))[0] == -np.inf


@pytest.mark.parametrize("seed", range(12))
def test_a_model_with_new_prices_is_the_model_that_would_be_built(seed: int) -> None:
    problem = build_problem(random_case(seed))
    rng = np.random.default_rng(seed)
    trade = Trade(problem, rng.random(problem.n_customers) < 0.7)
    before, after = trade.at(Rates(0.3, 0.2)), trade.at(Rates(*rng.uniform(0.1, 5, 2).round(3)))
    footing = Footing(before, build_model(before, *all_pairs(before)), np.zeros(0))
    mine, true = reprice_model(footing, after), build_model(after, *all_pairs(after))
    for name in ("unit", "rep", "cost", "breach", "low", "high", "num", "den", "hard", "place"):
        assert np.array_equal(getattr(mine, name), getattr(true, name)), name
    assert (mine.by_arc != true.by_arc).nnz == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_run_near_another_is_as_good_as_one_from_scratch(seed: int) -> None:
    trade = Trade(build_problem(random_case(seed, customers=10)))
    result, footing = solve_near(trade.at(Rates(0.2, 0.1)), None)
    assert footing is not None
    problem = trade.at(Rates(2.0, 1.0))
    near, _ = solve_near(problem, footing, start=result.plan)
    scratch = solve(problem)
    assert near.ok == scratch.ok
    if near.ok:
        assert near.bound is not None and scratch.bound is not None
        assert near.bound <= scratch.objective and scratch.bound <= near.objective
        assert near.objective == pytest.approx(scratch.objective, rel=2e-3, abs=2)


def test_moves_are_counted_from_the_plan_that_is_todays(found: Frontier) -> None:
    today = found.points[0].plan
    again = frontier(read_case(QUICKSTART), today, points=5)
    assert again.today_aims[2] == 0 and again.today_aims[:2] == found.points[0].aims[:2]
    assert not again.today_score.hard_violations
    assert min(point.aims[2] for point in again.points) == 0
    for point in again.points:
        assert point.aims[2] == (point.plan.owner != today.owner).sum()


def test_whoever_is_served_by_one_plan_is_served_by_all(found: Frontier) -> None:
    served = {int((point.plan.owner != UNSERVED).sum()) for point in found.points}
    assert len(served) == 1


def test_a_frontier_that_is_stopped_gives_what_it_has() -> None:
    runs: list[int] = []
    stopped = frontier(
        read_case(QUICKSTART), points=5, on_run=runs.append, should_stop=lambda: len(runs) >= 3
    )
    assert stopped.stopped and len(stopped.points) == stopped.runs == 2
    nothing = frontier(read_case(QUICKSTART), should_stop=lambda: True)
    assert nothing.stopped and nothing.points == ()


def test_without_priced_corridors_travel_and_moves_are_traded() -> None:
    given = read_case(QUICKSTART)
    plain = replace(given, scenario=given.scenario.model_copy(update={"corridors": ()}))
    two = frontier(plain, points=5)
    assert {point.aims[1] for point in two.points} == {0.0} and len(two.points) >= 3


def test_where_nobody_travels_balance_and_moves_are_traded() -> None:
    customers = [{"hours": 10.0 + k % 5, "owner": f"r{min(k // 6, 2)}"} for k in range(24)]
    corridor = {"measure": "hours", "tolerance": 0.02, "price": 2.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        two = frontier(make_case([{}, {}, {}], customers, scenario={"corridors": [corridor]}), points=5)
    assert {point.aims[0] for point in two.points} == {0.0}
    assert {"best_balance", "fewest_moves"} <= {point.name for point in two.points}


def test_where_one_plan_is_best_in_everything_it_is_alone() -> None:
    customers = [{"hours": 10.0, "owner": f"r{k % 3}"} for k in range(9)]
    (alone,) = frontier(make_case([{}, {}, {}], customers)).points
    assert alone.name == "best" and alone.aims == (0.0, 0.0, 0.0)


def test_a_frontier_has_five_to_nine_points() -> None:
    with pytest.raises(ValueError, match="5 to 9"):
        frontier(read_case(QUICKSTART), points=4)


def test_the_same_frontier_comes_out_twice(found: Frontier) -> None:
    again = frontier(read_case(QUICKSTART), points=6)
    assert [(p.key, p.rates, p.aims, p.bound) for p in again.points] == [
        (p.key, p.rates, p.aims, p.bound) for p in found.points
    ]


# Files and command ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frontier") / "out"
    assert run(["frontier", str(QUICKSTART), "--points", "5", "--reports", "none", "--out", str(folder)]) == 0
    return folder


def test_a_plan_of_today_far_off_does_not_crowd_the_others_in_a_corner(found: Frontier) -> None:
    near = {name: found.points[0].kpis[name] for name in AIMS}
    for kpis, off in ((near, False), (dict.fromkeys(AIMS, 50000.0), True)):
        picture = draw_frontier(replace(found, today_kpis=kpis))
        across = [float(x) for x in re.findall(r"<circle cx='([\d.]+)'", picture)]
        count = len(found.points)
        for one in (across[k * count : (k + 1) * count] for k in range(3)):
            assert max(one) - min(one) > 0.7 * WIDE
        assert picture.count("50,000.0") == (4 if off else 0) * 2  # above, and for who points at it
        assert picture.count("<path") == (3 if off else 0)


def test_the_command_writes_a_table_a_workbook_a_picture_a_page_and_every_plan(out: Path) -> None:
    with (out / "frontier.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert rows[-1]["point"] == "today" and rows[-1]["moved"] == "0" and rows[-1]["gap"] == ""
    keys = [row["point"] for row in rows[:-1]]
    assert "least-travel" in keys and {path.name for path in (out / "plans").iterdir()} == set(keys)
    for row in rows[:-1]:
        assert float(row["bound"]) <= float(row["objective"]) + 1e-9 and float(row["gap"]) <= 0.02
        with (out / "plans" / row["point"] / "moves.csv").open(encoding="utf-8") as lines:
            assert len(list(csv.DictReader(lines))) == int(row["moved"])
    sheet = openpyxl.load_workbook(out / "frontier.xlsx").worksheets[0]
    assert sheet.max_row == 3 + len(rows)
    page = (out / "frontier.html").read_text(encoding="utf-8")
    assert page.count("<svg class=map") == len(rows) and "<script" not in page
    assert page.count("class='frontier'") == 1 and "report.html" not in page
    assert (out / "frontier.svg").read_text(encoding="utf-8").count("<circle") == 3 * len(keys)


def test_a_plan_of_a_frontier_can_be_taken_up(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans = sorted(map(str, (out / "plans").iterdir()))
    assert run(["compare", str(QUICKSTART), *plans]) == 0
    assert "least-travel" in capsys.readouterr().out
    assert run(["explain", str(QUICKSTART), "--plan", plans[0], "--customer", "C01"]) == 0


def test_a_frontier_replaces_a_frontier_and_nothing_else(found: Frontier, tmp_path: Path) -> None:
    target = tmp_path / "f"
    write_frontier(found, target)
    (target / "plans" / "knee" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError):
        write_frontier(found, target)
    assert (target / "plans" / "knee" / "notes.txt").exists()
    (target / "plans" / "knee" / "notes.txt").unlink()
    write_frontier(found, target)
    assert not [path for path in tmp_path.iterdir() if path.name != "f"]


def test_a_frontier_may_follow_the_findings_that_stood_in_its_way(found: Frontier, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert run(["frontier", str(tmp_path), "--out", str(target)]) == 2
    assert [file.name for file in target.iterdir()] == ["findings.csv"]
    write_frontier(found, target)
    assert (target / "frontier.csv").is_file() and not (target / "findings.csv").exists()


def test_what_is_wrong_is_told_and_nothing_is_written(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "f"
    assert run(["frontier", str(QUICKSTART), "--points", "4", "--out", str(target)]) == 2
    assert run(["frontier", str(QUICKSTART), "--variant", "none", "--out", str(target)]) == 2
    assert run(["frontier", str(QUICKSTART), "--plan", str(tmp_path), "--out", str(target)]) == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    assert run(["frontier", str(QUICKSTART), "--out", str(tmp_path / "mine")]) == 2
    assert "notes.txt" in capsys.readouterr().err
    before = sorted(path.name for path in out.rglob("*"))
    assert run(["frontier", str(tmp_path), "--out", str(out)]) == 2
    assert sorted(path.name for path in out.rglob("*")) == before
    assert not (target / "frontier.csv").exists()


def test_where_no_plan_keeps_everything_there_is_no_frontier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import optimizer.commands.frontiers as command

    hard: Any = [{"measure": "hours", "tolerance": 0.01}]
    customers = [{"hours": 10.0 + k, "owner": "r0"} for k in range(3)]
    case = make_case([{}, {}], customers, scenario={"corridors": hard})
    assert frontier(case).broken
    monkeypatch.setattr(command, "read_varied", lambda *_: case)
    assert run(["frontier", "anything", "--out", str(tmp_path / "f")]) == 1
    assert "no frontier" in capsys.readouterr().out and not (tmp_path / "f").exists()
