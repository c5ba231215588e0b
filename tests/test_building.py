import dataclasses
import datetime as dt
import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.building import build_problem, number_groups
from optimizer.case import Case
from optimizer.problem import EARTH_RADIUS_KM, Price, Problem
from optimizer.records import TABLES, Records
from optimizer.scenario import Scenario
from tests.cases import make_case, make_frame, random_case

TIERS = {
    "A": {"visits": 13, "hours_per_visit": 1.0, "handover_hours": 6.0, "unserved_price": 10.0},
    "B": {"visits": 0, "hours_per_visit": 0.0, "handover_hours": 2.0, "unserved_price": 0.0},
}


def build(reps: list[dict[str, Any]], rows: list[dict[str, Any]], **more: Any) -> Problem:
    return build_problem(make_case(reps, rows, **more))


def level(problem: Problem, rep: int, skill: str) -> int:
    return int(problem.skill[rep, problem.skill_names.index(skill)])


def test_customers_and_reps_keep_their_order_and_names() -> None:
    problem = build([{"rep_id": "z"}, {"rep_id": "a"}], [{"customer_id": "k", "owner": "a"}, {}])
    assert problem.rep_ids.tolist() == ["z", "a"]
    assert problem.customer_ids.tolist() == ["k", "c1"]
    assert problem.owner.tolist() == [1, -1]


def test_hours_and_capacity_become_milli_hours() -> None:
    scenario = {"horizon": {"weeks": 2, "field_share": 0.55}, "capacity": {"limit": 1.1}}
    problem = build([{"hours_per_week": 37.5}], [{"hours": 1.2345}, {"hours": 2.0}], scenario=scenario)
    assert problem.hours.tolist() == [1234, 2000]
    assert problem.capacity.tolist() == [41250]
    assert problem.load_limit.tolist() == [45375]


def test_tiers_are_numbered_as_the_scenario_names_them() -> None:
    problem = build([{}], [{"tier": "B"}, {"tier": "A"}, {}], scenario={"tiers": TIERS})
    assert problem.tier_names == ("A", "B")
    assert problem.tier.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("relationship", "share", "weight", "hours"),
    [
        (None, 1.0, 1.0, 6.0),
        (1.0, 1.0, 1.0, 9.0),
        (0.0, 1.0, 1.0, 3.0),
        (1.0, 0.0, 1.0, 6.0),
        (1.0, 0.5, 2.0, 15.0),
        (1.0, 1.0, 0.0, 0.0),
    ],
)
def test_a_hand_over_costs_the_tiers_hours_by_the_strength_of_the_relationship(
    relationship: float | None, share: float, weight: float, hours: float
) -> None:
    scenario = {"tiers": TIERS, "disruption": {"weight": weight, "relationship_weight": share}}
    row = {"tier": "A", "owner": "r0", "relationship": relationship}
    problem = build([{}], [row, row | {"owner": None}], scenario=scenario)
    assert problem.handover.tolist() == [round(hours * 1000), 0]


def test_leaving_a_customer_unserved_costs_a_multiple_of_its_hours_and_is_never_free() -> None:
    rows = [{"tier": "A", "hours": 2.5}, {"tier": "B", "hours": 2.5}, {"tier": "A", "hours": 0.0}]
    assert build([{}], rows, scenario={"tiers": TIERS}).unserved.tolist() == [25000, 1, 1]


def test_travel_of_a_pair_is_distance_times_the_rate() -> None:
    """One degree of latitude is 111.195 km on the mean sphere; 13 visits, 2 x 1.3 / (50 x 4) hours per km."""
    problem = build(
        [{"lat": 0.0, "lon": 0.0}], [{"tier": "A", "lat": 1.0, "lon": 0.0}], scenario={"tiers": TIERS}
    )
    km = math.radians(1) * EARTH_RADIUS_KM
    first = np.array([0])
    assert problem.distance_km(first, first) == pytest.approx([km])
    assert problem.pair_travel_hours(first, first).tolist() == [round(km * 13 * 2 * 1.3 / 200 * 1000)]


def test_a_rep_without_a_home_lives_amid_its_present_customers() -> None:
    rows = [{"lat": 0.0, "lon": 10.0, "owner": "r0"}, {"lat": 0.0, "lon": 20.0, "owner": "r0"}]
    problem = build([{}, {}], rows)
    angle = math.radians(15)
    assert problem.rep_point[0] == pytest.approx([math.cos(angle), math.sin(angle), 0])
    assert np.isnan(problem.rep_point[1]).all()


