"""What pairs left out could save: against the model over all pairs, pair by pair and bound by bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.constraints import ON_ROWS
from optimizer.problem import Problem
from optimizer.solving.modelling import candidates
from optimizer.solving.modelling.candidates import find_candidates, spread_pairs
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.modelling.widening import carry_over, widen_model
from optimizer.solving.pricing import far_pairs, screening
from optimizer.solving.pricing.far_pairs import FarPairs, price_far_pairs
from optimizer.solving.pricing.prices import Prices, find_prices, price_at
from tests.cases import make_case, random_case
from tests.solving.enumeration import enumerate_plans


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "ALL_PAIRS", 0)


def build_whole(problem: Problem) -> Model:
    pairs = np.arange(problem.n_customers * problem.n_reps)
    return build_model(problem, *np.divmod(pairs, problem.n_reps))


def without_apart(problem: Problem) -> Problem:
    """The rows of customers kept apart can only make pairs left out dearer, and are not counted for them."""
    return replace(problem, apart=problem.apart[:0])


def savings(
    problem: Problem, model: Model, dual: np.ndarray
) -> tuple[Model, Prices, dict[tuple[int, int], float]]:
    """The truth: the model over all pairs at the same prices, and what each arc it has more would save."""
    whole = build_whole(problem)
    prices = price_at(whole, carry_over(price_at(model, dual).dual, model.place, whole.place))
    cheapest = np.minimum.reduceat(price_at(model, dual).reduced, model.first[:-1])
    known = set(zip(model.unit.tolist(), model.rep.tolist(), strict=True))
    every = zip(whole.unit.tolist(), whole.rep.tolist(), prices.reduced.tolist(), strict=True)
    return whole, prices, {(u, r): float(cheapest[u]) - value for u, r, value in every if (u, r) not in known}


def random_prices(model: Model, seed: int) -> np.ndarray:
    """Prices of all signs and sizes, for every row; ``price_at`` makes them admissible."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, len(model.low)) * rng.choice([0.0, 0.3, 1.0, 30.0], len(model.low))


def check(problem: Problem, model: Model, dual: np.ndarray, kept: int = far_pairs.KEPT) -> FarPairs:
    """The bound for all plans is no higher than that of all pairs at these prices, and no lower than it must be."""
    far = price_far_pairs(problem, model, dual)
    _, prices, saved = savings(problem, model, dual)
    mine = price_at(model, dual).bound - far.loss
    assert mine <= prices.bound + 1e-6 * max(1.0, abs(prices.bound))
    if not len(problem.apart):
        best = np.zeros(model.n_units)
        for (unit, _rep), saving in saved.items():
            best[unit] = max(best[unit], saving)
        assert (far.undercut >= best - 1e-6).all()
        if kept >= problem.n_reps:
            assert far.undercut == pytest.approx(best, abs=1e-3, rel=1e-9)
            assert mine == pytest.approx(prices.bound, abs=1e-2, rel=1e-9)
        if (
            kept > far_pairs.FEW
        ):  # otherwise which of two nearly equal ones is among them is the screen's word
            check_few(far, saved)
    return far


def check_few(far: FarPairs, saved: dict[tuple[int, int], float]) -> None:
    """The pairs offered are the ones left out that save most."""
    for unit, reps in enumerate(far.rep.tolist()):
        offered = [saved[unit, r] for r in reps if r >= 0]
        truth = sorted((s for (u, _), s in saved.items() if u == unit and s > 1e-3), reverse=True)
        assert offered[: len(truth)] == pytest.approx(truth[: far_pairs.FEW], abs=1e-3)


@pytest.mark.parametrize("kept", [1, far_pairs.KEPT])
@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_asked_the_bound_for_all_plans_is_that_of_all_pairs(
    seed: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far_pairs, "KEPT", kept)
    problem = replace(build_problem(random_case(seed, customers=14, reps=9)), candidates=2)
    for wishes in (problem, without_apart(problem)):
        model = build_model(wishes, *find_candidates(wishes))
        for dual in (np.zeros(len(model.low)), random_prices(model, seed)):
            far = check(wishes, model, dual, kept)
            forced = model.unit_of_customer[wishes.lock_customer[wishes.lock_forces]]
            assert not far.undercut[forced].any(), "the one rep it may have was a candidate"


