"""Signing in at a browser: with a token, or as a person through an OIDC provider; and signing out."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware

from optimizer.messages import say
from optimizer.store import SYSTEM, Store, find_token, sign_in
from optimizer.web.access import check_pace
from optimizer.web.painting import paint
from optimizer.web.problems import Refusal
from optimizer.web.sessions import Sessions
from optimizer.web.settings import Settings

router = APIRouter(include_in_schema=False)
CALLBACK = "/login/oidc/callback"
_MINUTES = 10  # between leaving for the provider and coming back


def set_up(app: FastAPI, settings: Settings) -> None:
    """Get to know the provider, where the settings name one."""
    app.state.provider = None
    if not settings.has_oidc:
        return
    oauth = OAuth()
    oauth.register(
        name="provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret or None,
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )
    app.state.provider = oauth.provider
    # Holds what must come back from the provider; who is signed in is in sessions.py.
    app.add_middleware(
        SessionMiddleware,
        secret_key=app.state.sessions.secret,
        session_cookie="optimizer-login",
        max_age=_MINUTES * 60,
        path="/login",
        same_site="lax",
        https_only=settings.is_https,
    )


@router.get("/login")
def show_login(request: Request) -> Response:
    """The page to sign in on."""
    return _show(request, 200)


@router.post("/login")
def log_in(request: Request, token: Annotated[str, Form(max_length=500)]) -> Response:
    """Sign in with a token; the cookie names it and does not hold it."""
    check_origin(request)
    check_pace(request.app.state.knocks, request, take=False)
    store: Store = request.app.state.store
    with store.view() as connection:
        found = find_token(connection, token.strip())
    if found is None:
        check_pace(request.app.state.knocks, request, take=True)
        return _show(request, 401, say("problem.wrong_token"))
    answer = RedirectResponse("/", 303)
    _sessions(request).start(answer, token_workspace=found.workspace, token_id=found.id)
    return answer


@router.post("/logout")
def log_out(request: Request, csrf: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Sign out at this browser."""
    session = _sessions(request).read(request)
    if session is not None:
        _sessions(request).check_csrf(session, csrf)
    answer = RedirectResponse("/login", 303)
    _sessions(request).end(answer)
    return answer


@router.get("/login/oidc")
async def go_to_provider(request: Request) -> Any:
    """Go to the provider."""
    settings: Settings = request.app.state.settings
    provider = _provider(request)
    try:
        return await provider.authorize_redirect(request, settings.public_url.rstrip("/") + CALLBACK)
    except Exception as error:  # a provider that is away tells so in many ways
        return await run_in_threadpool(_fail, request, error)


@router.get(CALLBACK)
async def come_back(request: Request) -> Response:
    """Come back from the provider: what it says is checked by Authlib, signature, nonce and state."""
    provider = _provider(request)
    try:
        told = await provider.authorize_access_token(request)
        who = told["userinfo"]
        issuer, subject = str(who["iss"]), str(who["sub"])
    except Exception as error:
        return await run_in_threadpool(_fail, request, error)
    email = who.get("email") if who.get("email_verified", True) else None
    store: Store = request.app.state.store
    person = await run_in_threadpool(
        store.perform,
        SYSTEM,
        "sign in",
        lambda write: sign_in(write, issuer, subject, email, who.get("name")),
    )
    answer = RedirectResponse("/", 303)
    _sessions(request).start(answer, person_id=person.id)
    return answer


def check_origin(request: Request) -> None:
    """403 for a form that another site sent."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Refusal(403, "not_our_form")


def _fail(request: Request, error: Exception) -> Response:
    code = error.error if isinstance(error, OAuthError) else type(error).__name__
    structlog.get_logger("optimizer.web").warning("sign-in failed", error=code)
    return _show(request, 401, say("problem.sign_in_failed", error=code))


def _show(request: Request, status: int, problem: str = "") -> Response:
    return paint("login.html", status, problem=problem, has_oidc=request.app.state.settings.has_oidc)


def _provider(request: Request) -> Any:
    if request.app.state.provider is None:
        raise Refusal(404, "no_sign_in")
    return request.app.state.provider


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions
