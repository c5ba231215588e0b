"""Reassignment: something happened, who should own whom now? A proposal, applied by itself where limits allow it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from optimizer.jobs import RebalanceOrder, ask
from optimizer.store import Job, Write, find_in_force
from optimizer.store import post_events as take_in
from optimizer.web.access import Guarded
from optimizer.web.api.events import LEAVES, AnyEvent, PostedAnswer, check_events, describe_posted
from optimizer.web.api.job_answers import RebalanceJob
from optimizer.web.problems import Refusal
from optimizer.web.room import Body, Day, Here, Id, Key, Name, Told, answer_once

router = APIRouter(prefix="/workspaces/{workspace}", tags=["reassignment"], route_class=Guarded)


class ReassignBody(Body):
    """What happened, and what a proposal may do."""

    events: list[AnyEvent] = Field([], examples=[[LEAVES]])
    plan_id: Id | None = Field(
        None, description="The plan to change [the one in force on as_of]", examples=[None]
    )
    as_of: Day | None = Field(
        None, description="The evening it looks from [the day of the last event]", examples=["2027-02-01"]
    )
    starts: Day | None = Field(
        None, description="From when on, where it is applied [the day after]", examples=["2027-02-08"]
    )
    max_moves: Annotated[int, Field(ge=0, le=10**9)] | None = Field(
        None, description="The most customers that may leave their owner", examples=[30]
    )
    time_limit: Annotated[float, Field(gt=0, le=86_400)] | None = Field(None, description="Seconds")
    apply: bool = Field(True, description="Apply it by itself where the workspace's limits allow it")
    name: Name = ""
    priority: int = Field(10, ge=0, le=100)
    reason: str = Field("", max_length=1000)


class Reassigned(BaseModel):
    """What became of the events, and the job that makes the proposal."""

    posted: PostedAnswer
    job: Job


class ReassignedAnswer(BaseModel):
    """What became of the events, and the job that makes the proposal; its result says whether it was applied."""

    posted: PostedAnswer
    job: RebalanceJob


@router.post("/reassignments", status_code=202, response_model=ReassignedAnswer)
def reassign(here: Here, told: Told, body: ReassignBody, key: Key = None) -> Response:
    """Post events and ask for a proposal, both or neither. It is submitted for approval, or applied by itself.

    Applied when the workspace's limits allow it (`PUT .../limits`): the most moves, no spared tier, a gain above the
    cost; otherwise it waits, and webhooks are told (`plan.proposed`).
    """
    check_events(told, body.events)

    def work(write: Write) -> Reassigned:
        posted = describe_posted(take_in(write, body.events))
        plan_id = body.plan_id
        if plan_id is None:
            days = [event.at for event in body.events]
            day = body.as_of or max(days, default=write.at.date())
            tenure = find_in_force(write, day)
            if tenure is None:
                raise Refusal(409, "none_in_force", day=day.isoformat())
            plan_id = tenure.plan_id
        order = RebalanceOrder(
            plan_id=plan_id,
            as_of=body.as_of,
            max_moves=body.max_moves,
            time_limit=body.time_limit,
            name=body.name,
            apply=body.apply,
            starts=body.starts,
        )
        return Reassigned(posted=posted, job=ask(write, order, body.priority))

    return answer_once(here, key, ("reassign", body), Reassigned, work, 202)
