"""Webhooks: who is told of what, what was told to whom, and what is still to be told.

``announce`` writes what is to be told in the same write as what happened; whoever sends claims it for a while, so that
one that dies leaves it to another.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, tuple_

from optimizer.store.audit import dump_json
from optimizer.store.moments import new_id
from optimizer.store.refusals import Missing
from optimizer.store.service_schema import attempts, deliveries, webhooks
from optimizer.store.store import Store
from optimizer.store.transactions import View, Write

CLAIMED_FOR = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Webhook:
    """An address that is told of some ``kinds`` of things (none named: of all); ``secret`` signs what is sent."""

    id: str
    url: str
    kinds: tuple[str, ...]
    secret: str
    active: bool
    version: int


@dataclass(frozen=True)
class Delivery:
    """Something to be told; ``attempts`` made so far, ``state``: waiting, delivered or given_up."""

    workspace: str
    id: str
    webhook_id: str
    kind: str
    payload: str
    state: str
    attempts: int
    next_at: dt.datetime
    made_at: dt.datetime


@dataclass(frozen=True)
class Attempt:
    """One try to tell it: the answer's ``status`` (None: none came), or the ``error``."""

    number: int
    at: dt.datetime
    seconds: float
    status: int | None
    error: str


def add_webhook(write: Write, url: str, kinds: Sequence[str] = ()) -> Webhook:
    """Tell an address of things from now on."""
    made = Webhook(new_id(), url, tuple(kinds), secrets.token_urlsafe(32), True, 1)
    write.connection.execute(
        webhooks.insert().values(
            workspace_id=write.workspace,
            id=made.id,
            url=url,
            kinds=dump_json(made.kinds),
            secret=made.secret,
            active=True,
            version=1,
            written_at=write.at,
            written_by=write.actor,
        )
    )
    write.tell("create", "webhook", made.id, 1, url=url, kinds=list(kinds))
    return made


def change_webhook(
    write: Write,
    id: str,
    *,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    active: bool | None = None,
    expected: int | None = None,
) -> Webhook:
    """Change what is given of a webhook; ``active`` False: it is told nothing new."""
    before = get_webhook(write, id)
    write.expect("webhook", id, before.version, expected)
    after = replace(
        before,
        url=before.url if url is None else url,
        kinds=before.kinds if kinds is None else tuple(kinds),
        active=before.active if active is None else active,
        version=before.version + 1,
    )
    write.connection.execute(
        webhooks.update()
        .where(write.here(webhooks), webhooks.c.id == id)
        .values(
            url=after.url,
            kinds=dump_json(after.kinds),
            active=after.active,
            version=after.version,
            written_at=write.at,
            written_by=write.actor,
        )
    )
    changes = {
        name: [getattr(before, name), getattr(after, name)]
        for name in ("url", "kinds", "active")
        if getattr(before, name) != getattr(after, name)
    }
    write.tell("change", "webhook", id, after.version, changes=changes)
    return after


def get_webhook(view: View, id: str) -> Webhook:
    """A webhook by its id."""
    row = view.find(webhooks, id=id)
    if row is None:
        raise Missing("webhook", id)
    return _webhook(row)


def list_webhooks(view: View) -> list[Webhook]:
    """The webhooks of this workspace, oldest first."""
    query = select(webhooks).where(view.here(webhooks)).order_by(webhooks.c.id)
    return [_webhook(row) for row in view.connection.execute(query)]


def announce(write: Write, kind: str, payload: Mapping[str, Any]) -> int:
    """Have everybody told who wants to know, in the same write as what they are told of; how many that are."""
    listening = [
        hook for hook in list_webhooks(write) if hook.active and (not hook.kinds or kind in hook.kinds)
    ]
    text = dump_json(payload)
    for hook in listening:
        write.connection.execute(
            deliveries.insert().values(
                workspace_id=write.workspace,
                id=new_id(),
                webhook_id=hook.id,
                kind=kind,
                payload=text,
                state="waiting",
                attempts=0,
                next_at=write.at,
                made_at=write.at,
            )
        )
    if listening:
        write.tell("announce", "webhooks", kind, to=[hook.id for hook in listening])
    return len(listening)


