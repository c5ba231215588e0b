"""What jobs make: plans and figures as the library gives them, kept with the end of the job; proposals within limits.

What they make does not depend on the kind of database: most of it is tried on SQLite alone.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.guardrails import Guardrail
from optimizer.jobs import (
    CompareOrder,
    ExplainOrder,
    FrontierOrder,
    Order,
    PlanOrder,
    RebalanceOrder,
    ask,
    read_order,
    telling,
)
from optimizer.jobs.child import do
from optimizer.jobs.children import Ending
from optimizer.jobs.rebalancing import find_obstacles
from optimizer.jobs.results import dump_result, load_result
from optimizer.messages import say
from optimizer.plan import Plan
from optimizer.progress import RepLeaves
from optimizer.result import Result
from optimizer.solving import solve
from optimizer.store import (
    ChangeLimits,
    Job,
    JobState,
    Missing,
    Store,
    approve_plan,
    change_limits,
    find_in_force,
    get_case_version,
    get_plan,
    judge_plan,
    keep_step,
    list_files,
    list_plans,
    load_assignments,
    load_plan,
    post_events,
    publish_plan,
    save_plan,
    save_variant,
    submit_plan,
    take_job,
)
from optimizer.store.audit import dump_json
from optimizer.web.api.job_answers import AnyJob
from tests.cases import make_case
from tests.jobs.conftest import ask_for, keep, look, small_case
from tests.store.conftest import Room, new_room
from tests.store.servers import Databases, open_place

JAN = dt.date(2027, 1, 1)


@pytest.fixture
def room(databases: Databases) -> Iterator[Room]:
    store = open_place(databases("sqlite", False))
    yield new_room(store)
    store.close()


AnyAnswer = TypeAdapter[Any](AnyJob)


def work_on(room: Room, order: Order, given: Result | None = None) -> Job:
    """The job, done here and now; ``given``: the territories that were found before it was begun again."""
    ask_for(room, order)
    job = take_job(room.store, "w1", 9)
    assert job is not None
    if given is not None:
        assert keep_step(room.store, job, "territories", dump_result(given))
    assert do(room.store, room.name, job.id, job.attempt, 1) == Ending.DONE
    done = look(room, job)
    assert done.state == JobState.DONE and done.result is not None, done.error
    AnyAnswer.validate_json(TypeAdapter(Job).dump_json(done))  # of the shape that the API's document shows
    return done


def owners(room: Room, plan_id: str) -> list[str | None]:
    with room.read() as view:
        rows = load_assignments(view, plan_id)
    return [None if rep != rep else str(rep) for rep in rows["rep_id"]]


@pytest.fixture(scope="module")
def solved() -> Result:
    return solve(build_problem(small_case()))


def test_a_result_that_was_kept_is_the_same_when_it_is_read(solved: Result) -> None:
    problem = build_problem(small_case())
    again = load_result(json.loads(dump_json(dump_result(solved))), problem)
    assert np.array_equal(again.plan.owner, solved.plan.owner) and again.score.terms == solved.score.terms
    assert again.prices is not None and solved.prices is not None
    assert np.array_equal(again.prices.hour, solved.prices.hour) and again.prices.bound == solved.prices.bound
    plain = {"plan", "score", "prices", "trace"}
    kept = {name: value for name, value in vars(solved).items() if name not in plain}
    assert {name: value for name, value in vars(again).items() if name not in plain} == kept
    assert [g.seconds for g in again.trace] == [g.seconds for g in solved.trace]


def test_a_plan_is_the_one_that_the_library_gives_with_its_weeks_and_files(
    room: Room, solved: Result
) -> None:
    done = work_on(room, PlanOrder(case_version_id=keep(room, small_case()), name="first"))
    assert done.result is not None
    case, plan_id = small_case(), done.result["plan_id"]
    with room.read() as view:
        kept, tasks = get_plan(view, plan_id), load_plan(view, plan_id).tasks
        assert set(list_files(view, plan_id)) == {"report.html", "result.json"}
    named = dict(zip(case.records.customers["customer_id"], solved.plan.owner, strict=True))
    reps = [*case.records.reps["rep_id"], None]
    assert owners(room, plan_id) == [reps[named[name]] for name in sorted(named)]
    assert (kept.name, kept.status, kept.origin, kept.created_by) == ("first", "draft", "plan", "ann")
    assert kept.summary["objective"] == solved.score.objective_hours == done.result["objective"]
    assert tasks["week"].notna().any() and done.progress is not None and done.progress["phase"]


def test_the_last_glimpse_is_there_however_seldom_they_are_written(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "EVERY", 3600.0)
    done = work_on(room, PlanOrder(case_version_id=keep(room, small_case())))
    assert done.progress is not None and done.result is not None
    for name in ("objective", "bound", "gap", "keeps_all"):
        assert done.progress[name] == pytest.approx(done.result[name]), name
    assert done.progress["phase"] == "writing"


def test_territories_that_were_found_are_not_sought_again(room: Room, solved: Result) -> None:
    problem = build_problem(small_case())
    other = Plan(np.where(solved.plan.owner == 2, 1, solved.plan.owner))
    given = replace(solved, plan=other, score=evaluate(problem, other))
    order = PlanOrder(case_version_id=keep(room, small_case()), schedule=False, reports=())
    done = work_on(room, order, given)
    assert done.result is not None and "r2" not in owners(room, done.result["plan_id"])


def test_a_variant_is_laid_on_first_and_its_plan_is_of_a_version_of_its_own(room: Room) -> None:
    version = keep(room, small_case())
    with room.write() as write:
        save_variant(write, "small", "without", {"leave": [{"rep_id": "r0"}]})
    done = work_on(room, PlanOrder(case_version_id=version, variant="without", schedule=False, reports=()))
    assert done.result is not None and "r0" not in owners(room, done.result["plan_id"])
    with room.read() as view:
        assert get_case_version(view, done.result["case_version_id"]).variant == "without"


def test_nothing_is_accepted_that_is_not_there(room: Room) -> None:
    version = keep(room, small_case())
    for order in (
        PlanOrder(case_version_id="nothing"),
        FrontierOrder(case_version_id=version, plan_id="nothing"),
        CompareOrder(plan_ids=("nothing",)),
        RebalanceOrder(plan_id="nothing"),
    ):
        with pytest.raises(Missing), room.write() as write:
            ask(write, order)
    asked = ask_for(room, PlanOrder(case_version_id=version, seed=3))
    assert read_order(asked) == PlanOrder(case_version_id=version, seed=3)


def put_in_force(room: Room) -> str:
    """A plan in force, of which a rep leaves."""
    done = work_on(room, PlanOrder(case_version_id=keep(room, small_case()), schedule=False, reports=()))
    assert done.result is not None
    plan_id = str(done.result["plan_id"])
    judge_plan(room.store, room.name, "checker", plan_id)
    with room.write() as write:
        submit_plan(write, plan_id)
        approve_plan(write, plan_id)
        publish_plan(write, plan_id, JAN)
        post_events(write, [RepLeaves(event_id="e1", at=dt.date(2027, 2, 1), rep_id="r0")])
    return plan_id


def test_a_proposal_waits_unless_it_is_within_the_limits(own_store: Store) -> None:
    room = new_room(own_store)
    in_force = put_in_force(room)
    order = RebalanceOrder(plan_id=in_force, apply=True, schedule=False, reports=())
    held = work_on(room, order).result
    assert held is not None and held["held_by"] == ["not_automatic"] and not held["applied"]
    with room.write() as write:
        proposal = get_plan(write, held["plan_id"])
        assert (proposal.status, proposal.parent_id, proposal.origin) == ("submitted", in_force, "rebalance")
        change_limits(write, ChangeLimits(True, 100, (), -1e6))
        told = dict(held)
        assert find_obstacles(write, told, JAN) == []
        for code, change in {
            "moves": {"moves": 101, "gain_hours": 9.0, "cost_hours": 1.0},
            "gain": {"moves": 1, "gain_hours": 1.0, "cost_hours": 1.0},
            "other_plan": {"parent_id": held["plan_id"]},
        }.items():
            assert find_obstacles(write, told | change, JAN) == [code]
            assert all(say(f"held.{code}", lang) for lang in ("en", "zh"))
        assert find_obstacles(write, told, JAN - dt.timedelta(days=1)) == ["other_plan"]
        change_limits(write, ChangeLimits(True, 100, ("A",), -1e6, (Guardrail("moved", max=-1.0),)))
        assert find_obstacles(write, told | {"moved_tiers": ["A"]}, JAN) == ["tier", "kpi"]
        change_limits(write, ChangeLimits(True, 100, (), -1e6))
    applied = work_on(room, order).result
    assert applied is not None and applied["applied"], applied
    with room.read() as view:
        assert get_plan(view, applied["plan_id"]).status == "published"
        tenure = find_in_force(view, dt.date(2027, 3, 1))
        assert (
            tenure is not None
            and tenure.plan_id == applied["plan_id"]
            and "r0" not in owners(room, tenure.plan_id)
        )
    again = work_on(room, RebalanceOrder(plan_id=applied["plan_id"], schedule=False, reports=())).result
    assert again is not None and again["moves"] == 0  # of the first case, with all that happened since


def test_frontier_and_comparison_say_what_the_library_says(room: Room) -> None:
    done = work_on(room, FrontierOrder(case_version_id=keep(room, small_case()), points=5))
    assert done.result is not None
    points = done.result["points"]
    with room.read() as view:
        assert {plan.id for plan in list_plans(view).items} == {point["plan_id"] for point in points}
    compared = work_on(room, CompareOrder(plan_ids=[point["plan_id"] for point in points])).result
    assert compared is not None
    travel = next(kpi for kpi in compared["kpis"] if kpi["name"] == "travel_hours")
    assert travel["values"] == [point["kpis"]["travel_hours"] for point in points]


def test_what_limits_cost_is_answered_by_what_cannot_hold_where_not_all_can(room: Room) -> None:
    reps = [{"hours_per_week": 2.0}, {"hours_per_week": 2.0}]
    scenario = {"horizon": {"weeks": 4}, "coverage": {"hard": True}}
    case = make_case(reps, [{"hours": 12.0, "owner": "r0"}, {"hours": 8.0}], scenario=scenario)
    version = keep(room, case)
    with room.write() as write:
        plan = save_plan(write, version, pd.DataFrame({"customer_id": ["c0", "c1"], "rep_id": ["r0", "r1"]}))
    told = work_on(room, ExplainOrder(plan_id=plan.id, about="limits")).result
    assert told is not None and told["limits"] is None
    (conflict,) = told["conflicts"]
    assert conflict["proved"] and len(conflict["ways"]) >= 3
    asked = work_on(room, ExplainOrder(plan_id=plan.id, about="conflicts")).result
    assert asked is not None and asked["conflicts"] == told["conflicts"]
