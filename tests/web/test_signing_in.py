"""Signing in at a browser: by token, and as a person through a provider that knows nothing of us."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import oidc_provider_mock
import pytest
from fastapi.testclient import TestClient

from optimizer.messages import look_up
from optimizer.store import SYSTEM, Role, Store, create_workspace, make_token, revoke_token
from optimizer.web.app import PREFIX, build_app
from optimizer.web.settings import Settings
from tests.store.conftest import draft
from tests.store.servers import KINDS, Databases, open_place

OURS = "http://testserver"


@pytest.fixture(scope="module", params=KINDS)
def store(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    opened = open_place(databases(request.param, False))
    with opened.write(SYSTEM, "root") as write:
        create_workspace(write, "north", "Sales North")
    yield opened
    opened.close()


@pytest.fixture
def browser(store: Store) -> Iterator[TestClient]:
    with TestClient(build_app(store), base_url=OURS) as client:
        yield client


def key_of(store: Store, role: Role = Role.ADMIN, workspace: str = "north") -> tuple[str, str]:
    with store.write(workspace, "root") as write:
        token, secret = make_token(write, "somebody", role)
    return token.id, secret


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_the_first_page_asks_strangers_to_sign_in(browser: TestClient) -> None:
    told = browser.get("/", follow_redirects=False)
    assert (told.status_code, told.headers["location"]) == (303, "/login")
    assert 'action="/login"' in browser.get("/login").text
    assert "登录" in browser.get("/login", headers={"Accept-Language": "zh-CN"}).text


def test_a_token_signs_in_and_the_cookie_does_not_hold_it(browser: TestClient, store: Store) -> None:
    id, secret = key_of(store)
    told = browser.post("/login", data={"token": f" {secret} "}, follow_redirects=False)
    cookie = told.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=lax" in cookie.lower()
    assert secret.rpartition("_")[2] not in cookie
    page = browser.get("/").text
    assert "Sales North" in page and "somebody" in page
    assert browser.get(f"{PREFIX}/me").json()["roles"] == {"north": "admin"}
    with store.write("north", "root") as write:
        revoke_token(write, id)
    assert browser.get(f"{PREFIX}/me").status_code == 401
    assert browser.get("/", follow_redirects=False).status_code == 303


def test_a_wrong_token_is_told_on_the_page(browser: TestClient) -> None:
    told = browser.post("/login", data={"token": "opt_no_no"})
    assert told.status_code == 401
    assert "opens nothing" in told.text and "opt_no_no" not in told.text


def test_a_cookie_alone_changes_nothing(browser: TestClient, store: Store) -> None:
    browser.post("/login", data={"token": key_of(store)[1]})
    body = {"name": "n", "role": "viewer"}
    path = f"{PREFIX}/workspaces/north/tokens"
    assert browser.post(path, json=body).json()["code"] == "not_our_form"
    assert browser.post("/logout").status_code == 403
    csrf = csrf_of(browser.get("/").text)
    assert browser.post(path, json=body, headers={"X-CSRF-Token": csrf}).status_code == 201
    assert browser.post("/logout", data={"csrf": csrf}, follow_redirects=False).status_code == 303
    assert browser.get(f"{PREFIX}/me").status_code == 401


def test_another_site_cannot_sign_somebody_in(browser: TestClient, store: Store) -> None:
    told = browser.post("/login", data={"token": key_of(store)[1]}, headers={"Sec-Fetch-Site": "cross-site"})
    assert told.status_code == 403


def test_a_cookie_that_somebody_made_opens_nothing(browser: TestClient) -> None:
    browser.cookies.set("optimizer", "eyJ0b2tlbl9pZCI6IngifQ.aaaa.bbbb")
    assert browser.get(f"{PREFIX}/me").status_code == 401


def test_the_page_shows_plans_and_the_report_lives_in_a_sandbox(browser: TestClient, store: Store) -> None:
    with store.write("north", "<b>ann</b>") as write:
        plan = draft(write)
    browser.post("/login", data={"token": key_of(store, Role.VIEWER)[1]})
    page = browser.get("/?workspace=north")
    assert "&lt;b&gt;ann&lt;/b&gt;" in page.text and "<b>ann" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    chinese = browser.get("/?workspace=north", headers={"Accept-Language": "zh-CN"}).text
    for text, lang in ((page.text, "en"), (chinese, "zh")):  # words for what the events of a job tell by code
        stages = re.search(r"data-stages='([^']*)'", text)
        assert stages and json.loads(stages[1])["weeks"] == look_up("stage", "weeks", lang)
    assert look_up("stage", "weeks", "zh") != look_up("stage", "weeks", "en")
    report = browser.get(f"/workspaces/north/plans/{plan.id}/report")
    assert report.status_code == 200 and "<html" in report.text
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert browser.get("/?workspace=south").status_code == 404
    assert browser.get(f"/workspaces/south/plans/{plan.id}/report").status_code == 404


# People ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def served(store: Store, provider: str) -> Iterator[TestClient]:
    settings = Settings(
        public_url=OURS, oidc_issuer=provider, oidc_client_id="us", oidc_client_secret="ours", secret="s"
    )
    with TestClient(build_app(store, settings), base_url=OURS) as client:
        yield client


def go_through(client: TestClient, subject: str) -> Any:
    """What a person does at the provider; the answer to the way back."""
    import httpx2

    away = client.get("/login/oidc", follow_redirects=False)
    assert away.status_code == 302
    there = httpx2.post(away.headers["location"], data={"sub": subject})
    assert there.status_code in (302, 303), there.text
    return client.get(there.headers["location"], follow_redirects=False)


def test_a_person_signs_in_through_a_provider_and_may_do_what_an_admin_allows(
    served: TestClient, store: Store
) -> None:
    assert "/login/oidc" in served.get("/login").text
    back = go_through(served, "ann@example.com")
    assert (back.status_code, back.headers["location"]) == (303, "/")
    me = served.get(f"{PREFIX}/me").json()
    assert me["roles"] == {} and "ann@example.com" in me["actor"]
    person = me["actor"].rpartition("[")[2].rstrip("]")
    assert person in served.get("/").text
    assert served.get(f"{PREFIX}/workspaces/north").status_code == 404
    admin = {"Authorization": f"Bearer {key_of(store)[1]}"}
    granted = served.put(
        f"{PREFIX}/workspaces/north/members", params={"person": person, "role": "viewer"}, headers=admin
    )
    assert granted.json() == {person: "viewer"}
    assert served.get(f"{PREFIX}/workspaces/north").status_code == 200
    assert "Sales North" in served.get("/").text
    go_through(served, "ann@example.com")  # the same person, not another
    assert served.get(f"{PREFIX}/me").json()["actor"] == me["actor"]


def test_a_way_back_that_nobody_went_is_refused(served: TestClient) -> None:
    told = served.get("/login/oidc/callback?code=x&state=y")
    assert told.status_code == 401
    assert "Traceback" not in told.text
    assert served.get(f"{PREFIX}/me").status_code == 401


def test_without_a_provider_there_is_no_such_way(browser: TestClient) -> None:
    assert browser.get("/login/oidc").status_code == 404
    assert "oidc" not in browser.get("/login").text
