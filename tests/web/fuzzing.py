"""Ask the API whatever its document allows, and what not: ``python -m tests.web.fuzzing [EXAMPLES] [DATABASE]``.

schemathesis makes the requests from the OpenAPI document: three of four as it says, of things that there are and of
others, the rest against it. Nothing may answer 5xx, with a status or a body that the document does not know, or with an
error that is no problem. EXAMPLES (5,000) are shared out over all endpoints.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import SkipTest

import schemathesis
import structlog
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import sampled_from
from schemathesis import GenerationMode

from optimizer.store import SYSTEM, Role, create_workspace, make_token, open_store
from optimizer.web.app import PREFIX, build_app
from optimizer.web.settings import Settings
from tests.web.test_plans import CASE

EXAMPLES = 5_000
CHECKS = [
    getattr(schemathesis.checks, name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
]


def main(examples: int = EXAMPLES, database: str = "") -> int:
    """Ask; the number of endpoints that gave a wrong answer."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_tell])
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(database or Path(folder) / "store.db")
        with store.write(SYSTEM, "root") as write:
            if "north" not in _names(store):
                create_workspace(write, "north")
            key = make_token(write, "fuzzing", Role.ADMIN)[1]
        front = build_app(store, Settings(rate=1e9, burst=10**9, max_body=10**6, max_upload=10**6))
        schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", front)
        operations = [one.ok() for one in schema.get_all_operations()]
        wrong, seen = 0, Counter[int]()
        for operation in operations:
            error = _ask(operation, key, max(2, -(-examples // len(operations))), seen, _furnish(front, key))
            if error:
                wrong += 1
                print(f"{operation.method.upper()} {operation.path}\n{error}\n", flush=True)
        print(
            f"{sum(seen.values())} answers of {len(operations)} endpoints, {wrong} wrong: {dict(sorted(seen.items()))}"
        )
        store.close()
    return wrong


def _tell(logger: Any, name: str, event: Any) -> str:
    if event.pop("exc_info", None):
        print("".join(traceback.format_exc().splitlines(keepends=True)[-12:]), flush=True)
    return str(event)


def _furnish(front: Any, key: str) -> dict[str, Any]:
    """Make one of everything; ids by the names of parameters."""
    with TestClient(front, headers={"Authorization": f"Bearer {key}"}, base_url="http://fuzz") as client:

        def post(path: str, body: Any) -> Any:
            return client.post(f"{PREFIX}/workspaces/north{path}", json=body).json()

        version = post("/cases/q1/tables", CASE)["version"]["id"]
        rows = [{"customer_id": "c1", "rep_id": "r1"}, {"customer_id": "c2", "rep_id": "r2"}]
        plan = post("/plans", {"case_version_id": version, "assignments": rows})["id"]
        return {
            "case_id": "q1",
            "version_id": version,
            "case_version_id": version,
            "plan_id": plan,
            "plan_ids": [plan],
            "job_id": post("/jobs/plan", {"case_version_id": version})["id"],
            "webhook_id": post("/webhooks", {"url": "https://example.com/hook"})["id"],
            "token_id": post("/tokens", {"name": "t", "role": "viewer"})["token"]["id"],
            "customer_id": "c1",
            "rep_id": "r1",
        }


def _names(store: Any) -> list[str]:
    from optimizer.store import list_workspaces

    with store.view() as connection:
        return list_workspaces(connection)


def _ask(operation: Any, key: str, examples: int, seen: Counter[int], there: dict[str, Any]) -> str:
    for mode, share in ((GenerationMode.POSITIVE, 0.75), (GenerationMode.NEGATIVE, 0.25)):
        if error := _ask_as(operation.as_strategy(mode), key, max(1, round(share * examples)), seen, there):
            return error
    return ""


def _ask_as(cases: Any, key: str, examples: int, seen: Counter[int], there: dict[str, Any]) -> str:
    @given(case=cases, real=sampled_from([True, True, False]))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any, real: bool) -> None:
        if "workspace" in (case.path_parameters or {}):
            case.path_parameters["workspace"] = "north"
        if real:  # of things that there are
            for given in (case.path_parameters, case.query, case.body):
                if isinstance(given, dict):
                    given.update({name: there[name] for name in given.keys() & there.keys()})
        told = case.call(headers={"Authorization": f"Bearer {key}"})
        seen[told.status_code] += 1
        try:
            case.validate_response(told, checks=CHECKS)
        except BaseException as failure:
            failure.add_note(case.as_curl_command())
            raise
        assert told.status_code < 400 or told.headers["content-type"] == ["application/problem+json"], told

    try:
        ask()
    except (Unsatisfiable, SkipTest):  # nothing can be said against what it asks for
        return ""
    except Exception as error:  # whatever it is, the next endpoint is asked too
        notes = getattr(error, "__notes__", [])
        return "\n".join([f"{type(error).__name__}: {error}", *notes])[:3000]
    except BaseExceptionGroup as errors:
        return "\n".join(str(error) for error in errors.exceptions)[:3000]
    return ""


if __name__ == "__main__":
    sys.exit(min(1, main(int(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES, *sys.argv[2:3])))
