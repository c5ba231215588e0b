"""Guards inside the database: triggers that stop whoever changes by another door what the store never would.

What each release guards stands in its migration; here they are taken away and brought back, to restore a backup.
"""

from __future__ import annotations

from sqlalchemy import Connection, text


def lift_guards(connection: Connection) -> list[str]:
    """Take the triggers away, whichever release made them; returns the statements that bring them back."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _ in found:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return [sql for _, sql in found]
    rows = connection.execute(
        text(
            "SELECT t.tgname, c.relname, pg_get_triggerdef(t.oid) FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE NOT t.tgisinternal AND n.nspname = current_schema() AND t.tgname LIKE 'guard%'"
        )
    ).all()
    for name, table, _ in rows:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON "{table}"')
    return [sql for _, _, sql in rows]