def test_groups_are_numbered_and_a_group_of_one_is_none() -> None:
    names = pd.Series(["x", None, "y", "x", "z", "y", "x"], dtype="str")
    assert number_groups(names).tolist() == [0, -1, 1, 0, -1, 1, 0]
    assert number_groups(pd.Series([None, None], dtype="str")).tolist() == [-1, -1]
    assert number_groups(pd.Series([], dtype="str")).tolist() == []


def test_skills_of_reps_and_customers_share_sorted_columns() -> None:
    problem = build(
        [{"skills": "export:2;cardio:3"}, {}],
        [{"requires": "cardio:2"}, {"requires": "cardio:2", "prefers": "mandarin"}, {}],
    )
    assert problem.skill_names == ("cardio", "export", "mandarin")
    assert problem.skill.tolist() == [[3, 2, 0], [0, 0, 0]]
    assert problem.requirements[problem.requirement].tolist() == [[2, 0, 0], [2, 0, 0], [0, 0, 0]]
    assert problem.preferences[problem.preference].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert len(problem.requirements) == 2, "equal texts share a row"


def test_a_skill_counts_only_when_it_lasts_through_the_last_day() -> None:
    reps = [{"skills": "cardio:2@2026-07-18;export"}, {"skills": "cardio:2@2026-07-19"}]
    dated = {"horizon": {"start": "2026-07-06", "weeks": 2}}
    problem = build(reps, [], scenario=dated)
    assert [level(problem, rep, "cardio") for rep in (0, 1)] == [0, 2]
    assert level(problem, 0, "export") == 1
    assert level(build(reps, []), 0, "cardio") == 2, "without a first day expiry is ignored"


def test_of_a_skill_named_twice_the_highest_valid_level_counts() -> None:
    reps = [{"skills": "cardio:3@2026-07-07;cardio:1"}]
    problem = build(reps, [], scenario={"horizon": {"start": "2026-07-06", "weeks": 2}})
    assert level(problem, 0, "cardio") == 1


def test_a_rep_serves_the_tiers_it_names_if_they_are_open_to_its_role() -> None:
    reps = [
        {"role": "hunter"},
        {"role": "farmer"},
        {},
        {"role": "hunter", "tiers": "B"},
        {"role": "farmer", "tiers": "A;B"},
    ]
    tiers = {"A": TIERS["A"] | {"roles": ["hunter", "boss"]}, "B": TIERS["B"]}
    problem = build(reps, [], scenario={"tiers": tiers})
    assert problem.serves.tolist() == [
        [True, True],
        [False, True],
        [False, True],
        [False, True],
        [False, True],
    ]


def test_locks_keep_force_and_forbid() -> None:
    locks = [
        {"customer_id": "c2", "rep_id": "r1", "kind": "forbid"},
        {"customer_id": "c1", "rep_id": "r1", "kind": "force"},
        {"customer_id": "c0", "kind": "keep"},
        {"customer_id": "c2", "kind": "keep"},
        {"customer_id": "c1", "rep_id": "r1", "kind": "force"},
    ]
    problem = build([{}, {}], [{"owner": "r1"}, {"owner": "r0"}, {}], locks=locks)
    found = zip(problem.lock_customer, problem.lock_rep, problem.lock_forces, strict=True)
    assert sorted((int(c), int(r), bool(f)) for c, r, f in found) == [
        (0, 1, True),
        (1, 1, True),
        (2, 1, False),
    ]


@pytest.mark.parametrize(("until", "start", "holds"), [
    (None, "2026-07-06", True),
    ("2026-07-05", "2026-07-06", False),
    ("2026-07-06", "2026-07-06", True),
    ("2026-07-05", None, True),
])  # fmt: skip
def test_a_lock_expired_before_the_horizon_is_dropped(
    until: str | None, start: str | None, holds: bool
) -> None:
    lock = {"customer_id": "c0", "rep_id": "r0", "kind": "force", "until": until}
    problem = build([{}], [{}], locks=[lock], scenario={"horizon": {"start": start}})
    assert len(problem.lock_customer) == holds


