"""Serving: the application on a port, with a worker beside it, until somebody says stop."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from optimizer.jobs import Worker
from optimizer.messages import say
from optimizer.store import SYSTEM, Role, Store, Token, Write, list_tokens, list_workspaces, make_token
from optimizer.store.moments import now
from optimizer.web.app import build_app
from optimizer.web.logs import start_logs
from optimizer.web.sending import send_due
from optimizer.web.settings import VARIABLES, BadSetting, Settings

GRACE = 20  # seconds that requests and jobs have to end
FIRST = "first admin"


class NoAccess(Exception):
    """Nobody could come in, or everybody could; the text says what to do."""


def open_door(store: Store, settings: Settings) -> str | None:
    """See to it that somebody can come in, and nobody else; the first token of a new embedded store, else None.

    With ``settings.token_file`` it is written there before it opens anything, so that it cannot be lost; OSError where
    that cannot be.

    NoAccess where others could reach a service that has no tokens yet, or nobody could come in at all.
    """
    if settings.has_oidc and not settings.secret and not store.place.embedded:
        raise BadSetting(say("web.needs_secret", variable=VARIABLES["secret"]))
    if has_tokens(store) or settings.has_oidc:
        return None
    if not settings.is_private:
        raise NoAccess(say("web.not_private", host=settings.host))
    if not store.place.embedded:
        raise NoAccess(say("web.no_tokens"))

    def make(write: Write) -> str:
        secret = make_token(write, FIRST, Role.ADMIN)[1]
        if settings.token_file:
            hide(Path(settings.token_file), secret)
        return secret

    return store.perform(SYSTEM, "serve", make)


def hide(file: Path, secret: str) -> None:
    """Write a secret to a file of its own that nobody else can read; what lay there is gone."""
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secret + "\n")


def has_tokens(store: Store) -> bool:
    """Whether any token of any workspace opens anything."""
    with store.view() as connection:
        names = [SYSTEM, *list_workspaces(connection)]
    for name in names:
        with store.read(name) as view:
            if any(_opens(token) for token in list_tokens(view)):
                return True
    return False


def _opens(token: Token) -> bool:
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now())


def listen(settings: Settings) -> socket.socket:
    """The socket to serve on; OSError where it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=2048)


def serve(
    store: Store, settings: Settings, bound: socket.socket, begun: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGTERM or Ctrl-C; what is being answered is finished, jobs are finished or handed back."""
    start_logs(settings.log_level)
    front = build_app(store, settings)
    config = uvicorn.Config(
        front,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        timeout_graceful_shutdown=GRACE,
        lifespan="on",
        ws="none",
    )
    server = _Server(config, front.api.state, begun)
    with contextlib.ExitStack() as stack:
        if settings.jobs:
            worker = Worker(store, slots=settings.jobs, cores=settings.cores or None, chores=(send_due,))
            worker.start()
            stack.callback(worker.stop, float(GRACE))
        server.run(sockets=[bound])


class _Server(uvicorn.Server):
    """Tells those who follow a job that it is over, before it waits for them; leaves signals as it found them."""

    def __init__(self, config: uvicorn.Config, state: Any, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._state, self._begun = state, begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that it has begun."""
        await super().startup(sockets)
        if self.started:
            self._begun()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams first."""
        self._state.stopping.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear SIGTERM and Ctrl-C, once gently, a second Ctrl-C at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self._hear) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.should_exit and number == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
