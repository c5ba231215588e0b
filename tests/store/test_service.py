"""What the service keeps beside plans: jobs, remembered answers, tokens, people, webhooks, limits."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from optimizer.guardrails import Guardrail
from optimizer.store import (
    SYSTEM,
    Blocked,
    ChangeLimits,
    Conflict,
    JobState,
    Missing,
    Role,
    Unfit,
    add_webhook,
    announce,
    ask_job,
    beat,
    bury,
    cancel_job,
    change_limits,
    change_webhook,
    claim_deliveries,
    create_workspace,
    end_cancelled,
    fail_job,
    find_roles,
    find_token,
    finish_job,
    forget,
    get_job,
    get_token,
    get_workspace,
    grant_role,
    list_deliveries,
    list_jobs,
    list_members,
    list_open_jobs,
    list_tokens,
    list_workers,
    list_workspaces,
    make_token,
    note_attempt,
    note_use,
    recall,
    remember,
    revoke_token,
    show_progress,
    sign_in,
    start_job,
)
from tests.store.conftest import Room, audit_of, draft

HOUR = dt.timedelta(hours=1)


def test_a_job_is_asked_for_with_what_it_is_for_or_not_at_all(room: Room) -> None:
    with pytest.raises(RuntimeError), room.write() as write:
        ask_job(write, "plan", {})
        raise RuntimeError
    with room.write() as write:
        plan = draft(write)
        low = ask_job(write, "plan", {"plan": plan.id})
        high = ask_job(write, "rebalance", {"plan": plan.id}, priority=5)
    with room.store.view() as connection:
        mine = [job for job in list_open_jobs(connection, limit=1000) if job.workspace == room.name]
        assert [job.id for job in mine] == [high.id, low.id]
    with room.write("worker") as write:
        start_job(write, low.id)
        assert start_job(write, low.id).state == JobState.RUNNING, "once more, by another worker"
        done = finish_job(write, low.id, {"plan": plan.id})
        assert finish_job(write, low.id, {"plan": "another"}) == done
        for late in (lambda: fail_job(write, low.id, {}), lambda: cancel_job(write, low.id)):
            with pytest.raises(Blocked, match="not possible any more"):
                late()
        assert cancel_job(write, high.id).state == JobState.CANCELLED
        third = ask_job(write, "plan", {})
        start_job(write, third.id)
        asked = cancel_job(write, third.id)
        assert asked.state == JobState.RUNNING and asked.cancel_asked_at == write.at
        assert cancel_job(write, third.id) == asked
        assert end_cancelled(write, third.id).state == JobState.CANCELLED
        fourth = ask_job(write, "plan", {})
        assert fail_job(write, fourth.id, {"code": "memory"}).error == {"code": "memory"}
        fifth = ask_job(write, "plan", {})
        fifth = start_job(write, fifth.id)
    assert show_progress(room.store, fifth, {"gap": 0.5}) and show_progress(room.store, fifth, {"gap": 0.25})
    assert not show_progress(room.store, done, {"gap": 0.0}), "it has ended"
    with room.write() as write:
        assert cancel_job(write, fifth.id).progress == {"gap": 0.25}
    assert not show_progress(room.store, fifth, {"gap": 0.1}), "somebody wants it to stop"
    with room.read() as view:
        assert len(list_jobs(view).items) == 5 and get_job(view, low.id).progress is None
        assert [job.id for job in list_jobs(view, state=JobState.DONE).items] == [low.id]
        assert get_job(view, low.id).result == {"plan": plan.id}


def test_a_worker_that_is_silent_is_buried_once(room: Room) -> None:
    at = dt.datetime(2027, 1, 4, 8, tzinfo=dt.UTC)
    lively, dead = f"lively {room.name}", f"dead {room.name}"
    beat(room.store, dead, "host", at)
    beat(room.store, lively, "host", at)
    beat(room.store, lively, "host", at + HOUR)
    with room.store.view() as connection:
        found = {w.id: (w.started_at, w.seen_at) for w in list_workers(connection)}
        assert found[lively] == (at, at + HOUR)
        assert dead in {w.id for w in list_workers(connection, at + HOUR)} - {lively}
    assert not bury(room.store, lively, at + HOUR)
    assert bury(room.store, dead, at + HOUR) and not bury(room.store, dead, at + HOUR)


def test_an_answer_is_remembered_for_its_request_only(room: Room) -> None:
    with room.write() as write:
        assert recall(write, "key", "a") is None
        remember(write, "key", "a", 201, '{"id": 1}')
    with room.write() as write:
        answer = recall(write, "key", "a")
        assert answer is not None and (answer.status, answer.response) == (201, '{"id": 1}')
        with pytest.raises(Blocked, match="another request"):
            recall(write, "key", "b")
        assert forget(write, write.at) == 1
        assert recall(write, "key", "b") is None


def test_a_token_opens_until_it_expires_or_is_revoked_and_its_text_is_nowhere(room: Room) -> None:
    with room.write("root") as write:
        token, shown = make_token(write, "crm", Role.SERVICE, write.at + HOUR)
        _, other = make_token(write, "old", Role.VIEWER)
    with room.store.view() as connection:
        found = find_token(connection, shown)
        assert found == token and (found.role, found.workspace) == (Role.SERVICE, room.name)
        assert find_token(connection, shown, token.created_at + HOUR) is None
        wrong = [
            shown[:-1],
            shown + "a",
            "",
            "opt",
            "opt__",
            other.rsplit("_", 1)[0] + "_x",
            shown.upper(),
            "opt_\x00_a",
            "opt_é_x",
        ]
        assert [find_token(connection, text) for text in wrong] == [None] * len(wrong)
        everything = "".join(str(row) for row in connection.exec_driver_sql("SELECT * FROM tokens").all())
        everything += "".join(str(row) for row in connection.exec_driver_sql("SELECT * FROM audit").all())
        assert shown.split("_", 2)[2] not in everything
    note_use(room.store, token)
    with room.read() as view:
        used = get_token(view, token.id)
        assert used.used_at is not None
    note_use(room.store, used)
    with room.write() as write:
        assert get_token(write, token.id).used_at == used.used_at, "at most once a minute"
        revoke_token(write, token.id)
        revoke_token(write, token.id)
        assert [t.name for t in list_tokens(write)] == ["crm", "old"]
    with room.store.view() as connection:
        assert find_token(connection, shown) is None


def test_people_sign_in_and_have_a_role_in_each_workspace(room: Room, other_room: Room) -> None:
    with room.store.write(SYSTEM, "login") as write:
        ann = sign_in(write, "https://id.example", "17", "ann@example.com", "Ann")
        again = sign_in(write, "https://id.example", "17", "ann@example.org", "Ann")
    assert (again.id, again.email, again.created_at) == (ann.id, "ann@example.org", ann.created_at)
    with room.write("root") as write:
        grant_role(write, ann.id, Role.VIEWER)
        grant_role(write, ann.id, Role.PLANNER)
        with pytest.raises(Missing):
            grant_role(write, "nobody", Role.VIEWER)
        assert list_members(write) == {ann.id: Role.PLANNER}
        with pytest.raises(ValueError, match="SYSTEM"):
            sign_in(write, "https://id.example", "18")
    with other_room.write("root") as write:
        grant_role(write, ann.id, Role.APPROVER)
        assert find_roles(write.connection, ann.id) == {
            room.name: Role.PLANNER,
            other_room.name: Role.APPROVER,
        }
        grant_role(write, ann.id, None)
        assert list_members(write) == {}


def test_a_webhook_is_told_of_what_it_wants_until_it_hears(room: Room) -> None:
    with room.write() as write:
        every, some = (
            add_webhook(write, "https://a.example"),
            add_webhook(write, "https://b.example", ["plan.published"]),
        )
        assert announce(write, "plan.published", {"plan": "p1"}) == 2
        assert announce(write, "proposal", {"plan": "p2"}) == 1
        now = write.at
    claimed = [(d, w) for d, w in claim_deliveries(room.store, now, limit=100) if d.workspace == room.name]
    assert sorted((d.kind, w.url) for d, w in claimed) == [
        ("plan.published", "https://a.example"),
        ("plan.published", "https://b.example"),
        ("proposal", "https://a.example"),
    ]
    assert not [d for d, _ in claim_deliveries(room.store, now, limit=100) if d.workspace == room.name], (
        "taken"
    )
    again = [d for d, _ in claim_deliveries(room.store, now + HOUR, limit=100) if d.workspace == room.name]
    assert len(again) == 3, "whoever took them died"
    to_some = next(d for d, w in claimed if w.id == some.id)
    assert note_attempt(room.store, to_some, now, 0.1, status=500, next_at=now + HOUR).state == "waiting"
    assert note_attempt(room.store, to_some, now, 0.1, status=204).state == "delivered"
    assert note_attempt(room.store, to_some, now, 9.0, error="timeout").state == "delivered", (
        "a slower sender"
    )
    lost = next(d for d, w in claimed if w.id == every.id)
    assert note_attempt(room.store, lost, now, 0.1, error="no such host").state == "given_up"
    with room.write() as write:
        ((delivery, tries),) = list_deliveries(write, some.id)
        assert [(t.number, t.status, t.error) for t in tries] == [
            (1, 500, ""),
            (2, 204, ""),
            (3, None, "timeout"),
        ]
        assert delivery.attempts == 3
        silent = change_webhook(write, every.id, active=False, expected=1)
        assert (silent.active, silent.url, silent.version) == (False, every.url, 2)
        assert announce(write, "plan.published", {}) == 1
        with pytest.raises(Conflict):
            change_webhook(write, every.id, url="https://c.example", expected=1)


def test_two_senders_do_not_take_the_same_delivery(room: Room) -> None:
    with room.write() as write:
        add_webhook(write, "https://a.example")
        for number in range(30):
            announce(write, "proposal", {"number": number})
        now = write.at
    taken: list[str] = []

    def take() -> None:
        while claimed := claim_deliveries(room.store, now, limit=3):
            taken.extend(d.id for d, _ in claimed if d.workspace == room.name)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 30


def test_limits_of_a_workspace_are_kept_and_changed_by_one_at_a_time(room: Room) -> None:
    limits = ChangeLimits(True, 5, ("A",), 1.5, (Guardrail("gap", max=0.02),))
    with room.write() as write:
        assert get_workspace(write).limits == ChangeLimits()
        assert change_limits(write, limits, expected=1).version == 2
        with pytest.raises(Conflict):
            change_limits(write, limits, expected=1)
        assert get_workspace(write).limits == limits
        assert audit_of(write) == ["change_limits workspace"]
    with room.store.view() as connection:
        assert room.name in list_workspaces(connection) and SYSTEM not in list_workspaces(connection)
    with room.store.write(SYSTEM, "root") as write:
        with pytest.raises(Blocked, match="already"):
            create_workspace(write, room.name)
        for name in ("", "-", "A", "a b", "x" * 65, "../x"):
            with pytest.raises(Unfit):
                create_workspace(write, name)
    with pytest.raises(Missing), room.store.read("nowhere"):
        pass
    with pytest.raises(Missing), room.store.write("nowhere", "ann"):
        pass
