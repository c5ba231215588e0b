"""The tables of the service: jobs and who does them, requests, who may do what, whom to tell."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from optimizer.store.moments import Moment, Text
from optimizer.store.schema import metadata, needed, of_workspace, within

# Work and requests ---------------------------------------------------------------------------------------------

jobs = Table(
    "jobs",
    metadata,
    of_workspace(),
    Column("id", Text, primary_key=True),
    needed("kind"),
    needed("arguments"),  # JSON: ids and settings
    needed("priority", Integer),
    needed("state"),
    needed("asked_at", Moment),
    needed("asked_by"),
    Column("cancel_asked_at", Moment),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("result", Text),  # JSON: ids of what it made
    Column("error", Text),  # JSON
    Column("progress", Text),  # JSON: the last glimpse of it
    Column("worker_id", Text),  # who does it
    Column(
        "attempt", Integer, nullable=False, server_default="0"
    ),  # times it was begun: who began it last may write
    Column("deaths", Integer, nullable=False, server_default="0"),  # times who did it died
    CheckConstraint("state IN ('asked', 'running', 'done', 'failed', 'cancelled')", name="known_state"),
    Index(None, "state", "priority", "asked_at"),
)

job_steps = Table(
    "job_steps",
    metadata,
    of_workspace(),
    Column("job_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    needed("answer", Boolean),  # whether it stays when the job has ended
    needed("content"),  # JSON
    needed("made_at", Moment),
    within("job_id", "jobs"),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    needed("host"),
    needed("release"),
    needed("started_at", Moment),
    needed("seen_at", Moment),
)

requests = Table(
    "requests",
    metadata,
    of_workspace(),
    Column("key", Text, primary_key=True),
    needed("fingerprint"),
    needed("status", Integer),
    needed("response"),
    needed("answered_at", Moment),
)

# Access ------------------------------------------------------------------------------------------------------

tokens = Table(
    "tokens",
    metadata,
    of_workspace(),
    Column("id", Text, primary_key=True),
    needed("name"),
    needed("role"),
    needed("secret_hash"),
    needed("created_at", Moment),
    needed("created_by"),
    Column("expires_at", Moment),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
    UniqueConstraint("id"),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    needed("issuer"),
    needed("subject"),
    Column("email", Text),
    Column("name", Text),
    needed("created_at", Moment),
    needed("seen_at", Moment),
    UniqueConstraint("issuer", "subject"),
)

memberships = Table(
    "memberships",
    metadata,
    of_workspace(),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    needed("role"),
    needed("granted_at", Moment),
    needed("granted_by"),
)

# Telling others ------------------------------------------------------------------------------------------------

webhooks = Table(
    "webhooks",
    metadata,
    of_workspace(),
    Column("id", Text, primary_key=True),
    needed("url"),
    needed("kinds"),  # JSON: what it is told of
    needed("secret"),  # signs what is sent, so it is kept as it is
    needed("active", Boolean),
    needed("version", Integer),
    needed("written_at", Moment),
    needed("written_by"),
)

deliveries = Table(
    "deliveries",
    metadata,
    of_workspace(),
    Column("id", Text, primary_key=True),
    needed("webhook_id"),
    needed("kind"),
    needed("payload"),
    needed("state"),
    needed("attempts", Integer),
    needed("next_at", Moment),
    needed("made_at", Moment),
    within("webhook_id", "webhooks"),
    CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name="known_state"),
    Index(None, "state", "next_at"),
)

attempts = Table(
    "attempts",
    metadata,
    of_workspace(),
    Column("delivery_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    needed("at", Moment),
    needed("seconds", Float(53)),
    Column("status", Integer),
    needed("error"),
    within("delivery_id", "deliveries"),
)
