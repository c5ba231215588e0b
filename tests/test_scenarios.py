"""The cases in `scenarios/` are sound, come out of their script byte for byte, and plan as expected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import optimizer
from optimizer import build_problem, read_case
from optimizer.records import TABLES

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
CASES = {"quickstart": (25, 4), "east_china_quarter": (600, 14), "us_field_sales": (5000, 60)}


def test_every_case_is_tested():
    assert {p.parent.name for p in SCENARIOS.glob("*/scenario.toml")} == set(CASES)


def test_the_script_makes_the_committed_tables_byte_for_byte(tmp_path: Path):
    subprocess.run([sys.executable, SCENARIOS / "make_cases.py", tmp_path], check=True, cwd=ROOT)
    for case in CASES:
        made = sorted((tmp_path / case).iterdir())
        assert [p.name for p in made] == sorted(p.name for p in (SCENARIOS / case).glob("*.csv"))
        for path in made:
            assert path.read_bytes() == (SCENARIOS / case / path.name).read_bytes(), path.name


@pytest.mark.parametrize("name", CASES)
def test_a_case_reads_without_findings_and_has_its_size(name: str):
    case = read_case(SCENARIOS / name)
    assert case.findings == []
    assert (len(case.records.customers), len(case.records.reps)) == CASES[name]
    size = sum(path.stat().st_size for path in (SCENARIOS / name).iterdir())
    assert size < 1_000_000


def test_the_quick_start_uses_every_table_and_most_wishes():
    case = read_case(SCENARIOS / "quickstart")
    assert all(len(frame) for frame in case.records.tables().values())
    customers, scenario = case.records.customers, case.scenario
    assert all(customers[c].notna().any() for c in ("group", "requires", "prefers", "tier", "hours", "owner"))
    assert set(case.records.tables()) == set(TABLES)
    assert any(c.price is not None for c in scenario.corridors)
    assert {b.price is None for b in scenario.disruption.budgets} == {True, False}


@pytest.mark.parametrize("name", CASES)
def test_reps_have_more_hours_than_is_asked_in_all_by_tier_and_by_skill(name: str):
    problem = build_problem(read_case(SCENARIOS / name))
    assert 0.8 < problem.hours.sum() / problem.capacity.sum() < 0.92
    for tier in range(len(problem.tier_names)):
        asked = problem.hours[problem.tier == tier].sum()
        assert 0 < 1.2 * asked < problem.capacity[problem.serves[:, tier]].sum()
    levels = problem.requirements[problem.requirement]
    for skill in range(len(problem.skill_names)):
        for level in np.unique(levels[:, skill][levels[:, skill] > 0]):
            asked = problem.hours[levels[:, skill] >= level].sum()
            assert 1.2 * asked < problem.capacity[problem.skill[:, skill] >= level].sum()


@pytest.mark.parametrize("name", CASES)
def test_present_territories_are_unfair(name: str):
    problem = build_problem(read_case(SCENARIOS / name))
    owned = problem.owner >= 0
    load = np.bincount(problem.owner[owned], problem.hours[owned], problem.n_reps) / problem.capacity
    assert load.max() > 1.15 and load.min() < 0.5


@pytest.mark.parametrize("name", CASES)
def test_a_case_plans_as_expected(name: str):
    expected = json.loads((SCENARIOS / name / "expected.json").read_text(encoding="utf-8"))
    result = optimizer.solve(build_problem(read_case(SCENARIOS / name)))
    assert result.status == expected["status"]
    assert result.bound is not None
    for hours, (low, high) in [
        (result.objective / 1000, expected["objective"]),
        (result.bound / 1000, expected["bound"]),
    ]:
        assert low <= hours <= high
