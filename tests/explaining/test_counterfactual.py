"""What it would take: the plan that is shown costs what is said, and no change in it is there for nothing."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer import constraints
from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.explaining import explain_why_not
from optimizer.explaining.elsewhere import cut_around
from optimizer.plan import Plan
from optimizer.problem import Floats, Problem
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.result import Score
from optimizer.solving import solve
from tests.cases import make_case, random_case


def count_broken(score: Score) -> Floats:
    """By how much each hard constraint is broken, in the checker's amounts."""
    hard = score.hard_violations
    return np.array([sum(v.amount for v in hard if v.constraint == c.NAME) for c in constraints.ALL])


def add_figures(problem: Problem, plan: Plan, score: Score) -> dict[tuple[str, str | None], float]:
    """Every figure of a plan by name and measure, added up customer by customer."""
    held = {(r, m): 0 for r in range(problem.n_reps) for m in range(len(problem.measures))}
    load, told = [0] * problem.n_reps, ("travel_hours", "handover", "moved", "moved_hours", "left_out")
    sums = dict.fromkeys(told, 0.0)
    for i, r in enumerate(plan.owner.tolist()):
        moves = problem.owner[i] >= 0 and problem.owner[i] != r
        sums["moved"] += moves
        sums["moved_hours"] += moves * problem.hours[i] / 1000
        sums["handover"] += moves * (r >= 0) * problem.handover[i] / 1000
        sums["left_out"] += r < 0
        if r >= 0:
            pair = np.array([i]), np.array([r])
            load[r] += int(problem.pair_load(*pair)[0])
            sums["travel_hours"] += problem.pair_travel_hours(*pair)[0] / 1000
            for m, measure in enumerate(problem.measures):
                held[r, m] += int(measure.size[i])
    full = [load[r] / problem.capacity[r] for r in range(problem.n_reps) if problem.capacity[r] > 0]
    sums |= {"least": min(full, default=0.0), "most": max(full, default=0.0)}
    sums["overloaded"] = sum(load[r] > problem.load_limit[r] for r in range(problem.n_reps))
    sums["hard"] = len(score.hard_violations)
    sums["objective"] = score.objective / 1000
    sums |= {term: amount / 1000 for term, amount in score.terms.items() if term != "handover"}
    found: dict[tuple[str, str | None], float] = {(name, None): value for name, value in sums.items()}
    for corridor in problem.corridors:
        at = "inside", problem.measures[corridor.measure].name
        kept = [
            corridor.low[r] <= held[r, corridor.measure] <= corridor.high[r] for r in range(problem.n_reps)
        ]
        found[at] = found.get(at, 0) + sum(kept)
    return found


@pytest.mark.parametrize("seed", range(30))
def test_a_part_without_the_owners_of_before_costs_what_the_whole_does_but_for_a_fixed_amount(
    seed: int,
) -> None:
    problem = build_problem(random_case(seed, customers=12, reps=5))
    rng = np.random.default_rng(seed)
    owner = rng.integers(-1, problem.n_reps, problem.n_customers)
    for group in np.unique(problem.group[problem.group >= 0]):
        owner[problem.group == group] = owner[np.flatnonzero(problem.group == group)[0]]
    part = cut_around(problem, owner, rng.random(problem.n_reps) < 0.4)
    real = np.flatnonzero(part.reps < problem.n_reps)
    known, broken = set(), []
    for _ in range(5):
        drawn = rng.integers(-1, len(real), len(part.customers))
        whole = part.put_back(owner, Plan(drawn))
        mine, all_of_it = evaluate(part.problem, Plan(drawn)), evaluate(problem, Plan(whole))
        known.add(all_of_it.objective - mine.objective)
        broken.append(count_broken(all_of_it) - count_broken(mine))
    assert len(known) == 1
    assert np.ptp(broken, axis=0) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_the_counterfactual_costs_what_is_said_to_the_last_unit(seed: int) -> None:
    problem = build_problem(random_case(seed, customers=14, reps=4))
    plan = solve(problem, gap=0.05).plan
    rng = np.random.default_rng(seed)
    customer, rep = int(rng.integers(problem.n_customers)), int(rng.integers(problem.n_reps))
    mates = Tally(problem, plan.owner).mates(customer)
    before = evaluate(problem, plan)
    found = explain_why_not(problem, plan, problem.customer_ids[customer], problem.rep_ids[rep])
    assert (found.plan.owner[mates] == rep).all()
    after = evaluate(problem, found.plan)
    assert after.objective - before.objective == found.difference == sum(found.terms.values())
    changed = set(problem.customer_ids[found.plan.owner != plan.owner])
    listed = {name for shift in found.shifts for name in shift.customer_ids}
    assert changed - set(found.customer_ids) == listed
    forced = plan.owner.copy()
    forced[mates] = rep
    assert Tally(problem, found.plan.owner).total() <= Tally(problem, forced).total()
    assert found.alone.difference == evaluate(problem, Plan(forced)).objective - before.objective
    index = {name: k for k, name in enumerate(problem.rep_ids)} | {None: -1}
    for shift in found.shifts:
        without = found.plan.owner.copy()
        at = np.isin(problem.customer_ids, shift.customer_ids)
        without[at] = index[shift.from_rep]
        assert evaluate(problem, Plan(without)).objective - after.objective == shift.gain
        assert (shift.needed, shift.gain) > (0, 0)
    worth = [(shift.needed, shift.gain) for shift in found.shifts]
    assert worth == sorted(worth, reverse=True), "those first without which most would be lost"
    for side, known, score in (("before", plan, before), ("after", found.plan, after)):
        said = {(figure.name, figure.measure): getattr(figure, side) for figure in found.figures}
        added = add_figures(problem, known, score)
        assert said == pytest.approx(dict.fromkeys(said, 0) | added)  # a term is nothing where it is missing
    change = next(figure.change for figure in found.figures if figure.name == "objective")
    assert change == pytest.approx(found.hours)
    if before.keeps_all:
        assert bool(found.broken) == (not after.keeps_all)
    assert found.sentence()
    if found.shifts and not found.broken:
        assert f"{len(listed):,} other customer" in found.sentence(), "customers are counted, not changes"
    elif not found.broken and found.before_rep != found.rep_id:
        assert "No other customer changes hands" in found.sentence()


