"""Problems: every error as RFC 9457 has it, with a code that stays and a sentence in the asker's language.

``type`` is ``urn:optimizer:problem:<code>``. The sentence is the catalogue's: ``problem.<code>`` for what the web says,
``refused.<code>`` for what the store says, and the findings' own for what is wrong with an input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from optimizer.findings import Finding, InputError
from optimizer.folders import OutputError
from optimizer.messages import Phrase, load_catalogue, say, spoken
from optimizer.reading.validation import dotted
from optimizer.store import Blocked, Conflict, Missing, Outage, Refused, Unavailable, Unfit, lacks_room
from optimizer.web.plain import to_plain

MEDIA_TYPE = "application/problem+json"
MOST_FINDINGS = 1000  # findings that one answer names
_STATUS: tuple[tuple[type[Refused], int], ...] = (
    (Missing, 404),
    (Unfit, 422),
    (Conflict, 409),
    (Blocked, 409),
    (Unavailable, 503),
)
_BY_STATUS = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "no_such_page",
    405: "wrong_method",
    406: "not_acceptable",
    413: "too_large",
    415: "wrong_kind",
    429: "too_fast",
    503: "busy",
}


class FindingAnswer(BaseModel):
    """One thing that is wrong, or looks wrong, in what was handed in. ``row`` counts as a spreadsheet does."""

    code: str = Field(examples=["unknown_reference"])
    severity: str = Field(examples=["error"])
    table: str = Field(examples=["customers"])
    row: int | None = Field(None, examples=[17])
    column: str | None = Field(None, examples=["tier"])
    value: Any = None
    problem: str
    expected: str
    fix: str


class ChangeAnswer(BaseModel):
    """What somebody did to a thing since the asker saw it."""

    version: int | None
    at: str
    actor: str
    action: str
    reason: str
    details: dict[str, Any]


class Problem(BaseModel):
    """Why something was not done (RFC 9457). ``findings``: of an input; ``changes``: since what was seen."""

    type: str = Field(examples=["urn:optimizer:problem:missing"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str
    code: str = Field(examples=["missing"])
    request_id: str
    findings: list[FindingAnswer] = []
    findings_count: int = 0
    changes: list[ChangeAnswer] = []
    current_version: int | None = None


class Refusal(Exception):
    """The web says no: ``problem.<code>`` with its gaps."""

    def __init__(self, status: int, code: str, headers: Mapping[str, str] | None = None, **gaps: Any) -> None:
        self.status, self.code, self.headers, self.gaps = status, code, dict(headers or {}), gaps
        super().__init__(code)


class TooLarge(HTTPException):
    """More came than is taken in; raised while it is read, and therefore one of FastAPI's own."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(413)


