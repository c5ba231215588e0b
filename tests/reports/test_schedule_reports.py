"""What tables, result file, workbook and page say of a schedule is what was decided, and the same everywhere."""

from __future__ import annotations

import csv
import json
import warnings
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from optimizer.building import build_problem
from optimizer.reports import write_report, write_reports
from optimizer.reports.content.report import Report, build_report
from optimizer.reports.content.timetable import build_timetable
from optimizer.reports.page import week_page
from optimizer.reports.page.week_page import list_weeks
from optimizer.scheduling import Schedule, build_task_problem, judge_schedule, solve_schedule
from tests.cases import random_case
from tests.reports.answers import HOSTILE_IDS, small_result, small_weeks


@pytest.fixture(scope="module")
def report() -> Report:
    return small_weeks()


@pytest.fixture(scope="module")
def out(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(report, tmp_path_factory.mktemp("answer") / "out")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_tasks_have_exactly_the_promised_columns(out: Path) -> None:
    head = (out / "tasks.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head == "task_id,customer_id,rep_id,owner_id,week,hours,kind,due,late_weeks"
    by_id = {row["task_id"]: row for row in rows(out, "tasks")}
    assert by_id["t0"]["rep_id"] == HOSTILE_IDS[0] and by_id["t0"]["owner_id"] == HOSTILE_IDS[1]
    assert by_id["t0"]["due"] == "2026-07-10"
    assert by_id["t1"]["late_weeks"] == "1", "due in the week before the horizon, done in its first"
    assert by_id["t2"]["week"] == by_id["t2"]["late_weeks"] == ""
    assert by_id["c0:2026-07-06:1"]["kind"] == "visit" and by_id["c0:2026-07-06:1"]["due"] == ""


def test_texts_that_look_like_formulas_are_guarded_and_ids_join_exactly(out: Path) -> None:
    by_id = {row["task_id"]: row for row in rows(out, "tasks")}
    assert by_id["t0"]["kind"] == "'=cmd|' /C calc'!A0"
    assert by_id["t1"]["kind"] == "<img src=x>"
    reps = {row["rep_id"] for row in rows(out, "territories")}
    assert {row["rep_id"] for row in rows(out, "tasks")} <= reps | {""}
    assert {row["rep_id"] for row in rows(out, "load")} == reps


def test_load_is_the_sum_of_the_tasks_and_its_hours_those_of_the_plan(report: Report, out: Path) -> None:
    total: dict[tuple[str, str], Decimal] = {}
    for row in rows(out, "tasks"):
        if row["week"]:
            place = (row["rep_id"], row["week"])
            total[place] = total.get(place, Decimal(0)) + Decimal(row["hours"])
    load = rows(out, "load")
    assert {(r["rep_id"], r["week"]): Decimal(r["hours"]) for r in load if r["tasks"] != "0"} == total
    for row in rows(out, "territories"):
        hours = sum(Decimal(r["available_hours"]) for r in load if r["rep_id"] == row["rep_id"])
        assert abs(hours - Decimal(row["capacity_hours"])) < Decimal("0.01")


def test_the_result_file_holds_the_certificate_of_the_schedule(report: Report, out: Path) -> None:
    text = (out / "result.json").read_text(encoding="utf-8")
    said = json.loads(text, parse_float=Decimal)["schedule"]
    assert sum(said["terms"].values(), Decimal(0)) == said["objective"] >= said["bound"] > 0
    assert said["status"] in ("optimal", "feasible") and said["stopped"] == "gap"
    assert said["tasks"] == len(rows(out, "tasks"))
    assert said["slipping"] == len(rows(out, "slips")) == sum(slip["tasks"] for slip in said["slips"]) > 0
    assert sum(slip["hours"] for slip in said["slips"]) == sum(
        Decimal(row["hours"]) for row in rows(out, "slips")
    )
    assert said["weeks"] == ["2026-W28", "2026-W29", "2026-W30"]
    assert said["notes"] == said["violations"] == []


def broken(report: Report) -> Report:
    """The same answer with all tasks of the first rep in the first week, and a task done before its time."""
    timetable = report.timetable
    assert timetable is not None and report.result is not None
    week = np.where(timetable.result.schedule.doer == 0, 0, timetable.result.schedule.week)
    schedule = Schedule(timetable.result.schedule.doer, week)
    work = replace(timetable.work, earliest=np.where(timetable.work.task_ids == "t0", 2, 0))
    result = replace(timetable.result, schedule=schedule, score=judge_schedule(work, schedule))
    again = build_timetable(report.case, work, result)
    return build_report(
        report.case, report.problem, report.plan, report.score, report.result, timetable=again
    )


def test_violations_name_their_task_and_week_everywhere(report: Report, tmp_path: Path) -> None:
    bad = broken(report)
    assert report.keeps_all == report.score.keeps_all and not bad.keeps_all
    folder = write_report(bad, tmp_path / "out")
    said = json.loads((folder / "result.json").read_text(encoding="utf-8"))["schedule"]
    found = {(v["code"], v["task_id"], v["week"]) for v in said["violations"]}
    assert ("too_early", "t0", "2026-W28") in found
    assert said["keeps_all"] is False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        head, *lines = openpyxl.load_workbook(folder / "plan.xlsx")["Violations"].iter_rows(values_only=True)
    told = {(line[head.index("Task")], line[head.index("Week")]) for line in lines}
    assert {(task, week) for _, task, week in found} <= told
    assert list_weeks(bad, bad.timetable)["keepsAll"] is False  # type: ignore[arg-type]


def test_the_workbook_shows_the_heat_of_the_weeks_all_tasks_and_what_slips(report: Report, out: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(out / "plan.xlsx")
    assert book.sheetnames[5:8] == ["Weeks", "Tasks", "Slips"]
    head, *lines = book["Weeks"].iter_rows(values_only=True)
    load = {(r["rep_id"], r["week"]): r["utilization"] for r in rows(out, "load")}
    assert head[2:] == ("2026-W28", "2026-W29", "2026-W30")
    for line in lines:
        for week, cell in zip(head[2:], line[2:], strict=True):
            shown = load[_spreadsheet(str(line[0])), str(week)]
            assert cell == pytest.approx(float(shown), abs=1e-4)
    (coloured,) = {str(area.sqref) for area in book["Weeks"].conditional_formatting}
    assert coloured == "C2:E4"
    assert len(list(book["Tasks"].iter_rows())) - 1 == len(rows(out, "tasks"))
    assert len(list(book["Slips"].iter_rows())) - 1 == len(rows(out, "slips"))
    summary = {row[0]: row[2] for row in book["Summary"].iter_rows(values_only=True) if row[0]}
    assert summary["Tasks not done in the horizon"] == len(rows(out, "slips"))


def _spreadsheet(text: str) -> str:
    """An id as it was: a spreadsheet keeps line ends as \\n."""
    return {rep_id.replace("\r", ""): rep_id for rep_id in HOSTILE_IDS}.get(text.replace("\r", ""), text)


def test_the_page_holds_every_task_with_doer_owner_and_week(report: Report, out: Path) -> None:
    assert report.timetable is not None
    agenda = list_weeks(report, report.timetable)["agenda"]
    ids, names = report.problem.rep_ids.tolist(), report.timetable.work.week_names
    shown = {
        task: (
            ids[doer] if doer >= 0 else "",
            ids[owner] if owner >= 0 else "",
            names[week] if week >= 0 else "",
        )
        for task, doer, owner, week in zip(
            agenda["id"], agenda["doer"], agenda["owner"], agenda["week"], strict=True
        )
    }
    written = {r["task_id"]: (r["rep_id"], r["owner_id"], r["week"]) for r in rows(out, "tasks")}
    assert shown == written
    customers = [agenda["customers"][k] for k in agenda["customer"]]
    assert customers == [row["customer_id"] for row in rows(out, "tasks")]


def test_a_page_of_too_many_tasks_holds_whole_reps_and_says_how_many(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert report.timetable is not None
    monkeypatch.setattr(week_page, "MOST_BOXES", 6)
    agenda = list_weeks(report, report.timetable)["agenda"]
    assert 1 <= agenda["reps"] < 3
    frame = report.timetable.tasks.frame
    first = HOSTILE_IDS[: agenda["reps"]]
    expected = frame[frame["rep_id"].isin(first) | frame["owner_id"].isin(first)]
    assert agenda["id"] == expected["task_id"].tolist()


def test_the_same_schedule_gives_the_same_bytes_but_for_the_clock(
    report: Report, out: Path, tmp_path: Path
) -> None:
    again = write_report(small_weeks(), tmp_path / "out")
    files = sorted(file.relative_to(out) for file in out.rglob("*") if file.is_file())
    assert len(files) > 12
    differ = [f.as_posix() for f in files if (out / f).read_bytes() != (again / f).read_bytes()]
    assert differ in ([], ["result.json"])


def test_a_schedule_is_written_with_the_problem_it_answers(report: Report, tmp_path: Path) -> None:
    timetable = report.timetable
    assert timetable is not None and report.result is not None
    with pytest.raises(ValueError, match="go together"):
        write_reports(report.case, report.result, tmp_path / "out", schedule=timetable.result)
    folder = write_reports(
        report.case,
        report.result,
        tmp_path / "out",
        work=timetable.work,
        schedule=timetable.result,
        reports=[],
    )
    assert (folder / "load.csv").exists() and not (folder / "reps").exists()


@pytest.mark.parametrize("seed", range(12))
def test_the_weeks_of_any_case_and_any_plan_can_be_written(seed: int, tmp_path: Path) -> None:
    case = random_case(seed + 300, customers=12, reps=3)
    problem = build_problem(case)
    result = small_result(problem, tuple(np.random.default_rng(seed).integers(-1, 3, 12).tolist()))
    work = build_task_problem(case, result.plan, problem=problem)
    schedule = solve_schedule(work, should_stop=lambda: True)
    out = write_reports(case, result, tmp_path / "out", problem=problem, work=work, schedule=schedule)
    assert len(rows(out, "tasks")) == work.n_tasks
    assert len(rows(out, "load")) == work.n_reps * work.n_weeks
    assert len(list((out / "reps").iterdir())) == 3
