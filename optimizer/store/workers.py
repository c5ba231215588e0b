"""Workers: who does jobs just now, and who has not been heard of for too long."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, select

import optimizer
from optimizer.store.moments import now
from optimizer.store.service_schema import workers
from optimizer.store.store import Store


@dataclass(frozen=True)
class Worker:
    """A process that does jobs, when it began and when it was last heard of."""

    id: str
    host: str
    release: str
    started_at: dt.datetime
    seen_at: dt.datetime


def beat(store: Store, id: str, host: str, at: dt.datetime | None = None) -> None:
    """Say that a worker lives; the first time it is written down. Nothing is audited."""
    at = at or now()
    with store.change() as connection:
        done = connection.execute(workers.update().where(workers.c.id == id).values(seen_at=at))
        if done.rowcount == 0:
            connection.execute(
                workers.insert().values(
                    id=id, host=host, release=optimizer.__version__, started_at=at, seen_at=at
                )
            )


def list_workers(connection: Connection, silent_since: dt.datetime | None = None) -> list[Worker]:
    """The workers, oldest first; with ``silent_since`` only those not heard of since then."""
    query = select(workers).order_by(workers.c.started_at, workers.c.id)
    if silent_since is not None:
        query = query.where(workers.c.seen_at < silent_since)
    rows = connection.execute(query)
    return [Worker(row.id, row.host, row.release, row.started_at, row.seen_at) for row in rows]


def leave(store: Store, id: str) -> None:
    """Strike a worker off that says so itself."""
    with store.change() as connection:
        connection.execute(workers.delete().where(workers.c.id == id))


def bury(store: Store, id: str, silent_since: dt.datetime) -> bool:
    """Strike a worker off that was not heard of since then; True for the one who did, of several who try."""
    with store.change() as connection:
        done = connection.execute(
            workers.delete().where(workers.c.id == id, workers.c.seen_at < silent_since)
        )
        return bool(done.rowcount)
