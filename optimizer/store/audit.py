"""The audit log: who did what, when and why; each entry sealed with the one before it.

The seal of an entry is the SHA-256 of what it says and of the seal before it. Whoever changes, adds or removes an
entry breaks every seal behind it; whoever removes the last ones leaves a log that ends before its workspace says.
The last seal, written down elsewhere, proves the whole log later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from optimizer.store.schema import audit, workspaces

FIRST_HASH = "0" * 64
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Entry:
    """One thing that was done. ``version``: of the object, after it; ``details``: what it was, in words of JSON."""

    number: int
    at: dt.datetime
    actor: str
    action: str
    kind: str
    object_id: str
    version: int | None = None
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditCheck:
    """What verifying the log of a workspace found.

    ``head``: the last seal that holds. ``broken``: the number of the first entry that does not hold, None when all
    do; ``problem`` says how: changed, gap, cut (entries are missing at the end).
    """

    workspace: str
    count: int
    head: str
    broken: int | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """True when every entry is as it was written."""
        return self.broken is None


def seal(workspace: str, entry: Entry, previous: str, details: str) -> str:
    """The seal of an entry; ``details`` as the text that is kept."""
    said = [
        workspace,
        entry.number,
        entry.at.isoformat(),
        entry.actor,
        entry.action,
        entry.kind,
        entry.object_id,
        entry.version,
        entry.reason,
        details,
        previous,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def append_entry(connection: Connection, workspace: str, entry: Entry, previous: str) -> str:
    """Write one entry; returns its seal."""
    details = dump_json(entry.details)
    sealed = seal(workspace, entry, previous, details)
    connection.execute(
        audit.insert().values(
            workspace_id=workspace,
            number=entry.number,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            kind=entry.kind,
            object_id=entry.object_id,
            version=entry.version,
            reason=entry.reason,
            details=details,
            previous_hash=previous,
            hash=sealed,
        )
    )
    return sealed


def list_entries(
    connection: Connection,
    workspace: str,
    *,
    kind: str | None = None,
    object_id: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Entry]:
    """Entries in the order in which they were written, from the one behind number ``after``."""
    query = select(audit).where(audit.c.workspace_id == workspace, audit.c.number > after)
    if kind is not None:
        query = query.where(audit.c.kind == kind)
    if object_id is not None:
        query = query.where(audit.c.object_id == object_id)
    rows = connection.execute(query.order_by(audit.c.number).limit(limit))
    return [_entry(row) for row in rows]


def verify_audit(connection: Connection, workspace: str) -> AuditCheck:
    """Compute every seal of a workspace again."""
    said = connection.execute(
        select(workspaces.c.audit_number, workspaces.c.audit_hash).where(workspaces.c.id == workspace)
    ).one()
    head, number = FIRST_HASH, 0
    for row in _stream(connection, workspace):
        entry = _entry(row)
        if entry.number != number + 1:
            return AuditCheck(workspace, number, head, number + 1, "gap")
        if row.previous_hash != head or row.hash != seal(workspace, entry, head, row.details):
            return AuditCheck(workspace, number, head, entry.number, "changed")
        head, number = row.hash, entry.number
    if (number, head) != (said.audit_number, said.audit_hash):
        return AuditCheck(workspace, number, head, number + 1, "cut")
    return AuditCheck(workspace, number, head)


def dump_json(value: Any) -> str:
    """Canonical JSON: equal values are equal texts."""
    return _CANONICAL.encode(value)


def _stream(connection: Connection, workspace: str) -> Iterator[Any]:
    last, size = 0, 10_000
    while True:
        query = select(audit).where(audit.c.workspace_id == workspace, audit.c.number > last)
        rows = connection.execute(query.order_by(audit.c.number).limit(size)).all()
        yield from rows
        if len(rows) < size:
            return
        last = rows[-1].number


def _entry(row: Any) -> Entry:
    return Entry(
        row.number,
        row.at,
        row.actor,
        row.action,
        row.kind,
        row.object_id,
        row.version,
        row.reason,
        json.loads(row.details),
    )
