"""Every unserved customer is told why, from the problem and the plan alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.constraints import find_violations
from optimizer.evaluation import evaluate
from optimizer.explaining import UnservedReason, explain_unserved
from optimizer.explaining.assignments import unserved
from optimizer.explaining.assignments.unserved import find_unqualified
from optimizer.plan import Plan
from tests.cases import make_case, random_case

WEEK = {"weeks": 1, "field_share": 1.0}


def explain(case: Case, owners: list[int]) -> dict[int, UnservedReason]:
    found = explain_unserved(build_problem(case), Plan(np.array(owners)))
    return {i: reason for reason in found for i in reason.customers}


def case_of(customers: list[dict[str, Any]], reps: list[dict[str, Any]] | None = None, **given: Any) -> Case:
    scenario = {"horizon": WEEK, "corridors": []} | given.pop("scenario", {})
    rows = [{"hours": 1.0, "tier": "C"} | row for row in customers]
    return make_case(reps or [{"hours_per_week": 10.0}] * 3, rows, scenario=scenario, **given)


def test_nobody_qualified_counts_each_cause() -> None:
    reps = [
        {"skills": "laser:1"},
        {"skills": "laser:2", "tiers": "C"},
        {"skills": "laser:3", "lat": 0, "lon": 0},
    ]
    customer = {"requires": "laser:2", "tier": "A", "lat": 31.0, "lon": 121.0}
    (reason,) = explain(case_of([customer], reps, scenario={"distance": {"limit_km": 100}}), [-1]).values()
    assert reason.code == "no_qualified_rep"
    assert "1 lacks a required skill (laser 2)" in reason.sentence()
    assert "1 may not serve tier A" in reason.sentence()
    assert "1 is farther than 100 km" in reason.sentence()


def test_locks_and_forbidden_pairs_rule_reps_out() -> None:
    case = case_of(
        [{}],
        locks=[{"customer_id": "c0", "rep_id": "r0", "kind": "forbid"}],
        pairs=[{"customer_id": "c0", "rep_id": r, "allowed": False} for r in ("r1", "r2")],
    )
    assert "3 are ruled out by a lock" in explain(case, [-1])[0].sentence()


def test_a_force_lock_leaves_only_its_rep() -> None:
    case = case_of([{}, {"hours": 10.0}], locks=[{"customer_id": "c0", "rep_id": "r1", "kind": "force"}])
    assert explain(case, [-1, 0])[0].code == "missed"
    assert explain(case, [-1, 1])[0].code == "capacity"


def test_full_reps_are_named_with_what_they_have_left() -> None:
    (reason,) = explain(
        case_of([{"hours": 8.0}, {"hours": 9.0}, {"hours": 7.5}, {"hours": 4.0}]), [0, 1, 2, -1]
    ).values()
    assert reason.code == "capacity"
    assert "needs 4.0 h" in reason.sentence()
    assert "2.5 h, with r2" in reason.sentence()


def test_what_just_fits_has_room_and_what_fits_one_of_them_is_not_too_big() -> None:
    one = [{"hours_per_week": 10.0}]
    (just,) = explain(case_of([{"hours": 7.5}, {"hours": 2.5}], one), [0, -1]).values()
    assert just.code == "missed" and just.rep_id == "r0"
    two = [{"hours_per_week": 10.0}, {"hours_per_week": 20.0}]
    (full,) = explain(case_of([{"hours": 15.0}, {"hours": 11.0}], two), [1, -1]).values()
    assert full.code == "capacity"


def test_what_is_left_with_reps_who_do_not_qualify_does_not_count() -> None:
    reps = [{"hours_per_week": 10.0, "skills": "laser"}, {"hours_per_week": 10.0}]
    (reason,) = explain(
        case_of([{"hours": 9.0}, {"hours": 4.0, "requires": "laser"}], reps), [0, -1]
    ).values()
    assert reason.code == "capacity" and "1.0 h" in reason.sentence() and "6.0 h" not in reason.sentence()


def test_a_customer_bigger_than_any_rep_is_told_so() -> None:
    reason = explain(case_of([{"hours": 11.0}]), [-1])[0]
    assert reason.code == "too_big"
    assert "10.0 h" in reason.sentence()


def test_too_big_is_told_with_the_most_that_somebody_who_qualifies_has() -> None:
    reps = [{"hours_per_week": h, "skills": skill} for h, skill in ((4.0, "a"), (10.0, "a"), (40.0, None))]
    (reason,) = explain(case_of([{"hours": 12.0, "requires": "a"}], reps), [-1]).values()
    assert reason.code == "too_big" and reason.details["most"] == "10.0"


def test_other_limits_are_counted_when_hours_are_left() -> None:
    reps = [{"hours_per_week": 10.0, "max_customers": 1}, {"hours_per_week": 10.0}, {"hours_per_week": 2.0}]
    case = case_of([{}, {}, {"hours": 1.5}, {}], reps, apart=[{"customer_a": "c3", "customer_b": "c1"}])
    reason = explain(case, [0, 1, 2, -1])[3]
    assert reason.code == "no_room"
    assert reason.sentence().endswith(
        "1 lacks the hours, 1 may not own more customers, 1 owns a customer it must be kept apart from."
    )


@pytest.mark.parametrize("owners", [[-1, 0], [0, -1]])
def test_whoever_of_a_couple_is_left_out_the_other_is_why(owners: list[int]) -> None:
    case = case_of([{}, {}], [{"hours_per_week": 10.0}], apart=[{"customer_a": "c0", "customer_b": "c1"}])
    (reason,) = explain(case, owners).values()
    assert reason.code == "no_room" and reason.causes["apart"] == 1


def test_a_hard_corridor_takes_room() -> None:
    corridor = {"measure": "customers", "target": "equal", "tolerance": 0.0}
    case = case_of([{}, {}, {}], [{"hours_per_week": 10.0}] * 1, scenario={"corridors": [corridor]})
    assert explain(case, [0, 0, -1])[2].code == "missed"
    case = case_of([{}, {}, {}], [{"hours_per_week": 10.0}] * 3, scenario={"corridors": [corridor]})
    assert explain(case, [0, 1, -1])[2].code == "missed", "the third rep may still take it"
    tight = case_of([{}] * 4, [{"hours_per_week": 10.0}] * 3, scenario={"corridors": [corridor]})
    assert explain(tight, [0, 1, 2, -1])[3].code == "no_room"


def test_what_has_a_price_rules_nobody_out() -> None:
    case = case_of(
        [{"requires": "laser", "hours": 20.0}], scenario={"skills": {"price": 1}, "capacity": {"price": 1}}
    )
    assert explain(case, [-1])[0].code == "missed"


def test_a_group_stands_or_falls_together() -> None:
    reps = [{"skills": "a"}, {"skills": "b"}]
    customers = [{"group": "g", "requires": "a"}, {"group": "g", "requires": "b"}, {"requires": "a"}]
    found = explain(case_of(customers, reps), [-1, -1, -1])
    assert [found[i].code for i in range(3)] == ["no_qualified_rep", "no_qualified_rep", "missed"]
    assert "group of 2" in found[0].sentence()
    room = explain(case_of([{"group": "g", "hours": 6.0}] * 2), [-1, -1])
    assert room[0].code == room[1].code == "too_big", "six hours fit, twelve do not"


def test_no_reps_at_all_are_no_mistake() -> None:
    problem = build_problem(make_case([{}], [{}]))
    assert explain_unserved(problem, Plan(np.array([0]))) == ()


@pytest.mark.parametrize("pairs_at_once", [1, 7, 10**6])
def test_looking_in_small_portions_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, pairs_at_once: int
) -> None:
    case = random_case(3, customers=25, reps=4)
    whole = explain(case, [-1] * 25)
    monkeypatch.setattr(unserved, "PAIRS_AT_ONCE", pairs_at_once)
    assert explain(case, [-1] * 25) == whole
    assert len(whole) == 25


CONSTRAINTS = {
    "skills": "skill",
    "tier_rights": "tier",
    "distance": "distance",
    "locks": "lock",
    "named_pairs": "lock",
}


@pytest.mark.parametrize("seed", range(40))
def test_unqualified_is_what_the_checker_calls_a_hard_violation(seed: int) -> None:
    problem = build_problem(random_case(seed, customers=10, reps=4))
    flags = find_unqualified(problem, np.arange(10))
    for r in range(4):
        broken = find_violations(problem, Plan(np.full(10, r)))
        told = {
            (v.customer_id, CONSTRAINTS[v.constraint])
            for v in broken
            if v.hard and v.constraint in CONSTRAINTS
        }
        mine = {
            (problem.customer_ids[i], cause)
            for cause, flag in flags.items()
            for i in np.flatnonzero(flag[:, r])
        }
        assert mine == told


@pytest.mark.parametrize("seed", range(60))
def test_the_rep_who_could_take_it_costs_what_is_said_and_nobody_costs_less(seed: int) -> None:
    problem = build_problem(random_case(seed))
    rng = np.random.default_rng(seed)
    owner = np.where(rng.random(problem.n_customers) < 0.4, -1, problem.owner)
    before = evaluate(problem, Plan(owner))
    clean = all(v.constraint == "coverage" for v in before.hard_violations)
    for reason in explain_unserved(problem, Plan(owner)):
        differences = {}
        for r, rep in enumerate(problem.rep_ids):
            changed = owner.copy()
            changed[np.array(reason.customers)] = r
            after = evaluate(problem, Plan(changed))
            if not clean or all(v.constraint == "coverage" for v in after.hard_violations):
                differences[rep] = after.objective - before.objective
        if reason.difference is not None:
            assert differences[reason.rep_id] == reason.difference
            assert reason.code == ("missed" if reason.difference < 0 else "price")
        if clean:
            assert reason.difference == min(differences.values(), default=None)
        assert reason.sentence()
