"""The audit log: who did what, when and why; and whether it is as it was written."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from optimizer.store import AuditCheck, Entry, list_entries
from optimizer.store import verify_audit as verify
from optimizer.web.access import Guarded
from optimizer.web.room import Here, Limit

router = APIRouter(prefix="/workspaces/{workspace}/audit", tags=["audit"], route_class=Guarded)


class AuditAnswer(BaseModel):
    """Entries, and the number to go on behind."""

    items: list[Entry]
    next: int | None


@router.get("")
def list_audit(
    here: Here,
    kind: Annotated[str | None, Query(max_length=100, description="Of things of this kind")] = None,
    object_id: Annotated[str | None, Query(max_length=200, description="Of this thing")] = None,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Limit = 100,
) -> AuditAnswer:
    """Entries in the order in which they were written, those behind number `after`."""
    with here.read() as view:
        found = list_entries(
            view.connection, here.name, kind=kind, object_id=object_id, after=after, limit=limit + 1
        )
    items = found[:limit]
    return AuditAnswer(items=items, next=items[-1].number if len(found) > limit else None)


@router.get("/check")
def verify_audit(here: Here) -> AuditCheck:
    """Compute every seal again."""
    with here.read() as view:
        return verify(view.connection, here.name)
