"""Whole commands over inputs broken at random: a plan, or findings, and never anything in between."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzzing import JUDGED, check_output, plan_broken, run_quietly
from tests.reading.breaking import break_case, break_file
from tests.test_cli import HOME, write_case


def test_twenty_broken_cases_are_planned_or_refused_with_findings(tmp_path: Path) -> None:
    codes = [plan_broken(seed, tmp_path / str(seed)) for seed in range(400, 420)]
    assert codes.count(2) > 7
    assert len(codes) - codes.count(2) > 1


@pytest.mark.slow
def test_ten_thousand_broken_cases_are_planned_or_refused_with_findings(tmp_path: Path) -> None:
    for seed in range(20_000, 30_000):
        plan_broken(seed, tmp_path / str(seed))


@pytest.mark.parametrize("seed", [3, pytest.param(range(500, 550), marks=pytest.mark.slow)])
def test_a_process_of_its_own_ends_just_so(seed: int | range, tmp_path: Path) -> None:
    for one in [seed] if isinstance(seed, int) else seed:
        folder = tmp_path / str(one)
        folder.mkdir()
        source = break_case(one, folder)
        done = subprocess.run(
            [sys.executable, str(HOME / "run.py"), "plan", str(source), "--out", str(folder / "out")],
            capture_output=True,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            timeout=120,
        )
        assert done.returncode in (0, 1, 2), done.stderr[-2000:]
        assert b"Traceback" not in done.stdout + done.stderr
        endings = {0: {"optimal", "feasible"}, 1: {"infeasible", "not_found"}}
        check_output(folder, done.returncode, endings, f"seed {one}")
        shutil.rmtree(folder)


def judge_broken(seed: int, folder: Path, case: Path) -> int:
    """Evaluate broken assignments ``seed``; the exit code."""
    folder.mkdir()
    rng = random.Random(seed)
    rows = [["customer_id", "rep_id"], ["K1", "甲"], ["K2", "乙"], ["K3", "甲"]]
    file = break_file(rng, "assignments", rows, folder)
    code = run_quietly("evaluate", str(case), "--assignments", str(file), "--out", str(folder / "out"))
    check_output(folder, code, JUDGED, f"seed {seed}")
    shutil.rmtree(folder)
    return code


def test_fifteen_broken_assignments_are_judged_or_refused_with_findings(tmp_path: Path) -> None:
    case = write_case(tmp_path / "case")
    codes = [judge_broken(seed, tmp_path / str(seed), case) for seed in range(15)]
    assert codes.count(2) > 1
    assert codes.count(2) < 14


@pytest.mark.slow
def test_two_thousand_broken_assignments_are_judged_or_refused_with_findings(tmp_path: Path) -> None:
    case = write_case(tmp_path / "case")
    for seed in range(1000, 3000):
        judge_broken(seed, tmp_path / str(seed), case)
