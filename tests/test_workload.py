import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.case import Case
from optimizer.workload import customer_hours, customer_visits, rep_capacity_hours, travel_rate
from tests.cases import make_case

MONDAY = dt.date(2026, 7, 6)
TIERS = {"A": {"visits": 6, "hours_per_visit": 2.0}, "C": {"visits": 1, "hours_per_visit": 1.0}}


def capacity(horizon: dict[str, Any], absences: list[dict[str, Any]] | None = None, **rep: Any) -> float:
    case = make_case([rep], [], absences=absences or [], scenario={"horizon": horizon})
    return float(rep_capacity_hours(case.records, case.scenario)[0])


def customers(rows: list[dict[str, Any]], tasks: list[dict[str, Any]] | None = None, **scenario: Any) -> Case:
    return make_case([{}], rows, tasks=tasks or [], scenario={"tiers": TIERS} | scenario)


def test_hours_come_from_the_cadence_scaled_to_the_horizon() -> None:
    case = customers([{"tier": "A"}, {"tier": "C"}, {}], horizon={"weeks": 26})
    assert customer_hours(case.records, case.scenario) == pytest.approx([24.0, 2.0, 2.0])
    assert customer_visits(case.records, case.scenario) == pytest.approx([12.0, 2.0, 2.0])


def test_a_customer_without_a_tier_gets_the_default_tier() -> None:
    case = customers([{}], default_tier="A")
    assert customer_visits(case.records, case.scenario) == pytest.approx([6.0])


def test_given_hours_are_the_whole_but_visits_stay_the_tiers() -> None:
    task = {"customer_id": "c0", "hours": 5.0}
    case = customers([{"tier": "A", "hours": 3.5}, {"tier": "A", "hours": 0.0}], [task])
    assert customer_hours(case.records, case.scenario) == pytest.approx([3.5, 0.0])
    assert customer_visits(case.records, case.scenario) == pytest.approx([6.0, 6.0])


def test_given_visits_take_the_place_of_the_tiers() -> None:
    case = customers([{"tier": "A", "visits": 2}, {"tier": "A", "visits": 0}, {"tier": "A"}])
    assert customer_visits(case.records, case.scenario) == pytest.approx([2.0, 0.0, 6.0])
    assert customer_hours(case.records, case.scenario) == pytest.approx([4.0, 0.0, 12.0])


def test_open_tasks_add_their_hours_to_the_cadence() -> None:
    tasks = [
        {"customer_id": "c1", "hours": 5.0},
        {"customer_id": "c1", "hours": 0.5, "status": "open"},
        {"customer_id": "c1", "hours": 100.0, "status": "done"},
        {"customer_id": "c0", "hours": 100.0, "status": "cancelled"},
        {"hours": 100.0},
    ]
    case = customers([{"tier": "A"}, {"tier": "C"}], tasks)
    assert customer_hours(case.records, case.scenario) == pytest.approx([12.0, 6.5])


def test_an_unknown_tier_is_an_error_and_not_the_last_tier() -> None:
    case = customers([{"tier": "Z"}])
    with pytest.raises(KeyError, match="Z"):
        customer_visits(case.records, case.scenario)


def test_travel_per_km_is_two_ways_with_detour_shared_by_the_stops_of_a_day() -> None:
    case = customers([{"tier": "A"}], travel={"speed_kmh": 50, "detour": 1.5, "stops_per_day": 3})
    assert travel_rate(case.records, case.scenario) == pytest.approx([6 * 2 * 1.5 / (50 * 3)])


def test_without_a_start_capacity_is_weeks_times_hours_times_field_share() -> None:
    away = [{"rep_id": "r0", "starts": MONDAY, "ends": MONDAY}]
    horizon = {"weeks": 4, "field_share": 0.5, "holidays": [MONDAY]}
    assert capacity(horizon, away, hours_per_week=30, starts=dt.date(2030, 1, 1)) == pytest.approx(60.0)
    assert capacity(horizon) == pytest.approx(80.0)