def claim_deliveries(
    store: Store, at: dt.datetime, limit: int = 20, lease: dt.timedelta = CLAIMED_FOR
) -> list[tuple[Delivery, Webhook]]:
    """Deliveries of all workspaces that are due, with where they go; nobody else gets them until ``lease`` is over."""
    due = select(deliveries).where(deliveries.c.state == "waiting", deliveries.c.next_at <= at)
    due = due.order_by(deliveries.c.next_at, deliveries.c.id).limit(limit)
    with store.view() as connection:
        if connection.execute(due.limit(1)).first() is None:
            return []  # the usual case, in which nobody who writes is kept waiting
    with store.change() as connection:
        rows = connection.execute(due.with_for_update(skip_locked=True)).all()
        if not rows:
            return []
        keys = [(row.workspace_id, row.id) for row in rows]
        connection.execute(
            deliveries.update()
            .where(tuple_(deliveries.c.workspace_id, deliveries.c.id).in_(keys))
            .values(next_at=at + lease)
        )
        claimed = []
        for row in rows:
            view = View(connection, row.workspace_id)
            claimed.append((_delivery(row), get_webhook(view, row.webhook_id)))
    return claimed


def note_attempt(
    store: Store,
    delivery: Delivery,
    at: dt.datetime,
    seconds: float,
    *,
    status: int | None = None,
    error: str = "",
    next_at: dt.datetime | None = None,
) -> Delivery:
    """Note how a try went: told when ``status`` is 2xx, else tried again at ``next_at``, given up without one.

    What is told stays told, whatever a slower sender of the same notes later.
    """
    same = (deliveries.c.workspace_id == delivery.workspace, deliveries.c.id == delivery.id)
    with store.change() as connection:
        row = connection.execute(select(deliveries).where(*same).with_for_update()).one()
        told = row.state == "delivered" or (status is not None and 200 <= status < 300)
        number = row.attempts + 1
        connection.execute(
            attempts.insert().values(
                workspace_id=delivery.workspace,
                delivery_id=delivery.id,
                number=number,
                at=at,
                seconds=seconds,
                status=status,
                error=error,
            )
        )
        state = "delivered" if told else "waiting" if next_at is not None else "given_up"
        connection.execute(
            deliveries.update()
            .where(*same)
            .values(state=state, attempts=number, next_at=next_at or delivery.next_at)
        )
        return _delivery(connection.execute(select(deliveries).where(*same)).one())


def list_deliveries(view: View, webhook_id: str, limit: int = 100) -> list[tuple[Delivery, list[Attempt]]]:
    """The delivery log of a webhook, newest first, each with its tries."""
    get_webhook(view, webhook_id)
    query = select(deliveries).where(view.here(deliveries), deliveries.c.webhook_id == webhook_id)
    found = view.connection.execute(query.order_by(deliveries.c.id.desc()).limit(limit)).all()
    tries: dict[str, list[Attempt]] = {row.id: [] for row in found}
    query = select(attempts).where(view.here(attempts), attempts.c.delivery_id.in_(list(tries)))
    for row in view.connection.execute(query.order_by(attempts.c.number)):
        tries[row.delivery_id].append(Attempt(row.number, row.at, row.seconds, row.status, row.error))
    return [(_delivery(row), tries[row.id]) for row in found]


def _webhook(row: Any) -> Webhook:
    return Webhook(row.id, row.url, tuple(json.loads(row.kinds)), row.secret, row.active, row.version)


def _delivery(row: Any) -> Delivery:
    values = {name: getattr(row, name) for name in Delivery.__dataclass_fields__ if name != "workspace"}
    return Delivery(row.workspace_id, **values)