def test_pairs_are_sorted_and_the_last_of_duplicates_holds() -> None:
    pairs = [
        {"customer_id": "c1", "rep_id": "r0", "hours": 1.0, "allowed": False},
        {"customer_id": "c0", "rep_id": "r1", "cost": -0.5},
        {"customer_id": "c1", "rep_id": "r0", "travel_hours": 0.0, "allowed": True},
        {"customer_id": "c0", "rep_id": "r0", "hours": 0.0, "allowed": False},
    ]
    problem = build([{}, {}], [{}, {}], pairs=pairs)
    assert problem.pair_key.tolist() == [0, 1, 2]
    assert problem.pair_hours.tolist() == [0, -1, -1]
    assert problem.pair_travel.tolist() == [-1, -1, 0]
    assert problem.pair_cost.tolist() == [0, -500, 0]
    assert problem.pair_allowed.tolist() == [0, -1, 1]


def test_customers_apart_are_couples_named_once() -> None:
    apart = [
        {"customer_a": "c2", "customer_b": "c0"},
        {"customer_a": "c0", "customer_b": "c2"},
        {"customer_a": "c0", "customer_b": "c1"},
    ]
    assert build([{}], [{}] * 3, apart=apart).apart.tolist() == [[0, 1], [0, 2]]


def test_prices_are_per_milli_hour_or_per_piece_and_none_is_hard() -> None:
    scenario = {
        "capacity": {"price": 2.5},
        "counts": {"price": 1.5, "min": 1},
        "apart": {"price": 0.25},
        "skills": {"misfit": 0.1},
        "travel": {"price": 0.5},
        "distance": {"limit_km": 80},
        "coverage": {"hard": True},
    }
    apart = [{"customer_a": "c0", "customer_b": "c1"}]
    problem = build([{}], [{}, {}], apart=apart, scenario=scenario)
    assert problem.capacity_price == Price(5, 2)
    assert problem.count_price == Price(1500)
    assert problem.apart_price == Price(250)
    assert problem.misfit_price == Price(1, 10)
    assert problem.travel_price == Price(1, 2)
    assert (problem.skill_price, problem.tier_price, problem.distance_price) == (None, None, None)
    assert problem.distance_limit == 80
    assert problem.cover_all
    assert not problem.count_travel


def test_an_empty_scenario_builds_and_has_no_limits_that_nobody_asked_for() -> None:
    problem = build([{}], [{}])
    assert problem.distance_limit == math.inf
    assert (problem.counts, problem.budgets) == ((), ())
    assert [problem.measures[c.measure].name for c in problem.corridors] == ["hours"]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("customers", {"owner": "nobody"}),
        ("locks", {"customer_id": "c0", "rep_id": "nobody", "kind": "force"}),
        ("pairs", {"customer_id": "nobody", "rep_id": "r0"}),
        ("apart", {"customer_a": "c0", "customer_b": "nobody"}),
    ],
)
def test_an_unknown_reference_is_an_error_and_not_the_last_row(table: str, row: dict[str, Any]) -> None:
    given = {"customers": [{}]} | {table: [row]}
    rows = given.pop("customers")
    with pytest.raises(KeyError, match="nobody"):
        build([{}], rows, **given)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_any_case_builds_into_whole_numbers_of_the_promised_shapes(seed: int) -> None:
    case = random_case(seed)
    problem = build_problem(case)
    n, reps = problem.n_customers, problem.n_reps
    shapes = {"tier": (n,), "hours": (n,), "travel_rate": (n,), "customer_point": (n, 3), "owner": (n,)}
    shapes |= {"handover": (n,), "unserved": (n,), "group": (n,), "requirement": (n,), "preference": (n,)}
    shapes |= {"capacity": (reps,), "load_limit": (reps,), "rep_point": (reps, 3)}
    shapes |= {"skill": (reps, len(problem.skill_names)), "serves": (reps, len(problem.tier_names))}
    shapes |= {"apart": (len(problem.apart), 2)}
    for field in dataclasses.fields(problem):
        value = getattr(problem, field.name)
        if isinstance(value, np.ndarray):
            assert value.shape == shapes.get(field.name, value.shape), field.name
            wanted = {"Ints": np.int64, "Floats": np.float64, "Bools": np.bool_}.get(str(field.type), object)
            assert value.dtype == wanted, field.name
    assert len(problem.lock_customer) == len(problem.lock_rep) == len(problem.lock_forces)
    assert (np.diff(problem.pair_key) > 0).all()
    assert (problem.unserved > 0).all()
    assert (problem.group < 0).sum() + sum(np.bincount(problem.group[problem.group >= 0])) == n
    assert (np.bincount(problem.group[problem.group >= 0]) != 1).all()
    for corridor in problem.corridors:
        assert corridor.target.sum() == pytest.approx(problem.measures[corridor.measure].size.sum())
        for array in (corridor.low, corridor.high):
            assert (array.shape, array.dtype) == ((reps,), np.int64)
    for budget in problem.budgets:
        assert budget.limit.shape == ((reps,) if budget.scope == "rep" else (1,))
    for price in [c.price for c in problem.corridors] + [b.price for b in problem.budgets]:
        assert price is None or (price.num >= 0 and price.den > 0)