def describe_findings(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as they are answered, in the language in force."""
    return [
        {
            "code": one.code,
            "severity": one.severity,
            "table": one.table,
            "row": one.row,
            "column": one.column,
            "value": to_plain(one.value),
            "problem": one.problem(),
            "expected": one.expected(),
            "fix": one.fix(),
        }
        for one in findings[:MOST_FINDINGS]
    ]


def answer_problem(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """A problem as an answer."""
    content = {
        "type": f"urn:optimizer:problem:{code}",
        "title": say(f"title.{status}") if f"title.{status}" in load_catalogue() else say("title.other"),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
        **more,
    }
    said = {"Content-Language": spoken(), **(headers or {})}
    return JSONResponse(content, status, said, MEDIA_TYPE)


def answer_findings(request_id: str, findings: Sequence[Finding], code: str = "bad_input") -> JSONResponse:
    """What is wrong with an input, all at once."""
    errors = sum(one.severity == "error" for one in findings)
    ordered = sorted(findings, key=lambda one: one.severity != "error")
    return answer_problem(
        request_id,
        422,
        code,
        say(f"problem.{code}", count=errors or len(findings)),
        findings=describe_findings(ordered),
        findings_count=len(findings),
    )


def handle_problems(app: FastAPI) -> None:
    """Have every error answered as a problem; what nobody expected is logged by ``Front``."""

    @app.exception_handler(Refusal)
    async def _refusal(request: Request, error: Refusal) -> JSONResponse:
        detail = say(f"problem.{error.code}", **error.gaps)
        return answer_problem(request.state.id, error.status, error.code, detail, error.headers)

    @app.exception_handler(Refused)
    async def _refused(request: Request, error: Refused) -> JSONResponse:
        if error.code == "no_room":
            return _answer_no_room(request, error)
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        more: dict[str, Any] = {}
        if isinstance(error, Conflict):
            more = {
                "current_version": error.found,
                "changes": [
                    {
                        "version": entry.version,
                        "at": entry.at.isoformat(),
                        "actor": entry.actor,
                        "action": entry.action,
                        "reason": entry.reason,
                        "details": dict(entry.details),
                    }
                    for entry in error.changes
                ],
            }
        headers = {"Retry-After": "1"} if status == 503 else None
        if status == 503 and error.code != "busy":
            structlog.get_logger().error("unavailable", code=error.code, error=error.details.get("error"))
        return answer_problem(request.state.id, status, error.code, error.sentence(), headers, **more)

    @app.exception_handler(OSError)
    @app.exception_handler(OutputError)
    async def _unwritten(request: Request, error: Exception) -> JSONResponse:
        if lacks_room(error):
            return _answer_no_room(request, error)
        raise error

    @app.exception_handler(InputError)
    async def _input(request: Request, error: InputError) -> JSONResponse:
        return answer_findings(request.state.id, error.findings)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer_findings(request.state.id, [_find(one) for one in error.errors()], "bad_body")

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        """``Front`` hears of the error too, and logs it."""
        id = request.state.id
        return answer_problem(id, 500, "unexpected", say("problem.unexpected", id=id))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if lacks_room(error):  # while files were taken in
            return _answer_no_room(request, error)
        code = _BY_STATUS.get(error.status_code, "bad_request")
        gaps = {"limit": error.limit} if isinstance(error, TooLarge) else {}
        if code == "too_large" and not gaps:
            gaps = {"limit": 0}
        detail = say(f"problem.{code}", **gaps)
        return answer_problem(request.state.id, error.status_code, code, detail, error.headers)


def _answer_no_room(request: Request, error: Exception) -> JSONResponse:
    """A disk is full, the database's or the one that files are laid down on for a while."""
    said = error.details["error"] if isinstance(error, Outage) else str(error.__cause__ or error)
    structlog.get_logger().error("unavailable", code="no_room", error=said)
    return answer_problem(request.state.id, 507, "no_room", say("refused.no_room"))


def _find(mistake: Mapping[str, Any]) -> Finding:
    """A mistake that pydantic found in a request, as a finding with its place."""
    where, *place = mistake["loc"] or ("body",)
    kind, value = mistake["type"], to_plain(mistake.get("input"))
    column = dotted(place) or None
    shown = value if isinstance(value, str | int | float | bool) else None
    if isinstance(shown, str) and len(shown) > 200:
        shown = shown[:200]
    table = f"{where}" if where in ("body", "query", "path", "header") else "body"
    if kind == "extra_forbidden":
        return Finding(
            "unknown_key", "error", table, None, column, shown, {"key": str(place[-1]), "hint": ""}
        )
    if kind == "missing":
        key = str(place[-1]) if place else table
        return Finding("missing_setting", "error", table, None, column, None, {"key": key})
    gaps = dict(mistake.get("ctx", {}))
    if kind == "value_error" and isinstance(gaps.get("error"), Exception) and gaps["error"].args:
        own = gaps["error"].args[0]
        reason: Any = own if isinstance(own, Phrase) else str(own)
    elif f"setting.{kind}" in load_catalogue() and not _is_of_days(gaps):
        reason = Phrase(f"setting.{kind}", gaps)
    elif kind in ("json_invalid", "json_type"):
        reason = Phrase("problem_reason.json")
    else:
        reason = Phrase("problem_reason.other", {"kind": kind, "told": mistake["msg"]})
    return Finding("bad_setting", "error", table, None, column, shown, {"reason": reason})


def _is_of_days(gaps: Mapping[str, Any]) -> bool:
    """Whether a limit is a day or a moment: sentences about limits speak of numbers."""
    ends = [gaps[name] for name in ("ge", "gt", "le", "lt") if name in gaps]
    return any(not isinstance(end, int | float) for end in ends)
