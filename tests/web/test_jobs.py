"""Jobs through the API: asked for, followed while they are done, read in the shape that the document says."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from pydantic import TypeAdapter

from optimizer.jobs import ORDERS, Worker, ask
from optimizer.jobs.answers import SweepPoint
from optimizer.jobs.child import do
from optimizer.progress import CustomerHours
from optimizer.store import JobState, Role, get_job, post_events, save_case, save_plan, take_job
from optimizer.web.api.job_answers import AnyJob
from tests.cases import make_case
from tests.jobs.conftest import endless_case, wait_for
from tests.jobs.test_workers import is_alive
from tests.web.conftest import Hall, open_hall
from tests.web.test_plans import CASE

SCENARIO = {"horizon": {"start": "2027-01-04", "weeks": 4}}
TASKS = [{"task_id": f"t{k}", "customer_id": "c1", "hours": 2, "kind": "visit"} for k in range(3)]
WEEKS = {"tables": {**CASE["tables"], "tasks": TASKS}, "scenario": SCENARIO}
SHORT = {  # nobody has the hours for everybody, and everybody must be served
    "tables": {
        **CASE["tables"],
        "reps": [{**rep, "hours_per_week": 2.0} for rep in CASE["tables"]["reps"]],
    },
    "scenario": {**SCENARIO, "coverage": {"hard": True}},
}
ROWS = [{"customer_id": "c1", "rep_id": "r1"}, {"customer_id": "c2", "rep_id": "r2"}]
AnyAnswer = TypeAdapter(AnyJob)


def put(hall: Hall, name: str, case: Any) -> str:
    told = hall.post(f"/cases/{name}/tables", case)
    assert told.status_code == 201, told.text
    return str(told.json()["version"]["id"])


def add(hall: Hall, version: str) -> str:
    return str(hall.post("/plans", {"case_version_id": version, "assignments": ROWS}).json()["id"])


def follow(hall: Hall, job_id: str) -> list[dict[str, Any]]:
    """What its events tell, until it has ended."""
    stream = hall.get(f"/jobs/{job_id}/events", Role.VIEWER)
    assert stream.headers["content-type"].startswith("text/event-stream")
    return [json.loads(line[6:]) for line in stream.text.splitlines() if line.startswith("data: ")]


@pytest.fixture(scope="module")
def done(served: Any) -> Iterator[tuple[Hall, dict[str, list[dict[str, Any]]]]]:
    """A job of every kind, done by one worker: what the events of each told."""
    hall = open_hall(served)
    version, short = put(hall, "q1", WEEKS), put(hall, "short", SHORT)
    first, second, bad = add(hall, version), add(hall, version), add(hall, short)
    orders: dict[str, dict[str, Any]] = {
        "plan": {"case_version_id": version, "name": "first", "reports": ["page", "workbook", "map"]},
        "frontier": {"case_version_id": version, "points": 5},
        "sweep": {"case_version_id": version, "values": {"travel.price": [0.5, 2.0]}},
        "size": {"case_version_id": version, "reps": [1, 2]},
        "compare": {"plan_ids": [first, second]},
        **{
            f"explain {about}": {"plan_id": first, "about": about}
            for about in ("limits", "skills", "fairness")
        },
        "explain conflicts": {"plan_id": bad, "about": "conflicts"},
    }
    ids = {}
    for name, order in orders.items():
        told = hall.post(f"/jobs/{name.split()[0]}", order, Role.PLANNER)
        assert (told.status_code, told.json()["state"]) == (202, "asked"), told.text
        ids[name] = told.json()["id"]
    with Worker(hall.store, slots=2, cores=2):
        seen = {name: follow(hall, job_id) for name, job_id in ids.items()}
    yield hall, seen


# What jobs make does not depend on the kind of database; how they are done is tried in tests/jobs on each.
either = pytest.mark.parametrize(
    "served", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
Done = tuple[Hall, dict[str, list[dict[str, Any]]]]


@either
def test_every_kind_of_job_is_followed_to_its_end_and_gives_what_the_document_says(done: Done) -> None:
    hall, seen = done
    assert {job["kind"] for events in seen.values() for job in events} | {"rebalance"} == set(ORDERS)
    for name, events in seen.items():
        last = events[-1]
        assert (last["state"], last["error"]) == ("done", None), (name, last)
        assert hall.get(f"/jobs/{last['id']}").json() == last
        for job in events:
            AnyAnswer.validate_python(job)
    listed = hall.get("/jobs", params={"limit": 100}).json()["items"]
    assert {job["id"] for job in listed} == {events[-1]["id"] for events in seen.values()}


@either
def test_the_last_glimpse_of_a_plan_is_the_plan_and_not_its_weeks(done: Done) -> None:
    hall, seen = done
    job = seen["plan"][-1]
    result, progress = job["result"], job["progress"]
    for name in ("objective", "bound", "gap", "keeps_all"):
        assert progress[name] == pytest.approx(result[name]), name
    assert progress["weeks"]["objective"] is not None
    assert hall.get(f"/plans/{result['plan_id']}").json()["name"] == "first"


@either
def test_what_jobs_made_is_downloaded(done: Done) -> None:
    hall, seen = done
    plan = seen["plan"][-1]["result"]["plan_id"]
    files = hall.get(f"/plans/{plan}/files").json()
    assert {"report.html", "plan.xlsx", "territories.geojson", "result.json"} <= set(files)
    for name, size in files.items():
        assert len(hall.get(f"/plans/{plan}/files/{name}").content) == size
    points = seen["frontier"][-1]["result"]["points"]
    assert points
    for point in points:
        table = hall.get(f"/plans/{point['plan_id']}/download/csv").content.decode("utf-8-sig")
        assert len(table.splitlines()) == 3


@either
def test_a_sweep_tells_its_points_and_other_kinds_have_none(done: Done) -> None:
    hall, seen = done
    points = hall.get(f"/jobs/{seen['sweep'][-1]['id']}/answers").json()
    assert [SweepPoint.model_validate(one).status for one in points] == ["optimal"] * 2
    assert {one["values"]["travel.price"] for one in points} == {0.5, 2.0}
    assert hall.get(f"/jobs/{seen['size'][-1]['id']}/answers").json() == []
    assert seen["size"][-1]["result"]["smallest"] == 1
    compared = seen["compare"][-1]["result"]
    assert compared["baseline"] == compared["plan_ids"][0] and compared["kpis"]


@either
def test_explanations_speak_both_languages(done: Done) -> None:
    _, seen = done
    found = {name: events[-1]["result"] for name, events in seen.items() if name.startswith("explain")}
    assert found["explain limits"]["conflicts"] is None and found["explain limits"]["limits"] is not None
    assert found["explain fairness"]["fairness"]["plans"] > 0
    assert found["explain skills"]["skills"]["ideas"] is not None
    (conflict,) = found["explain conflicts"]["conflicts"]
    assert conflict["proved"] and len(conflict["ways"]) >= 3
    assert found["explain conflicts"]["broken"] > 0
    for way in conflict["ways"]:
        assert way["least_hours"] is None or way["least_hours"] <= way["hours"]
    assert any(way["least_hours"] is not None for way in conflict["ways"])
    ideas = [*found["explain limits"]["limits"], *found["explain skills"]["skills"]["ideas"]]
    assert {(one["tried"], one["territories"], one["sampled"]) for one in ideas} <= {(True, None, False)}
    drawn = seen["explain fairness"][-1]["progress"]
    assert (drawn["phase"], drawn["done"]) == ("drawing", drawn["total"]) and drawn["total"] > 0
    for one in (*conflict["limits"], *conflict["ways"]):
        assert one["sentence"]["en"].isascii() and not one["sentence"]["zh"].isascii()


def test_a_plan_that_is_not_there_is_not_explained(hall: Hall) -> None:
    told = hall.post("/jobs/explain", {"plan_id": "none", "about": "limits"})
    assert (told.status_code, told.json()["code"]) == (404, "missing")
    wrong = hall.post("/jobs/explain", {"plan_id": "none", "about": "weather"})
    assert (wrong.status_code, wrong.json()["findings"][0]["column"]) == (422, "about")


def test_cancelling_a_running_plan_kills_its_solver(hall: Hall) -> None:
    with hall.write() as write:
        version = save_case(write, "endless", endless_case()).id
    job = hall.post("/jobs/plan", {"case_version_id": version, "schedule": False}).json()
    with Worker(hall.store, slots=1, cores=1) as worker:
        (child,) = wait_for(
            lambda: hall.get(f"/jobs/{job['id']}").json()["progress"] and worker.list_children()
        )
        asked = hall.post(f"/jobs/{job['id']}/cancel", role=Role.PLANNER)
        assert (asked.status_code, asked.json()["state"]) == (200, "running")
        assert asked.json()["cancel_asked_at"] is not None
        ended = follow(hall, job["id"])[-1]
        assert ended["state"] == "cancelled" and not is_alive(child)
    with hall.store.read(hall.name) as view:
        assert get_job(view, job["id"]).state == JobState.CANCELLED
    assert hall.get("/plans").json()["items"] == []


@either
def test_a_proposal_is_explained_by_what_was_asked_of_its_moves(hall: Hall) -> None:
    # c2 would be nearer to r1 by 1.2 times its hand-over, c3 and c4 by four times
    case = make_case(
        [{"lat": 31.0, "lon": 110.0}, {"lat": 31.0, "lon": 112.5}],
        [
            {"tier": "B", "hours": 20.0, "lat": 31.0, "lon": 110.0 + east, "owner": "r0"}
            for east in (0.0, 0.0, 1.75, 2.5, 2.5)
        ],
        scenario={"horizon": {"start": "2027-01-01"}, "corridors": [], "solve": {"effort": 0.1}},
    )
    with hall.write() as write:
        version = save_case(write, "two", case).id
        rows = pd.DataFrame({"customer_id": [f"c{c}" for c in range(5)], "rep_id": ["r0"] * 5})
        before = save_plan(write, version, rows).id
        post_events(write, [CustomerHours(event_id="e", at=dt.date(2027, 1, 5), customer_id="c0", hours=1.0)])

    def work(kind: str, **order: Any) -> Any:
        with hall.write() as write:
            job = ask(write, ORDERS[kind](**order))
        taken = take_job(hall.store, "w", 9)
        assert taken is not None and taken.id == job.id
        do(hall.store, hall.name, job.id, taken.attempt, 1)
        with hall.store.read(hall.name) as view:
            return get_job(view, job.id).result

    def explain(plan: str, customer: str) -> str:
        path = f"/plans/{plan}/explanation/customer"
        code: str = hall.get(path, params={"customer_id": customer}).json()["code"]
        return code

    asked = {"plan_id": before, "schedule": False, "reports": ()}
    free, one = (work("rebalance", **asked, max_moves=most) for most in (None, 1))
    assert (free["moves"], one["moves"]) == (2, 1)
    assert [explain(free["plan_id"], c) for c in ("c2", "c3", "c4")] == ["asked_more", "nearest", "nearest"]
    assert [explain(one["plan_id"], c) for c in ("c2", "c4")] == ["asked_more", "used_up"]
    limits = work("explain", plan_id=one["plan_id"], about="limits")["limits"]
    assert "budget" in {limit["kind"] for limit in limits}
