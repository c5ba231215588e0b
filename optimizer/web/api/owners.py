"""Owners: who owns a customer, now and on any other day, as known now or then."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Response

from optimizer.store import Held, Ownership, load_owners
from optimizer.store import find_owner as look_up
from optimizer.store import trace_owner as trace
from optimizer.web.access import Guarded
from optimizer.web.downloads import DOWNLOADS, csv_of
from optimizer.web.room import Day, Here, Id, Moment

router = APIRouter(prefix="/workspaces/{workspace}", tags=["owners"], route_class=Guarded)
Customer = Annotated[Id, Query(description="The customer", examples=["c1"])]
On = Annotated[Day | None, Query(description="The day [today, in UTC]", examples=["2027-02-01"])]
Known = Annotated[Moment | None, Query(description="As it was known then, without what came in later")]


@router.get("/owner")
def find_owner(here: Here, customer_id: Customer, on: On = None, known_at: Known = None) -> Ownership:
    """Who owns a customer on a day, and what says so."""
    with here.read() as view:
        return look_up(view, customer_id, on or today(), known_at)


@router.get("/owner/history")
def trace_owner(here: Here, customer_id: Customer, known_at: Known = None) -> list[Held]:
    """Who owned a customer under the plans in force, one after another."""
    with here.read() as view:
        return trace(view, customer_id, known_at)


@router.get(
    "/owners.csv",
    response_class=Response,
    responses={200: {"content": {DOWNLOADS["csv"].media: {}}}},
)
def download_owners(here: Here, on: On = None, known_at: Known = None) -> Response:
    """Every customer of the plan in force on a day with its owner, as a table."""
    with here.read() as view:
        frame = load_owners(view, on or today(), known_at)
    headers = {"Content-Disposition": 'attachment; filename="owners.csv"'}
    return Response(csv_of(frame), media_type=DOWNLOADS["csv"].media, headers=headers)


def today() -> dt.date:
    """The day it is, in UTC."""
    return dt.datetime.now(dt.UTC).date()
