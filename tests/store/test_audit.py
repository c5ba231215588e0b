"""The audit log: every write has its entry, and nobody changes one unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from optimizer.store import SYSTEM, Store, list_entries, verify_all, verify_audit
from optimizer.store.guards import lift_guards
from tests.store.conftest import Room, audit_of, draft, new_room


def some_entries(room: Room) -> None:
    for actor in ("ann", "bob"):
        with room.write(actor, "因为") as write:
            draft(write)


def test_who_did_what_when_and_why_is_written_in_one_chain(room: Room) -> None:
    some_entries(room)
    with room.read() as view:
        assert audit_of(view) == ["create case", "add_version case", "create plan", "create plan"]
        entries = list_entries(view.connection, room.name)
        assert [e.number for e in entries] == [1, 2, 3, 4]
        assert [(e.actor, e.reason) for e in entries][2:] == [("ann", "因为"), ("bob", "因为")]
        assert entries[0].at == entries[2].at < entries[3].at
        assert entries[2].details["customer_count"] == 12 and entries[2].version == 1
        check = verify_audit(view.connection, room.name)
        assert check.ok and check.count == 4
    with room.write():
        pass  # nothing done, nothing told
    with room.read() as view:
        assert verify_audit(view.connection, room.name) == check


def test_what_failed_leaves_no_entry(room: Room) -> None:
    with pytest.raises(RuntimeError), room.write() as write:
        draft(write)
        raise RuntimeError
    with room.read() as view:
        assert audit_of(view) == [] and verify_audit(view.connection, room.name).ok


TAMPERING = {
    "UPDATE audit SET actor = 'nobody' WHERE workspace_id = :w AND number = 3": (3, "changed"),
    "UPDATE audit SET details = '{}' WHERE workspace_id = :w AND number = 2": (2, "changed"),
    "UPDATE audit SET reason = '' WHERE workspace_id = :w AND number = 4": (4, "changed"),
    "UPDATE audit SET hash = 'x' WHERE workspace_id = :w AND number = 1": (1, "changed"),
    "DELETE FROM audit WHERE workspace_id = :w AND number = 2": (2, "gap"),
    "DELETE FROM audit WHERE workspace_id = :w AND number = 4": (4, "cut"),
    "DELETE FROM audit WHERE workspace_id = :w": (1, "cut"),
    "UPDATE workspaces SET audit_number = 3 WHERE id = :w": (5, "cut"),
    "INSERT INTO audit SELECT workspace_id, 5, at, actor, action, kind, object_id, version, reason, details, "
    "previous_hash, hash FROM audit WHERE workspace_id = :w AND number = 4": (5, "changed"),
}


def test_whatever_is_changed_by_hand_is_found(own_store: Store) -> None:
    room, beside = new_room(own_store), new_room(own_store)
    some_entries(room)
    some_entries(beside)
    with own_store.engine.begin() as connection:
        lift_guards(connection)  # whoever can do this can write anything
    for statement, (broken, problem) in TAMPERING.items():
        with own_store.engine.connect() as connection:
            connection.execute(text(statement), {"w": room.name})
            check = verify_audit(connection, room.name)
            assert (check.broken, check.problem, check.count) == (broken, problem, broken - 1), statement
            others = {c.workspace: c.ok for c in verify_all(connection)}
            assert others == {SYSTEM: True, room.name: False, beside.name: True}
            connection.rollback()
    with own_store.view() as connection:
        assert all(check.ok for check in verify_all(connection))
