"""Views and writes: one moment of a workspace, and a change of it that happens whole, with who and why, or not at all.

Every function of the store that changes something takes a ``Write`` and tells it what it did; the entry of the audit
log is part of the same transaction. Several of them in one ``Write`` happen together, and so does whatever others
do on its ``connection``: a job is asked for in the same breath as the plan it is for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from optimizer.store.audit import Entry, append_entry, list_entries
from optimizer.store.moments import check_text, now
from optimizer.store.refusals import Missing, Outage, Refused
from optimizer.store.schema import workspaces

CHANGES_TOLD = 100


@dataclass(frozen=True)
class View:
    """One workspace at one moment. ``connection``: of SQLAlchemy, in a transaction."""

    connection: Connection
    workspace: str

    def here(self, table: Table) -> ColumnElement[bool]:
        """The condition that rows are of this workspace."""
        return table.c.workspace_id == self.workspace

    def find_all(self, table: Table, **values: Any) -> Sequence[Any]:
        """The rows of this workspace with these values."""
        query = select(table).where(self.here(table), *(table.c[name] == v for name, v in values.items()))
        return self.connection.execute(query).all()

    def find(self, table: Table, **values: Any) -> Any:
        """The one row of this workspace with these values, or None."""
        rows = self.find_all(table, **values)
        if len(rows) > 1:
            raise ValueError(f"{len(rows)} rows of {table.name} where there is at most one")
        return rows[0] if rows else None


class Conflict(Refused):
    """The object is not any more what the writer saw; ``changes`` says what was done to it since, oldest first."""

    def __init__(self, kind: str, id: str, expected: int, found: int, changes: tuple[Entry, ...]) -> None:
        self.kind, self.id, self.expected, self.found, self.changes = kind, id, expected, found, changes
        last = changes[-1] if changes else None
        super().__init__(
            "conflict",
            kind=kind,
            id=id,
            expected=expected,
            found=found,
            who="" if last is None else last.actor,
            action="" if last is None else last.action,
        )


@dataclass
class _Log:
    number: int
    hash: str
    written: int = 0


@dataclass(frozen=True)
class Write(View):
    """A change in the making. ``actor``: who; ``reason``: why; ``at``: when, later than anything written before."""

    actor: str
    reason: str
    at: dt.datetime
    _log: _Log = field(repr=False)

    def tell(
        self, action: str, kind: str, object_id: str, version: int | None = None, /, **details: Any
    ) -> Entry:
        """Write into the audit log what is done; ``details`` are words of JSON."""
        entry = Entry(
            self._log.number + 1, self.at, self.actor, action, kind, object_id, version, self.reason, details
        )
        self._log.hash = append_entry(self.connection, self.workspace, entry, self._log.hash)
        self._log.number += 1
        self._log.written += 1
        return entry

    def expect(self, kind: str, id: str, found: int, expected: int | None) -> None:
        """Conflict unless the object still has the version that the writer saw (None: the writer does not care)."""
        if expected is None or expected == found:
            return
        entries = list_entries(self.connection, self.workspace, kind=kind, object_id=id, limit=CHANGES_TOLD)
        since = tuple(entry for entry in entries if entry.version is not None and entry.version > expected)
        raise Conflict(kind, id, expected, found, since)


def begin_write(connection: Connection, workspace: str, actor: str, reason: str = "") -> Write:
    """Take the workspace's writes for this transaction; others wait until it ends."""
    check_text(actor + reason)
    query = select(workspaces.c.audit_number, workspaces.c.audit_hash, workspaces.c.audit_at)
    row = connection.execute(query.where(workspaces.c.id == workspace).with_for_update()).one_or_none()
    if row is None:
        raise Missing("workspace", workspace)
    at = now() if row.audit_at is None else max(now(), row.audit_at + dt.timedelta(microseconds=1))
    return Write(connection, workspace, actor, reason, at, _Log(row.audit_number, row.audit_hash))


def end_write(write: Write) -> None:
    """Note the end of the audit log in the workspace; the transaction may be committed now."""
    log = write._log
    if not log.written:
        return
    done = write.connection.execute(
        workspaces.update()
        .where(workspaces.c.id == write.workspace)
        .values(audit_number=log.number, audit_hash=log.hash, audit_at=write.at)
    )
    if done.rowcount != 1:
        raise Outage("busy")
