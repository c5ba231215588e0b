"""The command watch: what it says, writes and refuses."""

import json
import shutil
from pathlib import Path

import pytest

from optimizer.cli import run
from tests.plan_folders import CASE, write_events, write_plan
from tests.test_docs import ROOT


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return write_plan(tmp_path / "plan")


@pytest.fixture
def progress(tmp_path: Path) -> Path:
    return write_events(tmp_path / "progress.csv")


def call(*arguments: object) -> int:
    return run([str(a) for a in ("watch", *arguments)])


def test_it_says_how_the_plan_goes_and_what_rings(plan, progress, capsys):
    assert call(CASE, "--plan", plan, "--progress", progress) == 1
    said = capsys.readouterr()
    assert "on the evening of 2027-01-08" not in said.out
    assert "2027-01-09: 3 events count, 1 is not taken in" in said.out
    assert "tom leaves, the last day is 2027-01-29" in said.out
    assert "progress row 5" in said.err and "C02 was lost on 2027-01-08" in said.err


def test_every_row_that_does_not_count_is_counted_whoever_refused_it(plan, tmp_path, capsys):
    progress = tmp_path / "odd.csv"
    progress.write_text(
        "event_id,at,kind,customer_id,task_id\n"
        "E1,2027-01-08,customer_lost,C02,\nE1,2027-01-08,customer_lost,C02,\n"  # twice: counts once
        "E2,2027-01-08,customer_lost,nobody,\nE3,2027-13-01,customer_lost,C03,\nE4,2027-01-08,dance,C03,\n"
        "E5,2027-01-08,task_done,,\nE6,2027-01-07,customer_lost,C04,\nE6,2027-01-08,customer_lost,C04,\n",
        encoding="utf-8",
    )
    out = tmp_path / "watch"
    call(CASE, "--plan", plan, "--progress", progress, "--out", out)
    assert "1 event counts, 6 are not taken in" in capsys.readouterr().out
    assert json.loads((out / "watch.json").read_text(encoding="utf-8"))["not_taken_in"] == 6


def test_an_earlier_evening_knows_nothing_of_later_events(plan, progress, capsys):
    assert call(CASE, "--plan", plan, "--progress", progress, "--as-of", "2027-01-06") == 0
    told = capsys.readouterr()
    said = told.out
    assert "3 events are after 2027-01-06 and have not happened yet: E2, E3, E4" in told.err
    assert "1 event counts, 0 are not taken in" in said and "Nothing calls for a rebalance." in said


def test_it_writes_tables_and_never_over_a_plan(plan, progress, tmp_path, capsys):
    out = tmp_path / "watch"
    assert call(CASE, "--plan", plan, "--progress", progress, "--out", out) == 1
    assert sorted(p.name for p in out.iterdir()) == [
        "corridors.csv", "coverage.csv", "findings.csv", "freezes.csv", "history.csv", "triggers.csv",
        "watch.csv", "watch.json",
    ]  # fmt: skip
    told = json.loads((out / "watch.json").read_text(encoding="utf-8"))
    assert told["rings"] and told["triggers"][0]["code"] == "rep_leaves" and told["not_taken_in"] == 1
    again = {p.name: p.read_bytes() for p in out.iterdir()}
    assert call(CASE, "--plan", plan, "--progress", progress, "--out", out) == 1
    assert {p.name: p.read_bytes() for p in out.iterdir()} == again
    before = {p.name: p.read_bytes() for p in plan.iterdir()}
    assert call(CASE, "--plan", plan, "--progress", progress, "--out", plan) == 2
    assert {p.name: p.read_bytes() for p in plan.iterdir()} == before
    assert "which watch did not write" in capsys.readouterr().err
    assert run(["evaluate", str(CASE), "-a", str(plan / "assignments.csv"), "--out", str(out)]) == 2


def test_bad_input_is_told_and_nothing_is_written(plan, progress, tmp_path, capsys):
    out = tmp_path / "watch"
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("event_id,customer_id\nE1,C01\n", encoding="utf-8")
    missing = tmp_path / "missing"
    for case, plan_, events, word in (
        (CASE, plan, wrong, "kind"),
        (CASE, plan, tmp_path / "none.csv", "none.csv"),
        (CASE, missing, progress, "assignments.csv"),
        (missing, plan, progress, "missing"),
    ):
        assert call(case, "--plan", plan_, "--progress", events, "--out", out) == 2
        assert word in capsys.readouterr().err
        assert [p.name for p in out.iterdir()] == ["findings.csv"]
        shutil.rmtree(out)
    assert call(CASE, "--plan", plan, "--progress", progress, "--as-of", "soon") == 2
    assert call(CASE, "--progress", progress) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_case_without_a_first_day_cannot_be_watched(plan, progress, tmp_path, capsys):
    case = tmp_path / "case"
    shutil.copytree(CASE, case)
    toml = case / "scenario.toml"
    text = toml.read_text(encoding="utf-8").replace("start = 2027-01-04\n", "")
    toml.write_text(text.replace("holidays = [2027-03-26]\n", ""), encoding="utf-8")
    assert call(case, "--plan", plan, "--progress", progress) == 2
    assert "horizon.start" in capsys.readouterr().err


def test_the_shipped_quarter_is_watched_without_findings(tmp_path, capsys):
    case = ROOT / "scenarios" / "east_china_quarter"
    plan = write_plan(tmp_path / "plan", case)
    assert call(case, "--plan", plan, "--progress", case / "progress.csv") == 1
    said = capsys.readouterr()
    assert "286 events count, 0 are not taken in" in said.out
    assert "SH02 leaves" in said.out and "SH05 joins" in said.out
    assert "progress row" not in said.err


def test_an_empty_file_of_events_is_told_as_that_file_of_that_table(plan, tmp_path, capsys):
    empty = tmp_path / "news.csv"
    for content in ("", "\n\n"):
        empty.write_text(content, encoding="utf-8")
        assert call(CASE, "--plan", plan, "--progress", empty) == 2
        assert "error progress: news.csv has no header row" in capsys.readouterr().err
    empty.write_text("event_id,at,kind\n", encoding="utf-8")  # nothing happened, and that is said
    assert call(CASE, "--plan", plan, "--progress", empty) == 0
    assert "0 events count" in capsys.readouterr().out


def test_a_missing_file_of_events_is_not_asked_for_the_columns_of_another_table(plan, tmp_path, capsys):
    assert call(CASE, "--plan", plan, "--progress", tmp_path / "nowhere.csv") == 2
    said = capsys.readouterr().err
    assert "there is no file" in said and "customer_id" not in said
