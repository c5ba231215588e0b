"""Deciding: the way of a plan from draft to published, and what is in force on which day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from optimizer.store import (
    KeptPlan,
    Publication,
    Tenure,
    Write,
    announce,
)
from optimizer.store import approve_plan as approve
from optimizer.store import archive_plan as archive
from optimizer.store import judge_plan as judge
from optimizer.store import list_in_force as find_in_force
from optimizer.store import list_publications as find_publications
from optimizer.store import publish_plan as publish
from optimizer.store import reject_plan as reject
from optimizer.store import submit_plan as submit
from optimizer.store import (
    undo_publication as take_back,
)
from optimizer.web.access import Guarded
from optimizer.web.api.plans import PlanId
from optimizer.web.room import Body, Day, Here, Limit, Moment, Reason, Room, Seen, tag

router = APIRouter(prefix="/workspaces/{workspace}", tags=["deciding"], route_class=Guarded)


class WhyNot(Body):
    """Why a plan is given back."""

    reason: str = Field(min_length=1, max_length=1000, examples=["two of the north do not fit"])


class StartBody(Body):
    """From when on a plan is in force."""

    starts: Day = Field(examples=["2027-01-04"])
    reason: str = Field("", max_length=1000)


@router.post("/plans/{plan_id}/submit")
def submit_plan(
    here: Here, plan_id: PlanId, seen: Seen, response: Response, body: Reason | None = None
) -> KeptPlan:
    """Ask for a decision on a draft; what it says is settled now, and the checker judges it."""
    plan = here.write(lambda write: _tell(write, submit(write, plan_id, seen), "plan.submitted"), _why(body))
    judge(here.store, here.name, here.actor, plan_id)
    return _answer(here, plan, response)


@router.post("/plans/{plan_id}/approve")
def approve_plan(
    here: Here, plan_id: PlanId, seen: Seen, response: Response, body: Reason | None = None
) -> KeptPlan:
    """Approve what was submitted."""
    plan = here.write(lambda write: _tell(write, approve(write, plan_id, seen), "plan.approved"), _why(body))
    return _answer(here, plan, response)


@router.post("/plans/{plan_id}/reject")
def reject_plan(here: Here, plan_id: PlanId, seen: Seen, response: Response, body: WhyNot) -> KeptPlan:
    """Give a submitted plan back as a draft."""
    plan = here.write(lambda write: _tell(write, reject(write, plan_id, seen), "plan.rejected"), body.reason)
    return _answer(here, plan, response)


@router.post("/plans/{plan_id}/archive")
def archive_plan(
    here: Here, plan_id: PlanId, seen: Seen, response: Response, body: Reason | None = None
) -> KeptPlan:
    """Put a plan away that is not in force, and will not be."""
    plan = here.write(lambda write: archive(write, plan_id, seen), _why(body))
    return _answer(here, plan, response)


@router.post("/plans/{plan_id}/publish", status_code=201)
def publish_plan(here: Here, plan_id: PlanId, seen: Seen, body: StartBody) -> Publication:
    """Put an approved plan in force from a day on; refused where it breaks a hard constraint."""
    judge(here.store, here.name, here.actor, plan_id)

    def work(write: Write) -> Publication:
        made = publish(write, plan_id, body.starts, seen)
        _announce(write, made)
        return made

    return here.write(work, body.reason)


@router.post("/publications/{number}/undo", status_code=201)
def undo_publication(
    here: Here, number: Annotated[int, Path(ge=1, le=2**31 - 1)], body: Reason | None = None
) -> Publication:
    """Take a publication back, by a new one: what was in force before it, is again."""

    def work(write: Write) -> Publication:
        made = take_back(write, number)
        _announce(write, made)
        return made

    return here.write(work, _why(body))


@router.get("/publications")
def list_publications(here: Here, limit: Limit = 100) -> list[Publication]:
    """What was published and taken back, newest first."""
    with here.read() as view:
        return find_publications(view, limit)


@router.get("/in-force")
def list_in_force(
    here: Here,
    known_at: Annotated[Moment | None, Query(description="As it was known then")] = None,
) -> list[Tenure]:
    """The plans in force, day after day."""
    with here.read() as view:
        return find_in_force(view, known_at)


def _answer(here: Room, plan: KeptPlan, response: Response) -> KeptPlan:
    tag(response, plan.version)
    return plan


def _why(body: Reason | None) -> str:
    return "" if body is None else body.reason


def _tell(write: Write, plan: KeptPlan, kind: str) -> KeptPlan:
    announce(
        write,
        kind,
        {"workspace": write.workspace, "plan_id": plan.id, "status": plan.status, "reason": write.reason},
    )
    return plan


def _announce(write: Write, made: Publication) -> None:
    payload = {"plan_id": made.plan_id, "starts": made.starts.isoformat(), "publication": made.number}
    announce(write, "plan.published", {"workspace": write.workspace, "undoes": made.undoes, **payload})
