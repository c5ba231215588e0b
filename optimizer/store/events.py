"""Progress in the store: what happened, each event once, in the order in which it came, never changed.

An event that comes again is known by its id. The same content is no news; another content under the same id is a
finding, and what came first stands.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSON

from optimizer.findings import Finding
from optimizer.progress import KINDS, ROW, TABLE, Event
from optimizer.reading.progress import no_events, read_progress
from optimizer.store.audit import dump_json
from optimizer.store.bulk import insert_frame
from optimizer.store.engine import text_of_moment
from optimizer.store.moments import check_text
from optimizer.store.pages import Page, cut
from optimizer.store.refusals import Unfit
from optimizer.store.schema import events
from optimizer.store.transactions import View, Write

FEW = 200  # events for which a frame is not worth while
_COLUMNS = ("event_id", "at", "kind", "customer_id", "rep_id")


@dataclass(frozen=True)
class Posted:
    """What became of events: ``accepted`` are new, ``repeated`` were here already, ``clashes`` say something else.

    ``accepted`` and ``repeated`` are event ids in the order in which they came; ``first`` is the number of the first
    accepted one. Each clash is a finding ``event_held`` whose ``value`` is the event's id.
    """

    accepted: tuple[str, ...]
    repeated: tuple[str, ...]
    clashes: tuple[Finding, ...]
    first: int | None


@dataclass(frozen=True)
class KeptEvent:
    """An event with its number in the workspace, and who sent it when."""

    number: int
    event: Event
    received_at: dt.datetime
    received_by: str


def post_events(write: Write, given: pd.DataFrame | Sequence[Event]) -> Posted:
    """Take events in, models or a frame as ``read_progress`` gives it: all that are new.

    Unfit for a kind of event that there is not, or a text that no database keeps.
    """
    told = [(event, dump_json(event)) for event in _tell(given)]
    unknown = {event["kind"] for event, _ in told} - KINDS.keys()
    if unknown:
        raise Unfit("unknown_kind", kind=ascii(min(map(str, unknown))))
    check_text("".join(event["event_id"] + content for event, content in told))
    known = _find_known(write, [event["event_id"] for event, _ in told])
    accepted: dict[str, tuple[dict[str, Any], str]] = {}
    repeated: list[str] = []
    clashes: list[Finding] = []
    for row, (event, content) in enumerate(told):
        id = event["event_id"]
        before = known.get(id)
        if before is None:
            known[id] = content
            accepted[id] = (event, content)
        elif before == content:
            repeated.append(id)
        else:
            at = int(given[ROW].iloc[row]) if isinstance(given, pd.DataFrame) and ROW in given else row + 2
            clashes.append(Finding("event_held", "error", TABLE, at, "event_id", id, {"held": before}))
    first = _append(write, list(accepted.values())) if accepted else None
    return Posted(tuple(accepted), tuple(repeated), tuple(clashes), first)


def load_events(view: View, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """Events from day ``since`` through ``until`` as ``rebalance`` and ``watch`` take them."""
    query = select(events.c.content).where(view.here(events)).order_by(events.c.number)
    if since is not None:
        query = query.where(events.c.at >= since)
    if until is not None:
        query = query.where(events.c.at <= until)
    rows = [json.loads(content) for content in view.connection.execute(query).scalars()]
    if not rows:
        return no_events()
    return read_progress(pd.DataFrame(rows))[0]


def list_events(
    view: View, *, customer_id: str | None = None, cursor: str | None = None, limit: int = 100
) -> Page[KeptEvent]:
    """Events in the order in which they came; ``cursor`` is the ``next`` of the page before."""
    query = select(events).where(view.here(events)).order_by(events.c.number).limit(limit + 1)
    if customer_id is not None:
        query = query.where(events.c.customer_id == customer_id)
    if cursor is not None:
        query = query.where(events.c.number > int(cursor))
    found = [_kept(row) for row in view.connection.execute(query)]
    return cut(found, limit, lambda kept: str(kept.number))


def get_event(view: View, event_id: str) -> KeptEvent | None:
    """An event by its id; None when it never came."""
    row = view.find(events, event_id=event_id)
    return None if row is None else _kept(row)


def _tell(given: pd.DataFrame | Sequence[Event]) -> list[dict[str, Any]]:
    """Each event as plain values; equal events are equal, whether they came in a frame or as models."""
    if not isinstance(given, pd.DataFrame):
        dumped = [event.model_dump(exclude_none=True) for event in given]
        return [{name: _plain(value) for name, value in row.items()} for row in dumped]
    rows: list[dict[str, Any]] = [{} for _ in range(len(given))]
    for name in given.columns.drop(ROW, errors="ignore"):
        filled = given[name].notna().to_numpy(dtype=bool).nonzero()[0]
        values = given[name].iloc[filled]
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            cells = values.dt.strftime("%Y-%m-%d").tolist()
        elif isinstance(values.dtype, pd.StringDtype):
            cells = values.tolist()
        else:
            cells = [_plain(value) for value in values.tolist()]
        for at, cell in zip(filled.tolist(), cells, strict=True):
            rows[at][str(name)] = cell
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.isoformat()[:10] if isinstance(value, dt.date) else value


def _find_known(view: View, ids: Sequence[str]) -> dict[str, str]:
    """What is kept under these ids. They go over as one JSON text: thousands of parameters are slow to read."""
    text = dump_json(ids)
    if view.connection.dialect.name == "sqlite":
        listed = func.json_each(text)
    else:
        listed = func.json_array_elements_text(cast(literal(text, String), JSON))
    query = select(events.c.event_id, events.c.content).where(
        view.here(events), events.c.event_id.in_(select(listed.table_valued("value").c.value))
    )
    return dict(view.connection.execute(query).all())


def _append(write: Write, accepted: Sequence[tuple[dict[str, Any], str]]) -> int:
    last = write.connection.execute(select(func.max(events.c.number)).where(write.here(events))).scalar() or 0
    rows: list[dict[str, Any]] = [
        {"number": number, **{name: event.get(name) for name in _COLUMNS}, "content": content}
        for number, (event, content) in enumerate(accepted, start=last + 1)
    ]
    same: dict[str, Any] = {"workspace_id": write.workspace, "received_by": write.actor}
    if len(rows) <= FEW:
        same["received_at"] = write.at
        write.connection.execute(
            events.insert(), [same | row | {"at": dt.date.fromisoformat(row["at"])} for row in rows]
        )
    else:
        same["received_at"] = text_of_moment(write.at)
        kinds = dict.fromkeys((*_COLUMNS, "content"), "str")
        insert_frame(write.connection, events, pd.DataFrame(rows).astype(kinds), **same)
    sealed = hashlib.sha256("\n".join(content for _, content in accepted).encode("utf-8")).hexdigest()
    write.tell(
        "post", "events", str(last + 1), first=last + 1, last=last + len(accepted), content_hash=sealed
    )
    return int(last) + 1


def _kept(row: Any) -> KeptEvent:
    event = KINDS[row.kind].model_validate_json(row.content)
    return KeptEvent(row.number, event, row.received_at, row.received_by)
