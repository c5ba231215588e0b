"""The whole way: a generated case is read, planned and written, and the judge finds nothing wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimizer import build_problem, generate_case, read_case, solve, write_reports
from optimizer.evaluation import evaluate
from optimizer.plan import Plan, present_plan
from tests.judge import judge

SCENARIO = Path(__file__).parents[1] / "scenarios"
ROUGH = 0.02  # the gap at which these runs may stop: what is tested is not how good a plan is


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_judge_agrees_with_a_planned_case_and_its_totals(seed: int, tmp_path: Path):
    folder = generate_case(tmp_path / "case", customers=150, reps=6, seed=seed)
    case = read_case(folder)
    problem = build_problem(case)
    result = solve(problem, gap=ROUGH)
    out = write_reports(case, result, tmp_path / "out", problem=problem)
    assert result.ok
    assert judge(folder, out) == []


def test_the_judge_agrees_with_the_quick_start(tmp_path: Path):
    case = read_case(SCENARIO / "quickstart")
    result = solve(build_problem(case))
    assert judge(SCENARIO / "quickstart", write_reports(case, result, tmp_path / "out")) == []


def test_a_written_plan_that_is_changed_by_hand_is_found_out(tmp_path: Path):
    folder = generate_case(tmp_path / "case", customers=60, reps=3, seed=1)
    case = read_case(folder)
    out = write_reports(case, solve(build_problem(case), gap=ROUGH), tmp_path / "out")
    file = out / "assignments.csv"
    first, *rows = file.read_text(encoding="utf-8").splitlines()
    owners = sorted({row.split(",")[1] for row in rows} - {""})
    changed = [",".join([row.split(",")[0], owners[0], *row.split(",")[2:]]) for row in rows]
    file.write_text("\n".join([first, *changed]) + "\n", encoding="utf-8")
    assert {"capacity", "assignments", "territories"} <= {complaint.kind for complaint in judge(folder, out)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_plan_is_never_worse_than_the_one_handed_in(seed: int, tmp_path: Path):
    problem = build_problem(read_case(generate_case(tmp_path / "case", customers=150, reps=6, seed=seed)))
    first = solve(problem, gap=ROUGH)
    again = solve(problem, start=first.plan, gap=0.5)
    assert again.ok and again.objective <= first.objective
    # A start that breaks something, one that serves nobody, one drawn at random: the answer keeps everything.
    nobody = Plan(np.full(problem.n_customers, -1))
    random = Plan(np.random.default_rng(seed).integers(-1, problem.n_reps, problem.n_customers))
    for start in (present_plan(problem), nobody, random):
        before, after = evaluate(problem, start), solve(problem, start=start, gap=0.1)
        assert after.ok and (not before.keeps_all or after.objective <= before.objective)
