"""Publications: from which day on a plan is in force, and what was in force on any day, as known at any moment.

A plan is in force from its day until the day of the next one. Publishing says from when on; what was published for a
later day stays. Taking a publication back is a publication too: what was in force on that day before is again. Nothing
is forgotten: every row says from when to when it was believed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from optimizer.store.plans import get_plan
from optimizer.store.refusals import Blocked, Missing
from optimizer.store.schema import in_force, publications
from optimizer.store.statuses import PlanStatus, set_status
from optimizer.store.transactions import View, Write
from optimizer.store.verdicts import find_verdict


@dataclass(frozen=True)
class Publication:
    """One change of what is in force. ``plan_id``: in force from ``starts`` on; None: no plan begins on that day.

    ``undoes``: the number of the publication that it takes back.
    """

    number: int
    plan_id: str | None
    starts: dt.date
    undoes: int | None
    published_at: dt.datetime
    published_by: str
    reason: str


@dataclass(frozen=True)
class Tenure:
    """Days on which a plan is in force, from ``starts`` until the day before ``ends`` (None: until further notice).

    ``publication`` said so, at ``known_from``.
    """

    plan_id: str
    starts: dt.date
    ends: dt.date | None
    publication: int
    known_from: dt.datetime


def publish_plan(write: Write, id: str, starts: dt.date, expected: int | None = None) -> Publication:
    """Put an approved plan in force from ``starts`` on, or a published one from another day on.

    Blocked unless the checker has judged it as it is and found every hard constraint kept. A plan that is in force on
    no day any more, because this one takes its day, is archived.
    """
    plan = get_plan(write, id)
    write.expect("plan", id, plan.version, expected)
    if plan.status not in (PlanStatus.APPROVED, PlanStatus.PUBLISHED):
        raise Blocked("wrong_status", id=id, action="publish", status=plan.status)
    verdict = find_verdict(write, id)
    if verdict is None:
        raise Blocked("not_judged", id=id)
    if not verdict.keeps_all:
        raise Blocked("hard_violations", id=id, count=verdict.hard_count)
    return _publish(write, id, starts, None)


def undo_publication(write: Write, number: int) -> Publication:
    """Take a publication back, by a new one: what was in force from its day on before it, is again.

    Blocked when another was made for the same day since: that one first.
    """
    row = write.find(publications, number=number)
    if row is None:
        raise Missing("publication", str(number))
    same_day = (write.here(publications), publications.c.starts == row.starts)
    last = write.connection.execute(select(func.max(publications.c.number)).where(*same_day)).scalar()
    if last != number:
        raise Blocked("published_since", number=number, last=last)
    closed = write.find(in_force, until=number)
    return _publish(write, None if closed is None else closed.plan_id, row.starts, number)


def find_in_force(view: View, day: dt.date, known_at: dt.datetime | None = None) -> Tenure | None:
    """The plan in force on a day, as known at a moment (None: now); None when there is none."""
    for tenure in list_in_force(view, known_at):
        if tenure.starts <= day and (tenure.ends is None or day < tenure.ends):
            return tenure
    return None


def list_in_force(view: View, known_at: dt.datetime | None = None) -> list[Tenure]:
    """The plans in force, day after day, as known at a moment (None: now)."""
    query = select(in_force).where(view.here(in_force), *_known(known_at)).order_by(in_force.c.starts)
    rows = view.connection.execute(query).all()
    ends = [*(row.starts for row in rows[1:]), None][: len(rows)]
    return [
        Tenure(row.plan_id, row.starts, end, row.since, row.known_from)
        for row, end in zip(rows, ends, strict=True)
    ]


def list_publications(view: View, limit: int = 100) -> list[Publication]:
    """Publications, newest first."""
    query = select(publications).where(view.here(publications)).order_by(publications.c.number.desc())
    return [_publication(row) for row in view.connection.execute(query.limit(limit))]


def _publish(write: Write, plan_id: str | None, starts: dt.date, undoes: int | None) -> Publication:
    here = write.here(publications)
    last = write.connection.execute(select(func.max(publications.c.number)).where(here)).scalar() or 0
    made = Publication(last + 1, plan_id, starts, undoes, write.at, write.actor, write.reason)
    values = {name: getattr(made, name) for name in Publication.__dataclass_fields__}
    write.connection.execute(publications.insert().values(workspace_id=write.workspace, **values))
    before = write.find(in_force, starts=starts, until=None)
    if before is not None:
        write.connection.execute(
            in_force.update()
            .where(write.here(in_force), in_force.c.starts == starts, in_force.c.until.is_(None))
            .values(until=made.number, known_to=write.at)
        )
    if plan_id is not None:
        write.connection.execute(
            in_force.insert().values(
                workspace_id=write.workspace,
                starts=starts,
                since=made.number,
                plan_id=plan_id,
                known_from=write.at,
            )
        )
    write.tell(
        "publish" if undoes is None else "undo",
        "publication",
        str(made.number),
        plan=plan_id,
        starts=starts.isoformat(),
        undoes=undoes,
        instead_of=None if before is None else before.plan_id,
    )
    # A plan is published exactly when it is in force on some day that was not taken back or overtaken.
    if before is not None and before.plan_id != plan_id:
        gone = get_plan(write, before.plan_id)
        if gone.status == PlanStatus.PUBLISHED and not write.find_all(in_force, plan_id=gone.id, until=None):
            set_status(write, gone, "archive", PlanStatus.ARCHIVED)
    if plan_id is not None and (plan := get_plan(write, plan_id)).status != PlanStatus.PUBLISHED:
        set_status(write, plan, "publish", PlanStatus.PUBLISHED)
    return made


def _known(known_at: dt.datetime | None) -> list[ColumnElement[bool]]:
    if known_at is None:
        return [in_force.c.until.is_(None)]
    return [
        in_force.c.known_from <= known_at,
        or_(in_force.c.known_to.is_(None), in_force.c.known_to > known_at),
    ]


def _publication(row: Any) -> Publication:
    return Publication(**{name: getattr(row, name) for name in Publication.__dataclass_fields__})
