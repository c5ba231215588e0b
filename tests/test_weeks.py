"""Tasks into weeks by the command line: an independent script finds nothing, and finds what is changed by hand."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from optimizer.cli import run
from tests.test_cli import QUICKSTART, WHOLE, names
from tests.week_judge import judge_weeks

SCENARIO = """
[horizon]
start = 2026-07-01  # a Wednesday
weeks = 4
hours_per_week = 10
field_share = 1.0
holidays = [2026-07-14]
seasons = [{ starts = 2026-07-20, ends = 2026-07-24, share = 0.5 }]
[tiers.A]
visits = 9.75
hours_per_visit = 1.5
[tiers.B]
visits = 3.25
hours_per_visit = 1.0
[kinds.install]
requires = "crane"
[schedule]
overtime_price = 3.0
"""
TABLES = {
    "reps": "rep_id,name,lat,lon,skills,starts,ends,ramp_weeks\n"
    "ann,Ann,31.0,121.0,,,2026-07-22,\nbob,Bob,31.1,121.1,crane,,,\ncy,Cy,31.2,121.2,crane,2026-07-06,,2\n",
    "customers": "customer_id,name,tier,lat,lon,owner\n"
    + "".join(
        f"K{k},客户{k},{'AB'[k % 2]},{31 + k / 50},{121 + k / 50},{['ann', 'bob', 'cy'][k % 3]}\n"
        for k in range(9)
    ),
    "tasks": "task_id,customer_id,kind,hours,earliest,due,priority,requires,doer,after\n"
    "T1,K0,install,6,2026-07-04,2026-07-07,2,,,\nT2,K0,train,3,,2026-07-10,1,,,T1\nT3,K1,install,20,,,1,,,\n"
    "T4,,inventory,2,,2026-06-26,1,,bob,\nT5,K2,demo,2,2026-09-01,,1,,,\nT6,K3,demo,2,,,1,laser,,\n"
    "T7,K4,demo,3,,2026-07-19,1,,ann,T1;T2\n",
    "absences": "rep_id,starts,ends\nbob,2026-07-06,2026-07-10\n",
}


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tight case from a Wednesday on, with somebody who leaves, one who begins, specialists; and its plan."""
    case = tmp_path_factory.mktemp("tight") / "case"
    case.mkdir()
    (case / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    for name, text in TABLES.items():
        (case / f"{name}.csv").write_text(text, encoding="utf-8")
    assert run(["plan", str(case), "--out", str(case.parent / "out")]) == 0
    return case, case.parent / "out"


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_independent_script_agrees_with_every_window_order_and_week(tight: tuple[Path, Path]) -> None:
    case, out = tight
    assert judge_weeks(case, out) == []


def test_what_cannot_be_done_slips_with_its_reason(tight: tuple[Path, Path]) -> None:
    reasons = {row["task_id"]: row["reason_code"] for row in rows(tight[1], "slips")}
    assert reasons["T5"] == "after_horizon" and reasons["T6"] == "no_skill"
    assert all(row["reason"] for row in rows(tight[1], "slips"))


def test_an_independent_script_agrees_with_the_quick_start(tmp_path: Path) -> None:
    assert run(["plan", str(QUICKSTART), "--out", str(tmp_path / "out")]) == 0
    assert judge_weeks(QUICKSTART, tmp_path / "out") == []
    assert names(tmp_path / "out") == WHOLE


CHANGES = {
    "load": ("week", lambda row: "2026-W29" if row["week"] != "2026-W29" else "2026-W30", "T2"),
    "late": ("late_weeks", lambda row: "7", "T1"),
    "doer": ("rep_id", lambda row: "ann", "T1"),
    "window": ("week", lambda row: "2026-W27", "T1"),
    "order": ("week", lambda row: "2026-W27", "T2"),
    "owner": ("owner_id", lambda row: "nobody", "T2"),
    "slips": ("week", lambda row: "", "T2"),
    "tasks": ("task_id", lambda row: "T1", "T2"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_written_schedule_that_is_changed_by_hand_is_found_out(
    kind: str, tight: tuple[Path, Path], tmp_path: Path
) -> None:
    case, out = tight
    column, change, task = CHANGES[kind]
    shutil.copytree(out, tmp_path / "out")
    changed = rows(out, "tasks")
    assert next(row for row in changed if row["task_id"] == task)["week"], "a task that has a week"
    for row in changed:
        if row["task_id"] == task:
            row[column] = change(row)
            break
    with (tmp_path / "out" / "tasks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(changed[0]))
        writer.writeheader()
        writer.writerows(changed)
    assert kind in {complaint.kind for complaint in judge_weeks(case, tmp_path / "out")}


# --- the command schedule ---


def test_settled_owners_are_scheduled_alone_and_stay(tight: tuple[Path, Path], tmp_path: Path) -> None:
    case, planned = tight
    owners = str(planned / "assignments.csv")
    assert run(["schedule", str(case), "-a", owners, "--out", str(tmp_path / "weeks")]) == 0
    assert names(tmp_path / "weeks") == WHOLE
    assert (tmp_path / "weeks" / "assignments.csv").read_bytes() == (planned / "assignments.csv").read_bytes()
    assert judge_weeks(case, tmp_path / "weeks") == []
    result = json.loads((tmp_path / "weeks" / "result.json").read_text(encoding="utf-8"))
    assert result["status"] == "evaluated" and result["schedule"]["status"] in ("optimal", "feasible")


def test_weeks_that_are_published_stay_as_they_were(
    tight: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = tight[1]
    case = tmp_path / "case"
    shutil.copytree(tight[0], case)
    told = [dict(row) for row in rows(planned, "tasks")]
    first, second = "2026-W27", "2026-W28"
    moved = next(row for row in told if row["week"] == second and row["task_id"].startswith("K"))
    moved["week"] = first  # as somebody may have agreed
    file = tmp_path / "told.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(told[0]))
        writer.writeheader()
        writer.writerows([*told, moved])  # and one of them twice
    command = ["schedule", str(case), "-a", str(planned / "assignments.csv"), "--published", str(file)]
    command += ["--out", str(tmp_path / "weeks")]
    assert run(command) == 0
    assert "nothing that was published stays" in capsys.readouterr().out
    (case / "scenario.toml").write_text(SCENARIO + "published_weeks = 1\n", encoding="utf-8")
    assert run(command) in (0, 1)
    kept = {row["task_id"]: (row["rep_id"], row["week"]) for row in rows(tmp_path / "weeks", "tasks")}
    published = {row["task_id"]: (row["rep_id"], row["week"]) for row in told if row["week"] == first}
    assert {task: kept[task] for task in published} == published
    assert {task for task, (_, week) in kept.items() if week == first} == set(published), "nothing enters"
    assert "duplicate_key" in (tmp_path / "weeks" / "findings.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["", "task_id,week\nT1,2026-W27\n", None])
def test_published_weeks_that_cannot_be_read_are_findings(
    content: str | None, tight: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "told.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    owners = str(tight[1] / "assignments.csv")
    command = ["schedule", str(tight[0]), "-a", owners, "--published", str(file), "-o", str(tmp_path / "w")]
    assert run(command) == 2
    assert "told.csv cannot be used: " in capsys.readouterr().err
    assert names(tmp_path / "w") == ["findings.csv"]


def test_a_plan_without_a_schedule_is_the_same_plan(tight: tuple[Path, Path], tmp_path: Path) -> None:
    case, planned = tight
    assert run(["plan", str(case), "--out", str(tmp_path / "out"), "--no-schedule"]) == 0
    assert set(WHOLE) - set(names(tmp_path / "out")) == {"slips.csv", "load.csv", "reps"}
    assert json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))["schedule"] is None
    assert (tmp_path / "out" / "moves.csv").read_bytes() == (planned / "moves.csv").read_bytes()


def test_so_many_tasks_that_they_take_minutes_are_left_to_the_other_command(
    tight: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("optimizer.scheduling.effort.MOST_TASKS", 3)
    assert run(["plan", str(tight[0]), "--out", str(tmp_path / "out")]) == 0
    assert "schedule" in capsys.readouterr().out
    assert not (tmp_path / "out" / "load.csv").exists()


def test_a_time_limit_of_nothing_still_gives_every_task_its_place(
    tight: tuple[Path, Path], tmp_path: Path
) -> None:
    command = ["plan", str(tight[0]), "--out", str(tmp_path / "out"), "--time-limit", "0"]
    assert run(command) in (0, 1)
    assert judge_weeks(tight[0], tmp_path / "out") == []


def test_an_output_with_somebody_s_own_file_among_the_reps_is_not_replaced(
    tight: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tight[1], tmp_path / "out")
    (tmp_path / "out" / "reps" / "ann" / "notes.txt").write_text("mine")
    assert run(["plan", str(tight[0]), "--out", str(tmp_path / "out")]) == 2
    assert "reps/ann/notes.txt" in capsys.readouterr().err
    assert (tmp_path / "out" / "reps" / "ann" / "notes.txt").read_text() == "mine"
