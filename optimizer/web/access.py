"""Access: who asks, with which role in which workspace, and the one table that says what each role may do.

A workspace that somebody has no role in does not exist for them: 404, as for one that there is not.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from optimizer.store import (
    SYSTEM,
    Missing,
    Role,
    Store,
    find_roles,
    find_token,
    get_person,
    get_token,
)
from optimizer.store.moments import now
from optimizer.web.pace import Pace
from optimizer.web.problems import Refusal

_V, _P, _A, _X, _S = Role.VIEWER, Role.PLANNER, Role.APPROVER, Role.ADMIN, Role.SERVICE
Roles = frozenset[Role]
ALL: Roles = frozenset(Role)
TELL: Roles = frozenset({_P, _A, _X, _S})
PLAN: Roles = frozenset({_P, _A, _X})
DECIDE: Roles = frozenset({_A, _X})
RULE: Roles = frozenset({_X})

# Every endpoint by its name, with the roles that may use it. An endpoint that is not here answers nobody.
RULES: Mapping[str, Roles] = {
    # about oneself, and of the whole store
    "who_am_i": ALL,
    "list_workspaces": ALL,
    "create_workspace": RULE,
    # workspaces
    "read_workspace": ALL,
    "change_limits": RULE,
    "list_members": RULE,
    "grant_role": RULE,
    # cases and variants
    "list_cases": ALL,
    "list_case_versions": ALL,
    "read_case_version": ALL,
    "list_findings": ALL,
    "upload_case": PLAN,
    "put_case_tables": PLAN,
    "list_variants": ALL,
    "read_variant": ALL,
    "write_variant": PLAN,
    "delete_variant": PLAN,
    # plans
    "list_plans": ALL,
    "read_plan": ALL,
    "add_plan": PLAN,
    "change_plan": PLAN,
    "list_assignments": ALL,
    "list_files": ALL,
    "read_file": ALL,
    "download_plan": ALL,
    "evaluate_plan": PLAN,
    "judge_plan": PLAN,
    "read_verdict": ALL,
    "explain_plan": ALL,
    "explain_customer": ALL,
    "explain_rep": ALL,
    "explain_unserved": ALL,
    "explain_why_not": ALL,
    "suggest_owners": ALL,
    # the way of a plan
    "submit_plan": PLAN,
    "approve_plan": DECIDE,
    "reject_plan": DECIDE,
    "publish_plan": DECIDE,
    "archive_plan": DECIDE,
    "undo_publication": DECIDE,
    "list_publications": ALL,
    "list_in_force": ALL,
    # who owns whom
    "find_owner": ALL,
    "trace_owner": ALL,
    "download_owners": ALL,
    # progress
    "list_events": ALL,
    "read_event": ALL,
    "post_event": TELL,
    "post_events": TELL,
    "reassign": TELL,
    # jobs
    "ask_plan": PLAN,
    "ask_rebalance": PLAN,
    "ask_frontier": PLAN,
    "ask_sweep": PLAN,
    "ask_size": PLAN,
    "ask_compare": PLAN,
    "ask_explain": PLAN,
    "list_jobs": ALL,
    "read_job": ALL,
    "follow_job": ALL,
    "list_answers": ALL,
    "cancel_job": PLAN,
    # access, webhooks, audit
    "list_tokens": RULE,
    "make_token": RULE,
    "revoke_token": RULE,
    "list_webhooks": RULE,
    "add_webhook": RULE,
    "read_webhook": RULE,
    "change_webhook": RULE,
    "list_deliveries": RULE,
    "list_audit": DECIDE,
    "verify_audit": DECIDE,
}
# What there is in the workspace of the whole store: nothing but who may come in, and what was done.
OF_SYSTEM = {
    "list_tokens",
    "make_token",
    "revoke_token",
    "list_members",
    "grant_role",
    "list_audit",
    "verify_audit",
}


@dataclass(frozen=True)
class Asker:
    """Who asks. ``actor``: as the audit log names them; ``roles`` by workspace, one in ``SYSTEM`` is for all.

    ``pace``: whose requests are counted together. ``token_id`` or ``person_id``: what they came with.
    """

    actor: str
    roles: Mapping[str, Role]
    pace: str
    token_id: str | None = None
    person_id: str | None = None

    def role_in(self, workspace: str) -> Role | None:
        """The role there; None: it does not exist for them."""
        return self.roles.get(workspace) or self.roles.get(SYSTEM)


@dataclass(frozen=True)
class Session:
    """What a signed cookie says of a person at a browser; ``csrf`` must come back with whatever changes something."""

    csrf: str
    token_workspace: str = ""
    token_id: str = ""
    person_id: str = ""


def find_asker(request: Request, bearer: str | None, session: Session | None) -> Asker | None:
    """Who came with this token or session; None for nobody that is known (any more)."""
    store: Store = request.app.state.store
    if bearer is not None:
        with store.view() as connection:
            token = find_token(connection, bearer)
        if token is None:
            return None
        request.app.state.uses.note(token)
        actor = f"{token.name} [{token.id}]"
        return Asker(actor, {token.workspace: token.role}, token.id, token_id=token.id)
    if session is None:
        return None
    if session.person_id:
        return _find_person(store, session.person_id)
    try:
        with store.read(session.token_workspace) as view:
            token = get_token(view, session.token_id)
    except Missing:
        return None
    if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now()):
        return None
    return Asker(f"{token.name} [{token.id}]", {token.workspace: token.role}, token.id, token_id=token.id)


def _find_person(store: Store, id: str) -> Asker | None:
    try:
        with store.view() as connection:
            person, roles = get_person(connection, id), find_roles(connection, id)
    except Missing:
        return None
    name = person.email or person.name or person.subject
    return Asker(f"{name} [{id}]", roles, id, person_id=id)


class Guarded(APIRoute):
    """An endpoint that looks who asks before it reads what they send."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own way, behind the door."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await run_in_threadpool(admit, request, self.name)
            return await answer(request)

        return guarded


