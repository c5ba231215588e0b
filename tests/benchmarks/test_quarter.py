"""The simulated quarter and the rep who leaves: what was measured is what pages say. No time is asserted."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from optimizer import Plan, build_problem, read_case
from tests.benchmarks import leaving, quarter, quarter_weeks
from tests.benchmarks.leaving import Leaving
from tests.benchmarks.measuring import ROOT
from tests.benchmarks.quarter_weeks import WeekEnd, begin, measure_corridors, run_quarter
from tests.benchmarks.store import append_row, fingerprint
from tests.benchmarks.weekly import Line, Panel, draw_panels

WEEK = WeekEnd("never", 1, 0.9, 1.2, 0, 0, 0.0, 100.0, 3, False, 0.5)
RUN = Leaving(10_000, 100, 1, 4, 0.1, 0.1, 0.4, 2.7, 101.0, 100.0, 99.0, 31, 40, 50, 60, (2.0, 3.0))


@pytest.fixture(scope="module")
def first():
    return begin(read_case(ROOT / "scenarios" / "quickstart"), 1)


def test_never_moves_nobody_and_keeps_the_news_for_the_others(first, monkeypatch):
    monkeypatch.setattr(quarter_weeks, "last_days", shorten(3))
    weeks = list(run_quarter(first, "never"))
    assert [week.week for week in weeks] == [1, 2]
    assert not any(week.moves or week.changed for week in weeks)
    won = first.news[first.news["kind"] == "customer_won"]
    assert len(won) and won["rep_id"].isna().all()


def test_ours_changes_the_plan_when_watch_rings_and_only_then(first, monkeypatch):
    monkeypatch.setattr(quarter_weeks, "last_days", shorten(3))
    weeks = list(run_quarter(first, "ours"))
    assert any(week.rang and week.changed for week in weeks)
    assert all(week.rang for week in weeks if week.changed)
    monkeypatch.setattr(quarter_weeks, "last_days", shorten(3))
    fresh = list(run_quarter(first, "fresh"))
    assert not any(week.rang for week in fresh) and any(week.moves for week in fresh)


def test_planners_are_compared_over_the_weeks_that_all_have():
    whole = [replace(WEEK, planner=name, week=k) for name in ("never", "ours", "anew") for k in (1, 2, 3)]
    early = [replace(WEEK, planner="fresh", week=k) for k in (1, 2)]
    (first, some), (name, every) = quarter.split_weeks("x", [*whole, *early])
    assert (first, name) == ("x, first 2 weeks", "x")
    assert len(some) == 8 and every == whole
    late = [*whole, *early, replace(WEEK, planner="fresh", week=3)]
    assert quarter.split_weeks("x", late) == [("x", late)]


def test_ours_is_judged_by_all_its_moves_also_where_fresh_was_ended_early():
    ours = [replace(WEEK, planner="ours", week=k, moves=10) for k in (1, 2, 3)]
    fresh = [replace(WEEK, planner="fresh", week=k, moves=60) for k in (1, 2)]
    assert quarter.judge_ours("x", [*ours, *fresh]).endswith("at most 25% of the moves (within a quarter).")
    many = [replace(week, moves=11) for week in ours]
    assert quarter.judge_ours("x", [*many, *fresh]).endswith(
        "at most 28% of the moves (not within a quarter)."
    )
    still = [replace(week, moves=0) for week in fresh]
    assert quarter.judge_ours("x", [*ours, *still]).endswith("– of the moves (not within a quarter).")


def shorten(count: int):
    """Only the first weeks of the quarter."""
    whole = quarter_weeks.last_days
    return lambda weeks: whole(weeks)[:count]


def test_corridors_are_measured_as_the_checker_sees_them():
    problem = build_problem(read_case(ROOT / "scenarios" / "quickstart"))
    plan = Plan(np.zeros(problem.n_customers, dtype=np.int64))
    kept, worst = measure_corridors(problem, plan)
    broken = quarter_weeks.evaluate(problem, plan).violations
    outside = sum(violation.constraint == "corridors" for violation in broken)
    assert kept == pytest.approx(1 - outside / (problem.n_reps * len(problem.corridors)))
    assert worst > 1


def test_the_page_says_what_is_stored(tmp_path: Path):
    page, picture, store = tmp_path / "page.md", tmp_path / "pictures" / "quarter.svg", tmp_path / "store"
    for planner, moves in (("never", 0), ("ours", 5), ("anew", 20), ("fresh", 40)):
        weeks = [replace(WEEK, planner=planner, week=k, moves=moves, kept=0.8 + k / 10) for k in (1, 2)]
        row = {"case": "quickstart", "seed": 1, "planner": planner, "code": fingerprint()}
        append_row(store / quarter.FILE, row | {"weeks": [asdict(week) for week in weeks]})
    case = ROOT / "scenarios" / "quickstart"
    order = ["--cases", str(case), "--sizes", "", "--store", str(store), "--picture", str(picture)]
    quarter.main([*order, "--markdown", str(page)])  # all is stored: nothing is run
    text = page.read_text(encoding="utf-8")
    assert "| quickstart | watch and rebalance | 95.0% | 90.0% | 1.20 | 10 | 12% | 0 |" in text
    assert (
        "- quickstart: *ours* keeps 95.0% of the corridors with 10 moves in 2 weeks, *fresh* 95.0% with 80 in 2"
        in text
    )
    assert "12% of the moves (within a quarter)" in text
    assert "](pictures/quarter.svg)" in text
    assert ElementTree.fromstring(picture.read_text(encoding="utf-8")).tag.endswith("svg")


def test_a_panel_has_every_point_in_its_place():
    panel = Panel("moves", [Line("a < b", "#000", [(1, 0), (2, 30), (3, 60)])])
    root = ElementTree.fromstring(draw_panels([[panel]], "week"))
    space = {"svg": "http://www.w3.org/2000/svg"}
    (line,) = root.findall("svg:polyline", space)
    (x1, y1), (x2, y2), (x3, y3) = (tuple(map(float, p.split(","))) for p in line.attrib["points"].split())
    assert x2 == pytest.approx((x1 + x3) / 2, abs=0.2) and y2 == pytest.approx((y1 + y3) / 2, abs=0.2)
    assert x1 < x3 and y1 > y3
    assert {"moves", "a < b", "week", "60"} <= {text.text for text in root.findall("svg:text", space)}
    with pytest.raises(ValueError, match="nothing"):
        draw_panels([[Panel("none", [Line("a", "#000", [])])]], "week")


def test_ends_of_an_axis_are_round():
    assert Panel("", [Line("", "", [(1, 7), (2, 37)])]).find_ends() == (0.0, 40.0)
    low, high = Panel("", [Line("", "", [(1, 52.3), (2, 97)])], most=100.0).find_ends()
    assert high == 100.0 and 40.0 <= low <= 52.3


def test_one_rep_who_leaves_is_measured_and_told(tmp_path: Path, monkeypatch):
    page, store = tmp_path / "page.md", tmp_path / "store"
    runs = [replace(RUN, who=who) for who in range(len(leaving.SHARES))]
    for run in runs:
        append_row(store / leaving.FILE, asdict(run) | {"code": fingerprint()})
    order = ["--sizes", "10000x100", "--store", str(store), "--markdown", str(page)]
    assert leaving.main(order) == runs
    row = "| 4 | 0.50 (0.10 + 0.10) | 2.90 | 1 : 5.8 | 1 : 9.0 | 31 | 40 | 50 | 60 | +1.00% | +2.02% | 3.0 |"
    assert f"| 10,000 × 100 {row}" in page.read_text(encoding="utf-8")
    monkeypatch.setattr(leaving, "SHARES", (0.5,))
    (found,) = leaving.run_leavings(40, 4, 2)
    assert found.ours <= found.all * 1.01 and found.placed + found.moves > 0 and found.suggest[1] > 0
