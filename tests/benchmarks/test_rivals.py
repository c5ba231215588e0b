"""The rivals are asked the very problem that we solve, and used as well as they can be."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimizer import Plan, build_problem, evaluate
from tests.benchmarks.question import build_question
from tests.benchmarks.rivals import b2b, cpsat, dialogue, kmeans, mip
from tests.cases import make_case, random_case
from tests.solving.enumeration import enumerate_plans

SOLVERS = {"CP-SAT": (cpsat, ""), "SCIP": (mip, "scip"), "HiGHS": (mip, "highs")}


@pytest.fixture(scope="module")
def solvable():
    """Tight random cases that have a plan, with what it costs at best: all plans were tried."""
    found = []
    for seed in range(40):
        case = random_case(seed, customers=6)
        problem = build_problem(case)
        best = enumerate_plans(problem).find_best()
        if best is not None:
            found.append((seed, case, problem, best[0]))
    return found[:10]


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_given_the_question_finds_what_a_best_plan_costs(name, solvable):
    module, variant = SOLVERS[name]
    assert len(solvable) == 10
    for seed, case, problem, best in solvable:
        question = build_question(case, problem)
        answer = module.solve(question, 20.0, variant)
        score = evaluate(problem, Plan(answer.owner.astype(np.int64)))
        assert score.keeps_all, (seed, score.hard_violations)
        # We round each price up to a whole milli-hour once a row, the rivals never do.
        assert best <= score.objective <= best + len(question.low) + 1, seed
        assert best - len(question.low) - 1 <= answer.bound <= best + 1, seed


def test_fewer_arcs_keep_the_cheapest_the_present_and_nobody():
    case = random_case(3, customers=12, reps=6)
    problem = build_problem(case)
    whole, part = build_question(case, problem), build_question(case, problem, 2)
    assert len(part.rep) < len(whole.rep)
    for unit in range(int(whole.unit[-1]) + 1):
        all_arcs, kept = np.flatnonzero(whole.unit == unit), np.flatnonzero(part.unit == unit)
        assert set(part.rep[kept]) <= set(whole.rep[all_arcs])
        cheapest = whole.rep[all_arcs[np.lexsort((all_arcs, whole.cost[all_arcs]))[:2]]]
        assert set(cheapest) <= set(part.rep[kept])
        assert part.unit[part.start[unit]] == unit
        owner = problem.owner[np.argmax(whole.unit_of_customer == unit)]
        assert owner not in whole.rep[all_arcs] or owner in part.rep[kept]
        if whole.start[unit] != all_arcs[0]:
            assert whole.rep[whole.start[unit]] == owner


def test_the_start_exceeds_no_hard_row_and_leaves_out_no_more_than_it_must():
    reps = [{"hours_per_week": 10 / 0.6}, {"hours_per_week": 10 / 0.6}]
    owned = [{"hours": h, "tier": t, "owner": "r0"} for h, t in ((4, "A"), (3, "B"), (2, "C"), (3, "C"))]
    case = make_case(
        reps, [*owned, {"hours": 9, "tier": "C", "owner": "r1"}], scenario={"horizon": {"weeks": 1}}
    )
    problem = build_problem(case)
    question = build_question(case, problem)
    plan = Plan(question.owners(question.start))
    # 12 hours for 10: leaving 2 hours of tier C is cheapest for what it frees
    assert plan.owner.tolist() == [0, 0, -1, 0, 1]
    assert evaluate(problem, plan).keeps_all


def test_nobody_is_no_way_out_where_everybody_must_be_served():
    reps = [{"hours_per_week": 40}, {"hours_per_week": 40}]
    customers = [{"hours": 2, "tier": "C"}, {"hours": 2, "tier": "C", "requires": "welding"}]
    case = make_case(reps, customers, scenario={"coverage": {"hard": True}})
    question = build_question(case, build_problem(case))
    assert set(question.rep[question.unit == 0]) == {0, 1}
    assert set(question.rep[question.unit == 1]) == {-1}, "nobody may serve it: the only arc it has stays"


def test_a_question_comes_out_of_its_file_as_it_went_in(tmp_path: Path):
    case = random_case(1)
    question = build_question(case, build_problem(case))
    question.save(tmp_path / "question.npz")
    again = dialogue.read_question(tmp_path / "question.npz")
    for name, array in vars(question).items():
        np.testing.assert_array_equal(getattr(again, name), array)


def test_a_rival_that_is_not_installed_says_so(tmp_path: Path, monkeypatch, capsys):
    case = random_case(1)
    build_question(case, build_problem(case)).save(tmp_path / "question.npz")
    asked = ["rival", str(tmp_path / "question.npz"), str(tmp_path / "answer.npz"), "7", "variant"]
    monkeypatch.setattr(sys, "argv", asked)
    heard = []

    def miss(question, seconds, variant):
        heard.append((seconds, variant))
        import a_package_that_nobody_has  # noqa: F401

    with pytest.raises(SystemExit) as ended:
        dialogue.reply(miss)
    assert ended.value.code == dialogue.NOT_INSTALLED and heard == [(7.0, "variant")]
    assert capsys.readouterr().out == "a_package_that_nobody_has is not installed\n"
    dialogue.reply(lambda *_: None)
    assert not (tmp_path / "answer.npz").exists()
    dialogue.reply(lambda *_: dialogue.Answer(np.array([1, 0]), 3.5))
    answer = dialogue.read_answer(tmp_path / "answer.npz")
    assert answer.owner.tolist() == [1, 0] and answer.bound == 3.5


def test_clusters_go_to_the_reps_for_whom_they_cost_least():
    label = np.array([0, 0, 1, 2])
    cost = np.array([[9.0, 1, 9], [9, 1, 9], [9, 0, 2], [3, 9, 9]])
    owner, total = kmeans.match_clusters(label, cost)
    assert owner.tolist() == [1, 1, 2, 0] and total == 1 + 1 + 2 + 3


def test_what_is_no_arc_is_dearer_than_any_plan():
    case = random_case(2)
    question = build_question(case, build_problem(case))
    cost = kmeans.spread_costs(question)
    assert cost.shape == (question.n_customers, question.n_reps)
    arcs = {(u, r) for u, r in zip(question.unit, question.rep, strict=True) if r >= 0}
    for customer, unit in enumerate(question.unit_of_customer):
        for rep in range(question.n_reps):
            assert ((unit, rep) in arcs) == (cost[customer, rep] <= np.abs(question.cost).sum())


def test_territories_of_the_package_are_reps_and_locks_move_customers_to_their_region():
    reps = [{"team": "East"}, {"team": "West"}, {"team": "East"}]
    customers = [
        {"hours": 1, "region": "East", "owner": "r1"},
        {"hours": 1, "region": "West", "owner": None},
        {"hours": 1, "region": "West", "owner": "r0"},
    ]
    locks = [{"customer_id": "c2", "rep_id": "r2", "kind": "force"}]
    case = make_case(reps, customers, locks=locks)
    question = build_question(case, build_problem(case))
    names, region, locked = b2b.name_territories(question, "locks")
    assert names == ["East_Territory_1", "West_Territory_1", "East_Territory_2"]
    assert region.tolist() == ["East", "West", "East"] and locked.tolist() == [-1, -1, 2]
    _, region, locked = b2b.name_territories(question, "owners")
    assert region.tolist() == ["West", "West", "East"] and locked.tolist() == [1, -1, 2]


def test_a_range_without_a_whole_number_becomes_two_rows():
    case = random_case(4)
    problem = build_problem(case)
    question = build_question(case, problem)
    narrow = replace(
        problem,
        corridors=tuple(replace(c, low=c.high + 3, price=c.price) for c in problem.corridors),
    )
    assert problem.corridors
    crossed = build_question(case, narrow)
    assert (crossed.low <= crossed.high).all()
    assert len(crossed.low) >= len(question.low) + len(problem.corridors)
