"""Runs are kept, taken up again and held against what is asked. No time is asserted."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.benchmarks import plans, runs
from tests.benchmarks.measuring import Usage
from tests.benchmarks.runs import FILE, Run, fetch_run, newest_runs, read_runs
from tests.benchmarks.store import append_row, fingerprint, read_rows

RESULT = {
    "objective": 1100.0,
    "bound": 1099.0,
    "gap": 0.000909,
    "seconds": 12.0,
    "stopped": "work",
    "stages": {"prices": 4.0, "exact": 8.0},
    "progress": [
        {"seconds": 1.0, "gap": None, "keeps_all": False},
        {"seconds": 2.0, "gap": 0.02, "keeps_all": True},
        {"seconds": 5.0, "gap": 0.004, "keeps_all": True},
    ],
}
RUN = Run(
    customers=1000,
    reps=25,
    seed=0,
    usage=Usage(14.0, 13.0, 300.0, 0, False, ""),
    result=RESULT,
    complaints=0,
    unavoidable=100.0,
    flow={"arcs": 20_000, "build_seconds": 0.1, "solve_seconds": 0.5, "cost": 1000.0},
    options=(),
    code="old",
    day="2026-01-01",
)


def test_the_gap_is_of_what_can_be_avoided():
    assert RUN.gap == pytest.approx(1 / 1000)
    assert replace(RUN, unavoidable=0.0).gap == pytest.approx(1 / 1100)
    assert replace(RUN, result=RESULT | {"gap": None}).gap is None


def test_figures_of_a_run():
    assert RUN.ratio == 28 and RUN.first_plan == 2.0
    assert RUN.seconds_to(0.01) == 5.0 and RUN.seconds_to(0.001) is None


def test_every_floor_can_be_missed():
    assert plans.FLOORS[1000, 25].find_missed(RUN) == []
    poor = replace(RUN, unavoidable=800.0, usage=Usage(31.0, 30.0, 501.0, 0, False, ""))
    assert plans.FLOORS[1000, 25].find_missed(poor) == ["gap", "seconds", "memory"]
    assert plans.FLOORS[100_000, 1_000].find_missed(poor) == ["gap", "flow"]
    unproved = replace(RUN, result=RESULT | {"gap": None})
    assert plans.FLOORS[1000, 25].find_missed(unproved) == ["gap"]


def test_the_page_shows_what_was_measured_and_what_is_asked():
    other = replace(RUN, seed=1, complaints=2, usage=Usage(40.0, 39.0, 400.0, 1, False, ""))
    page = plans.show_page([RUN, other])
    assert "| 1,000 × 25, 0 | 14.0 | 13.0 | 300 | 0.100% | 0.5 | 28.0 | agrees | kept |" in page
    assert "| 1,000 × 25, 1 | 40.0 | 39.0 | 400 | 0.100% | 0.5 | 80.0 | 2 wrong | missed: seconds |" in page
    assert "| **1,000 × 25, median** | **27.0** |" in page
    assert "| 1,000 × 25, asked | ≤ 30.0 |  | ≤ 500 | ≤ 0.300% |  |  |  |  |" in page
    assert "| 1,000 × 25, 0 | 12.0 | 2.0 | 5.0 | 5.0 | 1,100.0 | 1,099.0 | 100.0 | 20,000 | work |" in page
    assert "| 1,000 × 25 | 15.0 | 4.0 | 8.0 |" in page  # (2 + 28) / 2 around solving
    assert "states of the code" not in page
    assert "2 states of the code" in plans.show_page([RUN, replace(other, code="new")])


def test_a_stored_run_is_taken_up_only_if_the_code_is_the_same(tmp_path: Path, monkeypatch):
    made = []

    def run_again(customers, reps, seed, folder, *, options, judged):
        made.append((customers, reps, seed))
        return replace(RUN, seed=seed, code=fingerprint(), options=tuple(options))

    monkeypatch.setattr(runs, "run_plan", run_again)
    store = tmp_path / "store"
    fetch_run(1000, 25, 0, store=store)
    assert fetch_run(1000, 25, 0, store=store).usage == RUN.usage and len(made) == 1
    fetch_run(1000, 25, 0, store=store, options=["--seed", "3"])
    fetch_run(1000, 25, 1, store=store)
    assert len(made) == 3
    monkeypatch.setattr(runs, "fingerprint", lambda: "other")
    fetch_run(1000, 25, 0, store=store, keep=True)
    assert len(made) == 3
    fetch_run(1000, 25, 0, store=store)
    assert len(made) == 4
    assert [run.seed for run in newest_runs(store, ())] == [0, 1]
    assert [run.options for run in newest_runs(store, ["--seed", "3"])] == [("--seed", "3")]


def test_a_stored_run_that_nobody_judged_is_made_again_to_be_judged(tmp_path: Path, monkeypatch):
    def run_again(customers, reps, seed, folder, *, options, judged):
        return replace(RUN, code=fingerprint(), complaints=0 if judged else None)

    monkeypatch.setattr(runs, "run_plan", run_again)
    assert fetch_run(1000, 25, 0, store=tmp_path, judged=False).complaints is None
    assert fetch_run(1000, 25, 0, store=tmp_path, judged=False).complaints is None
    assert fetch_run(1000, 25, 0, store=tmp_path, keep=True).complaints == 0
    assert fetch_run(1000, 25, 0, store=tmp_path, judged=False).complaints == 0
    assert len(read_runs(tmp_path)) == 2


def test_a_line_that_was_cut_short_costs_only_itself(tmp_path: Path):
    append_row(tmp_path / FILE, asdict(RUN))
    with (tmp_path / FILE).open("a", encoding="utf-8") as lines:
        lines.write('{"customers": 10')
    assert read_runs(tmp_path) == [RUN]
    assert read_rows(tmp_path / "none.jsonl") == [] and read_runs(None) == []
