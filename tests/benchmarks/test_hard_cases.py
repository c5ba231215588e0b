"""Hard cases are as hard as they say, can be read, and their runs are kept and told. No time is asserted."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from optimizer import build_problem, read_case
from optimizer.problem import Corridor, Problem
from tests.benchmarks import hard_cases, hardships
from tests.benchmarks.hard_cases import FILE, HardRun
from tests.benchmarks.measuring import Usage
from tests.benchmarks.store import append_row


def make(hardship: hardships.Hardship, folder: Path, customers: int = 1000, reps: int = 40) -> Problem:
    return build_problem(
        read_case(hardships.write_hard_case(hardship, folder / "case", customers=customers, reps=reps))
    )


def find_corridor(problem: Problem, measure: str) -> Corridor:
    return next(c for c in problem.corridors if problem.measures[c.measure].name == measure)


@pytest.mark.parametrize("hardship", hardships.HARDSHIPS, ids=lambda hardship: hardship.__name__)
def test_every_hard_case_can_be_read_and_says_what_is_hard(hardship: hardships.Hardship, tmp_path: Path):
    problem = make(hardship, tmp_path)
    assert (problem.n_customers, problem.n_reps) == (1000, 40)
    assert hardship.__doc__ and hardship.__doc__.split("\n")[0].endswith(".")


def test_a_tenth_of_the_hours_is_missing(tmp_path: Path):
    problem = make(hardships.lack_hours, tmp_path)
    assert problem.capacity.sum() / problem.hours.sum() == pytest.approx(0.9, abs=0.01)


def test_the_scarce_skill_is_asked_for_by_more_than_those_who_have_it_can_do(tmp_path: Path):
    case = read_case(
        hardships.write_hard_case(hardships.lack_a_skill, tmp_path / "c", customers=1000, reps=40)
    )
    problem, records = build_problem(case), case.records
    asking = records.customers["requires"].fillna("").str.contains("laser:2").to_numpy()
    having = records.reps["skills"].fillna("").str.contains("laser:2").to_numpy()
    assert 0 < problem.capacity[having].sum() < problem.hours[asking].sum()


def test_half_of_all_customers_live_in_the_city(tmp_path: Path):
    case = read_case(hardships.write_hard_case(hardships.crowd, tmp_path / "c", customers=1000, reps=40))
    far = np.hypot(
        *(case.records.customers[axis] - at for axis, at in zip(("lat", "lon"), hardships.CITY, strict=True))
    )
    assert 0.4 < (far < 0.3).mean() < 0.65


def test_the_islands_are_far_from_each_other(tmp_path: Path):
    case = read_case(
        hardships.write_hard_case(hardships.part_by_sea, tmp_path / "c", customers=1000, reps=40)
    )
    for place in (case.records.reps, case.records.customers):
        lat = np.sort(place["lat"])
        assert np.diff(lat).max() > 20 and 0.2 < (place["lat"] > 20).mean() < 0.6


def test_every_customer_with_an_owner_is_locked_to_it(tmp_path: Path):
    locks = read_case(
        hardships.write_hard_case(hardships.lock_all_without_pardon, tmp_path / "c", customers=1000, reps=40)
    ).records.locks
    assert len(locks) > 900 and set(locks["kind"]) == {"keep"}


def test_who_has_no_hours_owns_customers(tmp_path: Path):
    problem = make(hardships.take_hours_away, tmp_path)
    idle = np.flatnonzero(problem.capacity == 0)
    assert len(idle) == 2 and np.isin(idle, problem.owner).all()


def test_giants_are_larger_than_any_corridor(tmp_path: Path):
    problem = make(hardships.outgrow, tmp_path)
    corridor = find_corridor(problem, "potential")
    size = problem.measures[corridor.measure].size
    assert (size[:, None] > corridor.high).all(axis=1).sum() == 4


def test_every_cost_is_equal(tmp_path: Path):
    problem = make(hardships.level, tmp_path)
    assert len(set(problem.hours.tolist())) == len(set(problem.capacity.tolist())) == 1
    customer, rep = (axis.ravel() for axis in np.indices((problem.n_customers, problem.n_reps)))
    assert not problem.pair_travel_hours(customer, rep).any() and (problem.owner < 0).all()


def test_every_owner_is_outside_its_corridor(tmp_path: Path):
    problem = make(hardships.unbalance, tmp_path, customers=2000, reps=21)
    owned = problem.owner >= 0
    load = np.bincount(problem.owner[owned], problem.hours[owned], problem.n_reps)
    hours = find_corridor(problem, "hours")
    outside = (load < hours.low) | (load > hours.high)
    assert outside.all(), np.flatnonzero(~outside)


RUN = HardRun(
    name="lack_hours",
    about="Short of hours",
    size=(10_000, 100, 0),
    clock=120.0,
    usage=Usage(30.0, 29.0, 500.0, 0, False, ""),
    result={"status": "feasible", "objective": 1100.0, "bound": 1095.0, "gap": 0.0045, "unserved": 3100},
    named=({}, {"corridors": 133}),
    judged={},
    unavoidable=100.0,
    code="old",
)


def test_what_is_weak_is_told():
    assert RUN.find_weak() == [] and RUN.gap == pytest.approx(0.005)
    assert replace(RUN, unavoidable=700.0).find_weak() == ["gap"]
    assert replace(RUN, usage=Usage(61.0, 29.0, 500.0, 0, False, "")).find_weak() == ["time"]
    lost = replace(RUN, result=RUN.result | {"status": "not_found", "gap": None})
    assert lost.find_weak() == ["not found", "not named"]
    assert replace(lost, named=({"capacity": 1}, {})).find_weak() == ["not found", "judge"]
    assert replace(RUN, judged={"capacity": 2}).find_weak() == ["judge"]


def test_the_page_shows_what_is_broken_and_who_agrees():
    proved = replace(
        RUN,
        usage=replace(RUN.usage, wall=12.0),
        result=RUN.result | {"status": "infeasible", "gap": None},
        named=({"capacity": 3}, {"corridors": 2}),
        judged={"capacity": 2},
    )
    page = hard_cases.show_page([RUN, proved, replace(RUN, judged={"locks": 1})])
    row = (
        "| feasible | 30.0 | 29.0 | 500 | 1,100.0 | 1,095.0 | 0.500% | 3,100 | (corridors 133) | agrees |  |"
    )
    assert f"| Short of hours {row}" in page
    assert (
        "| infeasible | 12.0 | 29.0 | 500 | 1,100.0 | 1,095.0 | – | 3,100 | capacity 3, (corridors 2) | agrees |  |"
        in page
    )
    assert "| locks 1 | judge |" in page and "10,000 customers and 100 reps, seed 0" in page


def test_a_small_hard_case_is_planned_judged_and_kept(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(hard_cases, "fingerprint", lambda: "same")
    page, store = tmp_path / "page.md", tmp_path / "store"
    order = ["--customers", "150", "--reps", "6", "--cases", "level,lock_all_without_pardon"]
    order += ["--store", str(store), "--markdown", str(page)]
    level, locked = hard_cases.main(order)
    assert level.result["status"] == "optimal" and level.result["objective"] == 0 and level.agrees
    assert locked.result["status"] == "infeasible" and locked.agrees and locked.named[0]["capacity"]
    assert "## Hard cases" in page.read_text(encoding="utf-8")
    assert hard_cases.main(order) == [level, locked], "what is stored is not planned again"
    append_row(store / FILE, asdict(replace(level, code="older")))
    assert hard_cases.read_runs(store)[-1].code == "older"


def test_an_unknown_case_is_refused(capsys):
    with pytest.raises(SystemExit):
        hard_cases.main(["--cases", "level,heaven"])
    assert "no case heaven" in capsys.readouterr().err
