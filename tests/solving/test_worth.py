"""What one more step of a limit is worth: against the same solved again with that limit moved, and all plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.problem import NO_LIMIT, Problem
from optimizer.result import Worth
from optimizer.solving.linear import solve_part
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.pricing.prices import price_at
from optimizer.solving.pricing.worth import find_worth
from tests.cases import make_case, random_case
from tests.solving.enumeration import enumerate_plans


def build_whole(problem: Problem) -> Model:
    pairs = np.arange(problem.n_customers * problem.n_reps)
    return build_model(problem, *np.divmod(pairs, problem.n_reps))


def relax(problem: Problem) -> tuple[float, Worth]:
    """Optimum of the linear relaxation (milli-hours) and the worth of each limit by its prices."""
    model = build_whole(problem)
    answer = solve_part(model, np.arange(len(model.rep)), None)
    assert answer.dual is not None
    # rows of a rep that may serve nobody are no part of the program
    empty = np.bincount(model.by_arc.indices, minlength=len(model.low)) == 0
    forced = np.where(empty & (model.low > 0), -np.inf, np.where(empty & (model.high < 0), np.inf, 0.0))
    prices = price_at(model, answer.dual + forced)
    return answer.bound, find_worth(problem, model, prices.dual, prices.bound)


def uncross(problem: Problem) -> Problem:
    """The problem with no corridor so narrow that no whole number lies in it; two prices would be one there."""
    corridors = tuple(replace(c, low=np.minimum(c.low, c.high)) for c in problem.corridors)
    return replace(problem, corridors=corridors)


@dataclass(frozen=True)
class Limit:
    """One end of one limit: where it is in the problem and in a Worth, and the units of one step."""

    kind: str  # field of Worth
    block: int
    line: int
    unit: float  # units of the problem a step

    def read(self, worth: Worth) -> float:
        """Milli-hours a unit."""
        field = getattr(worth, self.kind)
        hours = field[self.line] if self.kind == "hour" else field[self.block][self.line]
        return float(hours) * 1000 / self.unit

    def widen(self, problem: Problem, units: int) -> Problem:
        """The problem with this end moved outwards by whole units, inwards where negative."""
        if self.kind == "hour":
            return replace(problem, load_limit=self.move(problem.load_limit, units))
        where, end = {
            "corridor_low": ("corridors", "low"),
            "corridor_high": ("corridors", "high"),
            "count_low": ("counts", "low"),
            "count_high": ("counts", "high"),
            "budgets": ("budgets", "limit"),
        }[self.kind]
        blocks = list(getattr(problem, where))
        moved = self.move(getattr(blocks[self.block], end), -units if end == "low" else units)
        blocks[self.block] = replace(blocks[self.block], **{end: moved})
        return replace(problem, **{where: tuple(blocks)})

    def move(self, ends: np.ndarray, units: int) -> np.ndarray:
        moved = ends.copy()
        moved[self.line] += units
        return moved


def list_limits(problem: Problem) -> Iterator[Limit]:
    """Every end of every limit that is a number."""
    reps = range(problem.n_reps)
    yield from (Limit("hour", 0, r, 1000) for r in reps)
    for block, corridor in enumerate(problem.corridors):
        for r in reps:
            if corridor.target[r]:
                for kind in ("corridor_low", "corridor_high"):
                    yield Limit(kind, block, r, 0.01 * abs(corridor.target[r]))
    for block, count in enumerate(problem.counts):
        yield from (Limit("count_low", block, r, 1) for r in reps if count.low[r] > 1)
        yield from (Limit("count_high", block, r, 1) for r in reps if 1 < count.high[r] < NO_LIMIT)
    for block, budget in enumerate(problem.budgets):
        scale = problem.measures[budget.measure].scale
        yield from (Limit("budgets", block, r, scale) for r in range(len(budget.limit)))


@pytest.mark.parametrize("seed", range(25))
def test_a_price_lies_between_the_gain_of_one_more_unit_and_the_loss_of_one_less(seed: int) -> None:
    """Of the linear relaxation, whose optimum is convex in each limit: prices are its slopes."""
    problem = uncross(build_problem(random_case(seed, customers=12, reps=3)))
    optimum, worth = relax(problem)
    assert worth.bound == pytest.approx(optimum, rel=1e-6, abs=1)
    limits = list(list_limits(problem))
    rng = np.random.default_rng(seed)
    for at in rng.permutation(len(limits))[:12]:
        limit = limits[at]
        units = max(1, round(limit.unit / 4))
        gain = optimum - relax(limit.widen(problem, units))[0]
        loss = relax(limit.widen(problem, -units))[0] - optimum
        slack = 1e-6 * max(abs(optimum), 1e3)
        assert limit.read(worth) >= 0
        assert gain - slack <= limit.read(worth) * units <= loss + slack, limit


@pytest.mark.parametrize("seed", range(60))
def test_no_plan_beats_the_bound_of_limits_moved_by_any_amount(seed: int) -> None:
    problem = build_problem(random_case(seed, customers=5, reps=3))
    _, worth = relax(problem)
    rng = np.random.default_rng(seed)
    limits = list(list_limits(problem))
    for _ in range(3):
        changed, bound = problem, worth.bound
        for at in rng.permutation(len(limits))[: int(rng.integers(1, 5))]:
            limit = limits[at]
            units = int(rng.integers(-3 * limit.unit - 1, 3 * limit.unit + 2))
            if limit.kind.startswith("count"):
                units = int(np.clip(units, -1, 1))
            changed = limit.widen(changed, units)
            bound -= limit.read(worth) * units
        best = enumerate_plans(changed).find_best()
        if best is not None:
            assert best[0] >= bound - 1e-6 * max(abs(bound), 1e3)


FREE = {"corridors": [], "horizon": {"weeks": 1, "field_share": 1.0}}
REPS = [{"hours_per_week": 100.0}, {"hours_per_week": 100.0}]


def charge(rep: str, *costs: float) -> list[dict[str, object]]:
    """Pairs that make c0, c1... dearer with one rep."""
    return [{"customer_id": f"c{i}", "rep_id": rep, "cost": cost} for i, cost in enumerate(costs)]


def test_one_more_hour_is_worth_what_it_saves_and_a_spare_one_nothing() -> None:
    """Three customers of 10 h cost 5 h more with r1 than with r0, whose 20 h hold two of them."""
    case = make_case(
        [{"hours_per_week": 20.0}, {"hours_per_week": 100.0}],
        [{"hours": 10.0}] * 3,
        pairs=charge("r1", 5.0, 5.0, 5.0),
        scenario=FREE,
    )
    _, worth = relax(build_problem(case))
    assert worth.hour == pytest.approx([0.5, 0.0])
    assert worth.bound == pytest.approx(5000)


def test_one_more_hour_of_moves_is_worth_the_best_move_left_undone() -> None:
    """All are with r0, at 9, 7 and 4 h more than with r1. 15 h may move: the first and half of the second."""
    case = make_case(
        REPS,
        [{"hours": 10.0, "owner": "r0"}] * 3,
        pairs=charge("r0", 9.0, 7.0, 4.0),
        scenario=FREE | {"disruption": {"weight": 0.0, "budgets": [{"amount": 15, "measure": "hours"}]}},
    )
    _, worth = relax(build_problem(case))
    assert [list(moves) for moves in worth.budgets] == [pytest.approx([0.7])]


def test_one_more_customer_is_worth_what_the_next_one_saves() -> None:
    """At most one of c0 and c1, of tier A, may go to r0, where each costs 3 h less; how many in all is open."""
    case = make_case(
        [*REPS, {"hours_per_week": 100.0}],
        [{"hours": 10.0, "tier": "A"}, {"hours": 10.0, "tier": "A"}, {"hours": 10.0, "tier": "B"}],
        pairs=charge("r1", 3.0, 3.0, 3.0) + charge("r2", 3.0, 3.0, 3.0),
        scenario=FREE | {"counts": {"max": 9, "tiers": {"A": {"max": 1}}}},
    )
    _, worth = relax(build_problem(case))
    assert worth.count_high.tolist() == [[0, 0, 0], pytest.approx([3, 0, 0])]
    assert not worth.count_low.any()


def test_a_point_of_a_corridor_is_a_hundredth_of_the_target() -> None:
    """Each has 4 of 8 customers as target and 5 as most, but each costs 4 h less with r0: 0.04 x 4 h a point."""
    wishes = [{"measure": "customers", "tolerance": t, "price": p} for t, p in ((0.25, None), (0.9, 50.0))]
    case = make_case(
        REPS,
        [{"hours": 10.0}] * 8,
        pairs=charge("r1", *[4.0] * 8),
        scenario=FREE | {"corridors": wishes},
    )
    _, worth = relax(build_problem(case))
    # room above for r0 and room below for r1 are worth it together: which of the two has the price is chance
    assert worth.corridors == pytest.approx([0.16, 0])
    assert not worth.corridor_low[:, 0].any() and not worth.corridor_high[:, 1].any()


def test_prices_of_fewer_candidates_are_read_in_the_same_places() -> None:
    problem = build_problem(random_case(3, customers=12, reps=3))
    model = build_whole(problem)
    part, _ = model.restrict(np.arange(len(model.rep)) % 2 == 0)
    dual = price_at(model, np.linspace(2, -2, len(model.low))).dual
    whole, less = (find_worth(problem, m, dual, 0.0) for m in (model, part))
    assert whole.hour.any() and whole.corridor_low.any()
    for field in ("hour", "corridor_low", "corridor_high", "count_low", "count_high"):
        assert np.array_equal(getattr(whole, field), getattr(less, field))


def test_a_problem_without_limits_has_prices_without_any() -> None:
    case = make_case(REPS, [{"hours": 10.0}], scenario=FREE)
    _, worth = relax(build_problem(case))
    assert worth.hour.tolist() == [0, 0] and worth.budgets == ()
    assert worth.corridors.shape == (0,) and worth.count_low.shape == (0, 2)
