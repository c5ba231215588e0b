"""All files of an answer, together in one folder."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.folders import OUTPUT_FILES, OutputError
from optimizer.plan import Plan, present_plan
from optimizer.problem import UNITS_PER_HOUR
from optimizer.reports import summarize, write_evaluation, write_reports
from optimizer.reports.files.result_file import list_result, plain, write_result
from optimizer.result import Progress, Status
from tests.cases import make_case, random_case
from tests.reports.answers import small_case, small_report, small_result


def test_every_file_is_written_and_no_other(tmp_path: Path) -> None:
    case = small_case()
    problem = build_problem(case)
    assert write_reports(case, small_result(problem), tmp_path / "out", problem=problem) == tmp_path / "out"
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == sorted(OUTPUT_FILES)
    assert [f.name for f in tmp_path.iterdir()] == ["out"]


def test_what_is_not_wanted_is_not_written_and_the_rest_is_the_same(tmp_path: Path) -> None:
    case = small_case()
    result = small_result(build_problem(case))
    write_reports(case, result, tmp_path / "all")
    for reports, names in (
        ([], set()),
        (["page"], {"report.html"}),
        (["map", "workbook"], {"plan.xlsx", "territories.geojson"}),
    ):
        write_reports(case, result, tmp_path / "some", reports=reports)
        written = {f.name: f.read_bytes() for f in (tmp_path / "some").iterdir()}
        always = set(OUTPUT_FILES) - {"report.html", "plan.xlsx", "territories.geojson"}
        assert written.keys() == always | names
        assert all((tmp_path / "all" / name).read_bytes() == text for name, text in written.items())
    with pytest.raises(ValueError, match="unknown reports: pdf"):
        write_reports(case, result, tmp_path / "some", reports=["pdf"])


def test_the_result_file_holds_what_was_listed(tmp_path: Path) -> None:
    report = small_report()
    write_result(report, tmp_path)
    text = (tmp_path / "result.json").read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(json.dumps(list_result(report)))
    assert text.count("\n") >= len(report.score.violations) + len(list_result(report)), "a line each"


def test_the_problem_is_built_when_it_is_not_given(tmp_path: Path) -> None:
    case = small_case()
    problem = build_problem(case)
    write_reports(case, small_result(problem), tmp_path / "a", problem=problem)
    write_reports(case, small_result(problem), tmp_path / "b")
    assert (tmp_path / "a" / "territories.csv").read_bytes() == (
        tmp_path / "b" / "territories.csv"
    ).read_bytes()


def test_only_the_result_file_knows_the_clock(tmp_path: Path) -> None:
    case = small_case()
    problem = build_problem(case)
    write_reports(case, small_result(problem, seconds=1.0, stages={"flow": 0.5}), tmp_path / "a")
    write_reports(case, small_result(problem, seconds=9.0, stages={"flow": 7.5}), tmp_path / "b")
    differ = [
        n for n in OUTPUT_FILES if (tmp_path / "a" / n).read_bytes() != (tmp_path / "b" / n).read_bytes()
    ]
    assert differ == ["result.json"]


def test_the_terms_of_the_result_file_sum_to_its_objective_exactly(tmp_path: Path) -> None:
    for seed in range(8):
        case = random_case(seed, customers=20, reps=3)
        problem = build_problem(case)
        owners = tuple(np.random.default_rng(seed).integers(-1, 3, 20).tolist())
        write_reports(case, small_result(problem, owners), tmp_path / "out", problem=problem)
        text = (tmp_path / "out" / "result.json").read_text(encoding="utf-8")
        said = json.loads(text, parse_float=Decimal, parse_constant=pytest.fail)
        assert sum(said["terms"].values(), Decimal(0)) == said["objective"]
        assert said["objective"] >= said["bound"]
        assert len(said["violations"]) == len(evaluate(problem, Plan(np.array(owners))).violations)
        assert all(v["sentence"] for v in said["violations"])


def test_the_result_file_carries_the_certificate(tmp_path: Path) -> None:
    case = small_case()
    trace = [Progress(0.5, None, 12.0, None, "start", False), Progress(1.0, 20.0, 19.5, 0.025, "exact", True)]
    result = small_result(build_problem(case), status=Status.OPTIMAL, trace=trace)
    write_reports(case, result, tmp_path / "out")
    said = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert (said["status"], said["seed"], said["method"], said["stopped"]) == ("optimal", 7, "by hand", "gap")
    assert said["seconds"] == 1.234 or said["seconds"] == 1.235
    assert said["gap"] == round(result.gap or 0, 6)
    assert said["notes"][0]["code"] == "time_limit"
    assert {"version", "input_hash", "stages", "violations"} <= set(said)
    assert [p["keeps_all"] for p in said["progress"]] == [False, True]
    assert (said["progress"][0]["gap"], said["progress"][1]["gap"]) == (None, 0.025)


def test_how_far_from_the_best_a_plan_is_at_most_is_told_in_hours_where_a_share_says_nothing() -> None:
    case = small_case()
    problem = build_problem(case)
    cost = small_result(problem).objective
    hours = cost / UNITS_PER_HOUR
    wide = summarize(case, problem, small_result(problem, bound=-67, gap=(cost + 67) / cost))
    assert f"at most {math.ceil((hours + 0.067) * 10) / 10:,.1f} h above" in wide.certificate
    assert "%" not in wide.certificate
    near = summarize(case, problem, small_result(problem))
    assert near.gap is not None and f"at most {near.gap:.2%} above" in near.certificate


def test_a_judged_plan_has_no_bound(tmp_path: Path) -> None:
    case = small_case()
    problem = build_problem(case)
    plan = present_plan(problem)
    write_evaluation(case, problem, plan, evaluate(problem, plan), tmp_path / "out")
    said = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert said["status"] == "evaluated"
    assert said["bound"] is said["gap"] is said["seconds"] is said["method"] is None
    assert said["keeps_all"] is False, "c5 stays with r0, who lacks its skill"
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == sorted(OUTPUT_FILES)


def test_a_writer_that_fails_leaves_the_earlier_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = small_case()
    result = small_result(build_problem(case))
    write_reports(case, result, tmp_path / "out")
    before = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("optimizer.reports.write_geojson", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_reports(case, result, tmp_path / "out")
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == before
    assert [f.name for f in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("seed", range(20))
def test_any_case_and_any_plan_can_be_written(seed: int, tmp_path: Path) -> None:
    case = random_case(seed + 100, customers=12, reps=3)
    problem = build_problem(case)
    owners = tuple(np.random.default_rng(seed).integers(-1, 3, 12).tolist())
    write_reports(
        case, small_result(problem, owners, bound=None, gap=None), tmp_path / "out", problem=problem
    )


def test_one_customer_and_one_rep_without_anything_can_be_written(tmp_path: Path) -> None:
    case = make_case([{}], [{}])
    problem = build_problem(case)
    write_reports(case, small_result(problem, (0,), bound=0, gap=0.0), tmp_path / "out")


def test_the_summary_counts_what_the_tables_list() -> None:
    case = small_case()
    problem = build_problem(case)
    summary = summarize(case, problem, small_result(problem))
    assert summary.before is not None
    assert (summary.before.served, summary.before.unserved) == (5, 2)
    assert (summary.after.served, summary.after.unserved) == (6, 1)
    assert (summary.moved, summary.newly_served) == (2, 2)
    assert summary.moved_share == pytest.approx(2 / 5)
    assert summary.moved_hours == 12.5
    assert summary.after.hours == pytest.approx(12.125 + 4.5 + 1.0 + 4.5 + 1.0 + 1.0)
    assert math.fsum(summary.after.terms.values()) == pytest.approx(summary.after.objective_hours)
    assert summary.after.most_utilization == pytest.approx(16.625 / 48)
    assert summary.before.hard_violations == 1
    assert summary.has_points


def test_the_summary_has_no_before_when_nobody_owns_anything() -> None:
    case = small_case(customers=[{"hours": 1.0}] * 7, tasks=[])
    summary = summarize(case, problem := build_problem(case), small_result(problem))
    assert summary.before is None
    assert summary.moved_share is None
    assert summary.newly_served == 6


def test_values_are_told_to_json_as_it_knows_them() -> None:
    assert plain(np.int64(3)) == 3
    assert plain(np.float64(0.5)) == 0.5
    assert plain(float("inf")) is None
    assert plain(np.True_) is True
    assert plain(("a", 1)) == "('a', 1)"
