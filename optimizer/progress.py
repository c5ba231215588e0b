"""What happened since the plan: work done, money booked, customers and reps that come, change and go.

Each class is the contract of one kind of event; ``KINDS`` lists them all. In bulk events travel as one DataFrame
with the columns of every kind (``COLUMNS``), as the records do; each row fills those of its kind.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from optimizer.findings import Finding
from optimizer.records import Customer, Hours, Latitude, Longitude, Names, Rep, Row, Share, Skills

TABLE = "progress"


def _of(table: str, text: str) -> Any:
    return Field(min_length=1, description=text, json_schema_extra={"refers": table})


def _copy(model: type[Row], name: str) -> Any:
    """The field of a record, as an event may bring it."""
    field = model.model_fields[name]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else None
    return Field(None, description=field.description, json_schema_extra=extra)


class Event(Row):
    """One thing that happened."""

    event_id: str = Field(
        min_length=1, description="Unique id; the same event may come twice", json_schema_extra={"key": True}
    )
    at: dt.date = Field(description="Day it happened")
    kind: str = Field(description="What happened")


class TaskDone(Event):
    """A task, or a visit of a cadence (by its id in tasks.csv), is done."""

    kind: Literal["task_done"] = "task_done"
    task_id: str = _of("tasks", "The task; for visits of a cadence the id in the plan's tasks.csv")
    rep_id: str | None = Field(None, description="Who did it (empty: who was to do it, else the owner)")
    hours: Hours | None = Field(None, description="Hours it took in all (empty: as planned)")


class TaskLate(Event):
    """A task will not be done in its week."""

    kind: Literal["task_late"] = "task_late"
    task_id: str = _of("tasks", "The task")
    due: dt.date | None = Field(None, description="Day it is now due (empty: as before)")


class TaskSkipped(Event):
    """A task will not be done any more."""

    kind: Literal["task_skipped"] = "task_skipped"
    task_id: str = _of("tasks", "The task")


class TaskHours(Event):
    """Hours went into a task that is not done yet."""

    kind: Literal["task_hours"] = "task_hours"
    task_id: str = _of("tasks", "The task")
    hours: Hours = Field(description="Hours used; those of several events add up")
    rep_id: str | None = Field(None, description="Who used them (empty: who was to do it, else the owner)")


class CustomerHours(Event):
    """Hours were spent on a customer outside planned tasks: a visit, or other work."""

    kind: Literal["customer_hours"] = "customer_hours"
    customer_id: str = _of("customers", "The customer")
    hours: Hours = Field(description="Hours spent")
    visits: Hours | None = Field(None, description="Visits they were (empty: 1; 0: work without a visit)")
    rep_id: str | None = Field(None, description="Who spent them (empty: the owner)")


class RevenueBooked(Event):
    """Revenue was booked."""

    kind: Literal["revenue_booked"] = "revenue_booked"
    customer_id: str = _of("customers", "The customer")
    amount: float = Field(description="Amount, in the unit of quotas; below zero takes back")
    rep_id: str | None = Field(None, description="Whose quota it counts for (empty: the owner)")


class OpportunityStage(Event):
    """An opportunity reached a stage."""

    kind: Literal["opportunity_stage"] = "opportunity_stage"
    customer_id: str = _of("customers", "The customer")
    stage: str = Field(
        min_length=1, description="The stage, one of freeze.stages or freeze.closed_stages of the scenario"
    )
    opportunity_id: str | None = Field(None, description="The opportunity (empty: the customer's only one)")


class CustomerWon(Event):
    """A customer is new, or a prospect of the records was won; what is filled in counts from this day on."""

    kind: Literal["customer_won"] = "customer_won"
    customer_id: str = _of("customers", "Its id")
    rep_id: str | None = Field(None, description="Its owner until the next plan (empty: nobody yet)")
    cost: Hours | None = Field(
        None, description="Hours by which this owner is dearer than the best, where it was assigned quickly"
    )
    hours: Hours | None = Field(
        None, description="Selling hours over the rest of the horizon (empty: from the tier's cadence)"
    )
    name: str | None = _copy(Customer, "name")
    tier: str | None = _copy(Customer, "tier")
    lat: Latitude | None = _copy(Customer, "lat")
    lon: Longitude | None = _copy(Customer, "lon")
    potential: Hours | None = _copy(Customer, "potential")
    revenue: Hours | None = _copy(Customer, "revenue")
    relationship: Share | None = _copy(Customer, "relationship")
    requires: Skills | None = _copy(Customer, "requires")
    prefers: Skills | None = _copy(Customer, "prefers")
    group: str | None = _copy(Customer, "group")
    industry: str | None = _copy(Customer, "industry")
    segment: str | None = _copy(Customer, "segment")
    region: str | None = _copy(Customer, "region")


class CustomerLost(Event):
    """A customer is lost: nothing more to do there."""

    kind: Literal["customer_lost"] = "customer_lost"
    customer_id: str = _of("customers", "The customer")


class CustomerRetiered(Event):
    """A customer has another tier: another cadence from this day on."""

    kind: Literal["customer_retiered"] = "customer_retiered"
    customer_id: str = _of("customers", "The customer")
    tier: str = Field(min_length=1, description="Its new tier")
    hours: Hours | None = Field(
        None, description="Selling hours over the rest of the horizon (empty: from the new tier's cadence)"
    )


class CustomerPotential(Event):
    """The potential of a customer changed."""

    kind: Literal["customer_potential"] = "customer_potential"
    customer_id: str = _of("customers", "The customer")
    potential: Hours = Field(description="Its new sales potential")


class CustomerPlace(Event):
    """A customer moved to another place."""

    kind: Literal["customer_place"] = "customer_place"
    customer_id: str = _of("customers", "The customer")
    lat: Latitude = Field(description="New latitude in degrees")
    lon: Longitude = Field(description="New longitude in degrees")
    region: str | None = Field(None, description="New region")


class CustomerSatisfaction(Event):
    """Feedback of a customer: how well the relationship stands."""

    kind: Literal["customer_satisfaction"] = "customer_satisfaction"
    customer_id: str = _of("customers", "The customer")
    satisfaction: Share = Field(description="0 to 1; becomes the strength of the relationship")


class RepJoins(Event):
    """A rep joins, or stays after all."""

    kind: Literal["rep_joins"] = "rep_joins"
    rep_id: str = _of("reps", "Id of the rep")
    starts: dt.date | None = Field(None, description="First working day (empty: the day of the event)")
    name: str | None = _copy(Rep, "name")
    team: str | None = _copy(Rep, "team")
    role: str | None = _copy(Rep, "role")
    lat: Latitude | None = _copy(Rep, "lat")
    lon: Longitude | None = _copy(Rep, "lon")
    skills: Skills | None = _copy(Rep, "skills")
    tiers: Names | None = _copy(Rep, "tiers")
    hours_per_week: Hours | None = _copy(Rep, "hours_per_week")
    ramp_weeks: Hours | None = _copy(Rep, "ramp_weeks")
    max_customers: int | None = _copy(Rep, "max_customers")
    quota: Hours | None = _copy(Rep, "quota")


class RepLeaves(Event):
    """A rep leaves."""

    kind: Literal["rep_leaves"] = "rep_leaves"
    rep_id: str = _of("reps", "The rep")
    ends: dt.date | None = Field(None, description="Last working day (empty: the day before the event)")


class RepAbsent(Event):
    """A rep is away for some days; both ends included."""

    kind: Literal["rep_absent"] = "rep_absent"
    rep_id: str = _of("reps", "The rep")
    ends: dt.date = Field(description="Last day away")
    starts: dt.date | None = Field(None, description="First day away (empty: the day of the event)")


class RepHours(Event):
    """A rep works more or fewer hours a week from this day on."""

    kind: Literal["rep_hours"] = "rep_hours"
    rep_id: str = _of("reps", "The rep")
    hours_per_week: Hours = Field(description="Working hours a week from this day on")


class SkillGained(Event):
    """A rep has a skill, or a level of it, from this day on."""

    kind: Literal["skill_gained"] = "skill_gained"
    rep_id: str = _of("reps", "The rep")
    skills: Skills = Field(description="Skills gained: cardio:3;export@2027-12-31")


class SkillExpired(Event):
    """A rep has a skill no more."""

    kind: Literal["skill_expired"] = "skill_expired"
    rep_id: str = _of("reps", "The rep")
    skills: Skills = Field(description="Skills lost; levels make no difference")


class LockAdded(Event):
    """A promise about a customer and a rep; it takes the place of an earlier one about who it must be."""

    kind: Literal["lock_added"] = "lock_added"
    customer_id: str = _of("customers", "The customer")
    lock: Literal["keep", "force", "forbid"] = Field(
        description="keep: stay with the present owner; force; forbid"
    )
    rep_id: str | None = Field(None, description="The rep (for keep: empty)")
    reason: str | None = Field(None, description="Why")
    until: dt.date | None = Field(None, description="Last day it holds")


class LockLifted(Event):
    """Promises about a customer hold no more."""

    kind: Literal["lock_lifted"] = "lock_lifted"
    customer_id: str = _of("customers", "The customer")
    lock: Literal["keep", "force", "forbid"] | None = Field(
        None, description="Only of this kind (empty: all)"
    )
    rep_id: str | None = Field(None, description="Only about this rep (empty: any)")


_MODELS: tuple[type[Event], ...] = (
    TaskDone,
    TaskLate,
    TaskSkipped,
    TaskHours,
    CustomerHours,
    RevenueBooked,
    OpportunityStage,
    CustomerWon,
    CustomerLost,
    CustomerRetiered,
    CustomerPotential,
    CustomerPlace,
    CustomerSatisfaction,
    RepJoins,
    RepLeaves,
    RepAbsent,
    RepHours,
    SkillGained,
    SkillExpired,
    LockAdded,
    LockLifted,
)
KINDS: dict[str, type[Event]] = {model.model_fields["kind"].default: model for model in _MODELS}
HEAD = tuple(Event.model_fields)
# Every column of the table, in the order in which the kinds first need them.
COLUMNS: tuple[str, ...] = tuple(dict.fromkeys(name for model in _MODELS for name in model.model_fields))
ROW = "row"  # of the table that an event was read from, as a spreadsheet counts


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a kind beside event_id, at and kind."""
    return tuple(name for name in KINDS[kind].model_fields if name not in HEAD)


