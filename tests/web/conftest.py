"""The service on each kind of database, with a workspace for each test and a key for each role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from optimizer.store import SYSTEM, KeptPlan, Role, Store, create_workspace, make_token
from optimizer.web.app import build_app
from optimizer.web.front import Front
from optimizer.web.settings import Settings
from tests.store.conftest import draft
from tests.store.servers import KINDS, Databases, make_databases, open_place

_numbers = count(1)
SETTINGS = Settings(rate=1e6, burst=10**6, max_body=200_000, max_upload=300_000, max_rows=5_000)


@dataclass(frozen=True)
class Hall:
    """A workspace of a served store. ``get``, ``post`` and so on are relative to it, with the key of a role."""

    store: Store
    front: Front
    name: str
    keys: dict[Role, str]
    client: TestClient = field(repr=False)

    def ask(self, method: str, path: str, role: Role | None = Role.ADMIN, **more: Any) -> Any:
        headers = dict(more.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.keys[role]}"
        return self.client.request(method, f"/api/v1/workspaces/{self.name}{path}", headers=headers, **more)

    def get(self, path: str, role: Role | None = Role.ADMIN, **more: Any) -> Any:
        return self.ask("GET", path, role, **more)

    def post(self, path: str, body: Any = None, role: Role | None = Role.ADMIN, **more: Any) -> Any:
        return self.ask("POST", path, role, json=body, **more)

    def draft(self, **others: str | None) -> KeptPlan:
        with self.store.write(self.name, "ann") as write:
            return draft(write, **others)

    def write(self) -> Any:
        return self.store.write(self.name, "ann", "because")


def quiet_logs() -> None:
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.ReturnLoggerFactory()
    )


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    quiet_logs()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    yield from make_databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session", params=KINDS)
def served(request: pytest.FixtureRequest, databases: Databases) -> Iterator[tuple[Store, Front, TestClient]]:
    """One service for all tests of this run, on each kind of database."""
    store = open_place(databases(request.param, False))
    front = build_app(store, SETTINGS)
    with TestClient(front, raise_server_exceptions=False) as client:
        yield store, front, client
    store.close()


@pytest.fixture(scope="session")
def sqlite_store(databases: Databases) -> Iterator[Store]:
    store = open_place(databases("sqlite", False))
    yield store
    store.close()


def open_hall(served: tuple[Store, Front, TestClient]) -> Hall:
    store, front, client = served
    name = f"hall-{next(_numbers)}"
    with store.write(SYSTEM, "root") as write:
        create_workspace(write, name)
    with store.write(name, "root") as write:
        keys = {role: make_token(write, str(role), role)[1] for role in Role}
    return Hall(store, front, name, keys, client)


@pytest.fixture
def hall(served: tuple[Store, Front, TestClient]) -> Hall:
    """A fresh workspace of the service."""
    return open_hall(served)


@pytest.fixture
def other_hall(served: tuple[Store, Front, TestClient]) -> Hall:
    """Another one beside it."""
    return open_hall(served)


@pytest.fixture
def root_key(served: tuple[Store, Front, TestClient]) -> dict[str, str]:
    """Headers of somebody who may do everything everywhere."""
    with served[0].write(SYSTEM, "root") as write:
        return {"Authorization": f"Bearer {make_token(write, 'root', Role.ADMIN)[1]}"}
