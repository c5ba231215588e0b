import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.building import build_problem
from optimizer.limits import limit_load, scale_measure, to_price
from optimizer.problem import NO_LIMIT, Problem
from tests.cases import make_case

SALES = [{"hours": 1.0, "owner": "r0", "tier": "A"}] * 6 + [{"hours": 2.0, "owner": "r1", "tier": "B"}] * 2


def build(reps: list[dict[str, Any]], rows: list[dict[str, Any]], **scenario: Any) -> Problem:
    return build_problem(make_case(reps, rows, scenario={"corridors": []} | scenario))


def budget(reps: int = 3, **wish: Any) -> list[int]:
    problem = build([{}] * reps, [*SALES, {"hours": 9.0}], disruption={"budgets": [wish]})
    return [int(limit) for limit in problem.budgets[0].limit]


def test_a_decimal_price_is_exact() -> None:
    price = to_price(0.1, 10**9)
    assert (price.num, price.den) == (1, 10)
    assert price.of(25) == 3
    assert price.of(np.array([0, 10, 11])).tolist() == [0, 1, 2]


@given(st.floats(0, 1e12), st.integers(0, 10**16), st.fractions(0, 10**9))
def test_a_price_never_overflows_and_is_right_wherever_it_can_be(
    price: float, most: int, per: Fraction
) -> None:
    found = to_price(price, most, per)
    wish = Fraction(repr(price)) * per
    assert found.num * most < 2**62
    assert found.den < 2**62
    if wish >= Fraction(1, 10**9) and wish * max(most, 1) < 2**56:
        assert found.num / found.den == pytest.approx(float(wish), rel=0.02)
    if wish * most >= 2**62 and wish > 1:
        assert found.num * most > 2**60, "too high a price is lowered no further than needed"


def test_the_load_limit_is_rounded_down_and_not_by_a_float_error() -> None:
    capacity = np.array([10, 1000, 0, 3], dtype=np.int64)
    assert limit_load(capacity, 1.1).tolist() == [11, 1100, 0, 3]
    assert limit_load(capacity, 0.29).tolist() == [2, 290, 0, 0]


@pytest.mark.parametrize(
    ("values", "size", "scale"),
    [
        ([3.0, math.nan, 7.0], [3, 0, 7], 1.0),
        ([0.1, 2.0], [1, 20], 10.0),
        ([0.25, 19.99], [25, 1999], 100.0),
        ([1 / 3, 1.0], [333, 1000], 1000.0),
        ([1e13, 0.0], [10**13, 0], 1.0),
        ([2e12 + 0.5, 2.0], [2 * 10**12, 2], 1.0),
        ([1e15, 0.5e15], [10**12, 5 * 10**11], 0.001),
        ([], [], 1.0),
    ],
)
def test_a_measure_keeps_its_decimals_as_far_as_its_total_allows(
    values: list[float], size: list[int], scale: float
) -> None:
    measure = scale_measure("m", np.array(values, dtype=np.float64))
    assert measure.size.tolist() == size
    assert measure.scale == pytest.approx(scale)


@given(st.lists(st.floats(0, 1e18, allow_nan=False), min_size=1, max_size=20))
def test_a_measure_never_totals_more_than_it_may(values: list[float]) -> None:
    measure = scale_measure("m", np.array(values))
    assert int(measure.size.sum()) <= 10**13 + len(values)
    assert measure.size / measure.scale == pytest.approx(np.array(values), abs=0.51 / measure.scale)


def test_hours_and_customers_come_first_then_what_the_records_have_then_what_is_named() -> None:
    problem = build(
        [{}],
        [{"hours": 1.5, "revenue": 2.5, "beds": 4.0, "rooms": 1.0}, {"hours": 2.0}],
        corridors=[{"measure": "beds"}, {"measure": "customers"}, {"measure": "beds", "tolerance": 0.5}],
        disruption={"budgets": [{"measure": "hours", "share": 0.1}]},
    )
    assert [m.name for m in problem.measures] == ["hours", "customers", "revenue", "beds"]
    assert [m.size.tolist() for m in problem.measures] == [[1500, 2000], [1, 1], [25, 0], [4, 0]]
    assert [m.scale for m in problem.measures] == [1000, 1, 10, 1]
    assert [c.measure for c in problem.corridors] == [3, 1, 3]
    assert problem.budgets[0].measure == 0


def test_targets_by_capacity_are_shares_of_the_total_and_edges_are_rounded_inwards() -> None:
    reps = [{"hours_per_week": 10}, {"hours_per_week": 30}]
    problem = build(reps, [{"hours": 1.001}], corridors=[{"measure": "hours", "tolerance": 0.1}])
    corridor = problem.corridors[0]
    assert corridor.target == pytest.approx([250.25, 750.75])
    assert corridor.low.tolist() == [226, 676]
    assert corridor.high.tolist() == [275, 825]
    assert corridor.price is None


