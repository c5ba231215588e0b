"""Who may do what: every endpoint, every role, one's own workspace and another's; made from the routes themselves."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from optimizer.store import SYSTEM, Role, Store, make_token, revoke_token
from optimizer.web import app as app_module
from optimizer.web.access import OF_SYSTEM, RULES, Guarded
from optimizer.web.app import PREFIX, build_app, list_routes
from optimizer.web.settings import Settings
from tests.jobs.conftest import wait_for
from tests.web.conftest import Hall, open_hall

ROUTES = list_routes()


def address(route: APIRoute, workspace: str) -> str:
    filled = route.path.replace("{workspace}", workspace).replace("{number}", "1").replace("{kind}", "csv")
    return PREFIX + re.sub(r"\{[^}]*\}", "none", filled)


def send(client: TestClient, route: APIRoute, workspace: str, key: str | None) -> Any:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    (method,) = route.methods
    body: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": {}}
    return client.request(method, address(route, workspace), headers=headers, **body)


@pytest.fixture(scope="module")
def halls(served: Any) -> tuple[Hall, Hall]:
    return open_hall(served), open_hall(served)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_role_may_do_what_its_rule_says_and_nothing_in_another_workspace(
    route: APIRoute, halls: tuple[Hall, Hall]
) -> None:
    own, other = halls
    may = RULES[route.name]
    of_workspace = "{workspace}" in route.path
    assert send(own.client, route, own.name, None).status_code == 401
    for role in Role:
        told = send(own.client, route, own.name, own.keys[role])
        if of_workspace:
            assert (told.status_code == 403) == (role not in may), (role, told.text)
            stranger = send(own.client, route, other.name, own.keys[role])
            nowhere = send(own.client, route, "no-such-hall", own.keys[role])
            assert stranger.status_code == nowhere.status_code == 404
            assert stranger.json()["code"] == "missing"
            assert stranger.json()["detail"] == nowhere.json()["detail"].replace("no-such-hall", other.name)
        else:  # of the whole store: whoever asks for themselves, or nobody of a single workspace
            assert (told.status_code == 403) == (len(may) < len(Role)), (role, told.text)
        assert told.status_code not in (401, 500)


def test_an_endpoint_without_a_rule_cannot_be_served(
    monkeypatch: pytest.MonkeyPatch, sqlite_store: Store
) -> None:
    forgotten = APIRouter(route_class=Guarded)
    forgotten.get("/forgotten")(lambda: None)
    monkeypatch.setattr(app_module, "ROUTERS", (*app_module.ROUTERS, forgotten))
    with pytest.raises(ValueError, match="lambda"):
        build_app(sqlite_store)


def test_an_endpoint_that_nobody_guards_cannot_be_served(
    monkeypatch: pytest.MonkeyPatch, sqlite_store: Store
) -> None:
    unguarded = APIRouter()
    unguarded.get("/me")(RULES.get)
    others = tuple(one for one in app_module.ROUTERS if "who_am_i" not in [r.name for r in one.routes])
    monkeypatch.setattr(app_module, "ROUTERS", (*others, unguarded))
    with pytest.raises(ValueError, match="who_am_i"):
        build_app(sqlite_store)


def test_the_whole_store_is_no_workspace_to_plan_in(hall: Hall, root_key: dict[str, str]) -> None:
    for route in ROUTES:
        if "{workspace}" in route.path:
            (method,) = route.methods
            told = hall.client.request(method, address(route, SYSTEM), headers=root_key)
            assert (told.status_code == 404 and told.json()["detail"].endswith(" - here.")) == (
                route.name not in OF_SYSTEM
            ), route.name


def test_a_token_of_the_whole_store_opens_every_workspace(hall: Hall, root_key: dict[str, str]) -> None:
    told = hall.client.get(f"{PREFIX}/workspaces/{hall.name}", headers=root_key)
    assert told.status_code == 200
    assert hall.name in [
        one["id"] for one in hall.client.get(f"{PREFIX}/workspaces", headers=root_key).json()
    ]


def test_nobody_hears_of_workspaces_that_are_not_theirs(hall: Hall, other_hall: Hall) -> None:
    key = {"Authorization": f"Bearer {hall.keys[Role.ADMIN]}"}
    assert [one["id"] for one in hall.client.get(f"{PREFIX}/workspaces", headers=key).json()] == [hall.name]
    told = hall.client.get(f"{PREFIX}/me", headers=key).json()
    assert told["roles"] == {hall.name: "admin"}
    assert other_hall.name not in str(told)


def test_what_belongs_to_another_workspace_cannot_be_reached_by_its_id(hall: Hall, other_hall: Hall) -> None:
    plan = other_hall.draft()
    assert hall.get(f"/plans/{plan.id}").status_code == 404
    assert hall.post(f"/plans/{plan.id}/submit").status_code == 404
    assert hall.get(f"/plans/{plan.id}/assignments").status_code == 404
    assert hall.get(f"/case-versions/{plan.case_version_id}").status_code == 404
    assert other_hall.get(f"/plans/{plan.id}").json()["status"] == "draft"


def test_a_token_that_is_over_opens_nothing(hall: Hall) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    with hall.write() as write:
        _, over = make_token(write, "over", Role.ADMIN, past)
        token, revoked = make_token(write, "revoked", Role.ADMIN)
        revoke_token(write, token.id)
    for secret in (over, revoked, "opt_none_none", "Bearer", "\x7f", hall.keys[Role.ADMIN][:-1]):
        told = hall.client.get(f"{PREFIX}/me", headers={"Authorization": f"Bearer {secret}"})
        assert told.status_code == 401
        assert told.headers["www-authenticate"] == "Bearer"
    hall.front.api.state.knocks._left.clear()


def test_whoever_tries_many_wrong_tokens_has_to_wait(sqlite_store: Store) -> None:
    with TestClient(build_app(sqlite_store)) as client:
        wrong = {"Authorization": "Bearer opt_guess_guess"}
        told = [client.get(f"{PREFIX}/me", headers=wrong) for _ in range(25)]
    assert told[0].status_code == 401
    assert told[-1].status_code == 429
    assert int(told[-1].headers["retry-after"]) >= 1


def test_one_token_that_asks_too_much_waits_and_another_does_not(sqlite_store: Store) -> None:
    with sqlite_store.write(SYSTEM, "root") as write:
        first, second = (make_token(write, "t", Role.VIEWER)[1] for _ in range(2))
    with TestClient(build_app(sqlite_store, Settings(rate=0.01, burst=3))) as client:
        ask = lambda key: client.get(f"{PREFIX}/me", headers={"Authorization": f"Bearer {key}"})  # noqa: E731
        assert [ask(first).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert ask(second).status_code == 200


def test_a_token_is_shown_once_and_works_until_it_is_revoked(hall: Hall) -> None:
    made = hall.post("/tokens", {"name": "crm", "role": "service"}).json()
    assert made["secret"] not in hall.get("/tokens").text
    key = {"Authorization": f"Bearer {made['secret']}"}
    assert hall.client.get(f"{PREFIX}/me", headers=key).json()["roles"] == {hall.name: "service"}
    wait_for(lambda: [one for one in hall.get("/tokens").json() if one["name"] == "crm" and one["used_at"]])
    assert hall.ask("DELETE", f"/tokens/{made['token']['id']}").json()["revoked_at"] is not None
    assert hall.client.get(f"{PREFIX}/me", headers=key).status_code == 401