@pytest.mark.parametrize(
    ("what", "horizon", "rep", "absences", "days"),
    [
        ("a plain week", {}, {}, [], 5),
        ("part-time hours", {}, {"hours_per_week": 20}, [], 2.5),
        ("a holiday", {"holidays": [dt.date(2026, 7, 8)]}, {}, [], 4),
        ("a holiday on a Saturday", {"holidays": [dt.date(2026, 7, 11)]}, {}, [], 5),
        ("a make-up Saturday", {"extra_workdays": [dt.date(2026, 7, 11)]}, {}, [], 6),
        ("a make-up day that is a holiday", {
            "extra_workdays": [dt.date(2026, 7, 11)], "holidays": [dt.date(2026, 7, 11)],
        }, {}, [], 5),
        ("joins on Thursday", {}, {"starts": dt.date(2026, 7, 9)}, [], 2),
        ("leaves on Thursday", {}, {"ends": dt.date(2026, 7, 9)}, [], 4),
        ("left before", {}, {"ends": dt.date(2026, 7, 5)}, [], 0),
        ("joins afterwards", {}, {"starts": dt.date(2026, 7, 13)}, [], 0),
        ("away two days", {}, {}, [(7, 8)], 3),
        ("away twice on the same days", {}, {}, [(7, 8), (8, 9)], 2),
        ("away before and after", {}, {}, [(1, 6), (12, 20)], 4),
        ("a weekend away", {}, {}, [(11, 12)], 5),
    ],
)  # fmt: skip
def test_a_week_of_forty_hours_counts_the_days_worked(
    what: str, horizon: dict[str, Any], rep: dict[str, Any], absences: list[tuple[int, int]], days: float
) -> None:
    away = [{"rep_id": "r0", "starts": dt.date(2026, 7, a), "ends": dt.date(2026, 7, b)} for a, b in absences]
    found = capacity({"start": MONDAY, "weeks": 1, "field_share": 0.5} | horizon, away, **rep)
    assert found == pytest.approx(days * 4.0), what


def test_a_six_day_week_spreads_the_same_hours_over_six_days() -> None:
    horizon = {"start": MONDAY, "weeks": 1, "field_share": 1.0, "workdays": [1, 2, 3, 4, 5, 6]}
    assert capacity(horizon) == pytest.approx(40.0)
    assert capacity(horizon | {"holidays": [MONDAY]}) == pytest.approx(40.0 * 5 / 6)


def test_an_absence_takes_hours_from_its_own_rep_only() -> None:
    case = make_case(
        [{}, {}],
        [],
        absences=[{"rep_id": "r1", "starts": MONDAY, "ends": MONDAY}],
        scenario={"horizon": {"start": MONDAY, "weeks": 1, "field_share": 1.0}},
    )
    assert rep_capacity_hours(case.records, case.scenario) == pytest.approx([40.0, 32.0])


def test_a_new_rep_ramps_up_by_the_day_from_its_start() -> None:
    horizon = {"start": MONDAY, "weeks": 2, "field_share": 1.0}
    days = [0.5, 1.5, 2.5, 3.5, 4.5]
    assert capacity(horizon, starts=MONDAY, ramp_weeks=1) == pytest.approx(8 * (sum(days) / 7 + 5))


def test_a_ramp_goes_on_where_it_stood_when_the_horizon_begins() -> None:
    horizon = {"start": MONDAY, "weeks": 1, "field_share": 1.0}
    factors = [min(1.0, (7 + d + 0.5) / 10.5) for d in range(5)]
    found = capacity(horizon, starts=MONDAY - dt.timedelta(days=7), ramp_weeks=1.5)
    assert found == pytest.approx(8 * sum(factors))


def test_a_ramp_without_a_start_is_over() -> None:
    assert capacity({"start": MONDAY, "weeks": 1, "field_share": 1.0}, ramp_weeks=8) == pytest.approx(40.0)


@given(
    first=st.integers(-20, 60),
    length=st.integers(0, 60),
    away=st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 30)), max_size=4),
    ramp=st.sampled_from([None, 0.0, 0.3, 2.0, 9.0]),
    offset=st.integers(0, 6),
)
@settings(max_examples=60, deadline=None)
def test_capacity_equals_a_day_by_day_count(
    first: int, length: int, away: list[tuple[int, int]], ramp: float | None, offset: int
) -> None:
    start = MONDAY + dt.timedelta(days=offset)
    day = [start + dt.timedelta(days=d) for d in range(35)]
    starts, ends = start + dt.timedelta(days=first), start + dt.timedelta(days=first + length)
    spans = [(start + dt.timedelta(days=a), start + dt.timedelta(days=a + n)) for a, n in away]
    holiday, extra = day[3], day[5]
    expected = 0.0
    for today in day:
        works = (today.isoweekday() <= 5 or today == extra) and today != holiday
        if works and starts <= today <= ends and not any(a <= today <= b for a, b in spans):
            factor = min(1.0, ((today - starts).days + 0.5) / (7 * ramp)) if ramp else 1.0
            expected += 8 * 0.6 * factor
    found = capacity(
        {"start": start, "weeks": 5, "holidays": [holiday], "extra_workdays": [extra]},
        [{"rep_id": "r0", "starts": a, "ends": b} for a, b in spans],
        starts=starts,
        ends=ends,
        ramp_weeks=ramp,
    )
    assert found == pytest.approx(expected)


def test_arrays_are_float64_also_for_empty_tables() -> None:
    case = make_case([], [])
    for function in (customer_hours, customer_visits, rep_capacity_hours, travel_rate):
        found = function(case.records, case.scenario)
        assert found.shape == (0,)
        assert found.dtype == np.float64