def test_a_territory_exactly_on_the_edge_is_inside() -> None:
    """0.9 x 1000 is 900 and 1.1 x 1000 is 1100, which floats alone would miss."""
    rows = [{"potential": 1000.0}, {"potential": 1000.0}]
    for tolerance, low, high in ((0.1, 900, 1100), (0.3, 700, 1300), (0.07, 930, 1070), (0.0, 1000, 1000)):
        wish = {"measure": "potential", "target": "equal", "tolerance": tolerance}
        corridor = build([{}, {}], rows, corridors=[wish]).corridors[0]
        assert (corridor.low.tolist(), corridor.high.tolist()) == ([low] * 2, [high] * 2)


def test_equal_targets_leave_out_reps_without_capacity() -> None:
    reps = [{}, {"hours_per_week": 0}, {"hours_per_week": 5}]
    problem = build(reps, [{}] * 8, corridors=[{"measure": "customers", "target": "equal"}])
    assert problem.corridors[0].target == pytest.approx([4, 0, 4])


def test_targets_follow_a_column_of_reps_and_a_missing_value_is_nothing() -> None:
    reps = [{"quota": 1.5}, {}, {"quota": 0.5}]
    problem = build(reps, [{}] * 8, corridors=[{"measure": "customers", "target": "quota"}])
    assert problem.corridors[0].target == pytest.approx([6, 0, 2])


def test_targets_are_equal_where_nobody_has_a_share() -> None:
    problem = build([{}, {}], [{}] * 8, corridors=[{"measure": "customers", "target": "quota"}])
    assert problem.corridors[0].target == pytest.approx([4, 4])


def test_an_hour_outside_costs_its_price_and_all_of_a_measure_is_worth_all_hours() -> None:
    rows = [{"hours": 3.0, "potential": 10.5}, {"hours": 5.0, "potential": 9.5}]
    wishes = [{"measure": m, "price": 2.0} for m in ("hours", "potential", "customers")]
    problem = build([{}], rows, corridors=wishes)
    prices = [corridor.price for corridor in problem.corridors]
    assert [Fraction(p.num, p.den) for p in prices if p] == [2, Fraction(2 * 8000, 200), 2 * 8000 // 2]


def test_a_measure_that_nobody_has_costs_nothing() -> None:
    wish = {"measure": "revenue", "price": 2.0}
    problem = build([{}], [{"hours": 3.0}], corridors=[wish])
    assert problem.corridors[0].price is not None
    assert problem.corridors[0].price.of(10) == 0
    assert problem.corridors[0].high.tolist() == [0]


def test_counts_are_absent_unless_asked_for() -> None:
    assert build([{}], [{}]).counts == ()


def test_counts_in_all_and_by_tier() -> None:
    reps = [{}, {"max_customers": 4}, {"max_customers": 1}, {"hours_per_week": 0}]
    tiers = {"B": {"max": 2}, "C": {"min": 1}}
    total, b, c = build(reps, [{}], counts={"min": 2, "max": 5, "tiers": tiers}).counts
    assert (total.tier, total.low.tolist(), total.high.tolist()) == (None, [2, 2, 1, 0], [5, 4, 1, 5])
    assert (b.tier, b.low.tolist(), b.high.tolist()) == (1, [0] * 4, [2] * 4)
    assert (c.tier, c.low.tolist(), c.high.tolist()) == (2, [1, 1, 1, 0], [NO_LIMIT] * 4)


def test_a_reps_own_maximum_is_enough_for_a_count_limit() -> None:
    (total,) = build([{}, {"max_customers": 3}], [{}]).counts
    assert total.high.tolist() == [NO_LIMIT, 3]


def test_a_budget_is_a_share_of_what_is_owned_now_rounded_down() -> None:
    assert budget(share=0.3) == [2]  # of 8 owned customers
    assert budget(share=0.3, measure="hours") == [3000]  # of 10 owned hours
    assert budget(share=1.0, measure="hours") == [10000]


def test_a_budget_of_each_rep_out_is_a_share_of_its_territory() -> None:
    assert budget(share=0.5, scope="rep") == [3, 1, 0]
    assert budget(share=0.5, scope="rep", measure="hours") == [3000, 2000, 0]


def test_a_budget_of_each_rep_in_is_a_share_of_the_average_territory_also_for_a_new_rep() -> None:
    assert budget(share=0.5, scope="rep", direction="in") == [2, 2, 2]


def test_a_budget_of_a_tier_is_a_share_of_that_tier() -> None:
    assert budget(share=0.5, scope="tier", tier="B") == [1]
    assert budget(share=0.5, scope="tier", tier="A") == [3]


def test_a_budget_may_be_an_amount() -> None:
    assert budget(amount=2.5) == [2]
    assert budget(amount=2.5, measure="hours") == [2500]
    assert budget(amount=2.5, scope="rep", measure="hours") == [2500] * 3


def test_a_budget_on_nothing_owned_is_zero() -> None:
    problem = build([{}], [{}], disruption={"budgets": [{"share": 0.5, "scope": "rep", "direction": "in"}]})
    assert problem.budgets[0].limit.tolist() == [0]
