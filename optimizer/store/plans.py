"""Plans in the store: who owns whom, made for one version of a case, and where the plan stands on its way.

What a plan says can be changed while it is a draft; from then on it stays as it is, and the database sees to it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import bindparam, select

from optimizer.in_force import TASK_COLUMNS, PlanInForce, no_tasks
from optimizer.store.assignments import (
    COLUMNS,
    fill_assignments,
    find_key,
    hash_assignments,
    list_moved,
    load_assignments,
)
from optimizer.store.audit import dump_json
from optimizer.store.blobs import load_bytes, load_frame, save_bytes, save_frame
from optimizer.store.bulk import insert_frame
from optimizer.store.cases import get_case_version, load_case_table
from optimizer.store.moments import new_id
from optimizer.store.pages import Page, cut
from optimizer.store.refusals import Blocked, Missing
from optimizer.store.schema import assignments, case_versions, plan_files, plans
from optimizer.store.transactions import View, Write

TASKS = "tasks.parquet"  # the file of a plan that holds its tasks
MOVES_TOLD = 50  # of a change of a draft, in the audit log


@dataclass(frozen=True)
class KeptPlan:
    """A plan and where it stands. ``version`` counts what was done to it, ``content_hash`` is of who owns whom.

    ``summary``: what its maker says of it (status, objective, bound, gap, KPIs ...). ``knows_until``: the last day
    its maker knew of. ``status_by``, ``status_at``, ``status_reason``: who brought it where it stands, when and why.
    """

    id: str
    case_version_id: str
    parent_id: str | None
    name: str
    origin: str
    status: str
    status_at: dt.datetime
    status_by: str
    status_reason: str
    version: int
    content_hash: str
    customer_count: int
    unserved_count: int
    moved_count: int
    summary: Mapping[str, Any]
    knows_until: dt.date | None
    created_at: dt.datetime
    created_by: str


def save_plan(
    write: Write,
    case_version_id: str,
    owners: pd.DataFrame,
    *,
    name: str = "",
    origin: str = "plan",
    parent_id: str | None = None,
    summary: Mapping[str, Any] | None = None,
    tasks: pd.DataFrame | None = None,
    files: Mapping[str, bytes] | None = None,
    knows_until: dt.date | None = None,
) -> KeptPlan:
    """Keep a new plan, as a draft.

    ``owners``: customer_id and rep_id (missing: unserved), a row for every customer of the case; hours, travel_hours,
    tier and previous_rep_id where known, as in ``assignments.csv`` (left out: tier and previous owner are the case's).
    ``tasks``: as ``tasks.csv``. ``files``: what belongs to it, by name. Unfit when customers are missing, unknown or
    named twice, or reps unknown.
    """
    get_case_version(write, case_version_id)
    if parent_id is not None:
        get_plan(write, parent_id)
    reps = load_case_table(write, case_version_id, "reps")
    rows = fill_assignments(owners, load_case_table(write, case_version_id, "customers"), reps)
    id = new_id()
    content_hash = hash_assignments(rows)
    counts = _count(rows)
    write.connection.execute(
        plans.insert().values(
            workspace_id=write.workspace,
            id=id,
            case_version_id=case_version_id,
            parent_id=parent_id,
            name=name,
            origin=origin,
            status="draft",
            status_at=write.at,
            status_by=write.actor,
            status_reason=write.reason,
            version=1,
            content_hash=content_hash,
            summary=dump_json(summary or {}),
            knows_until=knows_until,
            created_at=write.at,
            created_by=write.actor,
            **counts,
        )
    )
    insert_frame(write.connection, assignments, rows[list(COLUMNS)], plan_key=find_key(write, id))
    if tasks is not None:
        _add_file(write, id, TASKS, save_frame(write, tasks[list(TASK_COLUMNS)]), len(tasks))
    for file, content in (files or {}).items():
        _add_file(write, id, file, save_bytes(write, content), len(content))
    write.tell(
        "create",
        "plan",
        id,
        1,
        case_version=case_version_id,
        parent=parent_id,
        origin=origin,
        content_hash=content_hash,
        files=sorted(files or {}),
        **counts,
    )
    return get_plan(write, id)


def change_plan(write: Write, id: str, owners: pd.DataFrame, expected: int | None = None) -> KeptPlan:
    """Give some customers of a draft other owners: customer_id and rep_id, and hours and travel_hours where known.

    Blocked when the plan is no draft; Conflict when it was changed since version ``expected``; Unfit for customers or
    reps that the case does not have.
    """
    plan = get_plan(write, id)
    write.expect("plan", id, plan.version, expected)
    if plan.status != "draft":
        raise Blocked("not_a_draft", id=id, status=plan.status)
    customers = load_case_table(write, plan.case_version_id, "customers")
    named = customers[customers["customer_id"].isin(owners["customer_id"])]
    rows = fill_assignments(owners, named, load_case_table(write, plan.case_version_id, "reps"))
    before = load_assignments(write, id).set_index("customer_id")["rep_id"].reindex(rows["customer_id"])
    if len(rows):
        statement = assignments.update().where(
            assignments.c.plan_key == find_key(write, id), assignments.c.customer_id == bindparam("customer")
        )
        names = ("rep_id", "hours", "travel_hours")
        plain = (
            rows[["customer_id", *names]].astype(object).where(rows[["customer_id", *names]].notna(), None)
        )
        write.connection.execute(
            statement.values({name: bindparam(f"new_{name}") for name in names}),
            [
                {"customer": row[0], "new_rep_id": row[1], "new_hours": row[2], "new_travel_hours": row[3]}
                for row in plain.itertuples(index=False)
            ],
        )
    whole = load_assignments(write, id)
    content_hash = hash_assignments(whole)
    write.connection.execute(
        plans.update()
        .where(write.here(plans), plans.c.id == id)
        .values(version=plan.version + 1, content_hash=content_hash, **_count(whole))
    )
    moves = zip(rows["customer_id"], before, rows["rep_id"], strict=True)
    told = [[c, *(None if pd.isna(r) else r for r in pair)] for c, *pair in list(moves)[:MOVES_TOLD]]
    write.tell("change", "plan", id, plan.version + 1, moves=told, count=len(rows), content_hash=content_hash)
    return get_plan(write, id)


def add_file(write: Write, id: str, name: str, content: bytes) -> None:
    """Put a file to a draft: a report, a map. Blocked when it is no draft, or has a file of this name."""
    plan = get_plan(write, id)
    if plan.status != "draft":
        raise Blocked("not_a_draft", id=id, status=plan.status)
    if write.find(plan_files, plan_id=id, name=name) is not None:
        raise Blocked("exists", kind="file", id=name)
    _add_file(write, id, name, save_bytes(write, content), len(content))
    write.tell("add_file", "plan", id, plan.version, name=name, size=len(content))


def get_plan(view: View, id: str) -> KeptPlan:
    """A plan by its id. Missing when this workspace has none such."""
    row = view.find(plans, id=id)
    if row is None:
        raise Missing("plan", id)
    return _kept(row)


def list_plans(
    view: View,
    *,
    status: str | None = None,
    case_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[KeptPlan]:
    """Plans, newest first; ``cursor`` is the ``next`` of the page before."""
    query = select(plans).where(view.here(plans)).order_by(plans.c.id.desc()).limit(limit + 1)
    if status is not None:
        query = query.where(plans.c.status == status)
    if case_id is not None:
        of_case = select(case_versions.c.id).where(
            view.here(case_versions), case_versions.c.case_id == case_id
        )
        query = query.where(plans.c.case_version_id.in_(of_case))
    if cursor is not None:
        query = query.where(plans.c.id < cursor)
    return cut([_kept(row) for row in view.connection.execute(query)], limit, lambda plan: plan.id)


def load_plan(view: View, id: str) -> PlanInForce:
    """A plan by ids, with its tasks, as ``rebalance`` and ``watch`` take it.

    Whom the rebalances before it moved is known from those.
    """
    plan = get_plan(view, id)
    rows = load_assignments(view, id).set_index("customer_id")
    kept = view.find(plan_files, plan_id=id, name=TASKS)
    tasks = no_tasks() if kept is None else load_frame(view, kept.hash)
    dates = _date_moves(view, plan)
    moved_on = pd.Series(dates, dtype="datetime64[s]").reindex(rows.index) if dates else None
    return PlanInForce(rows["rep_id"], tasks, plan.knows_until, rows["previous_rep_id"], moved_on=moved_on)


def _date_moves(view: View, plan: KeptPlan) -> dict[str, dt.datetime]:
    """The day from which customers moved by a rebalance, this one or one before it, have another owner."""
    dates: dict[str, dt.datetime] = {}
    while plan.knows_until is not None:
        day = dt.datetime.combine(plan.knows_until, dt.time()) + dt.timedelta(days=1)
        dates |= {customer: day for customer in list_moved(view, plan.id) if customer not in dates}
        if plan.parent_id is None:
            break
        plan = get_plan(view, plan.parent_id)
    return dates


def list_files(view: View, id: str) -> dict[str, int]:
    """Names and sizes of a plan's files."""
    get_plan(view, id)
    query = select(plan_files.c.name, plan_files.c.size).where(
        view.here(plan_files), plan_files.c.plan_id == id, plan_files.c.name != TASKS
    )
    return dict(view.connection.execute(query.order_by(plan_files.c.name)).all())


def load_file(view: View, id: str, name: str) -> bytes:
    """A file of a plan. Missing when it has none of this name."""
    row = view.find(plan_files, plan_id=id, name=name)
    if row is None:
        raise Missing("file", f"{id}/{name}")
    return load_bytes(view, row.hash)


def _add_file(write: Write, id: str, name: str, hash: str, size: int) -> None:
    write.connection.execute(
        plan_files.insert().values(workspace_id=write.workspace, plan_id=id, name=name, size=size, hash=hash)
    )


def _count(rows: pd.DataFrame) -> dict[str, int]:
    owner, before = rows["rep_id"].to_numpy(dtype=object), rows["previous_rep_id"].to_numpy(dtype=object)
    had = ~pd.isna(before)
    return {
        "customer_count": len(rows),
        "unserved_count": int(pd.isna(owner).sum()),
        "moved_count": int((had & (pd.isna(owner) | (owner != before))).sum()),
    }


def _kept(row: Any) -> KeptPlan:
    values = {name: getattr(row, name) for name in KeptPlan.__dataclass_fields__}
    return KeptPlan(**(values | {"summary": json.loads(row.summary)}))
