"""The commands rebalance and suggest: what they say, write and refuse."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import run
from optimizer.folders import REBALANCE_FILES
from optimizer.reading import read_plan
from tests.test_cli_watch import CASE, EVENTS, HEAD

JOIN = "E5,2027-01-09,customer_won,,N1,,9,\n"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
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
    file.write_text(HEAD + EVENTS + JOIN, encoding="utf-8")
    return file


def call(*arguments: object) -> int:
    return run([str(a) for a in arguments])


def test_rebalance_writes_a_plan_with_reasons_that_the_next_one_begins_with(plan, progress, tmp_path, capsys):
    out = tmp_path / "new"
    assert call("rebalance", CASE, "--plan", plan, "--progress", progress, "--out", out) in (0, 1)
    said = capsys.readouterr().out
    answer = json.loads((out / "rebalance.json").read_text(encoding="utf-8"))
    assert answer["sentence"] in said and answer["as_of"] == "2027-01-09"
    assert {*REBALANCE_FILES, "assignments.csv", "moves.csv", "report.html", "plan.xlsx"} <= {
        file.name for file in out.iterdir()
    }
    moves = pd.read_csv(out / "moves.csv")
    changes = pd.read_csv(out / "rebalance.csv", dtype={"from_rep_id": str})
    assert len(moves) == answer["moves"] and moves["reason"].notna().all()
    assert len(changes) == sum(len(change["customers"]) for change in answer["changes"])
    assert "N1" in set(changes["customer_id"])
    tom = pd.read_csv(out / "assignments.csv").set_index("customer_id")["rep_id"] == "tom"
    assert tom.sum() <= (pd.read_csv(plan / "assignments.csv")["rep_id"] == "tom").sum()
    page = (out / "rebalance.html").read_text(encoding="utf-8")
    assert "What each number of moves brings" in page and "<script" not in page
    in_force, _ = read_plan(out)
    assert in_force.since is not None and in_force.since.isoformat() == "2027-01-09"
    again = tmp_path / "again"
    assert call("rebalance", CASE, "--plan", out, "--progress", progress, "--out", again) in (0, 1)
    assert json.loads((again / "rebalance.json").read_text(encoding="utf-8"))["moves"] <= answer["moves"]
    assert (
        call("plan", CASE, "--no-schedule", "--reports", "none", "--out", out) == 0
    )  # a plan may replace it


def test_max_moves_is_kept(plan, progress, tmp_path, capsys):
    for most in (0, 1):
        out = tmp_path / f"most{most}"
        options = ("--max-moves", most, "--no-schedule", "--reports", "none", "--out", out)
        assert call("rebalance", CASE, "--plan", plan, "--progress", progress, *options) in (0, 1)
        assert len(pd.read_csv(out / "moves.csv")) <= most
        assert not (out / "rebalance.html").exists()


def test_bad_input_is_refused_with_findings(plan, progress, tmp_path, capsys):
    shutil.rmtree(plan)
    out = tmp_path / "out"
    assert call("rebalance", CASE, "--plan", plan, "--progress", progress, "--out", out) == 2
    assert "holds no plan that can be read" in capsys.readouterr().err
    assert [file.name for file in out.iterdir()] == ["findings.csv"]


def test_suggest_names_owners_and_refuses_strangers(plan, progress, capsys):
    assert call("suggest", CASE, "--plan", plan, "--customer", "C01", "--top", "2") in (0, 1)
    said = capsys.readouterr().out
    assert "Owners for C01" in said and "dearer than the best" in said and "0.000" in said
    assert call("suggest", CASE, "--plan", plan, "--customer", "N1") == 2
    assert "N1 is no customer" in capsys.readouterr().err
    assert call("suggest", CASE, "--plan", plan, "--customer", "N1", "--progress", progress) in (0, 1)
