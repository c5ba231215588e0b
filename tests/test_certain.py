"""What is said to be impossible before solving is impossible, and what was planted is seen, with its amounts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer import certain
from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.certain import find_certain, find_overflow
from optimizer.cli import run
from tests.cases import make_case, random_case
from tests.explaining.planted import PLANTED, WEEK
from tests.solving.enumeration import enumerate_plans

SEEN = {  # of the planted situations: code, asked, there; the others need more than adding up, or are errors
    "scarce_skill": [("hours", 27.0, 20.0)],
    "narrow_corridor": [("nobody", 0.0, 0.0), ("least", 90.0, 30.0)],
    "small_budget": [("moves", 4.0, 2.0)],
    "lock_against_skill": [("nobody", 0.0, 0.0)],
    "lock_to_a_leaver": [("nobody", 0.0, 0.0)],
    "large_group": [("nobody", 0.0, 0.0)],
    "only_juniors": [("nobody", 0.0, 0.0)],
    "too_much_work": [("hours", 30.0, 20.0)],
    "far_customer": [("nobody", 0.0, 0.0)],
    "low_count": [("most", 5.0, 4.0)],
    "minimum_nobody_can_fill": [("least", 6.0, 5.0)],
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_situations_are_seen_without_solving(name: str) -> None:
    problem = build_problem(PLANTED[name]().case)
    found = [(c.code, f.details["asked"], f.details["there"]) for c, f in _tell(problem)]
    assert found == SEEN.get(name, [])
    for _, finding in _tell(problem):
        for lang in ("en", "zh"):
            assert finding.problem(lang) and finding.expected(lang) and finding.fix(lang)


def _tell(problem: Any) -> list[Any]:
    return [(c, c.finding(problem)) for c in find_certain(problem)]


def _case(reps: list[float], customers: list[dict[str, Any]], **more: Any) -> Case:
    scenario = WEEK | more.pop("scenario", {})
    rows = [{"hours_per_week": hours} for hours in reps]
    return make_case(rows, [{"tier": "B"} | c for c in customers], scenario=scenario, **more)


def test_the_region_that_nobody_reaches_in_time_is_named() -> None:
    far = {"lat": 35.0, "lon": 121.0, "hours": 15.0}
    near = {"lat": 31.0, "lon": 121.0, "hours": 15.0}
    case = _case([20, 40], [near, near, far, far], scenario={"distance": {"limit_km": 100}})
    for r, lat in enumerate((35.0, 31.0)):
        case.records.reps.loc[r, ["lat", "lon"]] = (lat, 121.0)
    ((found, finding),) = _tell(build_problem(case))
    assert found.customers.tolist() == [2, 3] and found.reps.tolist() == [0]
    assert "2 customers (c2, c3)" in finding.problem() and "30.0 hours" in finding.problem()
    assert "10.0 too few" in finding.problem() and "10.0 hours more" in finding.fix()


def test_locks_that_are_too_much_for_a_rep_are_found_and_two_causes_are_two() -> None:
    locks = [{"customer_id": f"c{i}", "rep_id": "r0", "kind": "force"} for i in range(3)]
    case = _case([10, 40, 5], [{"hours": 4.0}] * 4, locks=locks, scenario={"coverage": {"hard": False}})
    (found,) = find_certain(build_problem(case))
    assert (found.code, found.customers.tolist(), found.reps.tolist()) == ("hours", [0, 1, 2], [0])
    assert (found.asked, found.there) == (12_000, 10_000)
    more = [{"customer_id": f"c{i}", "rep_id": "r2", "kind": "force"} for i in (3, 4)]
    both = _case([10, 40, 5], [{"hours": 4.0}] * 5, locks=[*locks, *more])
    assert sorted(c.reps.tolist() for c in find_certain(build_problem(both))) == [[0], [2]]


def test_what_is_certain_is_impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, int] = {}
    for seed in range(30):
        problem = build_problem(random_case(seed, customers=5))
        found = find_certain(problem)
        with monkeypatch.context() as large:  # as of very many pairs, without looking at each
            large.setattr(certain, "MOST_PAIRS", 0)
            found += find_certain(problem)
        for one in found:
            seen[one.code] = seen.get(one.code, 0) + 1
            assert one.code == "nobody" or one.asked > one.there
        if found:
            assert enumerate_plans(problem).find_best() is None
    assert len(seen) >= 3, seen


def test_an_overflow_is_what_trying_every_set_says() -> None:
    rng = np.random.default_rng(1)
    met = 0
    for _ in range(200):
        link = rng.random((5, 4)) < 0.5
        demand, room = rng.integers(0, 9, 5) * 10**9, rng.integers(0, 14, 4) * 10**9
        can = link.any(axis=1)
        some = [np.array([bool(k >> d & 1) for d in range(5)]) & can for k in range(32)]
        exists = any(demand[s].sum() > room[link[s].any(axis=0)].sum() for s in some)
        found = list(find_overflow(demand, room, link))
        assert bool(found) == exists
        met += exists
        for rows, places in found:
            assert (places >= link[rows].any(axis=0)).all()
            assert demand[rows].sum() > room[places].sum()
    assert 20 < met < 180


def test_check_and_plan_say_it_before_solving(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reps.csv").write_text("rep_id,hours_per_week\nR1,10\n", encoding="utf-8")
    (tmp_path / "customers.csv").write_text("customer_id,tier,hours\nC1,B,8\nC2,B,8\n", encoding="utf-8")
    scenario = "corridors = []\n[horizon]\nweeks = 1\nfield_share = 1.0\n[coverage]\nhard = true\n"
    (tmp_path / "scenario.toml").write_text(scenario, encoding="utf-8")
    assert run(["check", str(tmp_path)]) == 0
    assert "take at least 16.0 hours" in capsys.readouterr().out
    order = ["plan", str(tmp_path), "--out", str(tmp_path / "out"), "--no-schedule", "--reports", "none"]
    assert run([*order, "--lang", "zh"]) == 1
    assert "没有方案能满足全部约束" in capsys.readouterr().err
    assert "certain_hours" in (tmp_path / "out" / "findings.csv").read_text(encoding="utf-8-sig")


def test_customers_whom_nothing_asks_for_are_not_looked_at_and_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, looked = certain._look_at_pairs, []

    def look(problem: Any, order: Any, starts: Any) -> Any:
        looked.append(len(order))
        return found(problem, order, starts)

    monkeypatch.setattr(certain, "_look_at_pairs", look)
    spared = 0
    for seed in range(40):
        problem = build_problem(random_case(seed, customers=7))
        free = np.flatnonzero(np.random.default_rng(seed).random(problem.n_customers) < 0.7)
        some = replace(problem, excused=np.union1d(problem.excused, free))
        looked.clear()
        told = repr(find_certain(some))
        spared += sum(looked) < some.n_customers
        with monkeypatch.context() as patch:
            patch.setattr(certain, "_is_everybody_counted", lambda problem: True)
            assert repr(find_certain(some)) == told, seed
    assert spared > 5
