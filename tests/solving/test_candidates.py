"""Which pairs are considered when not all can be: near ones that may be, and nobody forgotten."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.constraints import together
from optimizer.plan import Plan
from optimizer.problem import Price, Problem
from optimizer.solving.modelling import candidates
from optimizer.solving.modelling.candidates import find_candidates, rank_nearest, spread_pairs
from tests.cases import make_case, random_case


@pytest.fixture(autouse=True)
def not_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "ALL_PAIRS", 0)


def country(
    customers: int = 300, reps: int = 40, *, places: bool = True, homeless: int = 0, groups: int = 0
) -> Problem:
    """Customers all over a country; every sixth rep holds a rare skill that every tenth customer requires."""
    rng = np.random.default_rng(customers + reps)

    def point() -> dict[str, float]:
        return {"lat": float(rng.uniform(30, 33)), "lon": float(rng.uniform(110, 114))} if places else {}

    shops = [
        {
            **point(),
            "hours": 2.0,
            "tier": "ABC"[i % 3],
            "requires": "rare" if i % 10 == 0 else None,
            "group": f"g{i % groups}" if i < 3 * groups else None,
        }
        for i in range(customers)
    ]
    sellers = [
        {
            **(point() if r >= homeless else {}),
            "skills": "rare" if r % 6 == 0 else None,
            "tiers": "A;B" if r % 4 == 0 else None,
        }
        for r in range(reps)
    ]
    return replace(build_problem(make_case(sellers, shops)), candidates=8)


def chosen(problem: Problem, start: Plan | None = None) -> list[set[int]]:
    """The candidates of each customer."""
    customer, rep = find_candidates(problem, start)
    assert (np.diff(customer * problem.n_reps + rep) > 0).all()
    return [set(rep[customer == i].tolist()) for i in range(problem.n_customers)]


def may_have(problem: Problem, i: int) -> np.ndarray:
    skilled = (problem.skill >= problem.requirements[problem.requirement[i]]).all(axis=1)
    return skilled & problem.serves[:, problem.tier[i]]


def by_rank(order: np.ndarray, able: int) -> set[int]:
    """Those of the able reps, nearest first, that are chosen: 8, or all there are."""
    return set(order[rank_nearest(min(8, able), able) - 1].tolist())


@pytest.mark.parametrize("count", [1, 2, 3, 8, 16, 100])
def test_the_ranks_chosen_begin_with_the_nearest_and_end_far_out(count: int) -> None:
    for most in (count, count + 1, 2 * count, 3 * count + 1, 50 * count):
        ranks = rank_nearest(count, most)
        assert len(ranks) == len(set(ranks.tolist())) == count
        assert (np.diff(ranks) > 0).all()
        assert np.array_equal(ranks[: count - count // 3], np.arange(1, count - count // 3 + 1))
        assert ranks[-1] <= most
        if count >= 8:
            assert ranks[-1] == min(4 * count, most)


def test_every_customer_gets_qualified_reps_by_distance() -> None:
    problem = country()
    for i, reps in enumerate(chosen(problem)):
        distance = problem.distance_km(np.full(problem.n_reps, i), np.arange(problem.n_reps))
        order = np.argsort(np.where(may_have(problem, i), distance, np.inf))
        assert reps == by_rank(order, int(may_have(problem, i).sum()))


def test_of_very_many_reps_the_nearest_are_taken_and_some_far_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with thousands of reps, where a large city alone has hundreds."""
    problem = country(customers=900, reps=200)
    monkeypatch.setattr(candidates, "CITY", 0.5)
    ranks = []
    for i, reps in enumerate(chosen(problem)):
        distance = problem.distance_km(np.full(problem.n_reps, i), np.arange(problem.n_reps))
        able = may_have(problem, i)
        order = np.argsort(np.where(able, distance, np.inf))[: able.sum()].tolist()
        assert reps <= set(order)
        assert 6 <= len(reps) <= 8 or len(reps) == able.sum()
        if len(order) > 64:
            assert set(order[:6]) <= reps
            ranks += [order.index(r) for r in reps - set(order[:6])]
    assert np.percentile(ranks, 25) < 20
    assert np.percentile(ranks, 85) > 50
    assert len(set().union(*chosen(problem))) == 200


def test_a_rare_skill_gives_its_customers_all_who_hold_it_even_where_lacking_it_has_a_price() -> None:
    problem = replace(country(), skill_price=Price(1))
    for i, reps in enumerate(chosen(problem)):
        if problem.requirement[i] == problem.requirement[0]:
            able = np.flatnonzero(may_have(problem, i))
            assert 3 <= len(able) <= 8
            assert set(able.tolist()) <= reps
            assert reps - set(able.tolist()), "the nearest without the skill are offered too"


