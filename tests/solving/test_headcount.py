"""The fewest people: constructed cases whose number is known, and bounds that hold whatever the case."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.problem import UNITS_PER_HOUR
from optimizer.solving import solve
from optimizer.solving.teams.choosing import Choosing
from optimizer.solving.teams.coarse import MOST_NODES, coarsen, spread_places
from optimizer.solving.teams.headcount import find_fewest
from optimizer.solving.teams.seats import Offers, Seats, list_offers, relax
from optimizer.solving.teams.team_bound import TeamBound
from optimizer.solving.teams.whole_teams import WholeTeam, find_team
from tests.cases import make_case, random_case

HUNDRED = {"horizon": {"weeks": 10, "hours_per_week": 10, "field_share": 1.0}}  # hours of everybody


def seat(case: Case) -> Seats:
    problem = relax(build_problem(case))
    nobody = np.zeros(problem.n_reps, dtype=np.int64)
    return Seats(problem, nobody, nobody + 1)


def hours(*each: float, **more: Any) -> list[dict[str, Any]]:
    return [{"hours": float(h)} | more for h in each]


CASES = {
    "hours": ([{}] * 6, hours(*[50] * 8), 4, "hours"),
    "large": ([{}] * 6, hours(*[60] * 5), 5, "large"),
    "two to one": ([{}] * 6, hours(*[34] * 7), 4, "large"),
    "skill": (
        [{"skills": "cardio"}] * 3 + [{"hours_per_week": 30.0}] * 3,
        hours(70, 70, 70, requires="cardio") + hours(20, 20),
        3,
        "hours",
    ),
    "skills that nobody has both of": (
        [{"skills": "cardio"}] * 3 + [{"skills": "export"}] * 3,
        hours(40, 40, 40, requires="cardio") + hours(30, 30, 30, 30, requires="export"),
        4,
        None,
    ),
    "number of customers": (
        [{"max_customers": 2}] * 5,
        hours(1, 1, 1, 1, 1, 1, 1),
        4,
        "customers",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rules_prove_the_known_number(name: str) -> None:
    reps, customers, known, what = CASES[name]
    seats = seat(make_case(reps, customers, scenario=HUNDRED))
    fewest = find_fewest(seats)
    assert fewest.people == known
    assert (None if fewest.rule is None else fewest.rule.what) == what
    assert find_team(seats, known - 1) is False
    assert isinstance(find_team(seats, known), WholeTeam)


def test_customers_that_cannot_be_cut_need_one_more_than_their_hours() -> None:
    seats = seat(make_case([{}] * 6, hours(70, 70, 40, 40, 40, 30, 5), scenario=HUNDRED))
    assert find_fewest(seats).people == 3  # 295 of 300 hours, but 70 + 30, 70, and 40 + 40 leave a 40
    assert find_team(seats, 3) is False
    found = find_team(seats, 4)
    assert isinstance(found, WholeTeam)
    load = np.bincount(found.owner, seats.problem.hours, 6)
    assert (
        found.people.sum() == 4
        and (load <= 100 * UNITS_PER_HOUR).all()
        and (load[found.people == 0] == 0).all()
    )


def test_a_customer_nobody_may_serve_is_told() -> None:
    case = make_case([{}, {}], hours(5, requires="cardio") + hours(5), scenario=HUNDRED)
    fewest = find_fewest(seat(case))
    assert fewest.people is None and fewest.stranded.tolist() == [True, False]


@pytest.mark.parametrize("seed", range(12))
def test_rules_never_prove_more_than_is_true(seed: int) -> None:
    seats = seat(random_case(seed, customers=7, reps=4))
    least = find_fewest(seats).people
    answers = [find_team(seats, size) for size in range(1, 5)]
    possible = [size for size, answer in enumerate(answers, 1) if isinstance(answer, WholeTeam)]
    assert None not in answers
    if possible:
        assert least is not None and least <= possible[0]
    if least is None:
        assert not possible


@pytest.mark.parametrize("seed", [3, 8])
def test_no_team_costs_less_than_its_bound(seed: int) -> None:
    """Against every team, planned: with the hand-over of the customers of who leaves."""
    case = random_case(seed, customers=8, reps=4)
    problem = build_problem(case)
    offers = list_offers(relax(problem))
    if problem.capacity_price is not None:
        offers.limit[:] = 10**12
    nobody = np.zeros(4, dtype=np.int64)
    bounds = TeamBound(offers, nobody, nobody + 1, problem.cover_all).climb([2, 4], {})
    assert np.isfinite(list(bounds.values())).all()
    for size, bound in bounds.items():
        for team in combinations(range(4), size):
            gone = np.setdiff1d(np.arange(4), team)
            found = solve(_without(case, gone))
            if found.score.keeps_all:
                leaving = problem.handover[np.isin(problem.owner, gone) & (found.plan.owner >= 0)].sum()
                assert bound <= found.objective + leaving


@pytest.mark.parametrize("seed", range(8))
def test_no_team_of_drawn_offers_costs_less_than_its_bound_and_often_hardly_more(seed: int) -> None:
    """Against every way to give five units to a team of three seats, or to nobody."""
    rng = np.random.default_rng(seed)
    n_units, n_seats = 5, 3
    unit, at = np.divmod(np.arange(n_units * n_seats), n_seats)
    cost, load = rng.uniform(5, 50, len(unit)), rng.integers(1, 10, len(unit))
    limit, alone = rng.integers(8, 40, n_seats), rng.uniform(30, 120, n_units)
    offers = Offers(unit, at, cost, load, limit, alone, np.ones(n_units, dtype=np.int64))
    nobody = np.zeros(n_seats, dtype=np.int64)
    bounds = TeamBound(offers, nobody, nobody + 1).climb([1, 2, 3], {})
    plans = np.array(list(product(range(n_seats + 1), repeat=n_units)))  # the last is nobody
    costs = np.column_stack([cost.reshape(n_units, n_seats), alone])[np.arange(n_units), plans].sum(axis=1)
    loads = np.stack(
        [((plans == k) * load.reshape(n_units, n_seats)[:, k]).sum(axis=1) for k in range(n_seats)], 1
    )
    people = np.stack([(plans == k).any(axis=1) for k in range(n_seats)], 1).sum(axis=1)
    for size, bound in bounds.items():
        least = costs[(loads <= limit).all(axis=1) & (people <= size)].min()
        assert 0.8 * least < bound <= least + 1e-6


def _without(case: Case, gone: Any) -> Any:
    from optimizer.comparing.sizing.size_teams import Team

    return build_problem(Team(4 - len(gone), tuple(f"r{k}" for k in gone)).lay(case))


def test_who_goes_is_who_is_needed_least_and_who_comes_lives_where_the_work_is() -> None:
    reps = [{"lat": 50.0, "lon": float(lon)} for lon in (8, 9, 10, 20, 15)]  # the last is a place to hire at
    customers = [{"hours": 30.0, "lat": 50.0, "lon": float(lon)} for lon in (8, 8, 9, 9, 10, 10, 15, 15)]
    problem = relax(build_problem(make_case(reps, customers, scenario=HUNDRED)))
    nothing = np.zeros(5, dtype=np.int64)
    choosing = Choosing(list_offers(problem), nothing, np.arange(5), nothing + 1)
    team = np.array([1, 1, 1, 1, 0])
    fewer = choosing.shrink(team, nothing, [3])
    assert fewer[3].tolist() == [1, 1, 1, 0, 0]
    more = choosing.grow(team, nothing + 1, [5])
    assert more[5].tolist() == [1, 1, 1, 1, 1]


def test_a_coarse_problem_keeps_all_hours_and_prices() -> None:
    chance = np.random.default_rng(0)
    customers = [
        {"tier": "ABC"[k % 3], "lat": 50 + chance.random(), "lon": 8 + chance.random(), "owner": f"r{k % 4}"}
        for k in range(MOST_NODES + 500)
    ]
    problem = relax(build_problem(make_case([{"lat": 50.0, "lon": 8.0 + k} for k in range(4)], customers)))
    coarse = coarsen(problem)
    assert 100 < coarse.n_customers <= MOST_NODES
    for name in ("hours", "unserved", "handover"):
        assert getattr(coarse, name).sum() == getattr(problem, name).sum()
    assert coarse.travel_rate.sum() == pytest.approx(problem.travel_rate.sum())
    at = spread_places(problem.customer_point, problem.hours.astype(float), 9)
    assert (
        len(at) == 9
        and at.tolist() == spread_places(problem.customer_point, problem.hours.astype(float), 9).tolist()
    )
