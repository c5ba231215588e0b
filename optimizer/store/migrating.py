"""Migrating: a database of an earlier release becomes one of this release, step by step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from optimizer.store.refusals import Unavailable
from optimizer.store.settings import Place

_LOCK = 0x6F7074  # of PostgreSQL: two processes that begin together do not migrate together


def newest() -> str:
    """The name of this release's shape of the tables."""
    return str(ScriptDirectory.from_config(_configure(None)).get_current_head())


def find_revision(connection: Connection) -> str | None:
    """The shape that a database has; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def check_release(engine: Engine, place: Place) -> None:
    """Unavailable unless the database is of this release."""
    with engine.connect() as connection:
        found = find_revision(connection)
    if found is None:
        raise Unavailable("no_store", place=str(place))
    if found != newest():
        raise Unavailable("not_upgraded" if is_known(found) else "newer", found=found)


def upgrade(engine: Engine, revision: str = "head") -> tuple[str | None, str | None]:
    """Bring a database up to ``revision``, all steps in one transaction; its shape before and after.

    Unavailable when it was written by a later release than this.
    """
    with engine.begin() as connection:
        return upgrade_within(connection, revision)


def upgrade_within(connection: Connection, revision: str = "head") -> tuple[str | None, str | None]:
    """The same in a transaction that has begun."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    before = find_revision(connection)
    if before is not None and not is_known(before):
        raise Unavailable("newer", found=before)
    command.upgrade(_configure(connection), revision)
    return before, find_revision(connection)


def is_known(revision: str) -> bool:
    """Whether this release knows the shape of that name."""
    scripts = ScriptDirectory.from_config(_configure(None))
    return any(script.revision == revision for script in scripts.walk_revisions())


def _configure(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
