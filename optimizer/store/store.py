"""The store: what is kept, opened on SQLite or PostgreSQL, read at one moment, and written whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from optimizer.extras import find_install
from optimizer.store.engine import WAIT_SECONDS, find_outage, find_words, for_reading, make_engine
from optimizer.store.migrating import check_release, upgrade
from optimizer.store.refusals import Missing, Outage, Unavailable
from optimizer.store.schema import workspaces
from optimizer.store.settings import Place, find_place
from optimizer.store.transactions import View, Write, begin_write, end_write
from optimizer.store.turns import Turns

T = TypeVar("T")
ATTEMPTS = 5  # of a transaction that failed for a passing reason


class Store:
    """An open store; several threads may use it at once, several processes the same database."""

    def __init__(self, place: Place, engine: Engine) -> None:
        self.place = place
        self.engine = engine
        self._turns = Turns(WAIT_SECONDS)

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """A transaction that reads whatever is there, of all workspaces, at one moment: for commands and workers."""
        with _told(), for_reading(self.engine).begin() as connection:
            yield connection

    @contextmanager
    def read(self, workspace: str) -> Iterator[View]:
        """One workspace at one moment. Missing when there is none of that name."""
        with self.view() as connection:
            query = select(workspaces.c.id).where(workspaces.c.id == workspace)
            if connection.execute(query).one_or_none() is None:
                raise Missing("workspace", workspace)
            yield View(connection, workspace)

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """A transaction that writes what is not audited, of any workspace: who lives, and how far a job has come."""
        with self._begin(None) as connection:
            yield connection

    @contextmanager
    def write(self, workspace: str, actor: str, reason: str = "") -> Iterator[Write]:
        """A change of one workspace: committed when the block ends well, otherwise nothing of it happened."""
        with self._begin(workspace) as connection:
            write = begin_write(connection, workspace, actor, reason)
            yield write
            end_write(write)

    def perform(self, workspace: str, actor: str, work: Callable[[Write], T], reason: str = "") -> T:
        """Do ``work`` in a write; again, for as long as one waits for a lock, where the database was only busy.

        A connection that is lost while committing leaves open whether it did: work that may not happen twice
        remembers its request (``requests.remember``) or asks first.
        """
        until = time.monotonic() + WAIT_SECONDS
        for attempt in range(1, ATTEMPTS):
            try:
                with self.write(workspace, actor, reason) as write:
                    return work(write)
            except Outage as outage:
                if outage.code != "busy" or time.monotonic() > until:
                    raise
            time.sleep(0.05 * 2**attempt)
        with self.write(workspace, actor, reason) as write:
            return work(write)

    @contextmanager
    def _begin(self, workspace: str | None) -> Iterator[Connection]:
        """SQLite has one writer at a time, PostgreSQL one of each workspace: whoever waits, waits here."""
        line = "" if self.place.embedded else workspace
        turn = nullcontext() if line is None else self._turns.take(line)
        with _told(), turn, self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def open_store(given: str | Path | None = None) -> Store:
    """Open the store (``settings.find_place`` says which). A SQLite file is made, and brought up to this release.

    Unavailable when it cannot be reached, or when a PostgreSQL database is not of this release: that one is brought
    up by a person, with ``store upgrade``, because other processes may still be of the release before.
    """
    place = find_place(given)
    if place.embedded:
        upgrade_place(place)
    with reach(place) as engine:
        if not place.embedded:
            check_release(engine, place)
        return Store(place, engine)


def open_any_release(place: Place) -> Store:
    """Open a store of whatever release, as it is, to back it up. Unavailable when there is none."""
    if place.embedded and not Path(place.url.database or "").is_file():
        raise Unavailable("no_store", place=str(place))
    with reach(place) as engine, engine.connect():
        return Store(place, engine)


def upgrade_place(place: Place) -> tuple[str | None, str | None]:
    """Bring a database up to this release; its shape before and after. A SQLite file is made."""
    with reach(place) as engine:
        try:
            return upgrade(engine)
        finally:
            engine.dispose()


@contextmanager
def reach(place: Place) -> Iterator[Engine]:
    """An engine for a place; what the database says when it cannot be used becomes Unavailable."""
    try:
        engine = make_engine(place)
    except ImportError as error:
        raise Unavailable(
            "no_driver", package=error.name or "psycopg", install=find_install("server")
        ) from error
    except OSError as error:
        raise Unavailable("unreachable", place=str(place), error=error.strerror or str(error)) from error
    try:
        yield engine
    except DBAPIError as error:
        engine.dispose()
        if find_outage(error) == "busy":
            raise Outage("busy") from error
        raise Unavailable("unreachable", place=str(place), error=find_words(error)) from error
    except BaseException:
        engine.dispose()
        raise


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        code = find_outage(error)
        if code is None:
            raise
        raise Outage(code, error=find_words(error)) from error
