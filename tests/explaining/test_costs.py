"""What limits cost, whom to train, and how fair a plan is: true to what planning again and the checker say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.explaining import (
    apply_changes,
    estimate_limits,
    explain_fairness,
    explain_limits,
    explain_skills,
)
from optimizer.explaining.limits import confirming, skills
from optimizer.explaining.limits.confirming import Confirmed
from optimizer.explaining.limits.costs import LimitCost, find_asked
from optimizer.explaining.limits.lifting import lift
from optimizer.explaining.limits.pair_prices import thin
from optimizer.plan import Plan
from optimizer.problem import Floats, Ints, Problem
from optimizer.reading import read_case
from optimizer.result import Result, Status
from optimizer.solving import solve
from tests.cases import make_case, random_case
from tests.solving.enumeration import enumerate_plans

QUICKSTART = read_case("scenarios/quickstart")


@cache
def quickstart() -> tuple[Problem, Result]:
    problem = build_problem(QUICKSTART)
    return problem, solve(problem)


def best(problem: Problem) -> int:
    found = enumerate_plans(problem).find_best()
    assert found is not None
    return found[0]


def test_what_is_confirmed_is_the_difference_of_two_best_plans() -> None:
    checked: dict[str, int] = {}
    for seed in range(16):
        problem = build_problem(random_case(seed, customers=5))
        result = solve(problem, gap=0.0)
        if result.status is not Status.OPTIMAL or result.objective != result.bound:
            continue
        for cost in explain_limits(problem, result, top=4):
            assert cost.answer is not None and cost.answer.reps is None
            check_answer(problem, lift(problem, [cost.limit]), cost.answer)
            if cost.proved:
                assert cost.confirmed is not None
                without = best(lift(problem, [cost.limit]))
                # a plan counts as proved within the gap that the scenario asks for, or a ten-thousandth
                slack = 1e-4 * abs(without) + 1
                assert abs(cost.confirmed - (best(problem) - without)) <= slack
                checked[cost.limit.kind] = checked.get(cost.limit.kind, 0) + 1
    assert len(checked) >= 4, checked


def test_the_dearest_estimates_are_confirmed_and_the_others_are_not() -> None:
    problem, result = quickstart()
    estimates = estimate_limits(problem, result.prices)
    assert [c.estimated for c in estimates] == sorted((c.estimated for c in estimates), reverse=True)
    assert all(cost.confirmed is None and cost.confirmed_hours is None for cost in estimates)
    some = explain_limits(problem, result, top=4)
    saved = [cost.confirmed or 0 for cost in some]
    assert saved == sorted(saved, reverse=True) and len(set(saved)) > 1, "the dearest limit comes first"
    some = explain_limits(problem, result, top=2)
    assert {cost.limit for cost in some} == {cost.limit for cost in estimates[:2]}
    assert all(cost.confirmed is not None and cost.confirmed >= 0 for cost in some)
    assert explain_limits(problem, result, should_stop=lambda: True)[0].confirmed is None


def test_a_lock_that_takes_the_nearest_rep_costs_the_way_to_the_next() -> None:
    home = {"hours_per_week": 40}
    reps = [home | {"lat": 31.0, "lon": 121.0}, home | {"lat": 32.0, "lon": 121.0}]
    customers = [{"hours": 4, "tier": "B", "lat": 31.0, "lon": 121.0}]
    locks = [{"customer_id": "c0", "rep_id": "r0", "kind": "forbid"}]
    case = make_case(reps, customers, locks=locks, scenario={"corridors": []})
    problem = build_problem(case)
    (cost,) = explain_limits(problem, solve(problem))
    road = int(problem.pair_travel_hours(np.array([0]), np.array([1]))[0])
    assert (cost.limit.kind, cost.step, cost.confirmed, cost.proved) == ("lock", None, road, True)
    assert cost.estimated == pytest.approx(road / 1000)
    assert cost.sentence() == "Lock: c0 must not be with r0"


def test_there_are_no_prices_where_hard_constraints_are_broken() -> None:
    scenario = {"horizon": {"weeks": 1, "field_share": 1.0}, "coverage": {"hard": True}}
    problem = build_problem(
        make_case([{"hours_per_week": 4}], [{"hours": 9, "tier": "B"}], scenario=scenario)
    )
    assert explain_limits(problem, solve(problem)) == []
    assert estimate_limits(problem, None) == []


def test_training_and_hiring_gain_what_the_plan_with_them_gains() -> None:
    problem, result = quickstart()
    brief = explain_skills(QUICKSTART, problem, result)
    assert [cost.limit.kind for cost in brief.binding] == ["skill"]
    assert {"train", "hire"} <= {gap.change.code for gap in brief.gaps}
    gains = [gap.confirmed for gap in brief.gaps]
    assert gains == sorted(gains, key=lambda gain: -(gain or 0))
    for gap in brief.gaps:
        changed = apply_changes(problem, [gap.change])
        assert gap.confirmed == result.objective - solve(changed, start=result.plan).objective
        # nobody has to make use of it
        assert evaluate(changed, result.plan).objective == result.objective
    without = explain_skills(QUICKSTART, problem, result, should_stop=lambda: True)
    assert all(gap.confirmed is None for gap in without.gaps)


def test_what_two_searches_found_is_not_told_as_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, result = quickstart()
    assert result.status is Status.OPTIMAL
    assert all(cost.proved for cost in explain_limits(problem, result, top=2))
    search = confirming._search
    monkeypatch.setattr(confirming, "_search", lambda *given: replace(search(*given), status=Status.FEASIBLE))
    assert not any(cost.proved for cost in explain_limits(problem, result, top=2))


@pytest.mark.parametrize("seed", range(20))
def test_what_an_idea_is_guessed_to_gain_is_what_the_hours_hold_the_most_an_hour_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gain, load, hours = rng.integers(-3, 9, 8).astype(float), rng.integers(1, 6, 8).astype(float), 9
    taken, left = [], float(hours)
    for k in sorted(range(8), key=lambda k: -gain[k] / load[k]):
        if gain[k] <= 0 or load[k] > left:
            break  # whoever comes after the first that does not fit is not looked at
        taken.append(k)
        left -= load[k]
    assert skills._fill(gain, load, hours) == (sum(gain[taken]), len(taken))


def test_a_region_costs_what_the_hours_of_its_reps_are_worth() -> None:
    reps = [{"hours_per_week": 8.0}, {"hours_per_week": 6.0}]
    customers = [
        {"hours": h, "tier": "C", "region": name} for h, name in zip((4, 4, 3, 3, 5), "nnssw", strict=True)
    ]
    tight = {"horizon": {"weeks": 1, "field_share": 1.0}, "corridors": []}
    case = make_case(reps, customers, scenario=tight)
    problem = build_problem(case)
    result = solve(problem)
    assert result.prices is not None
    worth = dict(explain_skills(case, problem, result, should_stop=lambda: True).regions)
    regions = case.records.customers["region"]
    total: dict[str, float] = {}
    for k, rep in enumerate(result.plan.owner.tolist()):
        if rep >= 0 and isinstance(regions[k], str):
            load = problem.pair_load(np.array([k]), np.array([rep]))[0]
            total[regions[k]] = total.get(regions[k], 0.0) + result.prices.hour[rep] * load / 1000
    assert worth == pytest.approx({name: hours for name, hours in total.items() if hours >= skills.SMALLEST})
    assert worth


def check_answer(problem: Problem, changed: Problem, answer: Confirmed) -> None:
    """What is saved is the difference of two plans as the checker has them, to the last unit."""
    before, after = evaluate(problem, answer.beside), evaluate(changed, answer.plan)
    assert before.keeps_all and after.keeps_all
    assert answer.saved == before.objective - after.objective >= 0


def test_what_an_idea_saves_is_the_difference_of_the_two_plans_that_are_shown() -> None:
    problem, result = quickstart()
    for gap in explain_skills(QUICKSTART, problem, result, top=3).gaps:
        assert gap.answer is not None
        check_answer(problem, apply_changes(problem, [gap.change]), gap.answer)


def test_of_a_large_problem_only_the_territories_around_and_few_wholes_are_planned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, result = quickstart()
    every = explain_limits(problem, result)
    monkeypatch.setattr(confirming, "LARGE", 0)
    monkeypatch.setattr(confirming, "NEIGHBOURS", 1)
    found: dict[bool, list[LimitCost]] = {True: [], False: []}
    for cost in explain_limits(problem, result):
        everybody = cost.limit.kind in ("skill", "tier", "distance", "corridor")
        found[everybody].append(cost)
        if cost.answer is not None:
            check_answer(problem, lift(problem, [cost.limit]), cost.answer)
            assert (cost.answer.reps is None) == everybody
            assert not cost.answer.proved or everybody
    tried = [cost for cost in found[True] if cost.answer is not None]
    assert len(tried) == min(confirming.WHOLE, len(found[True]))
    assert {c.limit for some in found.values() for c in some} == {c.limit for c in every}
    for gap in explain_skills(QUICKSTART, problem, result, top=3).gaps:
        assert gap.answer is not None
        check_answer(problem, apply_changes(problem, [gap.change]), gap.answer)


def test_what_planning_again_finds_anyhow_is_not_put_down_to_a_limit() -> None:
    problem = roomy()
    worse = solve(problem)
    owner = worse.plan.owner.copy()
    owner[:3] = (owner[:3] + 1) % problem.n_reps
    poor = evaluate(problem, Plan(owner))
    assert poor.keeps_all and poor.objective > worse.objective
    started = replace(worse, plan=Plan(owner), score=poor, status=Status.FEASIBLE)
    answer = confirming.Confirmer(problem, started).confirm(problem, None)
    assert answer is not None and answer.saved == 0


def test_a_sample_says_about_what_all_say(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, result = quickstart()
    whole = estimate_limits(problem, result.prices)
    every = {c.limit: c.estimated for c in whole}
    assert not any(cost.sampled for cost in whole)
    (skill,) = (cost.limit for cost in whole if cost.limit.kind == "skill")
    asked = find_asked(problem, skill)
    some, times = thin(problem, asked, len(asked) * problem.n_reps // 2)
    assert 2 * len(some) == len(asked) + 1 and set(some) <= set(asked)
    assert times == len(asked) / len(some)
    drawn = estimate_limits(problem, result.prices, most_pairs=len(asked) * problem.n_reps // 2)
    (guess,) = (cost for cost in drawn if cost.limit == skill)
    assert guess.sampled and guess.estimated == pytest.approx(every[skill], rel=0.75)
    monkeypatch.setattr(skills, "MOST_PAIRS", len(asked) * problem.n_reps // 2)
    brief = explain_skills(QUICKSTART, problem, result, should_stop=lambda: True)
    assert any(gap.sampled for gap in brief.gaps)


def test_one_trained_rep_gains_no_more_than_the_skill_costs() -> None:
    problem, result = quickstart()
    (cost,) = (c for c in explain_limits(problem, result) if c.limit.kind == "skill")
    brief = explain_skills(QUICKSTART, problem, result)
    trained = [gap for gap in brief.gaps if gap.change.code == "train"]
    assert cost.confirmed is not None and trained
    assert all((gap.confirmed or 0) <= cost.confirmed for gap in trained)


def roomy(seed: int = 3) -> Problem:
    rng = np.random.default_rng(seed)
    points = [{"lat": 31 + float(x), "lon": 121 + float(y)} for x, y in rng.random((20, 2)) / 5]
    reps = [{"hours_per_week": 40} | point for point in points[:3]]
    customers = [{"hours": 4, "tier": "B"} | point for point in points[3:]]
    scenario = {
        "horizon": {"weeks": 1, "field_share": 1.0},
        "corridors": [{"measure": "hours", "tolerance": 0.5}],
    }
    return build_problem(make_case(reps, customers, scenario=scenario))


def test_plans_of_the_sample_are_as_good_as_they_are_said_to_be() -> None:
    problem = roomy()
    plan = solve(problem).plan
    found = explain_fairness(problem, plan, draws=30, slack=0.2, seed=5)
    assert found.changes > 20
    score = evaluate(problem, plan)
    for drawn, objective in zip(found.plans, found.objectives, strict=True):
        judged = evaluate(problem, drawn)
        assert judged.keeps_all
        assert judged.objective == objective <= score.objective * 1.2
    again = explain_fairness(problem, plan, draws=30, slack=0.2, seed=5)
    assert all(np.array_equal(a.owner, b.owner) for a, b in zip(found.plans, again.plans, strict=True))
    other = explain_fairness(problem, plan, draws=30, slack=0.2, seed=6)
    assert any(not np.array_equal(a.owner, b.owner) for a, b in zip(found.plans, other.plans, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_every_share_and_spread_told_is_what_the_plans_of_the_sample_add_up_to(seed: int) -> None:
    problem = build_problem(random_case(seed, customers=14, reps=4))
    plan = solve(problem, gap=0.05).plan
    found = explain_fairness(problem, plan, draws=12, slack=0.3, seed=seed)
    score, drawn = evaluate(problem, plan), [evaluate(problem, one) for one in found.plans]
    broken = sum(v.amount for v in score.hard_violations)
    assert [judged.objective for judged in drawn] == found.objectives.tolist()
    for judged in drawn:
        assert judged.objective <= score.objective + 0.3 * abs(score.objective)
        assert judged.keeps_all or sum(v.amount for v in judged.hard_violations) <= broken + 1e-6
    if not found.changes:
        assert not found.spreads and not found.shares
        return
    targets = {problem.measures[c.measure].name: c.target for c in problem.corridors}
    assert {spread.measure for spread in found.spreads} == {"hours", *targets}
    shares = {(share.measure, share.rep_id): share for share in found.shares}
    assert len(shares) == len(found.shares) == len(found.spreads) * problem.n_reps

    def add_up(owner: Ints, measure: str) -> Floats:
        held = [0.0] * problem.n_reps
        for i, r in enumerate(owner.tolist()):
            if r >= 0 and measure == "hours":
                held[r] += float(problem.pair_load(np.array([i]), np.array([r]))[0])
            elif r >= 0:
                held[r] += float(next(m for m in problem.measures if m.name == measure).size[i])
        return np.array(held)

    for spread in found.spreads:
        mine = add_up(plan.owner, spread.measure)
        others = np.array([add_up(one.owner, spread.measure) for one in found.plans])
        target = targets.get(spread.measure, problem.capacity)
        asked = target > 0
        wide = [np.ptp(held[asked] / target[asked]) if asked.any() else 0.0 for held in (mine, *others)]
        assert spread.value == pytest.approx(wide[0])
        assert (spread.low, spread.high) == pytest.approx(tuple(np.quantile(wide[1:], [0.05, 0.95])))
        assert spread.rank == pytest.approx((np.array(wide[1:]) < wide[0] - 1e-9).mean())
        scale = next((m.scale for m in problem.measures if m.name == spread.measure), 1000)
        for r, name in enumerate(problem.rep_ids.tolist()):
            share = shares[spread.measure, name]
            quantiles = np.quantile(others[:, r], [0.05, 0.5, 0.95]) / scale
            assert share.value == pytest.approx(mine[r] / scale)
            assert (share.low, share.middle, share.high) == pytest.approx(tuple(quantiles))
            assert share.rank == pytest.approx((others[:, r] < mine[r]).mean())


def test_a_spread_of_hours_is_of_the_target_that_the_scenario_asks_for() -> None:
    equal = {"measure": "hours", "tolerance": 0.5, "target": "equal", "price": 1.0}
    scenario = {"horizon": {"weeks": 1, "field_share": 1.0}, "corridors": [equal]}
    reps = [{"hours_per_week": hours} for hours in (40, 20)]
    customers = [{"hours": 4, "tier": "B"}] * 6  # 12 hours are each one's target, whatever there is time for
    problem = build_problem(make_case(reps, customers, scenario=scenario))
    (spread,) = explain_fairness(problem, Plan(np.array([0, 0, 0, 0, 1, 1])), slack=1.0, draws=3).spreads
    assert spread.value == pytest.approx((16 - 8) / 12)


def test_who_waits_for_a_sample_hears_of_every_plan() -> None:
    problem = roomy()
    heard: list[tuple[int, int]] = []
    explain_fairness(
        problem, solve(problem).plan, draws=5, on_progress=lambda done, all_: heard.append((done, all_))
    )
    assert heard == [(k, 5) for k in range(1, 6)]
