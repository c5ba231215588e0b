"""People: who signs in through an OIDC provider, and the role each has in a workspace."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from optimizer.store.access import Role
from optimizer.store.moments import new_id
from optimizer.store.refusals import Missing
from optimizer.store.service_schema import memberships, users
from optimizer.store.transactions import View, Write
from optimizer.store.workspaces import check_system


@dataclass(frozen=True)
class Person:
    """Somebody whom a provider (``issuer``) knows as ``subject``."""

    id: str
    issuer: str
    subject: str
    email: str | None
    name: str | None
    created_at: dt.datetime
    seen_at: dt.datetime


def sign_in(
    write: Write, issuer: str, subject: str, email: str | None = None, name: str | None = None
) -> Person:
    """The person behind a login, made at the first one; ``write`` is of ``SYSTEM``."""
    check_system(write)
    same = (users.c.issuer == issuer, users.c.subject == subject)
    row = write.connection.execute(select(users).where(*same)).one_or_none()
    told = {"email": email, "name": name, "seen_at": write.at}
    if row is None:
        id = new_id()
        write.connection.execute(
            users.insert().values(id=id, issuer=issuer, subject=subject, created_at=write.at, **told)
        )
        write.tell("create", "person", id, issuer=issuer, subject=subject, email=email)
    else:
        id = row.id
        write.connection.execute(users.update().where(*same).values(**told))
        write.tell("sign_in", "person", id)
    return get_person(write.connection, id)


def get_person(connection: Connection, id: str) -> Person:
    """A person by id."""
    row: Any = connection.execute(select(users).where(users.c.id == id)).one_or_none()
    if row is None:
        raise Missing("person", id)
    return Person(**{name: getattr(row, name) for name in Person.__dataclass_fields__})


def grant_role(write: Write, person_id: str, role: Role | None) -> None:
    """Give a person a role in the workspace of ``write``, instead of any other; None takes it away."""
    get_person(write.connection, person_id)
    before = write.find(memberships, user_id=person_id)
    write.connection.execute(
        memberships.delete().where(write.here(memberships), memberships.c.user_id == person_id)
    )
    if role is not None:
        write.connection.execute(
            memberships.insert().values(
                workspace_id=write.workspace,
                user_id=person_id,
                role=role,
                granted_at=write.at,
                granted_by=write.actor,
            )
        )
    was = None if before is None else before.role
    write.tell("grant", "person", person_id, role=[was, None if role is None else str(role)])


def list_members(view: View) -> dict[str, Role]:
    """Who has which role in this workspace, by person id."""
    rows = view.find_all(memberships)
    return {row.user_id: Role(row.role) for row in rows}


def find_roles(connection: Connection, person_id: str) -> dict[str, Role]:
    """A person's roles by workspace; one in ``SYSTEM`` is for all of them."""
    query = select(memberships.c.workspace_id, memberships.c.role).where(memberships.c.user_id == person_id)
    return {workspace: Role(role) for workspace, role in connection.execute(query)}
