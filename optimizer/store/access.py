"""Who may do what: roles, and API tokens that are shown once and kept as hashes."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, or_, select

from optimizer.store.moments import new_id, now
from optimizer.store.refusals import Missing
from optimizer.store.service_schema import tokens
from optimizer.store.store import Store
from optimizer.store.transactions import View, Write

PREFIX = "opt"
USE_NOTED_EVERY = dt.timedelta(minutes=1)


class Role(StrEnum):
    """What somebody may do in a workspace; in ``SYSTEM``: in all of them."""

    VIEWER = "viewer"
    PLANNER = "planner"
    APPROVER = "approver"
    ADMIN = "admin"
    SERVICE = "service"


@dataclass(frozen=True)
class Token:
    """A key for programs. ``workspace`` is ``SYSTEM`` for one that opens all of them; the secret is not kept."""

    workspace: str
    id: str
    name: str
    role: Role
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime | None
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None


def make_token(
    write: Write, name: str, role: Role, expires_at: dt.datetime | None = None
) -> tuple[Token, str]:
    """Make a token for the workspace of ``write``; with it the text that opens, which cannot be had again."""
    id, secret = new_id(), secrets.token_urlsafe(32)
    write.connection.execute(
        tokens.insert().values(
            workspace_id=write.workspace,
            id=id,
            name=name,
            role=role,
            secret_hash=_hash(secret),
            created_at=write.at,
            created_by=write.actor,
            expires_at=expires_at,
        )
    )
    write.tell("create", "token", id, name=name, role=str(role), expires_at=str(expires_at or ""))
    return get_token(write, id), f"{PREFIX}_{id}_{secret}"


def find_token(connection: Connection, shown: str, at: dt.datetime | None = None) -> Token | None:
    """The token that a text opens with; None when there is none, or it is expired or revoked."""
    prefix, _, rest = shown.partition("_")
    id, _, secret = rest.partition("_")
    if prefix != PREFIX or not shown.isascii() or "\x00" in shown:
        return None
    row: Any = connection.execute(select(tokens).where(tokens.c.id == id)).one_or_none()
    # Compared even where there is none: the time it takes tells nobody which ids there are.
    kept = _hash("") if row is None else row.secret_hash
    if not hmac.compare_digest(kept, _hash(secret)) or row is None:
        return None
    token = _token(row)
    over = token.expires_at is not None and token.expires_at <= (at or now())
    return None if over or token.revoked_at is not None else token


def is_noted(token: Token, at: dt.datetime | None = None) -> bool:
    """Whether it was noted within the last minute that the token is used."""
    return token.used_at is not None and (at or now()) - token.used_at < USE_NOTED_EVERY


def note_use(store: Store, token: Token, at: dt.datetime | None = None) -> None:
    """Note that a token was used, at most once a minute; nothing is audited, for nothing of the workspace changes."""
    at = at or now()
    if is_noted(token, at):
        return
    unused = or_(tokens.c.used_at.is_(None), tokens.c.used_at < at)
    with store.change() as connection:
        connection.execute(tokens.update().where(tokens.c.id == token.id, unused).values(used_at=at))


def revoke_token(write: Write, id: str) -> Token:
    """Make a token open nothing from now on. Missing when this workspace has none such."""
    if get_token(write, id).revoked_at is None:
        write.connection.execute(
            tokens.update().where(write.here(tokens), tokens.c.id == id).values(revoked_at=write.at)
        )
        write.tell("revoke", "token", id)
    return get_token(write, id)


def get_token(view: View, id: str) -> Token:
    """A token of this workspace by its id."""
    row = view.find(tokens, id=id)
    if row is None:
        raise Missing("token", id)
    return _token(row)


def list_tokens(view: View) -> list[Token]:
    """The tokens of this workspace, oldest first."""
    query = select(tokens).where(view.here(tokens)).order_by(tokens.c.id)
    return [_token(row) for row in view.connection.execute(query)]


def _hash(secret: str) -> str:
    """SHA-256 is enough for 256 bits that nobody chose."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: Any) -> Token:
    return Token(
        row.workspace_id,
        row.id,
        row.name,
        Role(row.role),
        row.created_at,
        row.created_by,
        row.expires_at,
        row.used_at,
        row.revoked_at,
    )
