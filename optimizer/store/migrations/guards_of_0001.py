"""Guards inside the database: what was approved, told or recorded cannot be changed there, not even by hand.

The store never tries to; these triggers stop whoever comes in by another door, and a mistake of ours.
"""

from __future__ import annotations

from collections.abc import Iterator

_APPEND_ONLY = ("audit", "events", "blobs", "case_versions", "case_tables", "publications", "attempts")
# What a plan is does not change once it is no draft.
_KEPT = ("workspace_id", "id", "case_version_id", "content_hash", "summary", "created_at", "created_by")
_STEPS = ("draft>submitted", "draft>archived", "submitted>draft", "submitted>approved", "approved>published")
_LATER_STEPS = ("approved>archived", "published>archived", "archived>published")


def list_guards(dialect: str) -> Iterator[str]:
    """The statements that make every trigger, of SQLite or of PostgreSQL."""
    steps = ", ".join(f"'{step}'" for step in (*_STEPS, *_LATER_STEPS))
    kept = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in _KEPT)
    step = f"OLD.status <> NEW.status AND OLD.status || '>' || NEW.status NOT IN ({steps})"
    core = f"OLD.status <> 'draft' AND ({kept})"
    if dialect == "sqlite":
        yield from _for_sqlite(step, core)
    else:
        yield from _for_postgresql(step, core)


def _for_sqlite(step: str, core: str) -> Iterator[str]:
    def guard(name: str, table: str, on: str, when: str, said: str) -> str:
        return (
            f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW {when} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )

    for table in _APPEND_ONLY:
        for on in ("UPDATE", "DELETE"):
            yield guard(f"guard_{table}_{on.lower()}", table, on, "", f"{table} is append-only")
    yield guard("guard_plans_delete", "plans", "DELETE", "", "plans are kept")
    yield guard("guard_plans_step", "plans", "UPDATE", f"WHEN {step}", "no such step of a plan")
    yield guard("guard_plans_core", "plans", "UPDATE", f"WHEN {core}", "only a draft can be changed")
    for table, mine, key in (("assignments", "plan_key", "key"), ("plan_files", "plan_id", "id")):
        for on, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            same = "" if key == "key" else f" AND workspace_id = {row}.workspace_id"
            status = f"(SELECT status FROM plans WHERE {key} = {row}.{mine}{same})"
            when = f"WHEN {status} <> 'draft'"
            yield guard(f"guard_{table}_{on.lower()}", table, on, when, "only a draft can be changed")


def _for_postgresql(step: str, core: str) -> Iterator[str]:
    yield (
        "CREATE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'check_violation'; END $$"
    )
    for table in _APPEND_ONLY:
        yield (
            f"CREATE TRIGGER guard_{table} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('{table} is append-only')"
        )
    yield (
        "CREATE TRIGGER guard_plans_delete BEFORE DELETE OR TRUNCATE ON plans "
        "FOR EACH STATEMENT EXECUTE FUNCTION guard_refuse('plans are kept')"
    )
    for name, when, said in (
        ("step", step, "no such step of a plan"),
        ("core", core, "only a draft can be changed"),
    ):
        yield (
            f"CREATE TRIGGER guard_plans_{name} BEFORE UPDATE ON plans FOR EACH ROW WHEN ({when}) "
            f"EXECUTE FUNCTION guard_refuse('{said}')"
        )
    # Once a statement, not once a row: 100,000 assignments are looked at together.
    for table, same in (
        ("assignments", "plans.key = touched.plan_key"),
        ("plan_files", "plans.workspace_id = touched.workspace_id AND plans.id = touched.plan_id"),
    ):
        yield (
            f"CREATE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF EXISTS (SELECT 1 FROM plans WHERE status <> 'draft' AND EXISTS "
            f"(SELECT 1 FROM touched WHERE {same})) THEN "
            f"RAISE EXCEPTION 'only a draft can be changed' USING ERRCODE = 'check_violation'; "
            f"END IF; RETURN NULL; END $$"
        )
        for on, rows in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
            yield (
                f"CREATE TRIGGER guard_{table}_{on.lower()} AFTER {on} ON {table} "
                f"REFERENCING {rows} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION guard_{table}()"
            )
