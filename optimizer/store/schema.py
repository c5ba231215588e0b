"""The tables of the store. What they look like in an older release stands in migrations/, never here.

Every row belongs to a workspace; what refers to another row refers to it with the workspace, so that the database
itself lets nothing point across. ``SYSTEM`` is the workspace of what belongs to none: people, tokens for all.
JSON is kept as text, because what is hashed must come back letter by letter.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from optimizer.store.moments import Moment, Text

SYSTEM = "-"
WHOLE = BigInteger().with_variant(Integer, "sqlite")  # only so does SQLite number rows by itself
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _needed(name: str, kind: Any = Text, **more: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **more)


def _workspace() -> Column[Any]:
    return Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True)


def _within(columns: str, table: str, theirs: str = "id") -> ForeignKeyConstraint:
    """A reference that stays in the workspace."""
    mine, there = columns.split(), theirs.split()
    return ForeignKeyConstraint(
        ["workspace_id", *mine], [f"{table}.workspace_id", *(f"{table}.{name}" for name in there)]
    )


workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Text, primary_key=True),
    _needed("name"),
    _needed("guardrails"),  # JSON, see workspaces.py
    _needed("version", Integer),
    _needed("created_at", Moment),
    # The end of the audit log. Who writes locks this row first, so that a workspace's writes follow one another.
    _needed("audit_number", Integer),
    _needed("audit_hash"),
    Column("audit_at", Moment),
)

audit = Table(
    "audit",
    metadata,
    _workspace(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _needed("at", Moment),
    _needed("actor"),
    _needed("action"),
    _needed("kind"),
    _needed("object_id"),
    Column("version", Integer),  # of the object, after what was done
    _needed("reason"),
    _needed("details"),  # JSON
    _needed("previous_hash"),
    _needed("hash"),
    Index(None, "workspace_id", "kind", "object_id"),
)

# Bytes by their hash -----------------------------------------------------------------------------------------

blobs = Table(
    "blobs",
    metadata,
    _workspace(),
    Column("hash", Text, primary_key=True),  # SHA-256 of the content
    _needed("content", LargeBinary),
)

cases = Table(
    "cases",
    metadata,
    _workspace(),
    Column("id", Text, primary_key=True),
    _needed("name"),
    _needed("created_at", Moment),
    _needed("created_by"),
)

case_versions = Table(
    "case_versions",
    metadata,
    _workspace(),
    Column("id", Text, primary_key=True),  # SHA-256 of what it says, see cases.py
    _needed("case_id"),
    _needed("number", Integer),
    _needed("name"),
    _needed("variant"),
    _needed("input_hash"),
    _needed("scenario"),  # JSON
    _needed("guardrails"),  # JSON
    _needed("findings_hash"),
    _needed("rep_count", Integer),
    _needed("customer_count", Integer),
    _needed("created_at", Moment),
    _needed("created_by"),
    _within("case_id", "cases"),
    _within("findings_hash", "blobs", "hash"),
    UniqueConstraint("workspace_id", "case_id", "number"),
)

case_tables = Table(
    "case_tables",
    metadata,
    _workspace(),
    Column("version_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    _needed("row_count", Integer),
    _needed("hash"),
    _within("version_id", "case_versions"),
    _within("hash", "blobs", "hash"),
)

variants = Table(
    "variants",
    metadata,
    _workspace(),
    Column("case_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    _needed("content"),  # JSON, as comparing.make_variant takes it
    _needed("version", Integer),
    _needed("written_at", Moment),
    _needed("written_by"),
    _within("case_id", "cases"),
)

# Plans -------------------------------------------------------------------------------------------------------

plans = Table(
    "plans",
    metadata,
    Column("key", WHOLE, Identity(), primary_key=True),  # short, because 100,000 assignments repeat it
    _needed("workspace_id"),
    _needed("id"),
    _needed("case_version_id"),
    Column("parent_id", Text),
    _needed("name"),
    _needed("origin"),  # plan, rebalance, sweep, hand, ...
    _needed("status"),
    _needed("status_at", Moment),
    _needed("status_by"),
    _needed("status_reason"),
    _needed("version", Integer),
    _needed("content_hash"),  # SHA-256 of who owns whom
    _needed("customer_count", Integer),
    _needed("unserved_count", Integer),
    _needed("moved_count", Integer),
    _needed("summary"),  # JSON: what its maker says of it
    Column("knows_until", Date),  # the last day its maker knew of
    _needed("created_at", Moment),
    _needed("created_by"),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    _within("case_version_id", "case_versions"),
    _within("parent_id", "plans"),
    UniqueConstraint("workspace_id", "id"),
    CheckConstraint(
        "status IN ('draft', 'submitted', 'approved', 'published', 'archived')", name="known_status"
    ),
    Index(None, "workspace_id", "status"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("plan_key", WHOLE, ForeignKey("plans.key"), primary_key=True, autoincrement=False),
    Column("customer_id", Text, primary_key=True),
    Column("rep_id", Text),  # missing: unserved
    Column("previous_rep_id", Text),
    Column("tier", Text),
    Column("hours", Float(53)),
    Column("travel_hours", Float(53)),
    Index(None, "plan_key", "rep_id", "customer_id"),
    sqlite_with_rowid=False,  # kept in the order of the key: a page of it is one stretch of the file
)

plan_files = Table(
    "plan_files",
    metadata,
    _workspace(),
    Column("plan_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    _needed("size", Integer),
    _needed("hash"),
    _within("plan_id", "plans"),
    _within("hash", "blobs", "hash"),
)

verdicts = Table(
    "verdicts",
    metadata,
    _workspace(),
    Column("plan_id", Text, primary_key=True),
    Column("content_hash", Text, primary_key=True),
    _needed("objective", BigInteger),  # milli-hours
    _needed("terms"),  # JSON
    _needed("hard_count", Integer),
    _needed("priced_count", Integer),
    _needed("worst"),  # JSON: the first hard violations
    _needed("judge"),  # release of the checker
    _needed("judged_at", Moment),
    _within("plan_id", "plans"),
)

publications = Table(
    "publications",
    metadata,
    _workspace(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("plan_id", Text),  # what is in force from that day on; missing: what was before that day
    _needed("starts", Date),
    Column("undoes", Integer),
    _needed("published_at", Moment),
    _needed("published_by"),
    _needed("reason"),
    _within("plan_id", "plans"),
    _within("undoes", "publications", "number"),
)

# A plan is in force from ``starts`` until the next row's ``starts``: two at once cannot be said in these rows.
in_force = Table(
    "in_force",
    metadata,
    _workspace(),
    Column("starts", Date, primary_key=True),
    Column("since", Integer, primary_key=True, autoincrement=False),  # the publication that said so
    Column("until", Integer),  # the one that says otherwise
    _needed("plan_id"),
    _needed("known_from", Moment),
    Column("known_to", Moment),
    _within("plan_id", "plans"),
    _within("since", "publications", "number"),
    _within("until", "publications", "number"),
)
Index(
    "uq_in_force_workspace_id_starts",
    in_force.c.workspace_id,
    in_force.c.starts,
    unique=True,
    sqlite_where=text("until IS NULL"),
    postgresql_where=text("until IS NULL"),
)

events = Table(
    "events",
    metadata,
    _workspace(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _needed("event_id"),
    _needed("at", Date),
    _needed("kind"),
    Column("customer_id", Text),
    Column("rep_id", Text),
    _needed("content"),  # JSON
    _needed("received_at", Moment),
    _needed("received_by"),
    UniqueConstraint("workspace_id", "event_id"),
    Index(None, "workspace_id", "customer_id", "kind"),
)

# Work and requests ---------------------------------------------------------------------------------------------

jobs = Table(
    "jobs",
    metadata,
    _workspace(),
    Column("id", Text, primary_key=True),
    _needed("kind"),
    _needed("arguments"),  # JSON: ids and settings
    _needed("priority", Integer),
    _needed("state"),
    _needed("asked_at", Moment),
    _needed("asked_by"),
    Column("cancel_asked_at", Moment),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("result", Text),  # JSON: ids of what it made
    Column("error", Text),  # JSON
    Column("progress", Text),  # JSON: the last glimpse of it
    CheckConstraint("state IN ('asked', 'running', 'done', 'failed', 'cancelled')", name="known_state"),
    Index(None, "state", "priority", "asked_at"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    _needed("host"),
    _needed("release"),
    _needed("started_at", Moment),
    _needed("seen_at", Moment),
)

requests = Table(
    "requests",
    metadata,
    _workspace(),
    Column("key", Text, primary_key=True),
    _needed("fingerprint"),
    _needed("status", Integer),
    _needed("response"),
    _needed("answered_at", Moment),
)

# Access ------------------------------------------------------------------------------------------------------

tokens = Table(
    "tokens",
    metadata,
    _workspace(),
    Column("id", Text, primary_key=True),
    _needed("name"),
    _needed("role"),
    _needed("secret_hash"),
    _needed("created_at", Moment),
    _needed("created_by"),
    Column("expires_at", Moment),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
    UniqueConstraint("id"),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    _needed("issuer"),
    _needed("subject"),
    Column("email", Text),
    Column("name", Text),
    _needed("created_at", Moment),
    _needed("seen_at", Moment),
    UniqueConstraint("issuer", "subject"),
)

memberships = Table(
    "memberships",
    metadata,
    _workspace(),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    _needed("role"),
    _needed("granted_at", Moment),
    _needed("granted_by"),
)

# Telling others ------------------------------------------------------------------------------------------------

webhooks = Table(
    "webhooks",
    metadata,
    _workspace(),
    Column("id", Text, primary_key=True),
    _needed("url"),
    _needed("kinds"),  # JSON: what it is told of
    _needed("secret"),  # signs what is sent, so it is kept as it is
    _needed("active", Boolean),
    _needed("version", Integer),
    _needed("written_at", Moment),
    _needed("written_by"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _workspace(),
    Column("id", Text, primary_key=True),
    _needed("webhook_id"),
    _needed("kind"),
    _needed("payload"),
    _needed("state"),
    _needed("attempts", Integer),
    _needed("next_at", Moment),
    _needed("made_at", Moment),
    _within("webhook_id", "webhooks"),
    CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name="known_state"),
    Index(None, "state", "next_at"),
)

attempts = Table(
    "attempts",
    metadata,
    _workspace(),
    Column("delivery_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _needed("at", Moment),
    _needed("seconds", Float(53)),
    Column("status", Integer),
    _needed("error"),
    _within("delivery_id", "deliveries"),
)
