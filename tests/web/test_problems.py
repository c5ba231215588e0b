"""Whatever goes wrong is a problem with a code, in the asker's language, and says nothing that it should not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from optimizer.store import Role, Store
from optimizer.web.app import PREFIX, build_app
from optimizer.web.front import choose_language
from optimizer.web.logs import start_logs
from optimizer.web.settings import BadSetting, Settings, read_settings
from tests.web.conftest import Hall, quiet_logs

FIELDS = {"type", "title", "status", "detail", "code", "request_id"}


def test_every_error_is_a_problem(hall: Hall) -> None:
    key = {"Authorization": f"Bearer {hall.keys[Role.ADMIN]}"}
    path = f"{PREFIX}/workspaces/{hall.name}"
    json = {**key, "Content-Type": "application/json"}
    told = {
        (404, "no_such_page"): hall.client.get("/nothing"),
        (405, "wrong_method"): hall.client.delete(f"{PREFIX}/me", headers=key),
        (401, "not_signed_in"): hall.client.get(f"{PREFIX}/me"),
        (404, "missing"): hall.get("/plans/none"),
        (422, "bad_body"): hall.post("/evaluations", {"more": 1}),
        (422, "bad_text"): hall.get("/plans/%00"),
        (403, "forbidden"): hall.get("/tokens", Role.VIEWER),
        (400, "bad_if_match"): hall.post("/plans/none/approve", headers={"If-Match": "three"}),
        (413, "too_large"): hall.client.post(f"{path}/events", content=b"x" * 300_000, headers=json),
    }
    for (status, code), answer in told.items():
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json().keys() >= FIELDS
        assert answer.json()["type"] == f"urn:optimizer:problem:{code}"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    broken = hall.client.post(f"{path}/events", content=b"{", headers=json)
    assert (broken.status_code, broken.json()["code"]) == (422, "bad_body")


def test_a_day_that_nothing_is_planned_on_is_told(hall: Hall) -> None:
    told = hall.get("/owner", params={"customer_id": "c1", "on": "0001-01-01"})
    assert told.status_code == 422 and told.json()["findings"][0]["column"] == "on"


def test_a_problem_is_told_in_the_language_that_is_asked_for(hall: Hall) -> None:
    told = hall.get("/plans/none", headers={"Accept-Language": "fr, zh-CN;q=0.8, en;q=0.2"})
    assert told.json()["title"] == "不存在" and "方案" in told.json()["detail"]
    assert told.headers["content-language"] == "zh"


@pytest.mark.parametrize(
    ("said", "lang"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-Hans-CN", "zh"),
        ("de", "en"),
        ("en;q=0.1,zh;q=0.9", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=many", "en"),
        (",;,", "en"),
    ],
)
def test_the_language_is_the_best_one_there_is(said: str, lang: str) -> None:
    assert choose_language(said) == lang


def test_what_nobody_expected_is_a_problem_too_and_tells_no_secrets(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("nobody expected this")

    with logging_to_stderr(), TestClient(build_app(sqlite_store), raise_server_exceptions=False) as client:
        monkeypatch.setattr("optimizer.web.access.find_token", fail)
        told = client.get(
            f"{PREFIX}/me?code=hush", headers={"Authorization": "Bearer opt_a_b", "X-Request-ID": "r-1"}
        )
    assert told.status_code == 500
    assert told.json()["code"] == "unexpected" and told.json()["request_id"] == "r-1"
    assert "nobody expected this" not in told.text
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failed, request = lines[-2:]
    assert failed["level"] == "error" and "RuntimeError" in failed["exception"]
    assert (request["route"], request["status"], request["request_id"]) == ("who_am_i", 500, "r-1")
    assert not any(secret in str(lines) for secret in ("opt_a_b", "hush"))


@contextmanager
def logging_to_stderr() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    start_logs()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        quiet_logs()


def test_a_body_is_counted_while_it_comes_not_only_by_what_it_says(hall: Hall) -> None:
    pieces = (b"x" * 50_000 for _ in range(100))
    headers = {"Authorization": f"Bearer {hall.keys[Role.ADMIN]}", "Content-Type": "application/json"}
    path = f"{PREFIX}/workspaces/{hall.name}/events"
    told = hall.client.post(path, content=pieces, headers=headers)
    assert "content-length" not in told.request.headers
    assert told.status_code == 413


def test_headers_keep_browsers_careful_and_other_sites_out(hall: Hall) -> None:
    told = hall.client.get("/healthz", headers={"Origin": "https://elsewhere.example"})
    assert told.json()["status"] == "ok"
    assert told.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in told.headers["content-security-policy"]
    assert "access-control-allow-origin" not in told.headers


def test_pages_that_are_named_may_ask(sqlite_store: Store) -> None:
    with TestClient(build_app(sqlite_store, Settings(cors=("https://ours.example",)))) as client:
        for origin, allowed in (("https://ours.example", True), ("https://elsewhere.example", False)):
            told = client.get("/healthz", headers={"Origin": origin})
            assert ("access-control-allow-origin" in told.headers) == allowed


def test_metrics_count_by_route_and_name_nobody(hall: Hall) -> None:
    hall.get("/plans/some-secret-plan")
    told = hall.client.get("/metrics").text
    assert 'optimizer_requests_total{method="GET",route="read_plan",status="404"}' in told
    assert "some-secret-plan" not in told and hall.name not in told
    assert hall.client.get("/readyz").json()["status"] == "ok"


def test_settings_come_from_the_environment_and_what_is_wrong_is_told() -> None:
    found = read_settings({"OPTIMIZER_PORT": "9", "OPTIMIZER_CORS": "https://a.example, https://b.example"})
    assert (found.port, found.cors) == (9, ("https://a.example", "https://b.example"))
    for variable, value in {
        "OPTIMIZER_PORT": "many",
        "OPTIMIZER_RATE": "0",
        "OPTIMIZER_LOG_LEVEL": "loud",
        "OPTIMIZER_PUBLIC_URL": "ours.example",
        "OPTIMIZER_OIDC_ISSUER": "https://id.example",
    }.items():
        with pytest.raises(BadSetting, match=variable):
            read_settings({variable: value})
    assert "swordfish" not in repr(read_settings({"OPTIMIZER_SECRET": "swordfish"}))
