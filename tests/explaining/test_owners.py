"""Why a customer is with its rep: every difference is what the checker finds, every barrier is really broken."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.explaining import explain_owner, explain_score
from optimizer.explaining.assignments.codes import find_codes
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.rebalancing.proposing.moves import explain_moves
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.rebalancing.recipes.limiting import limit_moves
from tests.cases import make_case, random_case

SEEDS = range(80)


def random_plan(seed: int) -> tuple[Problem, Plan, np.random.Generator]:
    problem = build_problem(random_case(seed))
    rng = np.random.default_rng(seed)
    owner = rng.integers(-1, problem.n_reps, problem.n_customers)
    return problem, Plan(np.where(rng.random(problem.n_customers) < 0.6, problem.owner, owner)), rng


@pytest.mark.parametrize("seed", SEEDS)
def test_every_alternative_costs_what_the_checker_says_and_its_barrier_is_broken(seed: int) -> None:
    problem, plan, rng = random_plan(seed)
    customer = int(rng.integers(problem.n_customers))
    before = evaluate(problem, plan)
    reason = explain_owner(problem, plan, problem.customer_ids[customer])
    mates = Tally(problem, plan.owner).mates(customer)
    index = {name: k for k, name in enumerate(problem.rep_ids)} | {None: -1}
    assert {a.rep_id for a in reason.alternatives} >= set(index) - {reason.rep_id}
    for other in reason.alternatives:
        changed = plan.owner.copy()
        changed[mates] = index[other.rep_id]
        after = evaluate(problem, Plan(changed))
        assert after.objective - before.objective == other.difference == sum(other.terms.values())
        if before.keeps_all:
            assert after.keeps_all == (other.barrier is None)
            first = after.hard_violations[0].constraint if after.hard_violations else None
            assert other.barrier == first, "the first in the order of the checker"
        assert other.sentence()
        rep = index[other.rep_id]
        assert other.is_before == (rep == problem.owner[customer] != -1)
        if other.barrier == "skills":
            wanted = problem.requirements[problem.requirement[mates]].max(axis=0).tolist()
            has = problem.skill[rep].tolist()
            named = zip(problem.skill_names, wanted, has, strict=True)
            assert set(other.lacks) == {f"{name}:{w}" for name, w, h in named if w > h} != set()
    best = reason.runner_up
    keeping = [a.difference for a in reason.alternatives if a.rep_id is not None and a.barrier is None]
    assert (best is None and not keeping) or best.difference == min(keeping)
    assert reason.sentence()
    if reason.code in ("nearest", "suits"):
        own = problem.distance_km(np.array([customer]), np.array([index[reason.rep_id]]))[0]
        nearer = [a.rep_id for a in reason.alternatives if a.km is not None and a.km < own]
        assert (reason.code == "suits") == bool(nearer or np.isnan(own))
        assert (reason.nearest is not None) >= bool(nearer)
    if reason.rival is not None and len(mates) == 1:
        changed = plan.owner.copy()
        rival = int(np.flatnonzero(problem.customer_ids == reason.rival.customer_id)[0])
        changed[Tally(problem, plan.owner).mates(rival)] = -1
        changed[mates] = index[reason.rival.rep_id]
        assert evaluate(problem, Plan(changed)).objective - before.objective == reason.rival.difference


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ledger_sums_to_the_objective_by_term_by_rep_and_by_customer(seed: int) -> None:
    problem, plan, _ = random_plan(seed)
    score, ledger = evaluate(problem, plan), explain_score(problem, plan)
    assert ledger.objective == score.objective
    terms = {name: amount for name, amount in ledger.terms.items() if amount}
    assert terms == {name: amount for name, amount in score.terms.items() if amount}
    team = sum(ledger.team.values())
    assert int(ledger.reps.sum()) + team == score.objective
    for rep in range(-1, problem.n_reps):
        mine = ledger.of_rep(rep)
        assert sum(mine.values()) == ledger.reps[rep]
        limits = 0 if rep < 0 else sum(int(amount[rep]) for amount in ledger.limits.values())
        assert sum(cost for _, cost in ledger.list_customers(rep)) + limits == ledger.reps[rep]
    by_customer = sum(sum(ledger.of_customer(i).values()) for i in range(problem.n_customers))
    assert by_customer + sum(int(a.sum()) for a in ledger.limits.values()) + team == score.objective


def test_what_keeps_a_rep_out_is_said_with_what_is_missing() -> None:
    reps = [{"skills": "laser;food:2"}, {"skills": "food"}, {"skills": "laser;food:3"}, {"skills": "food:2"}]
    customers = [{"hours": 2.0, "requires": "laser;food:2"}, {"hours": 2.5, "owner": "r2"}]
    scenario = {"horizon": {"weeks": 1, "field_share": 1.0, "hours_per_week": 4.0}, "corridors": []}
    problem = build_problem(make_case(reps, [c | {"tier": "C"} for c in customers], scenario=scenario))
    reason = explain_owner(problem, Plan(np.array([0, 2])), "c0")
    lacking, short = reason.with_rep("r1"), reason.with_rep("r2")
    assert lacking.barrier == "skills" and set(lacking.lacks) == {"laser:1", "food:2"}
    assert all(name in lacking.sentence() for name in lacking.lacks)
    assert reason.with_rep("r3").lacks == ("laser:1",), "food at just that level is no lack"
    assert short.barrier == "capacity" and short.lacks == ()
    (broken,) = evaluate(problem, Plan(np.array([2, 2]))).hard_violations
    assert f"{broken.amount:,.3f} h short" in short.sentence() and broken.amount == 0.5


def test_each_reason_is_named() -> None:
    reps = [
        {"lat": 31.0, "lon": 121.0},
        {"lat": 31.0, "lon": 122.0},
        {"lat": 31.0, "lon": 123.0, "skills": "laser"},
    ]
    here = {"hours": 1.0, "tier": "C", "lat": 31.0}
    customers = [
        here | {"lon": 121.1},
        here | {"lon": 121.1, "owner": "r1"},
        here | {"lon": 121.1, "owner": "r1"},
        here | {"lon": 121.1, "requires": "laser"},
        here | {"lon": 121.1},
        here | {"lon": 121.1},
    ]
    scenario = {"horizon": {"weeks": 1, "field_share": 1.0, "hours_per_week": 3.0}, "corridors": []}
    locks = [{"customer_id": "c2", "rep_id": "r1", "kind": "keep"}]
    problem = build_problem(make_case(reps, customers, locks=locks, scenario=scenario))
    plan = Plan(np.array([0, 1, 1, 2, 2, -1]))
    codes = [explain_owner(problem, plan, name).code for name in problem.customer_ids]
    assert (
        codes[0] == "nearest" and codes[2] == "locked" and codes[3] == "only_one" and codes[5] == "unserved"
    )
    assert codes[4] == "missed", "the first rep has hours left and lives next door"
    full = Plan(np.array([0, 1, 1, 2, 0, 0]))
    stays = explain_owner(problem, full, "c1")
    assert stays.code == "stays" and stays.nearest.barrier == "capacity"
    with pytest.raises(KeyError):
        explain_owner(problem, plan, "nobody")


def test_a_used_up_budget_of_moves_is_named_where_somebody_else_would_be_cheaper() -> None:
    reps = [{"lat": 31.0, "lon": 110.0}, {"lat": 31.0, "lon": 113.0}]
    customers = [{"tier": "B", "hours": 20.0, "lat": 31.0, "lon": 113.0, "owner": "r0"} for _ in range(2)]
    problem = build_problem(make_case(reps, customers, scenario={"corridors": []}))
    plan = Plan(np.array([1, 0]))
    free, held = (explain_owner(limit_moves(problem, most), plan, "c1") for most in (2, 1))
    assert (free.code, held.code) == ("missed", "used_up") and free.details == held.details
    held_back = held.if_moves_were_left
    assert held_back is not None and held_back.rep_id == "r1" and held.runner_up is None
    assert held_back.hours == -held.details["saved"] < 0
    assert explain_owner(limit_moves(problem, 0), Plan(np.array([0, 1])), "c0").code == "used_up"
    nearer = build_problem(
        make_case(reps, [c | {"lon": 110.0} for c in customers], scenario={"corridors": []})
    )
    assert explain_owner(limit_moves(nearer, 0), Plan(nearer.owner), "c0").code == "stays"
    never = [{"customer_id": "c1", "rep_id": "r1", "kind": "forbid"}]
    barred = build_problem(make_case(reps, customers, locks=never, scenario={"corridors": []}))
    kept_out = explain_owner(limit_moves(barred, 1), plan, "c1")
    assert kept_out.code == "only_one", "a lock keeps him out, too: more moves would not help"


@pytest.mark.parametrize("seed", range(20))
def test_who_has_no_room_lost_to_whomever_the_plan_could_spare_most_cheaply(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reps = [{"lat": 31.0, "lon": 121.0 + k, "hours_per_week": 4.0} for k in range(2)]
    hours, lon = np.append(rng.choice([1.0, 1.5, 2.0], 5), rng.choice([1.5, 3.5])), 121.0 + rng.random(6)
    customers = [{"hours": h, "tier": "C", "lat": 31.0, "lon": x} for h, x in zip(hours, lon, strict=True)]
    tight = {"horizon": {"weeks": 1, "field_share": 1.0}, "corridors": []}
    problem = build_problem(make_case(reps, customers, scenario=tight))
    owner = np.array([0, 0, 1, 1, -1, -1])
    before = evaluate(problem, Plan(owner))
    assert before.keeps_all
    reason = explain_owner(problem, Plan(owner), "c5")
    swaps = {}
    for holder in range(4):
        changed = owner.copy()
        changed[5], changed[holder] = owner[holder], -1
        after, alone = evaluate(problem, Plan(changed)), owner.copy()
        alone[5] = owner[holder]
        has_room = evaluate(problem, Plan(alone)).keeps_all
        if after.keeps_all and not has_room:
            swaps[problem.customer_ids[holder]] = after.objective - before.objective
    assert (reason.rival is None) == (not swaps)
    if reason.rival is not None:
        assert reason.rival.difference == min(swaps.values()) == swaps[reason.rival.customer_id]


def test_whoever_had_no_owner_is_said_to_be_with_the_nearest_by_all_at_once_as_by_one() -> None:
    codes = set()
    for seed in SEEDS:
        problem, plan, _ = random_plan(seed)
        of_all = find_codes(problem, plan.owner, explain_moves(None, problem, plan.owner))
        for customer in np.flatnonzero((problem.owner == -1) & (plan.owner != -1)):
            of_one = explain_owner(problem, plan, problem.customer_ids[customer]).code
            if {of_one, of_all[customer]} <= {"nearest", "suits"}:
                codes.add(of_one)
                assert of_all[customer] == of_one
    assert codes == {"nearest", "suits"}
