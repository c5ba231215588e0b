"""The examples in deploy: their commands, settings and files exist, and there is time to stop."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from optimizer import cli
from optimizer.store.settings import VARIABLE
from optimizer.web.serving import GRACE
from optimizer.web.settings import VARIABLES

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
COMPOSE = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
KNOWN = {VARIABLE, *VARIABLES.values()}
POSTGRES = {
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "PGPASSWORD",
}  # its image's, and its library's


def parse(words: list[str]) -> None:
    """Let the command line take the words in, and do nothing. What it does not know is an error."""
    command: Any = typer.main.get_command(cli.app)
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, list(words))


def seconds(said: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([sm]?)", said).groups()  # type: ignore[union-attr]
    return int(number) * (60 if unit == "m" else 1)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_compose_starts_postgres_an_api_and_two_workers_by_commands_that_exist(
    services: dict[str, Any],
) -> None:
    assert set(services) == {"db", "upgrade", "api", "worker"}
    assert services["worker"]["deploy"]["replicas"] == 2
    for name in ("upgrade", "api", "worker"):
        parse(services[name]["command"])
        assert services[name]["image"] == services["upgrade"]["image"]
    build = services["upgrade"]["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_whoever_needs_the_tables_waits_for_them(services: dict[str, Any]) -> None:
    assert services["upgrade"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    for name in ("api", "worker"):
        assert services[name]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}


def test_what_compose_sets_is_understood(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert set(service["environment"]) <= KNOWN | POSTGRES, name
    assert services["api"]["environment"][VARIABLE] == services["worker"]["environment"][VARIABLE]
    assert "password" not in services["api"]["environment"][VARIABLE].lower()


def test_there_is_time_to_stop(services: dict[str, Any]) -> None:
    assert seconds(services["api"]["stop_grace_period"]) > GRACE
    grace = services["worker"]["command"][services["worker"]["command"].index("--grace") + 1]
    assert seconds(services["worker"]["stop_grace_period"]) > int(grace)


def test_only_this_machine_reaches_the_api_and_nobody_the_database(services: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in services["api"]["ports"])
    assert not [name for name in ("db", "worker", "upgrade") if "ports" in services[name]]


def test_what_must_not_be_lost_is_in_named_volumes(services: dict[str, Any]) -> None:
    named = yaml.safe_load(COMPOSE)["volumes"]
    for name in ("db", "upgrade"):
        assert next(volume.partition(":")[0] for volume in services[name]["volumes"]) in named


def test_every_image_is_pinned_to_a_release(services: dict[str, Any]) -> None:
    images = [services["db"]["image"], *re.findall(r"^ARG \w+_IMAGE=(\S+)", DOCKERFILE, re.M)]
    assert len(images) == 2
    assert not [image for image in images if not re.fullmatch(r"\w+:\d+\.\d+(\.\d+)?-[\w-]+", image)]


def test_the_image_runs_as_nobody_special_and_is_asked_whether_it_is_ready() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.M)
    assert last.index("\nUSER ") < last.index("\nENTRYPOINT ")
    assert "/readyz" in last.partition("HEALTHCHECK")[2]
    assert set(re.findall(r"\bOPTIMIZER_[A-Z]+", DOCKERFILE)) <= KNOWN
    assert re.search(r'^ENTRYPOINT \["optimizer"\]$', last, re.M)
    parse(re.findall(r'"(\w+)"', last.partition("\nCMD [")[2]))


def test_what_the_image_is_made_of_is_there_and_let_through() -> None:
    copied = [
        word for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.M) for word in line.split()[:-1]
    ]
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied and not [word for word in copied if not (ROOT / word).exists()]
    assert not [word for word in copied if f"!{word.removeprefix('./')}" not in let_in]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists_and_gives_it_time(path: Path) -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    service = unit["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert Path(program).name == "optimizer"
    parse(words)
    # serve gives its requests as long as its own worker afterwards
    grace = int(words[words.index("--grace") + 1]) if "--grace" in words else 2 * GRACE
    assert int(service["TimeoutStopSec"]) > grace
    assert service["User"] != "root" and service["KillMode"] == "mixed"
    assert f"/var/lib/{service['StateDirectory']}" == service["WorkingDirectory"]


def test_every_name_in_the_example_of_settings_is_understood_and_compose_asks_for_no_other() -> None:
    example = (DEPLOY / "environment.example").read_text(encoding="utf-8")
    names = set(re.findall(r"^#?([A-Z_]+)=", example, re.M))
    assert names <= KNOWN | POSTGRES
    assert set(re.findall(r"\$\{(\w+)", COMPOSE)) <= names


def test_the_how_to_names_every_file_of_deploy() -> None:
    page = (ROOT / "docs" / "how-to" / "run-the-service.md").read_text(encoding="utf-8")
    assert len(UNITS) == 2
    assert not [path.name for path in DEPLOY.iterdir() if f"](../../deploy/{path.name})" not in page]
