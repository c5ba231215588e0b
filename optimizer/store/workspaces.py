"""Workspaces: rooms that see nothing of each other, each with its guardrails for changes made by themselves."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, select

from optimizer.guardrails import Guardrail
from optimizer.store.audit import FIRST_HASH, dump_json
from optimizer.store.refusals import Blocked, Unfit
from optimizer.store.schema import SYSTEM, workspaces
from optimizer.store.transactions import View, Write

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class ChangeLimits:
    """When a proposed change of the plan in force is applied by itself; whatever goes beyond waits for approval.

    ``automatic``: whether any is. ``max_moves``: the most customers that move. ``spared_tiers``: no customer of these
    tiers moves. ``min_gain_hours``: it saves more than it costs, by at least so much. ``kpis``: what the new plan must
    show besides.
    """

    automatic: bool = False
    max_moves: int = 0
    spared_tiers: tuple[str, ...] = ()
    min_gain_hours: float = 0.0
    kpis: tuple[Guardrail, ...] = ()


@dataclass(frozen=True)
class Workspace:
    """A room of its own; ``version`` counts its changes."""

    id: str
    name: str
    limits: ChangeLimits
    version: int
    created_at: dt.datetime


def check_name(name: str) -> str:
    """The name itself. Unfit unless it is 1 to 64 small letters, digits, dots, dashes: it stands in addresses."""
    if not _NAME.fullmatch(name):
        raise Unfit("bad_name", name=ascii(name[:80]))
    return name


def create_workspace(write: Write, id: str, name: str = "") -> Workspace:
    """Make a workspace; ``write`` is of ``SYSTEM``. Blocked when there is one of this id."""
    check_system(write)
    if write.connection.execute(select(workspaces.c.id).where(workspaces.c.id == check_name(id))).first():
        raise Blocked("exists", kind="workspace", id=id)
    made = Workspace(id, name or id, ChangeLimits(), 1, write.at)
    write.connection.execute(
        workspaces.insert().values(
            id=id,
            name=made.name,
            guardrails=dump_json(asdict(made.limits)),
            version=1,
            created_at=write.at,
            audit_number=0,
            audit_hash=FIRST_HASH,
        )
    )
    write.tell("create", "workspace", id, 1, name=made.name)
    return made


def get_workspace(view: View) -> Workspace:
    """The workspace of the view."""
    row = view.connection.execute(select(workspaces).where(workspaces.c.id == view.workspace)).one()
    said = json.loads(row.guardrails)
    kpis = tuple(Guardrail(**one) for one in said.pop("kpis", ()))
    spared = tuple(said.pop("spared_tiers", ()))
    return Workspace(
        row.id, row.name, ChangeLimits(**said, spared_tiers=spared, kpis=kpis), row.version, row.created_at
    )


def list_workspaces(connection: Connection) -> list[str]:
    """The ids of all workspaces, SYSTEM not among them."""
    query = select(workspaces.c.id).where(workspaces.c.id != SYSTEM).order_by(workspaces.c.id)
    return list(connection.execute(query).scalars())


def change_limits(write: Write, limits: ChangeLimits, expected: int | None = None) -> Workspace:
    """Set what is applied by itself. Conflict when the workspace is not of version ``expected`` any more."""
    before = get_workspace(write)
    write.expect("workspace", write.workspace, before.version, expected)
    version = before.version + 1
    write.connection.execute(
        workspaces.update()
        .where(workspaces.c.id == write.workspace)
        .values(guardrails=dump_json(asdict(limits)), version=version)
    )
    write.tell(
        "change_limits",
        "workspace",
        write.workspace,
        version,
        before=asdict(before.limits),
        after=asdict(limits),
    )
    return replace(before, limits=limits, version=version)


def check_system(write: Write) -> None:
    """ValueError for a write of any workspace but ``SYSTEM``: a mistake of the program."""
    if write.workspace != SYSTEM:
        raise ValueError("this is written in the workspace SYSTEM")