def admit(request: Request, name: str) -> None:
    """Let a request for the endpoint ``name`` in, or say why not."""
    asker = require_asker(request)
    pace: Pace = request.app.state.pace
    wait = pace.take(asker.pace)
    if wait > 0:
        raise Refusal(429, "too_fast", {"Retry-After": str(max(1, round(wait + 0.5)))})
    workspace = request.path_params.get("workspace", SYSTEM)
    may = RULES[name]
    if "workspace" not in request.path_params and may is ALL:
        return  # about themselves
    role = asker.role_in(workspace)
    if workspace == SYSTEM and "workspace" in request.path_params and name not in OF_SYSTEM:
        role = None
    if role is None:
        if "workspace" not in request.path_params:
            raise Refusal(403, "forbidden")
        raise Missing("workspace", workspace)
    if role not in may:
        raise Refusal(403, "forbidden")


def require_asker(request: Request) -> Asker:
    """Who asks; 401 for nobody, 403 for a browser that does not show what only our own pages know."""
    header = request.headers.get("authorization")
    session: Session | None = None
    bearer: str | None = None
    if header is not None:
        scheme, _, bearer = header.partition(" ")
        if scheme.lower() != "bearer":
            bearer = ""
        bearer = bearer.strip()
    else:
        session = request.app.state.sessions.read(request)
        if session is not None and request.method not in ("GET", "HEAD", "OPTIONS"):
            request.app.state.sessions.check_csrf(session, request.headers.get("x-csrf-token", ""))
    check_pace(request.app.state.knocks, request, take=False)
    asker = find_asker(request, bearer, session)
    if asker is None:
        if header is not None:
            check_pace(request.app.state.knocks, request, take=True)
        raise Refusal(401, "not_signed_in", {"WWW-Authenticate": "Bearer"})
    request.state.asker = asker
    return asker


def check_pace(knocks: Pace, request: Request, *, take: bool) -> None:
    """429 for an address that came with too many wrong tokens; ``take``: this was another."""
    address = request.client.host if request.client is not None else ""
    wait = knocks.take(address) if take else knocks.peek(address)
    if wait > 0:
        raise Refusal(429, "too_fast", {"Retry-After": str(max(1, round(wait + 0.5)))})
