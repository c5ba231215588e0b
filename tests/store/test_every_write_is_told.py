"""Whatever changes a workspace writes an entry of the audit log, in the same transaction: function by function."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import optimizer.store as store
from optimizer.store import SYSTEM, Role, list_entries
from tests.store.conftest import Room, approved, draft, owners_of, small_case
from tests.store.test_events import hours

JAN = dt.date(2027, 1, 1)
# They tell nothing of their own: they go with the write whose answer, or whose step, they keep.
SILENT = {"remember", "add_step"}


def list_writers() -> set[str]:
    """The public functions that take a write."""
    found = set()
    for name in store.__all__:
        thing = getattr(store, name)
        if inspect.isfunction(thing):
            first = next(iter(inspect.signature(thing).parameters.values()), None)
            if first is not None and first.annotation == "Write":
                found.add(name)
    return found


def list_calls(room: Room) -> dict[str, Callable[[Any], Any]]:
    """A call of each, in an order in which each can be done."""
    plan, other = approved(room), approved(room)
    made: dict[str, Any] = {}
    with room.write() as write:
        version = store.save_case(write, "q1", small_case())
        edited, thrown = draft(write), draft(write)
        jobs = [store.ask_job(write, "plan", {}) for _ in range(5)]
        for job in (*jobs[:3], jobs[4]):
            store.start_job(write, job.id)
    with room.store.write(SYSTEM, "login") as write:
        person = store.sign_in(write, "https://id.example", room.name)

    def keep(name: str, value: Any) -> Any:
        made[name] = value
        return value

    moved = pd.DataFrame({"customer_id": ["c1"], "rep_id": ["r0"]})
    return {
        "save_case": lambda w: store.save_case(w, "q2", small_case()),
        "save_variant": lambda w: store.save_variant(w, "q1", "busy", {"demand": [{"percent": 10}]}),
        "delete_variant": lambda w: store.delete_variant(w, "q1", "busy"),
        "save_plan": lambda w: store.save_plan(w, version.id, owners_of(small_case())),
        "change_plan": lambda w: store.change_plan(w, edited.id, moved),
        "add_file": lambda w: store.add_file(w, edited.id, "a.txt", b"a"),
        "submit_plan": lambda w: store.submit_plan(w, edited.id),
        "reject_plan": lambda w: (store.reject_plan(w, edited.id), store.submit_plan(w, edited.id)),
        "approve_plan": lambda w: store.approve_plan(w, edited.id),
        "archive_plan": lambda w: store.archive_plan(w, thrown.id),
        "publish_plan": lambda w: keep("publication", store.publish_plan(w, plan.id, JAN)),
        "undo_publication": lambda w: store.undo_publication(w, made["publication"].number),
        "post_events": lambda w: store.post_events(w, [hours("e1")]),
        "ask_job": lambda w: store.ask_job(w, "plan", {"plan": other.id}),
        "finish_job": lambda w: store.finish_job(w, jobs[0].id, {}),
        "fail_job": lambda w: store.fail_job(w, jobs[1].id, {}),
        "cancel_job": lambda w: store.cancel_job(w, jobs[2].id),
        "end_cancelled": lambda w: store.end_cancelled(w, jobs[2].id),
        "start_job": lambda w: store.start_job(w, jobs[3].id),
        "give_back_job": lambda w: store.give_back_job(w, jobs[4].id, "it died"),
        "forget": lambda w: store.forget(w, w.at),
        "make_token": lambda w: keep("token", store.make_token(w, "crm", Role.SERVICE)[0]),
        "revoke_token": lambda w: store.revoke_token(w, made["token"].id),
        "grant_role": lambda w: store.grant_role(w, person.id, Role.VIEWER),
        "add_webhook": lambda w: keep("hook", store.add_webhook(w, "https://a.example")),
        "change_webhook": lambda w: store.change_webhook(w, made["hook"].id, kinds=["a"]),
        "announce": lambda w: store.announce(w, "a", {}),
        "change_limits": lambda w: store.change_limits(w, store.ChangeLimits(True)),
        "create_workspace": lambda w: store.create_workspace(w, f"{room.name}-more"),
        "sign_in": lambda w: store.sign_in(w, "https://id.example", f"{room.name}-other"),
    }


def test_every_function_that_writes_tells_what_it_did_or_nothing_of_it_stays(room: Room) -> None:
    calls = list_calls(room)
    assert set(calls) == list_writers() - SILENT
    for name, call in calls.items():
        workspace = SYSTEM if name in ("create_workspace", "sign_in") else room.name

        def told(workspace: str = workspace) -> int:
            with room.store.read(workspace) as view:
                return len(list_entries(view.connection, workspace, limit=10_000))

        before = told()
        with pytest.raises(ZeroDivisionError), room.store.write(workspace, "ann", "why not") as write:
            call(write)
            raise ZeroDivisionError
        assert told() == before, name
        with room.store.write(workspace, "ann", "why not") as write:
            call(write)  # again: nothing of the first time is in its way
            (*_, last) = list_entries(write.connection, workspace, limit=10_000)
        assert told() > before, name
        assert (last.actor, last.reason, last.at) == ("ann", "why not", write.at), name
