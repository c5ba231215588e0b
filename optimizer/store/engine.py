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
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from optimizer.store.settings import Place

WAIT_SECONDS = 30.0  # for a lock that another transaction holds
_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_PROTOCOL: "busy",
    sqlite3.SQLITE_FULL: "no_room",
    sqlite3.SQLITE_IOERR: "away",
    sqlite3.SQLITE_CANTOPEN: "away",
    sqlite3.SQLITE_READONLY: "away",
}
_OF_POSTGRESQL = {
    "40001": "busy",  # serialization
    "40P01": "busy",  # deadlock
    "55P03": "busy",  # lock timeout
    "57P01": "busy",  # server restarting
    "53100": "no_room",
}


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


def find_outage(error: SQLAlchemyError) -> str | None:
    """What the database is, that could not do it: ``busy``, ``no_room`` or ``away``; None: what was asked is at fault.

    Busy: the same transaction may well succeed at once when it is tried again.
    """
    if isinstance(error, TimeoutError):  # every connection that may be had is in use
        return "busy"
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    origin: Any = error.orig
    if isinstance(origin, sqlite3.Error):
        return _OF_SQLITE.get(getattr(origin, "sqlite_errorcode", 0) & 0xFF)
    if error.connection_invalidated:
        return "busy"
    return _OF_POSTGRESQL.get(getattr(origin, "sqlstate", None) or "", "away")


def find_words(error: SQLAlchemyError) -> str:
    """What the database says itself, in a line; neither the statement nor its values."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    said = str(origin).strip().splitlines() or [type(origin).__name__]
    return said[0]


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
