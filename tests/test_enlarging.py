"""A problem with one customer more is the one that is built from the whole case."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.enlarging import add_customer
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.rebalancing import Desk
from tests.cases import make_case, random_case

NEEDS = ("requirement", "requirements", "preference", "preferences")  # equal ones may be numbered apart


def without_last(case: Case) -> Case:
    """The case without its last customer, and without what other tables say of it."""
    records = case.records
    last = records.customers["customer_id"].iloc[-1]
    kept = {"customers": records.customers.iloc[:-1]}
    for name in ("tasks", "locks", "pairs"):
        table = getattr(records, name)
        kept[name] = table[table["customer_id"] != last].reset_index(drop=True)
    apart = records.apart
    kept["apart"] = apart[(apart != last).all(axis=1)].reset_index(drop=True)
    return dataclasses.replace(case, records=dataclasses.replace(records, **kept))


def only_others(case: Case) -> Case:
    """The same with the last customer, of whom other tables say nothing."""
    records = dataclasses.replace(without_last(case).records, customers=case.records.customers)
    return dataclasses.replace(case, records=records)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f") and one.dtype == other.dtype)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    return bool(one == other)


def differ(one: Problem, other: Problem) -> list[str]:
    """Names of the fields that are not the same."""
    names = [f.name for f in dataclasses.fields(Problem) if f.name not in NEEDS]
    found = [name for name in names if not same(getattr(one, name), getattr(other, name))]
    if not same(one.requirements[one.requirement], other.requirements[other.requirement]):
        found.append("requirements")
    if not same(one.preferences[one.preference], other.preferences[other.preference]):
        found.append("preferences")
    return found


@pytest.mark.parametrize("seed", range(80))
def test_a_customer_more_gives_the_problem_of_the_whole_case(seed: int) -> None:
    whole, before = only_others(random_case(seed)), without_last(random_case(seed))
    row = whole.records.customers.tail(1)
    expected = build_problem(whole)
    found = add_customer(build_problem(before), before, row)
    assert differ(found, expected) == []
    owner = np.random.default_rng(seed).integers(-1, found.n_reps, found.n_customers)
    owner[-1] = -1
    name = found.customer_ids[-1]
    assert Desk(found, Plan(owner)).suggest(name, 99) == Desk(expected, Plan(owner)).suggest(name, 99)


def test_a_first_measure_a_new_skill_and_a_home_that_moves_are_those_of_the_whole_case() -> None:
    reps = [{"skills": "cardio:2"}, {"lat": 31.0, "lon": 121.0}]
    others = [{"tier": "A", "lat": 30.0, "lon": 120.0, "owner": "r0", "group": "g"}, {"tier": "A"}]
    new = {
        "tier": "A", "lat": 32.0, "lon": 119.0, "owner": "r0", "group": "g", "revenue": 2.5, "hours": 9.0,
        "requires": "awe:3", "prefers": "zeal",
    }  # fmt: skip
    scenario = {
        "tiers": {"A": {"visits": 13, "hours_per_visit": 1.0}},
        "corridors": [{"measure": "hours", "tolerance": 0.1, "price": 2.0}],
        "disruption": {"budgets": [{"measure": "customers", "share": 0.5}]},
    }
    whole = make_case(reps, [*others, new], scenario=scenario)
    before = without_last(whole)
    found = add_customer(build_problem(before), before, whole.records.customers.tail(1))
    expected = build_problem(whole)
    assert differ(found, expected) == []
    assert found.skill_names == ("awe", "cardio", "zeal")
    assert [measure.name for measure in found.measures] == ["hours", "customers", "revenue"]
    assert not np.array_equal(found.rep_point, build_problem(before).rep_point)
    assert found.group.tolist() == [0, -1, 0]