def test_a_full_rep_makes_room_and_says_who_leaves() -> None:
    reps = [{"lat": 31.0, "lon": 121.0}, {"lat": 31.0, "lon": 121.2}]
    near, middle = {"lat": 31.0, "lon": 121.0}, {"lat": 31.0, "lon": 121.12}
    base = {"hours": 2.0, "tier": "C"}
    customers = [base | near, base | near, base | middle, base | middle]
    scenario = {"horizon": {"weeks": 1, "field_share": 1.0, "hours_per_week": 4.0}, "corridors": []}
    problem = build_problem(make_case(reps, customers, scenario=scenario))
    plan = Plan(np.array([0, 0, 1, 1]))
    found = explain_why_not(problem, plan, "c2", "r0")
    assert found.alone.barrier == "capacity"
    (shift,) = found.shifts
    assert (shift.from_rep, shift.to_rep) == ("r0", "r1") and not found.broken
    keep = [{"customer_id": "c2", "rep_id": "r1", "kind": "force"}]
    locked = build_problem(make_case(reps, customers, locks=keep, scenario=scenario))
    against = explain_why_not(locked, plan, "c2", "r0")
    assert against.shifts == found.shifts and {v.constraint for v in against.broken} == {"locks"}
    there = explain_why_not(problem, plan, "c0", "r0")
    assert there.difference == 0 and not there.shifts and "already" in there.sentence()


def test_a_poor_plan_is_said_to_be_poor_whatever_is_asked_of_it() -> None:
    places = [{"lat": 31.0, "lon": 121.0 + east} for east in (0.0, 0.3, 0.6)]
    customers = [place | {"hours": 2.0, "tier": "C"} for place in places for _ in range(2)]
    problem = build_problem(make_case(places, customers, scenario={"corridors": []}))
    good = Plan(np.array([0, 0, 1, 1, 2, 2]))
    poor = Plan(np.array([0, 0, 2, 1, 1, 2]))  # c2 and c4 are where the other would be nearer
    saved = evaluate(problem, poor).objective - evaluate(problem, good).objective
    assert saved > 0
    found = explain_why_not(problem, poor, "c0", "r1")
    assert found.better == saved and f"{saved / 1000:,.3f} h cheaper" in found.sentence()
    assert f"{saved / 1000:,.3f}" in found.sentence("zh")
    assert found.better_hours == saved / 1000
    assert not found.shifts, "what would be better anyway is no consequence"
    as_good = explain_why_not(problem, good, "c0", "r1")
    assert as_good.better == 0 and "anyway" not in as_good.sentence()


def test_what_is_better_elsewhere_and_what_is_broken_already_is_no_consequence() -> None:
    places = [{"lat": 31.0, "lon": 121.0 + east} for east in (0.0, 0.1, 0.5, 0.9)]
    customers = [place | {"hours": 4.0, "tier": "C"} for place in places] + [{"hours": 9.0, "tier": "C"}]
    scenario = {"horizon": {"weeks": 1, "field_share": 1.0}, "corridors": [], "coverage": {"hard": True}}
    reps = [
        place | {"hours_per_week": hours} for place, hours in zip(places, (8.0, 8.0, 4.0, 4.0), strict=True)
    ]
    problem = build_problem(make_case(reps, customers, scenario=scenario))
    swapped = Plan(np.array([0, 1, 3, 2, -1]))  # r2 and r3 are full: neither of the two can go back alone
    found = explain_why_not(problem, swapped, "c0", "r1")
    assert found.better > 0 and not found.shifts
    assert not found.broken, "the last one has no owner as it is"


def test_a_pair_that_may_not_be_says_what_it_breaks() -> None:
    customers = [{"requires": "laser", "hours": 1.0, "tier": "A"}, {"hours": 1.0, "tier": "A"}]
    problem = build_problem(make_case([{"skills": "laser"}, {"tiers": "C"}], customers))
    found = explain_why_not(problem, Plan(np.array([0, 0])), "c0", "r1")
    assert {v.constraint for v in found.broken} == {"skills", "tier_rights"}
    assert "without the required skill" in found.sentence()
    with pytest.raises(KeyError):
        explain_why_not(problem, Plan(np.array([0, 0])), "c0", "nobody")
