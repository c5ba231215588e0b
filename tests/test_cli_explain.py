"""The commands explain and check --plan: what they say and refuse."""

from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import run
from optimizer.terminal import Screen, show_grid
from tests.test_cli_watch import CASE


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained") / "plan"
    arguments = ["plan", CASE, "--no-schedule", "--reports", "none", "--out", folder]
    assert run([str(a) for a in arguments]) == 0
    return folder


def call(*arguments: object) -> int:
    return run([str(a) for a in arguments])


def test_explain_tells_the_score_a_rep_a_customer_and_the_unserved(plan, capsys):
    assert call("explain", CASE, "--plan", plan) == 0
    said = capsys.readouterr().out
    assert "The plan costs 48.479 h" in said and "By rep" in said and "Hand-over" in said
    assert call("explain", CASE, "--plan", plan, "--customer", "C22", "--rep", "tom", "--unserved") == 0
    said = capsys.readouterr().out
    assert "C22 is with kai" in said and "Next best: " in said and "Owner before: maya" in said
    assert "tom: 6 customers" in said and "Every customer has an owner." in said


def test_why_not_says_what_it_would_take(plan, capsys):
    assert call("explain", CASE, "--plan", plan, "--customer", "C22", "--why-not", "maya") == 0
    said = capsys.readouterr().out
    assert "C22 with maya: the plan costs" in said and "Objective" in said
    assert "6 other customers change hands" in said and "C07, C08: ines to kai" in said, (
        "two of them together"
    )
    assert "\n Travel  " in said and "Travel hours" not in said, "what is the same figure is told once"


def test_what_keeps_a_rep_from_a_customer_is_named_with_its_figures(plan, capsys):
    assert call("explain", CASE, "--plan", plan, "--customer", "C22") == 0
    said = capsys.readouterr().out
    assert "lacks food:1" in said and "h short" in said
    assert "By itself it costs 0.536 h (4.200 h Hand-over, -4.000 h Pair cost, 0.336 h Travel)" in said


def test_a_lock_is_told_with_its_reason_and_its_end(plan, capsys):
    locks = pd.read_csv(CASE / "locks.csv", dtype=str)
    kinds = set()
    for lock in locks.itertuples():
        assert call("explain", CASE, "--plan", plan, "--customer", lock.customer_id) == 0
        lines = [row for row in capsys.readouterr().out.splitlines() if "Lock: " in row]
        if "run out" in lock.reason:
            assert not lines
            continue
        (line,) = lines
        assert lock.reason in line
        kinds.add(lock.kind)
        assert ("never with" in line) == (lock.kind == "forbid")
        assert ("without end" if pd.isna(lock.until) else f"until {lock.until}") in line
    assert len(kinds) > 1


def test_a_narrow_terminal_loses_no_figure(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    row = ("不完成", "+1.5", "多花 65.000 小时（未能排入 +65.000 小时）")
    show_grid(Screen(), ("周", "差额（小时）", "为何不能，或成本如何"), [row], numbers={1})
    told = capsys.readouterr().out
    assert "".join(row[2].split()) in "".join(told.replace(row[0], "").replace(row[1], "").split())


def test_why_is_asked_of_owners_without_a_look_at_tasks(plan, tmp_path, capsys):
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "assignments.csv").write_bytes((plan / "assignments.csv").read_bytes())
    (folder / "tasks.csv").write_text("no table of tasks\n", encoding="utf-8")
    assert call("explain", CASE, "--plan", folder, "--customer", "C22") == 0
    assert "C22 is with kai" in capsys.readouterr().out
    assert call("explain", CASE, "--plan", folder, "--task", "T01") == 2
    assert "tasks.csv has no column week" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--customer", "X"), "X is no customer"),
        (("--rep", "X"), "X is no rep"),
        (("--rep", "mayaa"), "Did you mean 'maya'?"),
        (("--customer", "C22", "--why-not", "X"), "X is no rep"),
        (("--customer", "X", "--why-not", "tom"), "X is no customer"),
        (("--why-not", "tom"), "Name it with --customer"),
        (("--task", "T01"), "was not put into weeks"),
    ],
)
def test_who_is_not_there_is_refused(plan, capsys, options, said):
    assert call("explain", CASE, "--plan", plan, *options) == 2
    assert said in capsys.readouterr().err


def test_a_plan_that_cannot_be_read_is_refused(tmp_path, capsys):
    assert call("explain", CASE, "--plan", tmp_path) == 2
    assert "holds no plan that can be read" in capsys.readouterr().err


def test_the_plan_of_another_case_is_refused(tmp_path, capsys):
    (tmp_path / "assignments.csv").write_text("customer_id,rep_id\nX1,R1\n", encoding="utf-8")
    assert call("explain", CASE, "--plan", tmp_path) == 2
    said = capsys.readouterr()
    assert "no customer of Quick start is in it" in said.err and "The plan costs" not in said.out


def test_a_rebalance_is_judged_by_the_owners_before_it(plan, tmp_path, capsys):
    table = pd.read_csv(plan / "assignments.csv", dtype=str)
    table["previous_rep_id"] = table["rep_id"]  # who owned them before that rebalance, which moved one
    table.loc[table["customer_id"] == "C14", "rep_id"] = "maya"
    (after := tmp_path / "after").mkdir()
    table.to_csv(after / "assignments.csv", index=False)
    assert call("explain", CASE, "--plan", after, "--customer", "C22") == 0
    assert "Owner before: maya" not in capsys.readouterr().out, "of the records: it has stayed with kai since"
    assert call("check", CASE, "--plan", after) == 1
    said = capsys.readouterr().out
    assert "C14: tom to maya" in said and "1 move" in said


def test_check_finds_moves_that_do_not_pay(plan, tmp_path, capsys):
    assert call("check", CASE, "--plan", plan) == 0
    assert "Every move pays for itself" in capsys.readouterr().out
    table = pd.read_csv(plan / "assignments.csv", dtype=str)
    table.loc[table["customer_id"] == "C14", "rep_id"] = "maya"  # from tom, for nothing
    worse = tmp_path / "worse"
    worse.mkdir()
    table.to_csv(worse / "assignments.csv", index=False)
    assert call("check", CASE, "--plan", worse) == 1
    said = capsys.readouterr().out
    assert "not pay for" in said and "C14: tom to maya; taking it back would save" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain",), "缺少：CASE。"),
        (("explain", CASE, "--bogus"), "没有选项 --bogus。"),
        (("bogus",), "没有命令 bogus。"),
        (("plan", CASE, "--seed", "x"), "--seed 的值无效："),
        (("explain", CASE, "--plan", "x", "--why-not", "tom"), "--customer"),
    ],
)
def test_what_is_typed_wrongly_is_said_in_chinese(arguments, said, capsys):
    assert call(*arguments, "--lang", "zh") == 2
    told = capsys.readouterr().err
    assert said in told and "请试：" in told


def test_help_has_no_word_of_typer_left_in_chinese_and_none_of_chinese_in_english(capsys):
    for words, wanted in (
        (("--help", "--lang", "zh"), "用法："),
        (("explain", "--help", "--lang", "zh"), "[必填]"),
        (("generate", "--help", "--lang", "zh"), "[默认："),
    ):
        assert call(*words) == 0
        said = capsys.readouterr().out
        assert wanted in said and "[选项]" in said
        for english in ("Usage", "OPTIONS", "required", "default", "COMMAND", "Missing", "Try "):
            assert english not in said
    assert call("explain", "--help") == 0
    said = capsys.readouterr().out
    assert "Usage: " in said and "[required]" in said
