"""The database is locked or away, or a disk is full: whoever asks is told so, nothing is lost, and all goes on then."""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text
from starlette.datastructures import UploadFile

from optimizer.store import Job, Outage, Store, ask_job, cancel_job, find_place, get_job, verify_all
from optimizer.store.engine import make_engine
from optimizer.web.app import PREFIX, build_app
from optimizer.web.room import Room
from tests.store.servers import KINDS, Databases, open_place
from tests.web.conftest import SETTINGS, Hall, open_hall
from tests.web.test_problems import FIELDS

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], 300, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
FILL = (
    "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
    "CREATE TRIGGER no_room BEFORE INSERT ON requests EXECUTE FUNCTION no_room()",
)


@pytest.fixture(params=KINDS)
def own_hall(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Hall]:
    """The service on a database of this test alone."""
    store = open_place(databases(request.param, False))
    front = build_app(store, SETTINGS)
    with TestClient(front, raise_server_exceptions=False) as client:
        yield open_hall((store, front, client))
    store.close()


def is_problem(told: Any, status: int, code: str) -> bool:
    """Whether it is the answer that everybody knows from other errors."""
    assert told.headers["content-type"] == "application/problem+json", told.text
    assert told.json().keys() >= FIELDS
    return bool((told.status_code, told.json()["code"]) == (status, code))


def post(hall: Hall, number: int) -> Any:
    """Some events under a key."""
    one = {"at": "2027-01-11", "kind": "customer_hours", "customer_id": "c" * 200, "hours": 1.0}
    events = [{**one, "event_id": f"{number}-{k}"} for k in range(50)]
    return hall.post("/events/bulk", {"events": events}, headers={"Idempotency-Key": str(number)})


def count_events(hall: Hall) -> int:
    told = hall.get("/events", params={"limit": 1000})
    assert told.status_code == 200, told.text
    return len(told.json()["items"])


def is_whole(hall: Hall) -> bool:
    with hall.store.view() as connection:
        return all(check.ok for check in verify_all(connection))


@contextmanager
def full_disk(store: Store) -> Iterator[None]:
    """No row that needs room finds any."""
    if store.place.embedded:

        def limit(connection: Any, *_: Any) -> None:
            connection.execute(f"PRAGMA max_page_count = {most}")

        most = 1  # no more than there are
        event.listen(store.engine, "checkout", limit)
        yield
        most = 2**31
    else:
        with store.engine.begin() as connection:
            for statement in FILL:
                connection.execute(text(statement))
        yield
        with store.engine.begin() as connection:
            connection.execute(text("DROP FUNCTION no_room CASCADE"))


def test_a_full_disk_is_told_and_once_there_is_room_all_goes_on(own_hall: Hall) -> None:
    kept = 0
    with full_disk(own_hall.store):
        while (told := post(own_hall, kept)).status_code == 201:
            kept += 1
        assert is_problem(told, 507, "no_room")
        assert count_events(own_hall) == 50 * kept
        assert own_hall.client.get("/readyz").status_code == 200
    told = post(own_hall, kept)
    assert told.status_code == 201 and "idempotent-replayed" not in told.headers
    assert count_events(own_hall) == 50 * (kept + 1) and is_whole(own_hall)


def test_a_file_that_another_process_holds_is_told_and_read_meanwhile(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("engine", "store"):
        monkeypatch.setattr(f"optimizer.store.{module}.WAIT_SECONDS", 0.1)
    store = open_place(databases("sqlite", False))
    front = build_app(store, SETTINGS)
    with TestClient(front, raise_server_exceptions=False) as client:
        hall = open_hall((store, front, client))
        with subprocess.Popen(
            [sys.executable, "-c", LOCK, str(store.place.url.database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as other:
            assert other.stdout is not None and other.stdout.readline() == "locked\n"
            told = post(hall, 0)
            assert is_problem(told, 503, "busy") and told.headers["retry-after"] == "1"
            assert count_events(hall) == 0 and client.get("/readyz").status_code == 200
            other.communicate()
        assert post(hall, 0).status_code == 201
        assert count_events(hall) == 50 and is_whole(hall)
    store.close()


@pytest.mark.parametrize("url", ["postgresql://ann:hush@127.0.0.1:1/none", "sqlite:///{folder}/gone/s.db"])
def test_a_database_that_is_away_is_told_and_without_its_address(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = find_place(url.format(folder=tmp_path))
    store = Store(place, make_engine(place))
    if place.embedded:
        (tmp_path / "gone").rmdir()
    headers = {"Authorization": "Bearer opt_a_b"}
    with TestClient(build_app(store), raise_server_exceptions=False) as client:
        for told in (client.get(f"{PREFIX}/me", headers=headers), client.get("/login")):
            assert told.status_code in (200, 503) and "hush" not in told.text and "127.0.0.1" not in told.text
        assert is_problem(client.get(f"{PREFIX}/me", headers=headers), 503, "away")
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "away")
        counted = client.get("/metrics")
        assert counted.status_code == 200 and 'route="who_am_i",status="503"' in counted.text
    assert "hush" not in caplog.text
    store.close()


def test_an_upload_that_finds_no_room_is_told(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    files = [("files", ("reps.csv", b"rep_id\nr1\n"))]
    with monkeypatch.context() as patched:
        patched.setattr(UploadFile, "write", fail)  # while it is taken in
        assert is_problem(hall.post("/cases/q1/files", files=files), 507, "no_room")
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryDirectory", fail)  # while it is laid down
        assert is_problem(hall.post("/cases/q1/files", files=files), 507, "no_room")
    assert is_problem(hall.post("/cases/q1/files", files=files), 422, "bad_input")


def test_who_follows_a_job_hears_on_after_an_outage(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    with hall.write() as write:
        id = ask_job(write, "plan", {}).id
    looks = 0

    def look(here: Room, job_id: str) -> Job:
        nonlocal looks
        looks += 1
        if looks in (3, 4):
            raise Outage("away", error="gone")
        if looks == 5:
            with hall.write() as write:
                cancel_job(write, id)
        with here.read() as view:
            return get_job(view, job_id)

    monkeypatch.setattr("optimizer.web.api.jobs._look", look)
    monkeypatch.setattr("optimizer.web.api.jobs.LOOK", 0.0)
    told = hall.get(f"/jobs/{id}/events").text
    assert told.count("event: job") == 2 and '"state":"cancelled"' in told