def test_the_members_of_a_group_share_reps_that_may_have_them_all() -> None:
    problem = country(groups=20)
    unit = together.find_units(problem)
    reps = chosen(problem)
    for number in range(20):
        members = np.flatnonzero(unit == number)
        assert len(members) == 3
        able = np.all([may_have(problem, i) for i in members], axis=0)
        middle = problem.customer_point[members].mean(axis=0)
        distance = np.linalg.norm(problem.rep_point - middle, axis=1)
        chosen_reps = by_rank(np.argsort(np.where(able, distance, np.inf)), int(able.sum()))
        assert all(reps[i] == chosen_reps for i in members)


def test_without_any_place_every_rep_is_offered_about_equally_often() -> None:
    problem = country(customers=400, places=False)
    offers = np.bincount(find_candidates(problem)[1], minlength=problem.n_reps)
    assert all(len(reps) == min(8, may_have(problem, i).sum()) for i, reps in enumerate(chosen(problem)))
    plain = np.arange(problem.n_reps) % 12 == 1  # like many others: any tier, no skill
    assert np.ptp(offers[plain]) <= 3
    assert offers.min() > 0


def test_without_any_place_reps_and_customers_hang_together() -> None:
    problem = country(customers=400, places=False)
    reached: set[int] = {0}
    reps = chosen(problem)
    for _ in range(10):
        reached |= {r for some in reps if some & reached for r in some}
    assert reached == set(range(problem.n_reps))


@pytest.mark.parametrize("homeless", [2, 25, 39])
def test_reps_without_a_home_share_the_places_with_those_who_have_one(homeless: int) -> None:
    problem = country(customers=600, homeless=homeless)
    reps = chosen(problem)
    # whoever has customers gets a home in their middle: nobody owns anything here
    assert np.isnan(problem.rep_point[:homeless]).all()
    for i, some in enumerate(reps):
        able = may_have(problem, i)
        assert len(some) == min(8, able.sum())
        if homeless == 2:
            assert set(np.flatnonzero(able[:2]).tolist()) <= some
        if able.sum() > 8 and able[homeless:].any():
            assert any(r >= homeless for r in some), "somebody near is offered too"
    assert len(set().union(*reps)) >= (homeless if homeless > 2 else 40 - 8)


def test_a_customer_without_a_place_is_offered_reps_in_turn() -> None:
    problem = country()
    points = problem.customer_point.copy()
    points[::2] = np.nan
    reps = chosen(replace(problem, customer_point=points))
    lost = [some for i, some in enumerate(reps) if i % 2 == 0 and i % 10]
    assert all(len(some) == 8 for some in lost)
    assert len({frozenset(some) for some in lost}) > 20


@pytest.mark.parametrize("seed", range(12))
def test_owners_promises_and_plans_are_always_candidates(seed: int) -> None:
    problem = replace(build_problem(random_case(seed, customers=14, reps=6)), candidates=2)
    unit = together.find_units(problem)
    rng = np.random.default_rng(seed)
    start = Plan(rng.integers(-1, 6, 14))
    reps = chosen(problem, start=start)
    named, named_rep = np.divmod(problem.pair_key, problem.n_reps)
    for customers, who in (
        (np.arange(14), problem.owner),
        (np.arange(14), start.owner),
        (problem.lock_customer, problem.lock_rep),
        (named, named_rep),
    ):
        assert all(r in reps[i] for i, r in zip(customers, who, strict=True) if r >= 0)
    for i in range(14):
        assert all(reps[i] == reps[j] for j in np.flatnonzero(unit == unit[i]))


def test_pairs_of_a_unit_are_spread_to_all_its_members() -> None:
    problem = country(groups=10)
    unit = together.find_units(problem)
    customer, rep = spread_pairs(problem, np.array([unit[9], unit[3], unit[9]]), np.array([0, 5, 0]))
    spread = set(zip(customer.tolist(), rep.tolist(), strict=True))
    assert spread == {(i, r) for c, r in ((3, 5), (9, 0)) for i in np.flatnonzero(unit == unit[c]).tolist()}
    assert len(spread) == len(customer) > 2
    assert (np.diff(customer * problem.n_reps + rep) > 0).all()


def test_the_choice_does_not_change_from_run_to_run() -> None:
    problem = country(homeless=10, groups=10)
    first, second = find_candidates(problem), find_candidates(problem)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