@pytest.mark.parametrize("seed", range(25))
def test_a_pair_left_out_is_priced_as_the_model_would_price_it(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen's bound is never above the truth nor much below it, and the exact price is the truth."""
    problem = without_apart(
        replace(build_problem(random_case(seed, customers=14, reps=9)), candidates=2, distance_price=None)
    )
    model = build_model(problem, *find_candidates(problem))
    dual = random_prices(model, seed)
    _, _, saved = savings(problem, model, dual)
    screened: dict[tuple[int, int], float] = {}
    price = screening.Screen._price

    def watch(screen: screening.Screen, units: np.ndarray, *rest: np.ndarray) -> np.ndarray:
        value = price(screen, units, *rest)  # type: ignore[arg-type]
        for row, unit in enumerate(units.tolist()):
            screened.update(((unit, int(r)), float(v)) for r, v in zip(rest[2], value[row], strict=True))
        return value

    exact = far_pairs._price_exactly

    def price_all(
        problem: Problem, members: screening.Lists, strangers: object, found: screening.Found
    ) -> object:
        """Not only what was found: every pair that nothing ties."""
        free = [(u, r) for u, r in every if (u, r) not in tied]
        unit, rep = (np.array(side, dtype=np.int64) for side in zip(*free, strict=True))
        reduced = exact(problem, members, strangers, screening.Found(unit, rep, found.rest))  # type: ignore[arg-type]
        cheapest = np.minimum.reduceat(price_at(model, dual).reduced, model.first[:-1])
        for u, r, value in zip(unit, rep, reduced, strict=True):
            truth = saved.get((u, r))
            assert np.isinf(value) if truth is None else cheapest[u] - value == pytest.approx(truth, abs=1e-6)
        return exact(problem, members, strangers, found)  # type: ignore[arg-type]

    every = [(u, r) for u in range(model.n_units) for r in range(problem.n_reps)]
    tied = set(zip(model.unit.tolist(), model.rep.tolist(), strict=True))
    promised = zip(*candidates.find_promised(problem), strict=True)
    tied |= {(int(model.unit_of_customer[i]), int(r)) for i, r in promised}
    monkeypatch.setattr(
        screening.Screen, "_may_undercut", lambda _s, _u, reps, _n: np.ones(len(reps), dtype=bool)
    )
    monkeypatch.setattr(screening.Screen, "_price", watch)
    monkeypatch.setattr(far_pairs, "_price_exactly", price_all)
    price_far_pairs(problem, model, dual)
    largest = np.abs(price_at(model, dual).reduced).max()
    road = 0.5 * problem.n_customers * (1 + np.abs(price_at(model, dual).dual).max())  # rounded travel
    for (unit, rep), value in screened.items():
        if (unit, rep) in saved:
            assert value <= -saved[unit, rep] + 1e-9
            if np.isinf(problem.distance_limit):
                assert value >= -saved[unit, rep] - road - 1e-4 * largest
        members = np.flatnonzero(model.unit_of_customer == unit)
        far = problem.distance_km(members, np.full(len(members), rep)) > problem.distance_limit * 1.001
        assert np.isinf(value) or not far.any(), "too far is too far whatever it saves"


def test_pairs_that_are_not_allowed_do_not_stand_in_the_way_of_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many tempting pairs a table forbids, the best of the others is found."""
    free = places()
    model = build_model(free, *find_candidates(free))
    dual = random_prices(model, 1)
    unit = int(np.flatnonzero((price_far_pairs(free, model, dual).rep[:, :4] >= 0).all(axis=1))[0])
    customer = int(np.flatnonzero(model.unit_of_customer == unit)[0])
    _, _, saved = savings(free, model, dual)
    best = sorted((r for u, r in saved if u == unit), key=lambda r: -saved[unit, r])
    forbidden = np.sort(customer * free.n_reps + np.array(best[:3]))
    nothing = np.full(3, -1)
    problem = replace(
        free,
        pair_key=forbidden,
        pair_hours=nothing,
        pair_travel=nothing,
        pair_cost=np.zeros(3, dtype=np.int64),
        pair_allowed=np.zeros(3, dtype=np.int64),
    )
    monkeypatch.setattr(far_pairs, "KEPT", 1)
    again = build_model(problem, *find_candidates(problem))
    assert (again.unit == unit).sum() == (model.unit == unit).sum()
    far = price_far_pairs(problem, again, carry_over(dual, model.place, again.place))
    assert far.undercut[unit] == pytest.approx(max(0.0, saved[unit, best[3]]), abs=0.6)
    assert far.rep[unit, 0] == best[3]


def test_what_is_named_for_one_customer_says_nothing_of_its_neighbour_in_the_table() -> None:
    """Hours named for the next customer and the first rep are not those of this customer and a stranger."""
    free = places()
    model = build_model(free, *find_candidates(free))
    at = np.arange(1, free.n_customers) * free.n_reps
    n = len(at)
    named = replace(
        free,
        pair_key=at,
        pair_hours=np.full(n, 10**6),
        pair_travel=np.full(n, -1),
        pair_cost=np.zeros(n, dtype=np.int64),
        pair_allowed=np.full(n, -1),
    )
    model = build_model(named, *find_candidates(named))
    check(named, model, random_prices(model, 5))


def test_every_kind_of_row_and_price_was_met() -> None:
    """The random problems above are worth what they cover."""
    met: set[str] = set()
    for seed in range(60):
        problem = replace(build_problem(random_case(seed, customers=14, reps=9)), candidates=2)
        model = build_model(problem, *find_candidates(problem))
        if not len(price_far_pairs(problem, model, random_prices(model, seed)).pairs[0]):
            continue
        met |= {ON_ROWS[speaker].__name__.split(".")[-1] for speaker in np.unique(model.place[:, 0])}
        met |= {f"budget {budget.scope} {budget.direction}" for budget in problem.budgets}
        met |= {"count of a tier" for count in problem.counts if count.tier is not None}
        met |= {"homeless"} if np.isnan(problem.rep_point).any() else set()
        met |= {"nowhere"} if np.isnan(problem.customer_point).any() else set()
        met |= {"group"} if (problem.group >= 0).any() else set()
        met |= {"travel takes capacity"} if problem.count_travel and problem.travel_rate.any() else set()
        for name in ("skill_price", "tier_price", "distance_price", "capacity_price"):
            met.add(f"{name} {'hard' if getattr(problem, name) is None else 'priced'}")
        met |= {"distance"} if np.isfinite(problem.distance_limit) else set()
        met |= {"misfit"} if problem.preferences.any() and problem.misfit_price.num else set()
    assert met >= {
        *("capacity", "corridors", "counts", "disruption", "apart", "count of a tier", "group", "homeless"),
        *("nowhere", "travel takes capacity", "distance", "misfit"),
        *(f"budget {scope} {way}" for scope in ("all", "rep", "tier") for way in ("out", "in")),
        *(f"{name}_price {how}" for name in ("skill", "tier", "distance") for how in ("hard", "priced")),
    }


@pytest.mark.parametrize("seed", range(20))
def test_no_plan_costs_less_than_the_bound_for_all_plans(seed: int) -> None:
    problem = replace(build_problem(random_case(seed, customers=6, reps=4)), candidates=2)
    best = enumerate_plans(problem).find_best()
    if best is None:
        return
    model = build_model(problem, *find_candidates(problem))
    for dual in (random_prices(model, seed), find_prices(model, np.zeros(len(model.low))).dual):
        prices = price_at(model, dual)
        assert prices.bound - price_far_pairs(problem, model, dual).loss <= best[0] + 1e-6


def places(*, dense: bool = False, islands: bool = False, groups: int = 0, seed: int = 0) -> Problem:
    """240 customers and 45 reps: a city that holds half of them, two islands half the world apart, or a country."""
    rng = np.random.default_rng(seed)

    def point(number: int) -> dict[str, float]:
        if dense and number % 2:
            return {"lat": 31.2 + float(rng.normal(0, 0.02)), "lon": 121.5 + float(rng.normal(0, 0.02))}
        if islands:
            north, east = (65.0, -20.0) if number % 2 else (-41.0, 175.0)
            return {"lat": north + float(rng.uniform(0, 1)), "lon": east + float(rng.uniform(0, 1))}
        return {"lat": float(rng.uniform(22, 40)), "lon": float(rng.uniform(100, 122))}

    shops = [
        {
            **point(i),
            "hours": round(float(rng.lognormal(1, 1)), 2),
            "potential": round(float(rng.lognormal(2, 1)), 1),
            "tier": "ABC"[i % 3],
            "owner": f"r{rng.integers(45)}",
            "prefers": "cardio" if i % 5 == 0 else None,
            "requires": "export" if i % 7 == 0 else None,
            "group": f"g{i % groups}" if i < 4 * groups else None,
        }
        for i in range(240)
    ]
    sellers = [
        {
            **point(r),
            "skills": ["cardio", "export", "cardio;export", None][r % 4],
            "hours_per_week": 20 + r % 9,
        }
        for r in range(45)
    ]
    corridors = [{"measure": name, "tolerance": 0.1, "price": 1.0} for name in ("hours", "potential")]
    wishes = {"corridors": corridors, "capacity": {"count_travel": groups > 0}, "skills": {"misfit": 0.1}}
    return replace(build_problem(make_case(sellers, shops, scenario=wishes)), candidates=4)


LANDSCAPES = [{}, {"dense": True}, {"islands": True}, {"groups": 25}, {"groups": 25, "islands": True}]


@pytest.fixture(params=LANDSCAPES, ids=str)
def landscape(request: pytest.FixtureRequest) -> Problem:
    return places(**request.param)


def test_cities_islands_and_groups_are_priced_to_the_last(
    landscape: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far_pairs, "KEPT", 45)
    monkeypatch.setattr(screening, "NEIGHBOURS", 8)
    model = build_model(landscape, *find_candidates(landscape))
    for dual in (random_prices(model, 1), find_prices(model, np.zeros(len(model.low)), steps=20).dual):
        check(landscape, model, dual, kept=45)


def test_where_many_pairs_save_the_bound_holds_though_few_are_priced(
    landscape: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far_pairs, "KEPT", 5)
    model = build_model(landscape, *find_candidates(landscape))
    far = check(landscape, model, random_prices(model, 2), kept=5)
    assert far.loss > 0


def test_reps_that_are_too_far_for_a_neighbourhood_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick dismissal does dismiss, or large problems would take minutes."""
    problem = places()
    model = build_model(problem, *find_candidates(problem))
    seen: list[int] = []
    price = screening.Screen._price

    def count(screen: screening.Screen, units: np.ndarray, *rest: np.ndarray) -> np.ndarray:
        seen.append(len(units) * len(rest[2]))
        return price(screen, units, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(screening.Screen, "_price", count)
    monkeypatch.setattr(screening, "NEIGHBOURS", 8)
    check(problem, model, find_prices(model, np.zeros(len(model.low)), steps=20).dual)
    assert 0 < sum(seen) < 0.6 * problem.n_customers * problem.n_reps


def test_pairs_that_save_become_candidates_and_the_bound_is_no_longer_reduced(landscape: Problem) -> None:
    """Let them join, ask again: at the same prices nothing is left to save after a few rounds."""
    model = build_model(landscape, *find_candidates(landscape), whole=False)
    dual = random_prices(model, 3)
    whole = build_whole(landscape)
    bound = price_at(whole, carry_over(price_at(model, dual).dual, model.place, whole.place)).bound
    for _ in range(14):
        far = price_far_pairs(landscape, model, dual)
        if not far.loss:
            break
        before, model = model, widen_model(landscape, model, *spread_pairs(landscape, *far.pairs))
        dual = carry_over(price_at(before, dual).dual, before.place, model.place)
    assert far.loss == 0
    assert price_at(model, dual).bound == pytest.approx(bound)


@pytest.mark.parametrize("kept", [2, far_pairs.KEPT])
@pytest.mark.parametrize("moved", [0.0, 1e-3, 0.3])
def test_what_was_found_at_other_prices_spares_a_look_and_never_the_bound(
    landscape: Problem, moved: float, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is known from before, nothing left out may save more than is said; most units are not asked again."""
    monkeypatch.setattr(far_pairs, "KEPT", kept)
    margin = 400.0
    model = build_model(landscape, *find_candidates(landscape), whole=False)
    dual = find_prices(model, np.zeros(len(model.low)), steps=20).dual
    far = price_far_pairs(landscape, model, dual, margin)
    model = widen_model(landscape, model, *spread_pairs(landscape, *far.pairs))
    for seed in range(3):
        dual = carry_over(far.dual, far.place, model.place)
        dual = dual + moved * np.random.default_rng(seed).normal(size=len(dual)) * np.abs(dual).mean()
        asked: list[int] = []
        look = screening.Screen._cut

        def count(screen: screening.Screen) -> object:
            asked.append(int(screen.open_units.sum()))  # noqa: B023
            return look(screen)  # noqa: B023

        with monkeypatch.context() as patch:
            patch.setattr(screening.Screen, "_cut", count)
            far = price_far_pairs(landscape, model, dual, margin, before=far)
        _, prices, saved = savings(landscape, model, dual)
        assert price_at(model, dual).bound - far.loss <= prices.bound + 1e-6 * abs(prices.bound)
        for (unit, rep), saving in saved.items():
            assert far.least[unit] <= -saving + 1e-6
            if rep not in far.rep[unit]:
                cheapest = np.minimum.reduceat(price_at(model, dual).reduced, model.first[:-1])[unit]
                assert far.rest[unit] <= cheapest - saving + 1e-6
        assert asked[0] < model.n_units or moved, "at the same prices nothing new can be cheap"
        far = price_far_pairs(landscape, model, dual, margin)
        model = widen_model(landscape, model, *spread_pairs(landscape, *far.pairs))


def test_travel_that_is_rounded_away_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roads so cheap that all are worth 0 milli-hours, and rows whose prices make less than one of difference."""
    monkeypatch.setattr(far_pairs, "KEPT", 45)
    monkeypatch.setattr(screening, "NEIGHBOURS", 1)
    country = places()
    problem = replace(
        country,
        travel_rate=np.full(240, 2e-4),
        handover=np.zeros(240, dtype=np.int64),
        preferences=country.preferences * 0,
    )
    model = build_model(problem, *find_candidates(problem))
    far = check(problem, model, random_prices(model, 6) * 1e-5, kept=45)
    assert (far.undercut > 0).sum() > 20


def test_no_geography_at_all_is_priced_exactly() -> None:
    bare = places()
    problem = replace(
        bare,
        customer_point=np.full_like(bare.customer_point, np.nan),
        rep_point=np.full_like(bare.rep_point, np.nan),
        nearest_km=np.zeros(bare.n_customers),
    )
    model = build_model(problem, *find_candidates(problem))
    check(problem, model, random_prices(model, 4))
    flat = price_far_pairs(problem, model, np.zeros(len(model.low)))
    equal = price_at(model, np.zeros(len(model.low))).bound - flat.loss
    assert equal == pytest.approx(savings(problem, model, np.zeros(len(model.low)))[1].bound)
