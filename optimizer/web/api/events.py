"""Progress: what happened, each event once, singly and in bulk."""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from optimizer.findings import Finding, InputError
from optimizer.progress import KINDS, TABLE, Event
from optimizer.reading.parsing import FIRST_YEAR, LAST_YEAR
from optimizer.store import KeptEvent, Missing, Posted, Write, get_event
from optimizer.store import list_events as find_events
from optimizer.store import post_events as take_in
from optimizer.web.access import Guarded
from optimizer.web.problems import FindingAnswer, Refusal, describe_findings
from optimizer.web.room import Body, Here, Key, Limit, Listed, Told, answer_once
from optimizer.web.settings import Settings

router = APIRouter(prefix="/workspaces/{workspace}", tags=["progress"], route_class=Guarded)
if TYPE_CHECKING:
    AnyEvent = Event
else:  # each kind with its own fields
    AnyEvent = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
LEAVES = {
    "event_id": "hr-881",
    "at": "2027-02-01",
    "kind": "rep_leaves",
    "rep_id": "r2",
    "ends": "2027-02-12",
}


class EventBody(Body):
    """One event."""

    event: AnyEvent = Field(examples=[LEAVES])


class EventsBody(Body):
    """Many events: all are taken in, or none."""

    events: list[AnyEvent] = Field(min_length=1, examples=[[LEAVES]])


class PostedAnswer(BaseModel):
    """Which events are new, which were here already, and which say something else than what came first."""

    accepted: list[str] = Field(examples=[["hr-881"]])
    repeated: list[str]
    clashes: list[FindingAnswer]
    first: int | None = Field(None, description="The number of the first that is new")


class EventAnswer(BaseModel):
    """An event with its number here, and who sent it when."""

    number: int
    received_at: dt.datetime
    received_by: str
    event: dict[str, Any]


@router.get("/events")
def list_events(
    here: Here,
    customer_id: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Annotated[
        str | None, Query(pattern="^[0-9]{1,12}$", description="The `next` of the page before")
    ] = None,
    limit: Limit = 100,
) -> Listed[EventAnswer]:
    """Events in the order in which they came."""
    with here.read() as view:
        page = find_events(view, customer_id=customer_id, cursor=cursor, limit=limit)
    return Listed(items=[_answer(one) for one in page.items], next=page.next)


@router.get("/events/{event_id}")
def read_event(here: Here, event_id: Annotated[str, Path(max_length=200)]) -> EventAnswer:
    """One event."""
    with here.read() as view:
        found = get_event(view, event_id)
    if found is None:
        raise Missing("event", event_id)
    return _answer(found)


@router.post("/events", status_code=201, response_model=PostedAnswer)
def post_event(here: Here, body: EventBody, key: Key = None) -> Response:
    """Post one event. Once under its event_id: the same again is no news, another content is refused (409)."""
    check_days([body.event])

    def work(write: Write) -> PostedAnswer:
        posted = take_in(write, [body.event])
        if posted.clashes:
            raise Refusal(409, "event_held", id=ascii(body.event.event_id))
        return describe_posted(posted)

    return answer_once(here, key, ("post_event", body), PostedAnswer, work)


@router.post("/events/bulk", status_code=201, response_model=PostedAnswer)
def post_events(here: Here, told: Told, body: EventsBody, key: Key = None) -> Response:
    """Post many events at once; those that say something else than what came first are told, the others taken in."""
    check_events(told, body.events)

    def work(write: Write) -> PostedAnswer:
        return describe_posted(take_in(write, body.events))

    return answer_once(here, key, ("post_events", body), PostedAnswer, work)


def check_events(told: Settings, events: list[Any]) -> None:
    """Refusal for too many, InputError for days that no plan reaches."""
    if len(events) > told.max_rows:
        raise Refusal(413, "too_many_rows", count=len(events), limit=told.max_rows)
    check_days(events)


def check_days(events: list[Any]) -> None:
    """InputError for days that nothing is planned on."""
    years = f"{FIRST_YEAR} to {LAST_YEAR}"
    findings = [
        Finding("setting_date", "error", TABLE, row, name, value.isoformat(), {"years": years})
        for row, event in enumerate(events, start=2)
        for name, value in event
        if isinstance(value, dt.date) and not FIRST_YEAR <= value.year <= LAST_YEAR
    ]
    if findings:
        raise InputError(findings)


def describe_posted(posted: Posted) -> PostedAnswer:
    """What became of events."""
    return PostedAnswer(
        accepted=list(posted.accepted),
        repeated=list(posted.repeated),
        clashes=[FindingAnswer(**one) for one in describe_findings(posted.clashes)],
        first=posted.first,
    )


def _answer(kept: KeptEvent) -> EventAnswer:
    event: Event = kept.event
    return EventAnswer(
        number=kept.number,
        received_at=kept.received_at,
        received_by=kept.received_by,
        event=event.model_dump(mode="json", exclude_none=True),
    )
