"""Settings of the service: read from the environment, each with a default that is safe on a laptop."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from optimizer.messages import say

MEGABYTE = 2**20


def _of(variable: str, default: Any, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"variable": variable})


class BadSetting(Exception):
    """A setting that cannot be understood; the text says which, why, and what would do."""


@dataclass(frozen=True)
class Settings:
    """What the service is told by its environment. ``cores`` is what jobs may use, ``jobs`` how many run at once.

    ``max_body`` and ``max_upload`` are bytes of a request and of one with files, ``max_rows`` rows of a table or list
    that comes in. ``rate`` is requests a second of one token, ``burst`` how many may come at once. ``secret`` signs
    session cookies: of a process of its own when empty. ``oidc_*`` and ``public_url``: how people sign in.
    ``proxies``: addresses whose X-Forwarded headers are believed. ``token_file``: where the first token of a new store
    is written, instead of being printed.
    """

    host: str = _of("OPTIMIZER_HOST", "127.0.0.1")
    port: int = _of("OPTIMIZER_PORT", 8000)
    jobs: int = _of("OPTIMIZER_JOBS", 1)
    cores: int = _of("OPTIMIZER_CORES", 0)
    max_body: int = _of("OPTIMIZER_MAX_BODY", 20 * MEGABYTE)
    max_upload: int = _of("OPTIMIZER_MAX_UPLOAD", 200 * MEGABYTE)
    max_rows: int = _of("OPTIMIZER_MAX_ROWS", 1_000_000)
    rate: float = _of("OPTIMIZER_RATE", 100.0)
    burst: int = _of("OPTIMIZER_BURST", 200)
    cors: tuple[str, ...] = _of("OPTIMIZER_CORS", ())
    proxies: str = _of("OPTIMIZER_PROXIES", "")
    log_level: str = _of("OPTIMIZER_LOG_LEVEL", "info")
    token_file: str = _of("OPTIMIZER_TOKEN_FILE", "")
    secret: str = _of("OPTIMIZER_SECRET", "", secret=True)
    session_hours: float = _of("OPTIMIZER_SESSION_HOURS", 12.0)
    public_url: str = _of("OPTIMIZER_PUBLIC_URL", "")
    oidc_issuer: str = _of("OPTIMIZER_OIDC_ISSUER", "")
    oidc_client_id: str = _of("OPTIMIZER_OIDC_CLIENT_ID", "")
    oidc_client_secret: str = _of("OPTIMIZER_OIDC_CLIENT_SECRET", "", secret=True)

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_https(self) -> bool:
        """Whether people come by https, so that cookies go nowhere else."""
        return self.public_url.startswith("https://")

    @property
    def has_oidc(self) -> bool:
        """Whether people may sign in through a provider."""
        return bool(self.oidc_issuer)


VARIABLES: Mapping[str, str] = {one.name: one.metadata["variable"] for one in fields(Settings)}
_LEAST = {"port": 0, "jobs": 0, "cores": 0, "max_body": 1, "max_upload": 1, "max_rows": 1, "burst": 1}
_LEVELS = ("debug", "info", "warning", "error")


def read_settings(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings as the environment says, but for what is ``given`` and not None. BadSetting for what makes no sense."""
    environ = os.environ if environ is None else environ
    known: dict[str, Any] = {}
    for one in fields(Settings):
        said = environ.get(one.metadata["variable"], "")
        if said.strip():
            known[one.name] = _convert(one.name, said.strip(), type(one.default))
    known |= {name: value for name, value in given.items() if value is not None}
    settings = Settings(**known)
    _check(settings)
    return settings


def _convert(name: str, said: str, kind: type) -> Any:
    if kind is tuple:
        return tuple(part.strip() for part in said.split(",") if part.strip())
    try:
        return kind(said)
    except ValueError:
        raise BadSetting(say(f"web.bad_{kind.__name__}", variable=VARIABLES[name], value=said[:40])) from None


def _check(settings: Settings) -> None:
    for name, least in _LEAST.items():
        if getattr(settings, name) < least:
            raise BadSetting(say("web.too_small", variable=VARIABLES[name], least=least))
    if not settings.port <= 65535:
        raise BadSetting(say("web.bad_int", variable=VARIABLES["port"], value=settings.port))
    for name in ("rate", "session_hours"):
        if not 0 < getattr(settings, name) < float("inf"):
            raise BadSetting(say("web.not_above_zero", variable=VARIABLES[name]))
    if settings.log_level not in _LEVELS:
        known = ", ".join(_LEVELS)
        raise BadSetting(say("web.bad_choice", variable=VARIABLES["log_level"], known=known))
    for name in ("public_url", "oidc_issuer"):
        value = getattr(settings, name)
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
            raise BadSetting(say("web.bad_address", variable=VARIABLES[name]))
    if settings.has_oidc and not (settings.oidc_client_id and settings.public_url):
        needed = f"{VARIABLES['oidc_client_id']}, {VARIABLES['public_url']}"
        raise BadSetting(say("web.oidc_needs", variable=VARIABLES["oidc_issuer"], needed=needed))
