"""Where the store is: DATABASE_URL, or else a SQLite file of its own that needs no other process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from optimizer.store.refusals import Unavailable

VARIABLE = "DATABASE_URL"
EMBEDDED = Path("optimizer-data") / "store.db"
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True)
class Place:
    """A database. ``embedded``: a SQLite file, which is made and brought up to date when it is opened."""

    url: URL
    embedded: bool

    def __str__(self) -> str:
        if self.embedded:
            return str(self.url.database)
        return self.url.set(drivername="postgresql").render_as_string(hide_password=True)


def find_place(given: str | Path | None = None) -> Place:
    """The database that is meant: ``given``, else DATABASE_URL, else ``optimizer-data/store.db`` here.

    ``given`` is ``postgresql://user:password@host/name``, ``sqlite:///file`` or the name of a file. Unavailable for
    any other kind of database.
    """
    said = str(given or os.environ.get(VARIABLE) or EMBEDDED)
    if "://" not in said:
        return Place(URL.create("sqlite", database=str(Path(said).absolute())), embedded=True)
    try:
        url = make_url(said)
    except (ArgumentError, ValueError):  # never quoted back: there may be a password in it
        raise Unavailable("bad_url", kind=said.partition("://")[0][:20]) from None
    if url.drivername in _POSTGRES:
        return Place(url.set(drivername="postgresql+psycopg"), embedded=False)
    if url.drivername in ("sqlite", "sqlite+pysqlite") and url.database not in (None, "", ":memory:"):
        return Place(URL.create("sqlite", database=str(Path(url.database).absolute())), embedded=True)
    raise Unavailable("bad_url", kind=url.drivername[:20])
