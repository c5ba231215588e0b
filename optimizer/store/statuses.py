"""The way of a plan: draft, submitted, approved, published, archived; and who may not take which step when.

Publishing, and taking back what was published, is in publications.py.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import func, select

from optimizer.store.plans import KeptPlan, get_plan
from optimizer.store.refusals import Blocked, Outage, Unfit
from optimizer.store.schema import in_force, plans
from optimizer.store.transactions import View, Write


class PlanStatus(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"  # can be changed
    SUBMITTED = "submitted"  # waits for a decision
    APPROVED = "approved"  # may be published
    PUBLISHED = "published"  # in force, today or on some other day
    ARCHIVED = "archived"  # put away: never was in force, or is in force on no day to come


STEPS = {
    "submit": (PlanStatus.DRAFT, PlanStatus.SUBMITTED),
    "approve": (PlanStatus.SUBMITTED, PlanStatus.APPROVED),
    "reject": (PlanStatus.SUBMITTED, PlanStatus.DRAFT),
}


def submit_plan(write: Write, id: str, expected: int | None = None) -> KeptPlan:
    """Ask for a decision on a draft; what it says is settled now."""
    return _step(write, id, "submit", expected)


def approve_plan(write: Write, id: str, expected: int | None = None) -> KeptPlan:
    """Approve what was submitted."""
    return _step(write, id, "approve", expected)


def reject_plan(write: Write, id: str, expected: int | None = None) -> KeptPlan:
    """Give a submitted plan back as a draft. Unfit without a reason in ``write``."""
    if not write.reason.strip():
        raise Unfit("no_reason")
    return _step(write, id, "reject", expected)


def archive_plan(
    write: Write, id: str, expected: int | None = None, today: dt.date | None = None
) -> KeptPlan:
    """Put a plan away: a draft, an approved one, or a published one that is in force on no day from ``today`` on.

    Blocked for the others. ``today``: the day of the write, in UTC, unless given.
    """
    plan = get_plan(write, id)
    write.expect("plan", id, plan.version, expected)
    if plan.status in (PlanStatus.SUBMITTED, PlanStatus.ARCHIVED):
        raise Blocked("wrong_status", id=id, action="archive", status=plan.status)
    if plan.status == PlanStatus.PUBLISHED and is_in_force(write, id, today or write.at.date()):
        raise Blocked("in_force", id=id)
    return set_status(write, plan, "archive", PlanStatus.ARCHIVED)


def is_in_force(view: View, id: str, today: dt.date) -> bool:
    """Whether a plan is, or will be, in force on ``today`` or a later day."""
    now = (view.here(in_force), in_force.c.until.is_(None))
    begins = select(func.max(in_force.c.starts)).where(*now, in_force.c.starts <= today).scalar_subquery()
    query = select(in_force.c.starts).where(*now, in_force.c.plan_id == id)
    reaches = (in_force.c.starts > today) | (in_force.c.starts == begins)
    return view.connection.execute(query.where(reaches)).first() is not None


def set_status(write: Write, plan: KeptPlan, action: str, status: PlanStatus) -> KeptPlan:
    """Bring a plan where ``status`` says, whatever its way there; who calls has looked at the guards."""
    done = write.connection.execute(
        plans.update()
        .where(write.here(plans), plans.c.id == plan.id, plans.c.version == plan.version)
        .values(
            status=str(status),
            status_at=write.at,
            status_by=write.actor,
            status_reason=write.reason,
            version=plan.version + 1,
        )
    )
    if done.rowcount != 1:  # cannot be: this write holds the workspace
        raise Outage("busy")
    write.tell(action, "plan", plan.id, plan.version + 1, status=[plan.status, str(status)])
    return get_plan(write, plan.id)


def _step(write: Write, id: str, action: str, expected: int | None) -> KeptPlan:
    plan = get_plan(write, id)
    write.expect("plan", id, plan.version, expected)
    source, target = STEPS[action]
    if plan.status != source:
        raise Blocked("wrong_status", id=id, action=action, status=plan.status)
    return set_status(write, plan, action, target)
