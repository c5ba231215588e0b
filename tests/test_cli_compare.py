"""compare, diff and guardrails on the command line: what is told, what is written, and how it ends."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from optimizer.cli import run
from tests.plan_folders import CASE, write_plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with guardrails, its plan of today, and one in which everything of maya's is tom's."""
    home = tmp_path_factory.mktemp("compare")
    shutil.copytree(CASE, home / "case")
    (home / "case" / "guardrails.toml").write_text("moved_share.max = 0.15\n", encoding="utf-8")
    write_plan(home / "today")
    shutil.copytree(home / "today", home / "<tom>")
    file = home / "<tom>" / "assignments.csv"
    table = pd.read_csv(file, dtype=str)
    table["rep_id"] = table["rep_id"].replace("maya", "tom")
    table.to_csv(file, index=False)
    told = {"bound": 1.0, "input_hash": "another"}
    (home / "<tom>" / "result.json").write_text(json.dumps(told), encoding="utf-8")
    return home


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_compare_tells_and_writes_every_figure_and_fails_at_a_guardrail(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, out = str(folder / "case"), folder / "compared"
    plans = [str(folder / "<tom>"), str(folder / "today")]
    assert run(["compare", case, *plans, "--baseline", plans[1], "--out", str(out)]) == 1
    told = capsys.readouterr()
    assert "not kept: Share of owned customers that change owner" in told.out
    assert "the plan <tom> was made from other records" in told.err
    rows = {(row["kpi"], row["plan"]): row for row in read(out / "comparison.csv")}
    assert rows["moved", "today"]["baseline"] == "true"
    assert float(rows["moved", "<tom>"]["difference"]) == float(rows["moved", "<tom>"]["value"]) > 0
    assert rows["moved", "today"]["best"] == "true"
    assert rows["bound", "<tom>"]["value"] == ""  # of another input: it proves nothing here
    assert {row["ok"] for row in read(out / "guardrails.csv")} == {"true", "false"}
    sheet = openpyxl.load_workbook(out / "comparison.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]][1:3] == ["<tom>", "today (baseline)"]
    page = (out / "comparison.html").read_text(encoding="utf-8")
    assert "&lt;tom&gt;" in page and "<tom>" not in page
    assert page.count("<svg class=map") == 2


def test_plans_that_do_not_differ_are_compared_and_told_apart_too(folder: Path) -> None:
    case, today = str(folder / "case"), str(folder / "today")
    shutil.copytree(folder / "today", folder / "again")
    plans = [today, str(folder / "again")]
    assert run(["compare", case, *plans, "--out", str(folder / "compared twice")]) == 0
    assert "point pale" in next((folder / "compared twice").glob("*.html")).read_text(encoding="utf-8")
    assert run(["diff", case, *plans, "--out", str(folder / "no difference")]) == 0


def test_diff_tells_and_writes_changes_and_the_ledger(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, out = str(folder / "case"), folder / "different"
    assert run(["diff", case, str(folder / "today"), str(folder / "<tom>"), "--out", str(out)]) == 0
    assert "Moved to another owner" in capsys.readouterr().out
    changes, ledger = read(out / "changes.csv"), {row["rep_id"]: row for row in read(out / "ledger.csv")}
    assert {(row["kind"], row["from_rep_id"], row["to_rep_id"]) for row in changes} == {
        ("moved", "maya", "tom")
    }
    assert ledger["maya"]["hours_out"] == ledger["tom"]["hours_in"] == ledger["maya"]["hours_before"]
    assert "<svg class=map" in (out / "diff.html").read_text(encoding="utf-8")
    assert run(["diff", case, str(folder / "today"), str(folder / "today"), "--lang", "zh"]) == 0
    assert "两个方案相同" in capsys.readouterr().out


def test_what_is_no_plan_is_a_finding_and_a_folder_of_something_else_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, today = str(folder / "case"), str(folder / "today")
    assert run(["compare", case, today, str(folder / "nowhere")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert run(["compare", case, today, "--out", today]) == 2
    assert (folder / "today" / "assignments.csv").is_file()


def test_plan_says_whether_it_is_accepted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "planned"
    code = run(["plan", str(folder / "case"), "--out", str(out), "--no-schedule", "--reports", "none"])
    told = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert told["keeps_all"] and not told["guardrails"][0]["ok"] and code == 1
    assert told["guardrails"][0]["value"] == told["kpis"]["moved_share"]
    assert "Not accepted: 1 guardrail is not kept." in capsys.readouterr().out
