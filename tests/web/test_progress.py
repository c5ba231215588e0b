"""Progress and reassignment through the API: taken in once, answered by a proposal, followed while it is made."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from optimizer.jobs import Worker
from optimizer.store import Role, list_entries
from optimizer.web.sending import send_due, sign
from tests.web.conftest import Hall
from tests.web.test_plans import steps

LEAVES = {"event_id": "hr-1", "at": "2027-01-11", "kind": "rep_leaves", "rep_id": "r1"}
BODY = {"events": [LEAVES], "starts": "2027-01-18", "time_limit": 20}


def test_an_event_counts_once_whatever_is_sent_again(hall: Hall) -> None:
    first = hall.post("/events", {"event": LEAVES}, Role.SERVICE)
    assert (first.status_code, first.json()["accepted"]) == (201, ["hr-1"])
    assert hall.post("/events", {"event": LEAVES}, Role.SERVICE).json()["repeated"] == ["hr-1"]
    other = hall.post("/events", {"event": {**LEAVES, "rep_id": "r2"}}, Role.SERVICE)
    assert (other.status_code, other.json()["code"]) == (409, "event_held")
    assert hall.get("/events/hr-1").json()["event"]["rep_id"] == "r1"


def test_events_in_bulk_are_taken_in_together_and_clashes_are_told(hall: Hall) -> None:
    hall.post("/events", {"event": LEAVES})
    lost = [
        {"event_id": f"e{k}", "at": "2027-01-11", "kind": "customer_lost", "customer_id": f"c{k}"}
        for k in range(3)
    ]
    body = {"events": [*lost, {**LEAVES, "rep_id": "r2"}]}
    told = hall.post("/events/bulk", body, headers={"Idempotency-Key": "night"})
    assert told.json()["accepted"] == ["e0", "e1", "e2"]
    assert [one["code"] for one in told.json()["clashes"]] == ["event_held"]
    again = hall.post("/events/bulk", body, headers={"Idempotency-Key": "night"})
    assert again.json() == told.json()
    reused = hall.post("/events/bulk", {"events": lost[:1]}, headers={"Idempotency-Key": "night"})
    assert (reused.status_code, reused.json()["code"]) == (409, "key_reused")
    page = hall.get("/events", params={"limit": 2}).json()
    assert [one["event"]["event_id"] for one in page["items"]] == ["hr-1", "e0"]
    assert len(hall.get("/events", params={"cursor": page["next"]}).json()["items"]) == 2


@pytest.mark.parametrize(
    "change",
    [{"kind": "rep_sleeps"}, {"at": "0202-01-11"}, {"at": "soon"}, {"rep_id": None}, {"event_id": ""}],
)
def test_an_event_that_says_too_little_is_told_with_its_place(hall: Hall, change: dict[str, Any]) -> None:
    told = hall.post("/events/bulk", {"events": [{**LEAVES, "event_id": "e9"}, {**LEAVES, **change}]})
    assert told.status_code == 422 and told.json()["findings"], told.text
    assert hall.get("/events").json()["items"] == []


# Reassignment ---------------------------------------------------------------------------------------------


@pytest.fixture
def listening() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An address that fails once, and what it heard."""
    heard: list[tuple[dict[str, str], bytes]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if len(heard) == 1 else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook?x=1", heard
        server.shutdown()


def in_force(hall: Hall) -> str:
    plan = hall.draft()
    steps(hall, plan.id, "submit", "approve")
    assert hall.post(f"/plans/{plan.id}/publish", {"starts": "2027-01-04"}).status_code == 201
    return plan.id


def test_nothing_is_taken_in_where_nothing_can_be_proposed(hall: Hall) -> None:
    told = hall.post("/reassignments", BODY, Role.SERVICE)
    assert (told.status_code, told.json()["code"]) == (409, "none_in_force")
    assert hall.get("/events").json()["items"] == []
    assert hall.get("/jobs").json()["items"] == []


@pytest.mark.slow
def test_a_leaver_is_answered_by_a_proposal_that_the_limits_apply(
    hall: Hall, listening: tuple[str, list[tuple[dict[str, str], bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optimizer.web.sending.WAITS", (0, 0, 0))
    address, heard = listening
    before = in_force(hall)
    hook = hall.post("/webhooks", {"url": address, "kinds": ["plan.published"]}).json()
    hall.ask("PUT", "/limits", json={"automatic": True, "max_moves": 100})
    told = hall.post("/reassignments", BODY, Role.SERVICE, headers={"Idempotency-Key": "hr-1"})
    assert told.status_code == 202, told.text
    again = hall.post("/reassignments", BODY, Role.SERVICE, headers={"Idempotency-Key": "hr-1"})
    job = told.json()["job"]
    assert again.json()["job"]["id"] == job["id"]
    with Worker(hall.store, slots=1, cores=1):
        stream = hall.get(f"/jobs/{job['id']}/events", Role.VIEWER)
    seen = [json.loads(line[6:]) for line in stream.text.splitlines() if line.startswith("data: ")]
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert seen[-1]["state"] == "done", seen[-1]
    result = seen[-1]["result"]
    assert (result["parent_id"], result["applied"]) == (before, True), result
    for day, own in (("2027-01-17", "r1"), ("2027-01-18", "r1")):
        owner = hall.get("/owner", params={"customer_id": "c1", "on": day}).json()["rep_id"]
        assert (owner == own) == (day == "2027-01-17")
    for _ in range(3):  # refused, told, nothing left
        send_due(hall.store)
    assert len(heard) == 2
    headers, body = heard[-1]
    said = json.loads(body)
    assert (said["type"], said["data"]["plan_id"]) == ("plan.published", result["plan_id"])
    with hall.store.read(hall.name) as view:
        from optimizer.store import get_webhook

        secret = get_webhook(view, hook["id"]).secret
    assert headers["webhook-signature"] == sign(
        secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body
    )
    assert heard[0][0]["webhook-id"] == headers["webhook-id"]
    (delivery,) = hall.get(f"/webhooks/{hook['id']}/deliveries").json()
    assert delivery["state"] == "delivered"
    assert [one["status"] for one in delivery["attempts"]] == [500, 204]
    assert secret not in hall.get("/webhooks").text
    assert hall.get("/audit/check").json()["broken"] is None
    actions = [one["action"] for one in hall.get("/audit", params={"kind": "publication"}).json()["items"]]
    assert actions == ["publish", "publish"]


def test_a_job_that_waits_is_cancelled_and_its_stream_ends(hall: Hall) -> None:
    version = hall.draft().case_version_id
    job = hall.post("/jobs/plan", {"case_version_id": version}, Role.PLANNER)
    assert (job.status_code, job.json()["state"]) == (202, "asked")
    path = f"/jobs/{job.json()['id']}"
    assert hall.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert '"state":"cancelled"' in hall.get(f"{path}/events").text
    assert hall.post(f"{path}/cancel").json()["code"] == "job_ended"
    assert hall.get(f"{path}/answers").json() == []
    with hall.store.read(hall.name) as view:
        actors = {entry.actor for entry in list_entries(view.connection, view.workspace, kind="job")}
    assert not any("opt_" in actor for actor in actors)
