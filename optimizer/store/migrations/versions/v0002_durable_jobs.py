"""Jobs that outlive who does them: who has one, how often it was begun, and what it finished on its way.

Revision 0002, of release 0.1.0.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Jobs know their worker; steps are kept beside them."""
    op.add_column("jobs", sa.Column("worker_id", TEXT, nullable=True))
    for name in ("attempt", "deaths"):
        op.add_column("jobs", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "job_steps",
        sa.Column("workspace_id", TEXT, nullable=False),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("answer", sa.Boolean(), nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "job_id"],
            ["jobs.workspace_id", "jobs.id"],
            name=op.f("fk_job_steps_workspace_id_job_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_job_steps_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "job_id", "name", name=op.f("pk_job_steps")),
    )
