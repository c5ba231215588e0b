"""The literature benchmark runs solvers under a clock, judges them, and tells failures from plans."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import gap_runs, literature
from tests.benchmarks.gap import Gap, gap_problem, make_gap
from tests.benchmarks.gap_runs import Run, check_bounds, fetch_run, run_solver
from tests.benchmarks.gap_solvers import SOLVERS, Answer, Solver
from tests.benchmarks.gap_text import read_gaps, write_gaps


def _run(**changes: object) -> Run:
    given = {"solver": "scip", "cost": 1010, "feasible": True, "bound": 1000, "wall": 1.0}
    return Run(**(given | {"cpu": 1.0, "best_at": None, "words": ""} | changes))  # type: ignore[arg-type]


def test_all_four_solve_a_tiny_instance_to_the_same_proved_cost(tmp_path: Path):
    page, file = tmp_path / "page.md", tmp_path / "d-tiny"
    write_gaps(file, [make_gap("D", 3, 14, 1)])
    given = ["--files", str(file), "--seconds", "20", "--markdown", str(page)]
    (trial,) = literature.main(given)
    assert [run.solver for run in trial.runs] == list(SOLVERS)
    assert trial.instance.kind == "D" and all(run.feasible for run in trial.runs)
    assert len({run.cost for run in trial.runs} | {run.bound for run in trial.runs}) == 1
    assert all(run.cpu is not None and run.cpu > 0 for run in trial.runs)
    text = page.read_text(encoding="utf-8")
    assert "## Literature" in text and "| 0.000% | 0.350% | yes | 0.000% |" in text and "HiGHS" in text


@pytest.mark.parametrize("solver", SOLVERS)
def test_an_instance_without_an_assignment_has_no_feasible_answer(solver: str):
    gap = make_gap("C", 3, 9, 0)
    gap = Gap(gap.cost, gap.resource, gap.capacity // 4)
    answer = SOLVERS[solver](gap, time.perf_counter() + 10, 1.0)
    assert answer.agent is None or not gap.is_feasible(answer.agent)


def test_generated_instances_are_written_as_text_without_solving(tmp_path: Path):
    given = ["--types", "C,E", "--sizes", "3x8,4x12", "--seeds", "0,1", "--write", str(tmp_path / "made")]
    assert literature.main(given) == []
    names = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert len(names) == 8 and names[0] == "c-3x8-0"
    (gap,) = read_gaps(tmp_path / "made" / "e-4x12-1")
    assert np.array_equal(gap.cost, make_gap("E", 4, 12, 1).cost)


def test_a_file_of_several_instances_gives_each_a_name(tmp_path: Path):
    write_gaps(tmp_path / "gapd.txt", [make_gap("D", 2, 5, seed) for seed in (0, 1)])
    found = list(literature.find_instances([], [], [], [tmp_path / "gapd.txt"]))
    assert [(instance.name, instance.kind) for instance in found] == [("gapd-1", "D"), ("gapd-2", "D")]


@pytest.mark.parametrize(
    ("name", "kind"), [("d20400", "D"), ("e801600.txt", "E"), ("gapc", "C"), ("gap1", None), ("data", None)]
)
def test_the_type_of_a_file_is_in_its_name(tmp_path: Path, name: str, kind: str | None):
    write_gaps(tmp_path / name, [make_gap("C", 2, 3, 0)])
    (found,) = literature.find_instances([], [], [], [tmp_path / name])
    assert found.kind == kind


def test_unknown_types_and_rivals_are_refused(capsys: pytest.CaptureFixture[str]):
    for option, word in (("--types", "A"), ("--rivals", "gurobi")):
        with pytest.raises(SystemExit):
            literature.main([option, word])
        assert f"'{word}' is not one of" in capsys.readouterr().err


def _sleep(gap: Gap, ends: float, effort: float) -> Answer:
    time.sleep(60)
    return Answer(None, None, None, "")


def _break(gap: Gap, ends: float, effort: float) -> Answer:
    raise MemoryError


def _overload(gap: Gap, ends: float, effort: float) -> Answer:
    return Answer(np.zeros(gap.jobs, dtype=np.int64), 1.0, None, "wrong")


@pytest.mark.parametrize(
    ("solver", "words", "grace"),
    [(_sleep, "killed", 0.3), (_break, "failed", 50.0), (_overload, "wrong", 50.0)],
)
def test_a_solver_that_hangs_breaks_or_errs_is_told_so(solver: Solver, words: str, grace: float):
    gap = make_gap("D", 3, 9, 0)
    began = time.perf_counter()
    run = run_solver("it", solver, gap, gap_problem(gap), 0.2, grace=grace)
    assert run.words == words and not run.feasible and run.gap_to(0) is None
    assert time.perf_counter() - began < 50


def test_stored_runs_are_taken_again_until_what_they_depend_on_changes(tmp_path: Path, monkeypatch):
    asked: list[str] = []

    def note(name: str, *_: object, **__: object) -> Run:
        asked.append(name)
        return _run(solver=name, wall=float(len(asked)))

    monkeypatch.setattr(gap_runs, "run_solver", note)
    gap = make_gap("D", 2, 5, 0)
    problem = gap_problem(gap)

    def fetch(name: str, **options: Any) -> float:
        return fetch_run(
            name, gap, problem, options.pop("seconds", 1.0), store=tmp_path / "runs", **options
        ).wall

    assert fetch("ours") == fetch("ours") == 1 and fetch("scip") == fetch("scip") == 2
    assert (
        fetch("scip", effort=9.0) == 2 and fetch("scip", seconds=2.0) == 3 and fetch("ours", effort=9.0) == 4
    )
    monkeypatch.setattr(gap_runs, "fingerprint", lambda: "other code")
    assert fetch("scip") == 2 and fetch("ours", keep=True) == 1 and fetch("ours") == 5 == fetch("ours")
    monkeypatch.setattr(gap_runs, "version", lambda _: "0.0")
    assert fetch("scip") == 6
    gap = make_gap("D", 2, 5, 1)
    assert fetch("ours") == 7
    assert asked == ["ours", "scip", "scip", "ours", "ours", "scip", "ours"]


def test_two_judges_that_disagree_are_an_error():
    gap, other = make_gap("D", 3, 9, 0), make_gap("D", 3, 9, 1)
    with pytest.raises(RuntimeError, match="it: evaluate says"):
        run_solver("it", _overload, gap, gap_problem(other), 5.0)


def test_gaps_are_shares_of_the_cost_and_need_a_feasible_plan():
    assert _run().gap_to(1000) == pytest.approx(10 / 1010)
    assert _run(feasible=False).gap_to(1000) is None
    assert _run(cost=None, feasible=False).gap_to(1000) is None and _run().gap_to(None) is None


def test_a_bound_above_a_feasible_cost_is_an_error():
    check_bounds([_run(), _run(bound=None), _run(bound=1010)])
    check_bounds([_run(cost=900, feasible=False), _run()])
    with pytest.raises(RuntimeError, match="highs: bound 1011 is above"):
        check_bounds([_run(), _run(solver="highs", cost=1020, bound=1011)])


def test_the_table_shows_who_has_no_plan_and_the_worst_of_a_type():
    trials = [
        literature.Trial(
            literature.Instance(f"D, {k}", "D", make_gap("D", 2, 5, 0)),
            [_run(solver="ours", cost=1000 + k), _run(cost=None if k == 2 else 1010, feasible=k == 1)],
        )
        for k in (1, 2)
    ]
    text = literature.show_gaps(trials, ["scip"])
    assert "| D, 2 | 1,002 | 1,000 | 0.200% | 0.350% | yes | no plan | no plan |" in text
    assert "| D, 1 | 1,001 | 1,000 | 0.100% | 0.350% | yes | 0.990% | 0.990% |" in text
    assert "| **D, worst** |  |  | **0.200%** | **0.350%** | **yes** | **no plan** | **no plan** |" in text
    assert "no plan" in literature.show_runs(trials)
