"""The dearest limits: what is listed, in which order and words, and where a reader finds them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from optimizer.building import build_problem
from optimizer.problem import Measure, Problem
from optimizer.reports.book.workbook import write_workbook
from optimizer.reports.content.limits import list_dearest
from optimizer.reports.content.prices import SHORT_LIST, LimitPrice, choose_step, list_prices
from optimizer.reports.content.report import Report, build_report
from optimizer.reports.content.tables import list_territories
from optimizer.reports.files.csv_files import write_csv
from optimizer.reports.files.result_file import list_result
from optimizer.reports.page.page import list_page
from optimizer.result import Worth
from tests.reports.answers import small_case, small_report, small_result

WISHES = {
    "counts": {"max": 4, "tiers": {"A": {"min": 1}}},
    "disruption": {
        "budgets": [
            {"amount": 1},
            {"amount": 5, "scope": "tier", "tier": "B", "measure": "hours"},
            {"amount": 900, "scope": "rep", "direction": "in", "measure": "potential"},
        ]
    },
}
CASE = small_case(WISHES)


def make_worth(problem: Problem) -> Worth:
    """Three reps, corridors of hours and customers, counts in all and of tier A, three budgets."""
    corridors, counts = np.zeros((2, 3)), np.zeros((2, 3))
    low, high, few, many = corridors.copy(), corridors.copy(), counts.copy(), counts.copy()
    low[0, 1], high[0, 0], high[0, 2], few[1, 1], many[0, 2] = 0.5, 2.0, 0.0004, 3.0, 1.0
    budgets = (np.array([4.0]), np.array([0.25]), np.array([0.0, 0.0, 0.3]))
    return Worth(9500.0, np.array([0.0, 0.75, 0.0]), low, high, few, many, budgets)


def make_report(worth: Worth | None = None) -> Report:
    problem = build_problem(CASE)
    result = small_result(problem, prices=make_worth(problem) if worth is None else worth)
    return build_report(CASE, problem, result.plan, result.score, result)


def test_limits_are_listed_from_the_dearest_in_words() -> None:
    said = [(limit.sentence(), round(limit.hours, 6)) for limit in make_report().prices]
    assert said == [
        ("In all: one more customer may change owner", 4.0),
        ("r1: one customer fewer of tier A demanded", 3.0),
        ("Corridor of hours (±10%): one point more for every rep", 2.5004),
        ("r0: one point more room above the target of hours", 2.0),
        ("r2: one more customer allowed", 1.0),
        ("r1: one more hour", 0.75),
        ("r1: one point more room below the target of hours", 0.5),
        ("r2: 1 more of potential may arrive", 0.3),
        ("Tier B: one more hour may change owner", 0.25),
    ]


def test_a_step_of_another_measure_is_about_what_a_customer_has() -> None:
    def step(*values: int, scale: float = 1.0, name: str = "revenue") -> float:
        return choose_step(Measure(name, np.array(values), scale))

    assert step(900_000, 1_300_000) == 1e6
    assert step(900_000, 1_300_000, scale=100.0) == 1e4
    assert step(12_000, 9_000, scale=1000.0, name="hours") == 1
    assert step(0, 0) == 1
    problem, worth = build_problem(CASE), make_worth(build_problem(CASE))
    large = Measure("potential", problem.measures[2].size * 7000, 1.0)
    assert problem.measures[2].name == "potential" and large.size.mean() == 5000
    (dear, *_) = list_prices(replace(problem, measures=(*problem.measures[:2], large)), worth)
    assert (dear.sentence(), dear.step, dear.hours) == (
        "r2: 10,000 more of potential may arrive",
        1e4,
        3000.0,
    )


def test_the_result_file_has_them_all_and_what_they_prove() -> None:
    found = json.loads(json.dumps(list_result(make_report()), allow_nan=False))["prices"]
    assert found["bound"] == 9.5
    assert len(found["limits"]) == 9
    assert found["limits"][1] == {
        "constraint": "counts",
        "code": "count_low_tier",
        "rep_id": "r1",
        "tier": "A",
        "measure": None,
        "step": 1.0,
        "unit": "customers",
        "hours": 3.0,
        "sentence": "r1: one customer fewer of tier A demanded",
    }


def test_territories_end_with_what_an_hour_of_each_rep_is_worth(tmp_path: Path) -> None:
    write_csv(make_report().territories, tmp_path)
    rows = list(csv.DictReader((tmp_path / "territories.csv").open(encoding="utf-8")))
    assert list(rows[0])[-1] == "hour_worth"
    assert [row["hour_worth"] for row in rows] == ["0.000", "0.750", "0.000"]


NAMED = {"r0": "王伟 (r0)", "r1": "-Anna (r1)", "r2": "r2"}  # reps as people know them


def test_page_and_workbook_show_the_short_list(tmp_path: Path) -> None:
    few = make_worth(build_problem(CASE))
    report = make_report(replace(few, count_high=np.arange(6.0).reshape(2, 3) + 10))
    shown = list_dearest(report)
    assert len(shown) == SHORT_LIST
    hours = [saved for _, saved in shown]
    assert hours == sorted(hours, reverse=True)
    steps = [
        (replace(limit, rep_id=NAMED.get(limit.rep_id)).sentence(), limit.hours) for limit in report.prices
    ]
    assert {line for line in shown if line in steps} == {line for line in steps if line[1] >= hours[-1]}
    assert "Without it: Skill laser, which 1 customer requires and 0 of 3 reps have" in [
        text for text, _ in shown
    ]
    assert [tuple(line) for line in list_page(report)["limits"]] == [(s, round(h, 3)) for s, h in shown]
    write_workbook(report, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    cells = [row[:2] for row in book["Summary"].values]
    first = [text for text, _ in cells].index("What limits this plan: hours that one more step may save") + 1
    assert cells[first : first + SHORT_LIST] == shown


def test_limits_name_reps_as_people_know_them() -> None:
    reps = [{"name": "Anna"}, {"name": None}, {}]
    case = small_case(reps=reps, customers=[{"hours": 1.0}] * 7, tasks=[])
    few = small_report(case)
    prices = [LimitPrice("capacity", "capacity", 2.0, 1.0, "hours", rep) for rep in ("r0", "r1", "r2")]
    assert [text for text, _ in list_dearest(replace(few, prices=prices))] == [
        "Anna (r0): one more hour",
        "r1: one more hour",
        "r2: one more hour",
    ]


def test_the_sheet_of_limits_holds_all_of_them_as_estimates(tmp_path: Path) -> None:
    report = make_report()
    write_workbook(report, tmp_path)
    head, *rows = openpyxl.load_workbook(tmp_path / "plan.xlsx")["Limits"].values
    assert head == ("Limit", "Estimated for", "May save (estimate), h")
    said = [(cost.step_sentence(), pytest.approx(cost.estimated)) for cost in report.limits]
    assert [tuple(row[1:]) for row in rows] == said
    assert ("-Anna (r1) has 48.0 hours", "one more hour", 0.75) in rows


def test_without_a_bound_nothing_is_said_of_prices(tmp_path: Path) -> None:
    problem = build_problem(CASE)
    result = small_result(problem, bound=None, gap=None)
    report = build_report(CASE, problem, result.plan, result.score, result)
    assert list_result(report)["prices"] is None
    assert list_page(report)["limits"] == []
    table = list_territories(CASE, problem, report.before, report.after, None, "en")
    assert table.frame["hour_worth"].isna().all()


@pytest.mark.parametrize("hours", [0.0, 0.00049])
def test_what_would_be_shown_as_nothing_is_left_out(hours: float) -> None:
    problem = build_problem(CASE)
    none = Worth(0.0, np.full(3, hours), *(np.zeros((2, 3)) for _ in range(4)), (np.zeros(1),) * 3)
    assert list_prices(problem, none) == []
