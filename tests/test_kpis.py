"""KPIs: every figure is what its formula says, on a case small enough to count by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.guardrails import Guardrail, judge_guardrails
from optimizer.kpis import DEFINITIONS, list_kpis, look_at, measure_kpis, name_kpis
from optimizer.messages import load_catalogue
from optimizer.plan import Plan
from optimizer.reading import read_case
from optimizer.reports import summarize_plan
from optimizer.reports.content.kpi_texts import say_guardrail, write_value
from tests.cases import make_case

ROOT = Path(__file__).parents[1]
SCENARIO = {
    "horizon": {"weeks": 1, "hours_per_week": 10, "field_share": 1.0},
    "tiers": {"A": {"visits": 1, "hours_per_visit": 1, "handover_hours": 2}, "B": {"visits": 1, "hours_per_visit": 1}},
    "corridors": [{"measure": "revenue", "tolerance": 0.1, "target": "equal", "price": 1.0}],
}  # fmt: skip
CUSTOMERS = [
    {"tier": "A", "hours": 4.0, "revenue": 30.0, "owner": "r0", "lat": 0.0, "lon": 0.0},
    {"tier": "A", "hours": 3.0, "revenue": 10.0, "owner": "r0", "lat": 0.0, "lon": 2.0},
    {"tier": "B", "hours": 2.0, "revenue": 10.0, "owner": "r1", "lat": 1.0, "lon": 0.0},
    {"tier": "B", "hours": 1.0, "revenue": 50.0, "lat": 1.0, "lon": 1.0},
]
OWNER = np.array([0, 1, 1, -1])  # c1 moves from r0 to r1; c3 stays without an owner


@pytest.fixture(scope="module")
def figures() -> dict[str, float | None]:
    problem = build_problem(make_case([{}, {}], CUSTOMERS, scenario=SCENARIO))
    look = look_at(problem, Plan(OWNER))
    low = look.score.objective // 2
    return measure_kpis(look_at(problem, Plan(OWNER), look.score, bound=low)) | {"low": low / 1000}


def test_moves_are_counted_by_customers_hours_revenue_and_handover(figures: dict[str, float]) -> None:
    assert figures["moved"] == 1
    assert figures["moved_share"] == pytest.approx(1 / 3)
    assert figures["moved_hours"] == 3.0
    assert figures["moved_revenue"] == 10.0
    assert figures["handover_hours"] > 0


def test_who_has_no_owner_is_counted_in_all_and_by_tier(figures: dict[str, float]) -> None:
    assert (figures["unserved"], figures["unserved_hours"]) == (1, 1.0)
    assert (figures["unserved.A"], figures["unserved.B"]) == (0, 1)
    assert (figures["coverage.A"], figures["coverage.B"]) == (1.0, 0.5)


def test_utilization_and_corridors_are_shares_of_capacity_and_target(figures: dict[str, float]) -> None:
    assert figures["utilization"] == pytest.approx(9 / 20)
    assert figures["utilization_least"] == pytest.approx(0.4)
    assert figures["utilization_most"] == pytest.approx(0.5)
    assert figures["utilization_variation"] == pytest.approx(0.05 / 0.45)
    assert figures["deviation.revenue"] == pytest.approx(0.6)  # 20 of 50; targets share all 100
    assert figures["inside.revenue"] == 0.0
    assert figures["variation.revenue"] == pytest.approx(5 / 25)


def test_compactness_is_the_mean_distance_to_the_middle_of_the_territory(figures: dict[str, float]) -> None:
    half = math.degrees(math.acos(math.cos(math.radians(2)) * math.cos(math.radians(1)))) / 2
    expected = (0 + 2 * half * math.pi / 180 * 6371.0088) / 3
    assert figures["distance_km"] == pytest.approx(expected, rel=1e-6)


def test_the_gap_is_told_only_of_a_plan_that_keeps_all_and_has_a_bound() -> None:
    problem = build_problem(make_case([{}, {}], CUSTOMERS, scenario=SCENARIO | {"coverage": {"hard": True}}))
    assert measure_kpis(look_at(problem, Plan(OWNER), bound=1))["gap"] is None
    assert measure_kpis(look_at(problem, Plan(np.array([0, 1, 1, 1]))))["gap"] is None


def test_the_gap_is_the_share_of_the_cost_that_could_be_saved(figures: dict[str, float]) -> None:
    assert figures["bound"] == figures["low"]
    assert figures["gap"] == pytest.approx((figures["cost"] - figures["bound"]) / figures["cost"])


def test_every_kpi_has_a_name_and_a_formula_and_the_scenario_knows_their_names() -> None:
    case = read_case(ROOT / "scenarios" / "quickstart")
    kpis = list_kpis(build_problem(case))
    assert tuple(kpi.name for kpi in kpis) == name_kpis(case.scenario)
    assert len({kpi.name for kpi in kpis}) == len(kpis)
    words = load_catalogue("en")
    assert all(f"kpi.{d.key}" in words and f"kpi_formula.{d.key}" in words for d in DEFINITIONS)
    assert len({kpi.label() for kpi in kpis}) == len(kpis)


def test_reports_tell_the_same_figures() -> None:
    case = make_case([{}, {}], CUSTOMERS, scenario=SCENARIO)
    problem, plan = build_problem(case), Plan(OWNER)
    look = look_at(problem, plan)
    kpis, summary = measure_kpis(look), summarize_plan(case, problem, plan, look.score)
    assert (summary.moved, summary.moved_share) == (kpis["moved"], kpis["moved_share"])
    assert summary.after.most_utilization == kpis["utilization_most"]
    assert summary.after.balances[0].worst == kpis["deviation.revenue"]


def test_a_guardrail_is_kept_at_its_very_limit_and_never_by_a_figure_that_is_unknown() -> None:
    rails = (Guardrail("gap", max=0.01), Guardrail("moved", min=1, max=3), Guardrail("cost", max=10))
    passed = judge_guardrails(rails, {"gap": None, "moved": 3.0, "cost": 10.0001})
    assert [one.ok for one in passed] == [False, True, False]


def test_a_guardrail_is_told_with_figures_that_show_why() -> None:
    kpis = list_kpis(build_problem(make_case([{}, {}], CUSTOMERS, scenario=SCENARIO)))
    (passed,) = judge_guardrails((Guardrail("gap", max=0.01),), {"gap": 0.01003})
    assert say_guardrail(passed, kpis, "en") == "not kept: Gap is 1.003%, at most 1%"
    assert write_value(-0.05, "share", signed=True) == "-5.00"
