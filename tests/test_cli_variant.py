"""--variant: every command that reads a case lays a variant on it, in the same way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optimizer.cli import run
from tests.plan_folders import CASE, write_events, write_plan
from tests.test_cli import write_case

WEAK = """
description = "Customer C01 is small"
[[change]]
table = "customers"
where = 'customer_id = "C01"'
set = { hours = 1 }
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with a variant, its plan of today, and what happened."""
    home = tmp_path_factory.mktemp("variant")
    shutil.copytree(CASE, home / "case")
    (home / "case" / "variants").mkdir(exist_ok=True)
    (home / "case" / "variants" / "small.toml").write_text(WEAK, encoding="utf-8")
    write_plan(home / "plan")
    write_events(home / "events.csv")
    return home


def list_commands(home: Path, variant: str) -> dict[str, list[str]]:
    case, plan, out = str(home / "case"), str(home / "plan"), str(home / f"out-{variant}")
    return {
        "check": ["check", case, "--plan", plan],
        "evaluate": ["evaluate", case, "--assignments", f"{plan}/assignments.csv"],
        "explain": ["explain", case, "--plan", plan],
        "rebalance": ["rebalance", case, "--plan", plan, "--progress", str(home / "events.csv"),
                      "--no-schedule", "--reports", "none", "--out", out + "-r"],
        "sweep": ["sweep", case, "--seeds", "0", "--workers", "1", "--out", out + "-s"],
        "frontier": ["frontier", case, "--points", "5", "--reports", "none", "--out", out + "-f"],
    }  # fmt: skip


@pytest.mark.parametrize("command", ["check", "evaluate", "explain", "rebalance", "frontier"])
def test_a_variant_is_laid_on_the_case(command: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = list_commands(home, "small")[command]
    assert run(words) in (0, 1)
    plain = capsys.readouterr()
    assert run([*words, "--variant", "small"]) in (0, 1)
    varied = capsys.readouterr()
    assert "C01" in varied.err and "small" in varied.err
    assert varied.out != plain.out or command == "check"


@pytest.mark.parametrize("command", ["check", "evaluate", "explain", "rebalance", "sweep", "frontier"])
def test_a_variant_that_is_not_there_is_refused(
    command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = list_commands(home, "none")[command]
    assert run([*words, "--variant", "smal"]) == 2
    told = capsys.readouterr().err
    assert "smal" in told and "small" in told
    assert not [path for path in home.glob("out-none-*") if not (path / "findings.csv").exists()]


@pytest.mark.parametrize("command", ["check", "plan", "sweep", "size", "frontier"])
def test_what_is_wrong_with_the_case_and_the_file_of_the_variant_is_told_together(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    customers = (case / "customers.csv").read_text(encoding="utf-8").splitlines()
    (case / "customers.csv").write_text("\n".join([*customers, customers[-1]]) + "\n", encoding="utf-8")
    (case / "variants").mkdir()
    (case / "variants" / "more.toml").write_text('[[demand]]\npercent = "viel"\n', encoding="utf-8")
    out = [] if command == "check" else ["--out", str(tmp_path / "out")]
    assert run([command, str(case), "--variant", "more", *out]) == 2
    told = "".join(capsys.readouterr())
    assert "demand[0].percent" in told and "customers" in told
