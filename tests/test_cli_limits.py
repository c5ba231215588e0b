"""explain --limits, --conflicts, --skills, --fairness: what they say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optimizer import cli

QUICKSTART = Path("scenarios/quickstart")


def call(*arguments: object) -> int:
    return cli.run([str(a) for a in arguments])


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The quick start with too few hours for customers who must all be served, and its best effort."""
    folder = tmp_path_factory.mktemp("short")
    case = shutil.copytree(QUICKSTART, folder / "case")
    with (case / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n[coverage]\nhard = true\n\n[capacity]\nlimit = 0.7\n")
    assert call("plan", case, "--out", folder / "plan", "--no-schedule", "--reports", "none") == 1
    return case, folder / "plan"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "plan"
    assert call("plan", QUICKSTART, "--out", out, "--no-schedule", "--reports", "none") == 0
    return out


def test_limits_are_told_estimated_and_confirmed(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("explain", QUICKSTART, "--plan", kept, "--limits") == 0
    said = capsys.readouterr().out
    assert "estimated" in said and "confirmed" in said
    (line,) = (line for line in said.splitlines() if "C17 must not be with ines" in line)
    assert line.split()[-2:] == ["2.641", "2.969"]


def test_skills_are_a_brief_and_fairness_says_when_a_plan_stands_alone(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("explain", QUICKSTART, "--plan", kept, "--skills", "--fairness", "--conflicts") == 0
    said = capsys.readouterr().out
    assert "Train kai in food (level 2)." in said
    assert "this one stands alone" in said
    assert "nothing is in conflict" in said


def test_where_limits_have_no_prices_the_conflict_is_told_with_its_ways_out(
    short: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    case, plan = short
    assert call("explain", case, "--plan", plan, "--limits") == 0
    said = capsys.readouterr().out
    assert "These cannot hold together" in said
    assert "- maya has 198.2 hours" in said
    ways = said.split("Ways out")[1].splitlines()[1:]
    assert len(ways) >= 3
    assert any("Raise hours: maya by" in way and "h a week" in way for way in ways)
