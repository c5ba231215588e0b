import math

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.geography import home_points, unit_points
from tests.cases import make_case

NAN = math.nan


def test_points_lie_on_the_unit_sphere_where_the_angles_say() -> None:
    points = unit_points(np.array([0.0, 0.0, 90.0, -30.0]), np.array([0.0, 90.0, 45.0, 180.0]))
    expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-math.sqrt(3) / 2, 0, -0.5]]
    assert points == pytest.approx(np.array(expected), abs=1e-12)


def test_half_a_point_is_no_point() -> None:
    points = unit_points(np.array([NAN, 10.0, 10.0]), np.array([10.0, NAN, 10.0]))
    assert np.isnan(points[:2]).all()
    assert not np.isnan(points[2]).any()


def test_a_rep_lives_where_it_says_else_amid_its_customers_else_nowhere() -> None:
    customers = unit_points(np.array([0.0, 0.0, NAN, 5.0, 50.0]), np.array([10.0, 30.0, 70.0, 5.0, 50.0]))
    owner = np.array([1, 1, 1, 0, -1])
    homes = home_points(np.array([40.0, NAN, NAN, 1.0]), np.array([20.0, NAN, NAN, NAN]), owner, customers)
    assert homes[:2] == pytest.approx(unit_points(np.array([40.0, 0.0]), np.array([20.0, 20.0])))
    assert np.isnan(homes[2:]).all()


def test_the_middle_of_a_territory_across_the_date_line_is_on_the_date_line() -> None:
    customers = unit_points(np.array([0.0, 0.0]), np.array([179.0, -179.0]))
    home = home_points(np.array([NAN]), np.array([NAN]), np.array([0, 0]), customers)
    assert home == pytest.approx(np.array([[-1.0, 0.0, 0.0]]), abs=1e-12)


def test_customers_on_opposite_sides_of_the_globe_have_no_middle() -> None:
    customers = unit_points(np.array([0.0, 0.0]), np.array([0.0, 180.0]))
    assert np.isnan(home_points(np.array([NAN]), np.array([NAN]), np.array([0, 0]), customers)).all()


def test_no_customers_at_all_leave_homes_as_given() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    homes = home_points(np.array([0.0, NAN]), np.array([0.0, NAN]), nobody, np.zeros((0, 3)))
    assert homes[0] == pytest.approx([1, 0, 0])
    assert np.isnan(homes[1]).all()


def test_a_rep_without_home_or_territory_travels_as_from_the_nearest_known_home() -> None:
    problem = build_problem(
        make_case(
            [{"lat": 0.0, "lon": 0.0}, {"lat": 0.0, "lon": 10.0}, {}],
            [{"lat": 0.0, "lon": 1.0}, {"lat": 0.0, "lon": 8.0}, {}],
        )
    )
    assert problem.nearest_km == pytest.approx([111.195, 222.390, 0.0], abs=0.01)
    everyone = np.arange(3)
    homeless = problem.pair_travel_hours(everyone, np.full(3, 2))
    assert homeless[0] == problem.pair_travel_hours(everyone, np.full(3, 0))[0] > 0
    assert homeless[1] == problem.pair_travel_hours(everyone, np.full(3, 1))[1] > 0
    assert homeless[2] == 0
