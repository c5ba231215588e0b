"""How Alembic runs the steps: on the connection it is handed, within its transaction."""

from __future__ import annotations

from alembic import context

from optimizer.store import service_schema  # noqa: F401 - its tables are of the same metadata
from optimizer.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,
)
context.run_migrations()
