"""Plans beside each other, and what differs between two: by hand on four customers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.comparing import Comparison, Differences, Entry, compare_plans, diff_plans
from optimizer.guardrails import Guardrail
from optimizer.kpis import Kpi
from optimizer.plan import Plan
from tests.cases import make_case
from tests.test_kpis import CUSTOMERS, SCENARIO


def enter(name: str, owner: list[int], **changes: object) -> Entry:
    case = make_case([{}, {}], CUSTOMERS, scenario=SCENARIO)
    case = replace(case, guardrails=(Guardrail("unserved", max=0),), **changes)
    return Entry(name, case, build_problem(case), Plan(np.array(owner)))


@pytest.fixture(scope="module")
def compared() -> Comparison:
    plans = [enter("now", [0, 0, 1, -1]), enter("all", [0, 0, 1, 1]), enter("swap", [1, 1, 0, 0])]
    return compare_plans(plans, "all")


def find(comparison: Comparison, name: str) -> Kpi:
    return next(kpi for kpi in comparison.kpis if kpi.name == name)


def test_each_kpi_has_its_best_and_differences_from_the_baseline(compared: Comparison) -> None:
    moved, unserved = find(compared, "moved"), find(compared, "unserved")
    assert compared.values(moved) == [0, 0, 3]
    assert compared.differences(moved) == [0, 0, 3]
    assert compared.best(moved) == (0, 1)
    assert compared.differences(unserved) == [1, 0, 0]
    assert compared.best(unserved) == (1, 2)


def test_nothing_is_best_where_neither_way_is_better_or_all_are_alike(compared: Comparison) -> None:
    assert compared.best(find(compared, "utilization")) == ()
    assert compared.best(find(compared, "unserved.A")) == ()
    assert compared.differences(find(compared, "gap")) == [None] * 3


def test_every_plan_is_held_against_its_guardrails(compared: Comparison) -> None:
    assert [plan.accepted for plan in compared.plans] == [False, True, True]
    assert not compared.accepted


def test_plans_of_one_name_and_an_unknown_baseline_are_mistakes() -> None:
    plan = enter("now", [0, 0, 1, -1])
    with pytest.raises(ValueError, match="different names"):
        compare_plans([plan, plan])
    with pytest.raises(ValueError, match="no plan 'other'"):
        compare_plans([plan], "other")


@pytest.fixture(scope="module")
def differing() -> Differences:
    """c0 moves and is re-tiered, c1 stays and is re-tiered and takes more, c2 goes, c3 is placed, c9 and r2 come."""
    before = enter("before", [0, 0, 1, -1])
    changed = [dict(row, customer_id=f"c{k}") for k, row in enumerate(CUSTOMERS)]
    changed[0]["tier"], changed[1]["tier"], changed[1]["hours"] = "B", "B", 5.0
    rows = [*changed[:2], changed[3], {"customer_id": "c9", "tier": "A", "hours": 2.5, "revenue": 7.0}]
    case = make_case([{}, {}, {}], rows, scenario=SCENARIO)
    return diff_plans(before, Entry("after", case, build_problem(case), Plan(np.array([2, 0, 1, 2]))))


def test_every_customer_that_differs_is_told_once_with_what_happened(differing: Differences) -> None:
    told = {c.customer_id: (c.kind, c.from_rep_id, c.to_rep_id) for c in differing.list_changes()}
    assert told == {
        "c0": ("moved", "r0", "r2"),
        "c1": ("retiered", "r0", "r0"),
        "c2": ("lost", "r1", ""),
        "c3": ("placed", "", "r1"),
        "c9": ("added", "", "r2"),
    }
    assert differing.retiered == 2
    assert sum(differing.counts.values()) == 5
    change = next(differing.list_changes())
    assert (change.tier_before, change.tier_after, change.hours_before) == ("A", "B", 4.0)


def test_the_ledger_of_every_rep_adds_up(differing: Differences) -> None:
    ledger = differing.ledger.set_index("rep_id")
    for worth in ("customers", "hours", "revenue"):
        flow = ledger[f"{worth}_before"] - ledger[f"{worth}_out"] + ledger[f"{worth}_in"]
        assert (flow + ledger[f"{worth}_kept_change"]).tolist() == ledger[f"{worth}_after"].tolist()
    assert ledger.loc["r0", ["hours_before", "hours_out", "hours_kept_change", "hours_after"]].tolist() == [
        7,
        4,
        2,
        5,
    ]
    assert ledger.loc["r2", ["customers_in", "hours_in", "revenue_in"]].tolist() == [2, 6.5, 37]


def test_a_plan_does_not_differ_from_itself() -> None:
    plan = enter("now", [0, 0, 1, -1])
    assert not len(diff_plans(plan, plan).changes)
