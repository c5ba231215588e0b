"""The command serve: at once on SQLite, for nobody but this machine, with a token that is shown once."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import anyio
import httpx2
import pytest

from optimizer.cli import run
from optimizer.store import SYSTEM, Role, find_token, make_token, open_store
from optimizer.web.app import build_app
from optimizer.web.serving import NoAccess, has_tokens, open_door
from optimizer.web.settings import VARIABLES, BadSetting, Settings

ROOT = Path(__file__).parents[2]


def test_serve_works_at_once_and_stops_when_it_is_told(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, ROOT / "run.py", "serve", "--port", "0", "--jobs", "0"],
        cwd=tmp_path,
        env={**os.environ, "DATABASE_URL": "", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as served:
        assert served.stdout is not None
        said = [served.stdout.readline() for _ in range(3)]
        url = re.search(r"http://127\.0\.0\.1:\d+", said[2])
        assert url is not None, said
        request = urllib.request.Request(
            f"{url[0]}/api/v1/me", headers={"Authorization": f"Bearer {said[1].strip()}"}
        )
        with urllib.request.urlopen(request) as answer:
            assert b'"-":"admin"' in answer.read()
        served.send_signal(signal.SIGTERM)
        rest, logged = served.communicate(timeout=300)
    assert served.returncode == 0
    assert rest.strip() == "Stopped."
    assert '"route": "who_am_i"' in logged and said[1].strip() not in logged


def test_it_says_that_it_lives_while_every_thread_is_busy(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s.db")
    front = build_app(store, Settings())

    async def ask() -> int:
        threads = anyio.to_thread.current_default_thread_limiter()
        threads.total_tokens = 1
        async with threads:  # whoever writes waits for the disk
            transport = httpx2.ASGITransport(front)
            async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
                with anyio.fail_after(60.0):
                    return (await client.get("/healthz")).status_code

    assert anyio.run(ask) == 200
    store.close()


def test_a_new_embedded_store_gets_one_token_and_no_other(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s.db")
    assert open_door(store, Settings()) is not None
    assert open_door(store, Settings()) is None
    store.close()


def test_the_first_token_goes_to_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    store, file = open_store(tmp_path / "s.db"), tmp_path / "first-token"
    with pytest.raises(OSError):
        open_door(store, Settings(token_file=str(tmp_path / "no" / "folder")))
    assert not has_tokens(store)  # one that nobody has seen opens nothing
    file.write_text("of a store that was here before")
    file.chmod(0o644)
    secret = open_door(store, Settings(token_file=str(file)))
    assert file.read_text().strip() == secret and file.stat().st_mode & 0o777 == 0o600
    with store.view() as connection:
        found = find_token(connection, secret or "")
    assert found is not None and found.role == Role.ADMIN
    store.close()


def test_a_port_that_is_taken_costs_no_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", "--port", port, "--database", str(tmp_path / "s.db")]) == 2
    assert port in capsys.readouterr().err
    store = open_store(tmp_path / "s.db")
    assert not has_tokens(store)
    store.close()


def test_a_database_that_is_away_at_the_start_is_told_without_its_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["serve", "--database", "postgresql://me:secret@127.0.0.1:1/db"]) == 2
    said = capsys.readouterr().err
    assert "cannot be used" in said and "127.0.0.1:1/db" in said and "secret" not in said


def test_nobody_else_is_served_before_there_is_a_token(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s.db")
    with pytest.raises(NoAccess, match="reached from other machines"):
        open_door(store, Settings(host="0.0.0.0"))
    assert not has_tokens(store)
    with store.write(SYSTEM, "root") as write:
        make_token(write, "root", Role.ADMIN)
    assert open_door(store, Settings(host="0.0.0.0")) is None
    store.close()


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.9", False),
        ("example.org", False),
    ],
)
def test_what_only_this_machine_can_reach(host: str, private: bool) -> None:
    assert Settings(host=host).is_private == private


def test_people_who_sign_in_need_the_same_secret_everywhere(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s.db")
    settings = Settings(
        oidc_issuer="https://id.example", oidc_client_id="us", public_url="https://us.example"
    )
    assert open_door(store, settings) is None
    object.__setattr__(store.place, "embedded", False)
    with pytest.raises(BadSetting, match=VARIABLES["secret"]):
        open_door(store, settings)
    store.close()


def test_mistakes_of_the_commands_are_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run(["serve", "--host", "0.0.0.0"]) == 2
    assert run(["serve", "--port", "99999"]) == 2
    assert run(["token", "x", "--role", "king"]) == 2
    assert run(["token", "x", "--workspace", "nowhere"]) == 2
    assert run(["token", "crm", "--role", "viewer"]) == 0
    told = capsys.readouterr()
    assert "Traceback" not in told.err and len(told.err.splitlines()) == 4
    assert re.search(r"^opt_\w+", told.out, re.M)


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "how-to" / "run-the-service.md").read_text(encoding="utf-8")
    assert not [variable for variable in VARIABLES.values() if f"`{variable}`" not in page]
