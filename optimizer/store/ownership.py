"""Ownership: who owned a customer on a day, as we know now or as we knew then.

The plan in force on that day says so. A customer that the plan gives to nobody, or does not know, belongs to the rep
whom its ``customer_won`` event named, if one came by that day.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from sqlalchemy import select

from optimizer.store.assignments import get_assignment, load_assignments, no_assignments
from optimizer.store.publications import find_in_force, list_in_force
from optimizer.store.schema import events
from optimizer.store.transactions import View


@dataclass(frozen=True)
class Ownership:
    """Who owns a customer on ``day``; ``rep_id`` None: nobody.

    ``source`` says who says so: the plan in force (``plan_id``), an event (``event_id``), or nothing that is known.
    ``starts``: since when that plan is in force, or the day of the event.
    """

    customer_id: str
    day: dt.date
    rep_id: str | None
    source: Literal["plan", "event", "nothing"]
    plan_id: str | None = None
    event_id: str | None = None
    starts: dt.date | None = None


@dataclass(frozen=True)
class Held:
    """Days on which one rep (None: nobody) owned a customer under the plans in force, ``ends`` not included."""

    rep_id: str | None
    starts: dt.date
    ends: dt.date | None
    plan_ids: tuple[str, ...]


def find_owner(view: View, customer_id: str, day: dt.date, known_at: dt.datetime | None = None) -> Ownership:
    """Who owned a customer on a day; ``known_at``: as it was known at that moment, without what came in later."""
    tenure = find_in_force(view, day, known_at)
    row = None if tenure is None else get_assignment(view, tenure.plan_id, customer_id)
    if row is None or row.rep_id is None:
        won = _find_won(view, customer_id, day, known_at)
        if won is not None:
            return won
    if tenure is None or row is None:
        return Ownership(customer_id, day, None, "nothing")
    return Ownership(customer_id, day, row.rep_id, "plan", tenure.plan_id, None, tenure.starts)


def trace_owner(view: View, customer_id: str, known_at: dt.datetime | None = None) -> list[Held]:
    """Who owned a customer under the plans in force, one after another; days that no plan of it covers are left out."""
    held: list[Held] = []
    for tenure in list_in_force(view, known_at):
        row = get_assignment(view, tenure.plan_id, customer_id)
        if row is None:
            continue
        last = held[-1] if held else None
        if last is not None and last.rep_id == row.rep_id and last.ends == tenure.starts:
            held[-1] = Held(row.rep_id, last.starts, tenure.ends, (*last.plan_ids, tenure.plan_id))
        else:
            held.append(Held(row.rep_id, tenure.starts, tenure.ends, (tenure.plan_id,)))
    return held


def load_owners(view: View, day: dt.date, known_at: dt.datetime | None = None) -> pd.DataFrame:
    """Every customer of the plan in force on a day with its owner, as ``load_assignments``; no rows without a plan."""
    tenure = find_in_force(view, day, known_at)
    return no_assignments() if tenure is None else load_assignments(view, tenure.plan_id)


def _find_won(view: View, customer_id: str, day: dt.date, known_at: dt.datetime | None) -> Ownership | None:
    query = select(events.c.event_id, events.c.at, events.c.kind, events.c.content).where(
        view.here(events),
        events.c.customer_id == customer_id,
        events.c.kind.in_(("customer_won", "customer_lost")),
        events.c.at <= day,
    )
    if known_at is not None:
        query = query.where(events.c.received_at <= known_at)
    last = view.connection.execute(query.order_by(events.c.at.desc(), events.c.number.desc())).first()
    if last is None or last.kind != "customer_won":
        return None
    rep_id = json.loads(last.content).get("rep_id")
    if rep_id is None:
        return None
    return Ownership(customer_id, day, rep_id, "event", None, last.event_id, last.at)
