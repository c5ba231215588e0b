"""The tables of cases, plans and what happened; those of the service beside them are in service_schema.py.

What they look like in an older release stands in migrations/, never here.

Every row belongs to a workspace; what refers to another row refers to it with the workspace, so that the database
itself lets nothing point across. ``SYSTEM`` is the workspace of what belongs to none: people, tokens for all.
JSON is kept as text, because what is hashed must come back letter by letter.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
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


def needed(name: str, kind: Any = Text, **more: Any) -> Column[Any]:
    """A column that is always filled."""
    return Column(name, kind, nullable=False, **more)


def of_workspace() -> Column[Any]:
    """The first part of every key: whose the row is."""
    return Column("workspace_id", Text, ForeignKey("workspaces.id"), primary_key=True)


def within(columns: str, table: str, theirs: str = "id") -> ForeignKeyConstraint:
    """A reference that stays in the workspace."""
    mine, there = columns.split(), theirs.split()
    return ForeignKeyConstraint(
        ["workspace_id", *mine], [f"{table}.workspace_id", *(f"{table}.{name}" for name in there)]
    )


workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Text, primary_key=True),
    needed("name"),
    needed("guardrails"),  # JSON, see workspaces.py
    needed("version", Integer),
    needed("created_at", Moment),
    # The end of the audit log. Who writes locks this row first, so that a workspace's writes follow one another.
    needed("audit_number", Integer),
    needed("audit_hash"),
    Column("audit_at", Moment),
)

audit = Table(
    "audit",
    metadata,
    of_workspace(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    needed("at", Moment),
    needed("actor"),
    needed("action"),
    needed("kind"),
    needed("object_id"),
    Column("version", Integer),  # of the object, after what was done
    needed("reason"),
    needed("details"),  # JSON
    needed("previous_hash"),
    needed("hash"),
    Index(None, "workspace_id", "kind", "object_id"),
)

# Bytes by their hash -----------------------------------------------------------------------------------------

blobs = Table(
    "blobs",
    metadata,
    of_workspace(),
    Column("hash", Text, primary_key=True),  # SHA-256 of the content
    needed("content", LargeBinary),
)

cases = Table(
    "cases",
    metadata,
    of_workspace(),
    Column("id", Text, primary_key=True),
    needed("name"),
    needed("created_at", Moment),
    needed("created_by"),
)

case_versions = Table(
    "case_versions",
    metadata,
    of_workspace(),
    Column("id", Text, primary_key=True),  # SHA-256 of what it says, see cases.py
    needed("case_id"),
    needed("number", Integer),
    needed("name"),
    needed("variant"),
    needed("input_hash"),
    needed("scenario"),  # JSON
    needed("guardrails"),  # JSON
    needed("findings_hash"),
    needed("rep_count", Integer),
    needed("customer_count", Integer),
    needed("created_at", Moment),
    needed("created_by"),
    within("case_id", "cases"),
    within("findings_hash", "blobs", "hash"),
    UniqueConstraint("workspace_id", "case_id", "number"),
)

case_tables = Table(
    "case_tables",
    metadata,
    of_workspace(),
    Column("version_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    needed("row_count", Integer),
    needed("hash"),
    within("version_id", "case_versions"),
    within("hash", "blobs", "hash"),
)

variants = Table(
    "variants",
    metadata,
    of_workspace(),
    Column("case_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    needed("content"),  # JSON, as comparing.make_variant takes it
    needed("version", Integer),
    needed("written_at", Moment),
    needed("written_by"),
    within("case_id", "cases"),
)

# Plans -------------------------------------------------------------------------------------------------------

plans = Table(
    "plans",
    metadata,
    Column("key", WHOLE, Identity(), primary_key=True),  # short, because 100,000 assignments repeat it
    needed("workspace_id"),
    needed("id"),
    needed("case_version_id"),
    Column("parent_id", Text),
    needed("name"),
    needed("origin"),  # plan, rebalance, sweep, hand, ...
    needed("status"),
    needed("status_at", Moment),
    needed("status_by"),
    needed("status_reason"),
    needed("version", Integer),
    needed("content_hash"),  # SHA-256 of who owns whom
    needed("customer_count", Integer),
    needed("unserved_count", Integer),
    needed("moved_count", Integer),
    needed("summary"),  # JSON: what its maker says of it
    Column("knows_until", Date),  # the last day its maker knew of
    needed("created_at", Moment),
    needed("created_by"),
    ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    within("case_version_id", "case_versions"),
    within("parent_id", "plans"),
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
    of_workspace(),
    Column("plan_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    needed("size", Integer),
    needed("hash"),
    within("plan_id", "plans"),
    within("hash", "blobs", "hash"),
)

verdicts = Table(
    "verdicts",
    metadata,
    of_workspace(),
    Column("plan_id", Text, primary_key=True),
    Column("content_hash", Text, primary_key=True),
    needed("objective", BigInteger),  # milli-hours
    needed("terms"),  # JSON
    needed("hard_count", Integer),
    needed("priced_count", Integer),
    needed("worst"),  # JSON: the first hard violations
    needed("judge"),  # release of the checker
    needed("judged_at", Moment),
    within("plan_id", "plans"),
)

publications = Table(
    "publications",
    metadata,
    of_workspace(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("plan_id", Text),  # what is in force from that day on; missing: what was before that day
    needed("starts", Date),
    Column("undoes", Integer),
    needed("published_at", Moment),
    needed("published_by"),
    needed("reason"),
    within("plan_id", "plans"),
    within("undoes", "publications", "number"),
)

# A plan is in force from ``starts`` until the next row's ``starts``: two at once cannot be said in these rows.
in_force = Table(
    "in_force",
    metadata,
    of_workspace(),
    Column("starts", Date, primary_key=True),
    Column("since", Integer, primary_key=True, autoincrement=False),  # the publication that said so
    Column("until", Integer),  # the one that says otherwise
    needed("plan_id"),
    needed("known_from", Moment),
    Column("known_to", Moment),
    within("plan_id", "plans"),
    within("since", "publications", "number"),
    within("until", "publications", "number"),
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
    of_workspace(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    needed("event_id"),
    needed("at", Date),
    needed("kind"),
    Column("customer_id", Text),
    Column("rep_id", Text),
    needed("content"),  # JSON
    needed("received_at", Moment),
    needed("received_by"),
    UniqueConstraint("workspace_id", "event_id"),
    Index(None, "workspace_id", "customer_id", "kind"),
)
