"""The first shape: everything the service keeps.

Revision 0001, of release 0.1.0.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op

from optimizer.store.migrations.guards_of_0001 import list_guards

revision = "0001"
down_revision = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table, the guards on them, and the workspace of what belongs to none."""
    op.create_table(
        "users",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_users_issuer_subject")),
    )
    op.create_table(
        "workers",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("release", TEXT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "workspaces",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("guardrails", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("audit_number", sa.Integer(), nullable=False),
        sa.Column("audit_hash", TEXT, nullable=False),
        sa.Column("audit_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )
    op.create_table(
        "audit",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("object_id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_audit_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "number", name=op.f("pk_audit")),
    )
    op.create_index(
        op.f("ix_audit_workspace_id_kind_object_id"),
        "audit",
        ["workspace_id", "kind", "object_id"],
        unique=False,
    )
    op.create_table(
        "blobs",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_blobs_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "hash", name=op.f("pk_blobs")),
    )
    op.create_table(
        "cases",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_cases_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_cases")),
    )
    op.create_table(
        "events",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("at", sa.Date(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("customer_id", TEXT, nullable=True),
        sa.Column("rep_id", TEXT, nullable=True),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("received_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_events_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "number", name=op.f("pk_events")),
        sa.UniqueConstraint("workspace_id", "event_id", name=op.f("uq_events_workspace_id_event_id")),
    )
    op.create_index(
        op.f("ix_events_workspace_id_customer_id_kind"),
        "events",
        ["workspace_id", "customer_id", "kind"],
        unique=False,
    )
    op.create_table(
        "jobs",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("arguments", TEXT, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", TEXT, nullable=False),
        sa.Column("cancel_asked_at", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("result", TEXT, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("progress", TEXT, nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_jobs_known_state")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_jobs_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_jobs")),
    )
    op.create_index(
        op.f("ix_jobs_state_priority_asked_at"), "jobs", ["state", "priority", "asked_at"], unique=False
    )
    op.create_table(
        "memberships",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("granted_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_memberships_workspace_id")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_memberships")),
    )
    op.create_table(
        "requests",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("response", TEXT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_requests_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_requests")),
    )
    op.create_table(
        "tokens",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_tokens_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("id", name=op.f("uq_tokens_id")),
    )
    op.create_table(
        "webhooks",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("kinds", TEXT, nullable=False),
        sa.Column("secret", TEXT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("written_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_webhooks_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "case_versions",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("variant", TEXT, nullable=False),
        sa.Column("input_hash", TEXT, nullable=False),
        sa.Column("scenario", TEXT, nullable=False),
        sa.Column("guardrails", TEXT, nullable=False),
        sa.Column("findings_hash", TEXT, nullable=False),
        sa.Column("rep_count", sa.Integer(), nullable=False),
        sa.Column("customer_count", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"],
            ["cases.workspace_id", "cases.id"],
            name=op.f("fk_case_versions_workspace_id_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "findings_hash"],
            ["blobs.workspace_id", "blobs.hash"],
            name=op.f("fk_case_versions_workspace_id_findings_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_case_versions_workspace_id")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_case_versions")),
        sa.UniqueConstraint(
            "workspace_id", "case_id", "number", name=op.f("uq_case_versions_workspace_id_case_id_number")
        ),
    )
    op.create_table(
        "deliveries",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'given_up')", name=op.f("ck_deliveries_known_state")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "webhook_id"],
            ["webhooks.workspace_id", "webhooks.id"],
            name=op.f("fk_deliveries_workspace_id_webhook_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_deliveries_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_state_next_at"), "deliveries", ["state", "next_at"], unique=False)
    op.create_table(
        "variants",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("written_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"],
            ["cases.workspace_id", "cases.id"],
            name=op.f("fk_variants_workspace_id_case_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_variants_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "case_id", "name", name=op.f("pk_variants")),
    )
    op.create_table(
        "attempts",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seconds", sa.Float(precision=53), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "delivery_id"],
            ["deliveries.workspace_id", "deliveries.id"],
            name=op.f("fk_attempts_workspace_id_delivery_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_attempts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "delivery_id", "number", name=op.f("pk_attempts")),
    )
    op.create_table(
        "case_tables",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("version_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "hash"],
            ["blobs.workspace_id", "blobs.hash"],
            name=op.f("fk_case_tables_workspace_id_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "version_id"],
            ["case_versions.workspace_id", "case_versions.id"],
            name=op.f("fk_case_tables_workspace_id_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_case_tables_workspace_id")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "version_id", "name", name=op.f("pk_case_tables")),
    )
    op.create_table(
        "plans",
        sa.Column("key", WHOLE, sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("case_version_id", TEXT, nullable=False),
        sa.Column("parent_id", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("status_at", MOMENT, nullable=False),
        sa.Column("status_by", TEXT, nullable=False),
        sa.Column("status_reason", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("customer_count", sa.Integer(), nullable=False),
        sa.Column("unserved_count", sa.Integer(), nullable=False),
        sa.Column("moved_count", sa.Integer(), nullable=False),
        sa.Column("summary", TEXT, nullable=False),
        sa.Column("knows_until", sa.Date(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'approved', 'published', 'archived')",
            name=op.f("ck_plans_known_status"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_version_id"],
            ["case_versions.workspace_id", "case_versions.id"],
            name=op.f("fk_plans_workspace_id_case_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "parent_id"],
            ["plans.workspace_id", "plans.id"],
            name=op.f("fk_plans_workspace_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_plans_workspace_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_plans")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_plans_workspace_id_id")),
    )
    op.create_index(op.f("ix_plans_workspace_id_status"), "plans", ["workspace_id", "status"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("plan_key", WHOLE, autoincrement=False, nullable=False),
        sa.Column("customer_id", TEXT, nullable=False),
        sa.Column("rep_id", TEXT, nullable=True),
        sa.Column("previous_rep_id", TEXT, nullable=True),
        sa.Column("tier", TEXT, nullable=True),
        sa.Column("hours", sa.Float(precision=53), nullable=True),
        sa.Column("travel_hours", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["plan_key"], ["plans.key"], name=op.f("fk_assignments_plan_key")),
        sa.PrimaryKeyConstraint("plan_key", "customer_id", name=op.f("pk_assignments")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_assignments_plan_key_rep_id_customer_id"),
        "assignments",
        ["plan_key", "rep_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "plan_files",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("plan_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "hash"],
            ["blobs.workspace_id", "blobs.hash"],
            name=op.f("fk_plan_files_workspace_id_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.id"],
            name=op.f("fk_plan_files_workspace_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_plan_files_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "name", name=op.f("pk_plan_files")),
    )
    op.create_table(
        "publications",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_id", TEXT, nullable=True),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.id"],
            name=op.f("fk_publications_workspace_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "undoes"],
            ["publications.workspace_id", "publications.number"],
            name=op.f("fk_publications_workspace_id_undoes"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_publications_workspace_id")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "number", name=op.f("pk_publications")),
    )
    op.create_table(
        "verdicts",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("plan_id", TEXT, nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("objective", sa.BigInteger(), nullable=False),
        sa.Column("terms", TEXT, nullable=False),
        sa.Column("hard_count", sa.Integer(), nullable=False),
        sa.Column("priced_count", sa.Integer(), nullable=False),
        sa.Column("worst", TEXT, nullable=False),
        sa.Column("judge", TEXT, nullable=False),
        sa.Column("judged_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.id"],
            name=op.f("fk_verdicts_workspace_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_verdicts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "content_hash", name=op.f("pk_verdicts")),
    )
    op.create_table(
        "in_force",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("plan_id", TEXT, nullable=False),
        sa.Column("known_from", MOMENT, nullable=False),
        sa.Column("known_to", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.id"],
            name=op.f("fk_in_force_workspace_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "since"],
            ["publications.workspace_id", "publications.number"],
            name=op.f("fk_in_force_workspace_id_since"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "until"],
            ["publications.workspace_id", "publications.number"],
            name=op.f("fk_in_force_workspace_id_until"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_in_force_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "starts", "since", name=op.f("pk_in_force")),
    )
    op.create_index(
        "uq_in_force_workspace_id_starts",
        "in_force",
        ["workspace_id", "starts"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    for statement in list_guards(op.get_context().dialect.name):
        op.get_bind().exec_driver_sql(statement)
    op.get_bind().execute(
        sa.text(
            "INSERT INTO workspaces (id, name, guardrails, version, created_at, audit_number, audit_hash) "
            "VALUES ('-', '-', '{}', 1, :now, 0, :first)"
        ).bindparams(sa.bindparam("now", type_=MOMENT)),
        {"now": dt.datetime(2026, 11, 22, tzinfo=dt.UTC), "first": "0" * 64},
    )
