"""The command watch: what it says, writes and refuses."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import run
from tests.test_docs import ROOT

CASE = ROOT / "scenarios" / "quickstart"
HEAD = "event_id,at,kind,task_id,customer_id,rep_id,hours,ends\n"
EVENTS = (
    "E1,2027-01-05,task_done,C01:2027-01-04:1,,,4,\n"
    "E2,2027-01-07,rep_leaves,,,tom,,2027-01-29\n"
    "E3,2027-01-08,customer_lost,,C02,,,\n"
    "E4,2027-01-09,customer_hours,,C02,,2,\n"
)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """The folder of a plan: everybody keeps the customers they have."""
    folder = tmp_path / "plan"
    folder.mkdir()
    customers = pd.read_csv(CASE / "customers.csv", dtype=str)
    table = customers[["customer_id", "owner"]].rename(columns={"owner": "rep_id"})
    table.to_csv(folder / "assignments.csv", index=False)
    (folder / "result.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture
def progress(tmp_path: Path) -> Path:
    file = tmp_path / "progress.csv"
    file.write_text(HEAD + EVENTS, encoding="utf-8")
    return file


def call(*arguments: object) -> int:
    return run([str(a) for a in ("watch", *arguments)])


def test_it_says_how_the_plan_goes_and_what_rings(plan, progress, capsys):
    assert call(CASE, "--plan", plan, "--progress", progress) == 1
    said = capsys.readouterr()
    assert "on the evening of 2027-01-08" not in said.out
    assert "2027-01-09: 3 events count, 1 is not taken in" in said.out
    assert "tom leaves, the last day is 2027-01-29" in said.out
    assert "progress row 5" in said.err and "C02 was lost on 2027-01-08" in said.err


def test_an_earlier_evening_knows_nothing_of_later_events(plan, progress, capsys):
    assert call(CASE, "--plan", plan, "--progress", progress, "--as-of", "2027-01-06") == 0
    said = capsys.readouterr().out
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
    customers = pd.read_csv(case / "customers.csv", dtype=str)
    (tmp_path / "plan").mkdir()
    table = customers[["customer_id", "owner"]].rename(columns={"owner": "rep_id"})
    table.to_csv(tmp_path / "plan" / "assignments.csv", index=False)
    assert call(case, "--plan", tmp_path / "plan", "--progress", case / "progress.csv") == 1
    said = capsys.readouterr()
    assert "286 events count, 0 are not taken in" in said.out
    assert "SH02 leaves" in said.out and "SH05 joins" in said.out
    assert "progress row" not in said.err


def test_a_missing_file_of_events_is_not_asked_for_the_columns_of_another_table(plan, tmp_path, capsys):
    assert call(CASE, "--plan", plan, "--progress", tmp_path / "nowhere.csv") == 2
    said = capsys.readouterr().err
    assert "there is no file" in said and "customer_id" not in said
