"""Each constraint alone, on a case small enough to count by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import Violation
from tests.cases import make_case

TIERS = {
    "A": {"visits": 4, "hours_per_visit": 2.0, "handover_hours": 4, "unserved_price": 10},
    "B": {"visits": 2, "hours_per_visit": 1.0, "handover_hours": 2, "unserved_price": 5},
}


def build(reps: list[dict[str, Any]], customers: list[dict[str, Any]], **more: Any) -> Problem:
    wishes = {"tiers": TIERS, "corridors": []} | more.pop("scenario", {})
    return build_problem(make_case(reps, customers, scenario=wishes, **more))


def judge(problem: Problem, *owner: int) -> list[Violation]:
    return evaluate(problem, Plan(np.array(owner, dtype=np.int64))).violations


def only(violations: list[Violation]) -> Violation:
    assert len(violations) == 1, violations
    assert violations[0].sentence()
    return violations[0]


def test_an_unserved_customer_breaks_coverage_only_where_all_must_be_served() -> None:
    customers = [{"hours": 5}, {"hours": 7}]
    assert judge(build([{}], customers), 0, -1) == []
    broken = only(judge(build([{}], customers, scenario={"coverage": {"hard": True}}), 0, -1))
    assert (broken.code, broken.customer_id, broken.amount, broken.hard) == ("unserved", "c1", 7.0, True)


def test_load_above_the_limit_breaks_capacity_by_the_hours_above() -> None:
    scenario = {"horizon": {"weeks": 1, "hours_per_week": 40, "field_share": 0.5}, "capacity": {"limit": 0.9}}
    problem = build([{}, {}], [{"hours": 10}, {"hours": 9}], scenario=scenario)
    assert judge(problem, 0, 1) == []
    broken = only(judge(problem, 0, 0))
    assert (broken.code, broken.rep_id, broken.amount) == ("over_capacity", "r0", 1.0)


def test_travel_uses_capacity_where_the_planner_says_so() -> None:
    scenario = {
        "horizon": {"weeks": 1, "hours_per_week": 40, "field_share": 0.5},
        "capacity": {"count_travel": True, "price": 2.0},
    }
    pairs = [{"customer_id": "c0", "rep_id": "r0", "travel_hours": 2.5}]
    problem = build([{}], [{"hours": 19}], pairs=pairs, scenario=scenario)
    broken = only(judge(problem, 0))
    assert (broken.amount, broken.hard, broken.cost) == (1.5, False, 3000)


def test_an_owner_needs_every_skill_at_its_level_through_the_whole_horizon() -> None:
    scenario = {"horizon": {"start": dt.date(2027, 1, 4), "weeks": 13}}
    reps = [
        {"skills": "laser:3;export@2027-04-04"},
        {"skills": "laser:2;export"},
        {"skills": "laser:3;export@2027-04-03"},
    ]
    problem = build(reps, [{"requires": "laser:3;export"}], scenario=scenario)
    assert judge(problem, 0) == []
    assert only(judge(problem, 1)).details["skills"] == "laser:3"
    assert only(judge(problem, 2)).details["skills"] == "export:1"


def test_a_priced_skill_costs_the_customers_hours_times_the_price() -> None:
    problem = build([{}], [{"requires": "laser", "hours": 8}], scenario={"skills": {"price": 0.5}})
    broken = only(judge(problem, 0))
    assert (broken.hard, broken.cost) == (False, 4000)


def test_a_tier_may_be_reserved_for_reps_and_for_roles() -> None:
    tiers = {"A": TIERS["A"] | {"roles": ["senior"]}, "B": TIERS["B"]}
    reps = [{"role": "senior"}, {"role": "junior"}, {"role": "senior", "tiers": "B"}]
    problem = build(reps, [{"tier": "A"}, {"tier": "B"}], scenario={"tiers": tiers})
    assert judge(problem, 0, 1) == []
    assert only(judge(problem, 1, 1)).code == "tier_not_permitted"
    assert only(judge(problem, 2, 2)).rep_id == "r2"


def test_a_customer_beyond_the_limit_is_too_far_unless_its_pair_is_allowed() -> None:
    reps = [{"lat": 0, "lon": 0}, {"lat": 0, "lon": 0}]
    pairs = [{"customer_id": "c0", "rep_id": "r1", "allowed": True}]
    problem = build(reps, [{"lat": 0, "lon": 1}], pairs=pairs, scenario={"distance": {"limit_km": 100}})
    broken = only(judge(problem, 0))
    assert broken.code == "too_far"
    assert broken.amount == pytest.approx(11.195, abs=0.01)  # a degree on the equator is 111.195 km
    assert judge(problem, 1) == []


def test_locks_keep_force_and_forbid_and_hold_no_longer_than_they_say() -> None:
    locks = [
        {"customer_id": "c0", "kind": "keep"},
        {"customer_id": "c1", "rep_id": "r1", "kind": "force"},
        {"customer_id": "c2", "rep_id": "r1", "kind": "forbid"},
        {"customer_id": "c3", "rep_id": "r1", "kind": "force", "until": dt.date(2027, 1, 3)},
        {"customer_id": "c4", "rep_id": "r1", "kind": "force", "until": dt.date(2027, 1, 4)},
    ]
    customers = [{"owner": "r0"}, {}, {}, {}, {}]
    problem = build([{}, {}], customers, locks=locks, scenario={"horizon": {"start": dt.date(2027, 1, 4)}})
    assert judge(problem, 0, 1, 0, 0, 1) == []
    found = {(v.customer_id, v.code) for v in judge(problem, 1, -1, 1, 0, 0)}
    assert found == {
        ("c0", "lock_not_kept"),
        ("c1", "lock_unserved"),
        ("c2", "lock_forbids"),
        ("c4", "lock_not_kept"),
    }


def test_a_pair_that_is_not_allowed_is_named() -> None:
    problem = build([{}, {}], [{}], pairs=[{"customer_id": "c0", "rep_id": "r1", "allowed": False}])
    assert judge(problem, 0) == []
    assert only(judge(problem, 1)).code == "pair_not_allowed"


def test_a_group_with_two_owners_is_split_where_the_fewer_are() -> None:
    problem = build([{}, {}], [{"group": "g"}, {"group": "g"}, {"group": "g"}, {"group": ""}])
    assert judge(problem, 1, 1, 1, 0) == []
    broken = only(judge(problem, 1, 0, 1, 0))
    assert (broken.customer_id, broken.details["with"]) == ("c1", "c0")


def test_customers_kept_apart_do_not_share_an_owner_but_may_both_be_unserved() -> None:
    apart = [{"customer_a": "c0", "customer_b": "c1"}]
    problem = build([{}, {}], [{}, {}], apart=apart, scenario={"apart": {"price": 3}})
    assert judge(problem, 0, 1) == judge(problem, -1, -1) == []
    broken = only(judge(problem, 1, 1))
    assert (broken.cost, broken.details["other"]) == (3000, "c1")


def test_counts_hold_in_all_and_by_tier_and_the_reps_own_limit_goes_before() -> None:
    scenario = {"counts": {"min": 1, "max": 3, "tiers": {"A": {"max": 1}}}}
    problem = build(
        [{"max_customers": 2}, {}],
        [{"tier": "A"}, {"tier": "A"}, {"tier": "B"}, {"tier": "B"}],
        scenario=scenario,
    )
    assert judge(problem, 0, 1, 0, 1) == []
    assert only(judge(problem, 0, 1, 0, 0)).code == "too_many_customers"
    found = {(v.rep_id, v.code, v.tier, v.amount) for v in judge(problem, 1, 1, 1, 1)}
    assert found == {
        ("r0", "too_few_customers", None, 1),
        ("r1", "too_many_customers", None, 1),
        ("r1", "too_many_customers", "A", 1),
    }


def test_a_corridor_is_a_share_of_its_target_both_ways() -> None:
    scenario = {"corridors": [{"measure": "potential", "tolerance": 0.25, "target": "equal"}]}
    customers = [{"potential": p} for p in (40, 60, 50, 50)]
    problem = build([{}, {}], customers, scenario=scenario)
    assert judge(problem, 0, 0, 1, 1) == []
    assert {(v.rep_id, v.code, v.amount) for v in judge(problem, 0, 0, 0, 1)} == {
        ("r0", "above_corridor", 25.0),
        ("r1", "below_corridor", 25.0),
    }


def test_an_hour_outside_a_priced_corridor_costs_its_price() -> None:
    scenario = {"corridors": [{"measure": "hours", "tolerance": 0.1, "target": "equal", "price": 1.5}]}
    problem = build([{}, {}], [{"hours": 10}, {"hours": 10}], scenario=scenario)
    score = evaluate(problem, Plan(np.array([0, 0])))
    assert score.terms["corridors"] == 2 * 9 * 1500  # r0 has 20 of at most 11, r1 0 of at least 9


@pytest.mark.parametrize(
    ("budget", "code"),
    [
        ({"amount": 1}, "over_budget_all"),
        ({"share": 0.34}, "over_budget_all"),
        ({"amount": 9, "measure": "revenue"}, "over_budget_all"),
        ({"amount": 1, "scope": "tier", "tier": "A"}, "over_budget_tier"),
        ({"amount": 1, "scope": "rep", "direction": "out"}, "over_budget_rep_out"),
        ({"amount": 1, "scope": "rep", "direction": "in"}, "over_budget_rep_in"),
    ],
)
def test_budgets_limit_what_changes_hands(budget: dict[str, Any], code: str) -> None:
    """Three owned customers and a new one: the new one is no move, an unserved one is."""
    customers = [
        {"owner": "r0", "tier": "A", "revenue": 5},
        {"owner": "r0", "tier": "A", "revenue": 5},
        {"owner": "r1", "tier": "B", "revenue": 5},
        {"tier": "A", "revenue": 100},
    ]
    problem = build([{}, {}], customers, scenario={"disruption": {"budgets": [budget]}})
    assert judge(problem, 0, 0, 1, 1) == []
    assert judge(problem, 1, 0, 1, 1) == []
    assert only(judge(problem, 1, 1, 1, 1)).code == code
    if code != "over_budget_rep_in":
        assert only(judge(problem, -1, -1, 1, 1)).code == code


def test_each_objective_counts_what_it_says() -> None:
    reps = [{"lat": 0, "lon": 0, "skills": "laser"}, {"lat": 0, "lon": 1}]
    customers = [
        {
            "lat": 0,
            "lon": 0,
            "hours": 10,
            "tier": "A",
            "owner": "r0",
            "relationship": 0.9,
            "prefers": "laser:1",
        },
        {"lat": 0, "lon": 0, "hours": 10, "tier": "B"},
    ]
    pairs = [{"customer_id": "c0", "rep_id": "r1", "cost": -0.25}]
    problem = build(
        reps,
        customers,
        pairs=pairs,
        scenario={
            "travel": {"speed_kmh": 50, "detour": 1.25, "stops_per_day": 2, "price": 2.0},
            "skills": {"misfit": 0.2},
        },
    )
    terms = evaluate(problem, Plan(np.array([1, -1]))).terms
    assert terms == {
        # 4 visits, two stops a trip, 111.195 km x 1.25 out and back at 50 km/h, two hours an hour
        "travel": round(1000 * 4 * 2 * 111.19508 * 1.25 / 50 / 2) * 2,
        "handover": 4000 * 14 // 10,  # 4 h x (0.5 + 0.9)
        "unserved": 50_000,
        "misfit": 2000,
        "pair_cost": -250,
    }
    assert sum(terms.values()) == evaluate(problem, Plan(np.array([1, -1]))).objective
