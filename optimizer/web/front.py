"""The front: what every request passes, whatever it asks for: its id, its language, how much it brings, and the log."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders

from optimizer.messages import LANGUAGES, speaking
from optimizer.web.metrics import Metrics
from optimizer.web.problems import TooLarge
from optimizer.web.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HTTPS = "max-age=31536000"


class Front:
    """Around the whole application, so that nothing goes by it."""

    def __init__(self, app: App, api: FastAPI, settings: Settings, metrics: Metrics) -> None:
        self.app, self.api, self._settings, self._metrics = app, api, settings, metrics
        self._log = structlog.get_logger("optimizer.web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["id"] = id
        started, status, complete = time.perf_counter(), 0, False

        async def answer(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(MutableHeaders(scope=message), id)
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        structlog.contextvars.clear_contextvars()
        self._metrics.open.inc()
        with speaking(choose_language(headers.get("accept-language", ""))), \
                structlog.contextvars.bound_contextvars(request_id=id):  # fmt: skip
            try:
                await self.app(scope, self._count(headers, receive), answer)
            except Exception:
                self._log.exception("unexpected")
                if not complete:  # half of an answer is out, and the rest will not come
                    raise
            finally:
                self._metrics.open.dec()
                self._note(scope, status, time.perf_counter() - started)

    def _count(self, headers: Headers, receive: Receive) -> Receive:
        """Count what comes in while it is read; what a request says of its length is only a first look."""
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        limit = self._settings.max_upload if is_form else self._settings.max_body
        said = headers.get("content-length", "")
        too_long = said.isdecimal() and int(said[:20]) > limit
        came = 0

        async def counted() -> Message:
            nonlocal came
            if too_long:
                raise TooLarge(limit)
            message = await receive()
            if message["type"] == "http.request":
                came += len(message.get("body", b""))
                if came > limit:
                    raise TooLarge(limit)
            return message

        return counted

    def _add_headers(self, headers: MutableHeaders, id: str) -> None:
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", _POLICY)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Request-ID"] = id
        if self._settings.is_https:
            headers["Strict-Transport-Security"] = _HTTPS

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = name_route(scope)
        self._metrics.note(scope["method"] if route else "-", route or "-", status, seconds)
        self._log.info(  # neither address nor query: they may hold ids of customers and codes
            "request", method=scope["method"], route=route, status=status, seconds=round(seconds, 4)
        )


def name_route(scope: Scope) -> str:
    """The route that answered, as it was written down, without what stood in its gaps; empty for none."""
    route = scope.get("route")
    return "" if route is None else str(getattr(route, "name", "") or "")


def choose_language(said: str) -> str:
    """The first of ``LANGUAGES`` that an Accept-Language header wants, by its weights; else the first there is."""
    wanted: list[tuple[float, int, str]] = []
    for at, part in enumerate(said.split(",")[:20]):
        name, _, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), at, name.strip().lower().split("-")[0]))
        except ValueError:
            continue
    for share, _, tongue in sorted(wanted):
        if tongue in LANGUAGES and share < 0:
            return tongue
    return LANGUAGES[0]