def needed_fields(kind: str) -> tuple[str, ...]:
    """Those of them that must be filled."""
    model = KINDS[kind]
    return tuple(name for name in fields_of(kind) if model.model_fields[name].is_required())


def unite_events(events: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The events in order of day and id, each once; and findings about ids that say different things.

    An id that comes several times with the same content counts once. One with different contents leaves open what
    happened: none of its rows counts, whichever came first, so that the order of arrival makes no difference.
    Within a day whoever comes is there before what is done, and whoever goes is gone after it.
    """
    frame = events.drop_duplicates([name for name in events.columns if name != ROW])
    clash = frame["event_id"].duplicated(keep=False)
    told = frame[clash].sort_values(["event_id", ROW], kind="stable")
    first = told.groupby("event_id")[ROW].transform("first").astype(int)
    findings = [
        Finding("event_clash", "warning", TABLE, int(row), "event_id", name, {"first": other})
        for name, row, other in zip(told["event_id"], told[ROW], first, strict=True)
        if row != other
    ]
    frame = frame[~clash]
    rank = np.select(
        [
            frame["kind"].isin(["customer_won", "rep_joins", "lock_lifted"]),
            frame["kind"].isin(["task_done", "task_skipped", "lock_added"]),
            frame["kind"].isin(["customer_lost", "rep_leaves"]),
        ],
        [0, 2, 3],
        1,
    )
    order = np.lexsort((frame["event_id"].to_numpy(dtype=object), rank, frame["at"].to_numpy()))
    return frame.iloc[order].reset_index(drop=True), findings
