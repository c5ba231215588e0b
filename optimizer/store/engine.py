"""The engine: how the store speaks to SQLite and to PostgreSQL so that both keep the same promises.

SQLite runs in WAL: readers see one moment and never wait; a transaction that writes takes the only write lock at its
beginning (BEGIN IMMEDIATE), so it cannot fail halfway for a lock. ``synchronous=FULL``: what is committed outlives a
power cut. On PostgreSQL readers see one moment too (REPEATABLE READ, read only); who writes locks the row of the
workspace first (transactions.py), so that all writes of a workspace follow one another.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from optimizer.store.settings import Place

WAIT_SECONDS = 30.0  # for a lock that another transaction holds
OUTAGES = (
    OperationalError,
    InterfaceError,
    TimeoutError,
)  # the database is at fault, not what was asked of it
_AGAIN = {"40001", "40P01", "55P03", "57P01"}  # serialization, deadlock, lock timeout, server restarting


def make_engine(place: Place) -> Engine:
    """An engine with pooled connections; nothing is connected yet."""
    if place.embedded:
        Path(place.url.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            place.url, connect_args={"timeout": WAIT_SECONDS}, pool_size=10, max_overflow=40
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c timezone=UTC -c lock_timeout={WAIT_SECONDS}s -c standard_conforming_strings=on"
    return create_engine(
        place.url, connect_args={"options": options}, pool_pre_ping=True, pool_size=10, max_overflow=40
    )


def for_reading(engine: Engine) -> Engine:
    """The same engine; its transactions see one moment and write nothing."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reads=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def is_passing(error: DBAPIError) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    origin: Any = error.orig
    if isinstance(origin, sqlite3.OperationalError):
        return origin.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return error.connection_invalidated or getattr(origin, "sqlstate", None) in _AGAIN


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where the engine says, not where sqlite3 guesses
    for name, value in {
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "foreign_keys": "ON",
        "busy_timeout": int(WAIT_SECONDS * 1000),
    }.items():
        connection.execute(f"PRAGMA {name} = {value}")


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


# Moments and days in rows that go in without SQLAlchemy's types (bulk.py) look as SQLAlchemy writes them.
def text_of_moment(moment: dt.datetime) -> str:
    """A moment as a text that both databases read."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