def test_random_cases_show_every_feature() -> None:
    problems = [build_problem(random_case(seed)) for seed in range(100)]
    features = {
        "locks": lambda p: len(p.lock_customer),
        "pairs": lambda p: len(p.pair_key),
        "apart": lambda p: len(p.apart),
        "groups": lambda p: (p.group >= 0).any(),
        "counts by tier": lambda p: any(c.tier is not None for c in p.counts),
        "two corridors": lambda p: len(p.corridors) == 2,
        "hard corridors": lambda p: any(c.price is None for c in p.corridors),
        "priced corridors": lambda p: any(c.price is not None for c in p.corridors),
        "distance": lambda p: p.distance_limit < math.inf,
        "skills missing": lambda p: (p.requirements.max(initial=0, axis=0) > p.skill.min(axis=0)).any(),
        "travel in capacity": lambda p: p.count_travel,
        "cover all": lambda p: p.cover_all,
        "tight": lambda p: p.hours.sum() > 0.9 * p.load_limit.sum(),
        "infeasible in sum": lambda p: p.hours.sum() > p.load_limit.sum(),
        "no geography": lambda p: np.isnan(p.customer_point).all(),
        "budget in": lambda p: any(b.scope == "rep" and b.direction == "in" for b in p.budgets),
        "budget out": lambda p: any(b.scope == "rep" and b.direction == "out" for b in p.budgets),
        "budget all": lambda p: any(b.scope == "all" for b in p.budgets),
        "budget tier": lambda p: any(b.scope == "tier" for b in p.budgets),
        "tiers not served": lambda p: not p.serves.all(),
    }
    for name, shows in features.items():
        assert 3 <= sum(bool(shows(p)) for p in problems) <= 97, name


def test_a_random_case_is_the_same_for_the_same_seed() -> None:
    one, two = random_case(7), random_case(7)
    for name, frame in one.records.tables().items():
        pd.testing.assert_frame_equal(frame, two.records.tables()[name])
    assert one.scenario == two.scenario


def test_a_hundred_thousand_customers_build_without_a_loop_over_rows() -> None:
    n, reps = 100_000, 500
    rng = np.random.default_rng(0)
    frames = {name: make_frame(name, []) for name in TABLES}
    frames["reps"] = make_frame("reps", [{"skills": "cardio:3;export@2026-12-31"}] * reps)
    customers = frames["customers"].reindex(range(n))
    customers["customer_id"] = "c" + pd.Series(range(n)).astype(str)
    customers["owner"] = "r" + pd.Series(rng.integers(0, reps, n)).astype(str)
    customers["tier"] = rng.choice(["A", "B", "C"], n)
    customers["requires"] = rng.choice(["cardio:2", "export"], n)
    customers["group"] = pd.Series(rng.integers(0, n, n)).astype(str)
    customers["revenue"] = rng.uniform(0, 1e5, n).round(2)
    customers["lat"], customers["lon"] = rng.uniform(25, 35, n), rng.uniform(110, 120, n)
    frames["customers"] = customers
    scenario = {
        "horizon": {"start": dt.date(2026, 7, 6)},
        "corridors": [{"measure": "hours"}, {"measure": "revenue", "price": 1.0}],
        "disruption": {"budgets": [{"measure": "revenue", "share": 0.2, "scope": "rep"}]},
    }
    case = Case("big", Records(**frames), Scenario.model_validate(scenario))
    started = time.process_time()
    problem = build_problem(case)
    assert time.process_time() - started < 3.0, "0.3 s when written"
    assert problem.n_customers == n
    assert problem.hours.sum() == pytest.approx(1000 * n * (12 + 4.5 + 1) / 3, rel=0.02)
