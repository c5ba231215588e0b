"""What the company tells us: reps, customers, tasks and the tables around them.

Each class is the contract of one row of one table: it gives column names, types, units and meanings to the
readers, the templates, the reference and the API alike. In bulk the same columns travel as DataFrames
(``Records``): frames stay frames, because a list of objects costs seconds at 100,000 rows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Names = Annotated[str, Field(json_schema_extra={"list": True}, description="names with ; between")]
Skills = Annotated[str, Field(json_schema_extra={"list": True, "skills": True})]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Hours = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]

FEW_REFS = 256  # references up to which a table of all ids is not worth its making, ...
SEVERAL = 8  # ... nor for texts of Arrow, where ids are more than so many times as many


def _key(text: str, refers: str | None = None) -> Any:
    extra: Any = {"key": True} | ({"refers": refers} if refers else {})
    return Field(description=text, min_length=1, json_schema_extra=extra)


class Row(BaseModel):
    """A row of a table. Unknown columns are kept: a numeric one may serve as a measure."""

    model_config = ConfigDict(extra="allow", str_strip_whitespace=True)


class Rep(Row):
    """A person who sells."""

    rep_id: str = _key("Unique id of the rep")
    name: str | None = Field(None, description="Name shown in reports")
    team: str | None = Field(None, description="Team the rep belongs to")
    role: str | None = Field(
        None, description="Role, such as hunter or farmer; a tier may be reserved for roles"
    )
    lat: Latitude | None = Field(
        None, description="Home latitude in degrees; empty: the middle of the present territory"
    )
    lon: Longitude | None = Field(None, description="Home longitude in degrees")
    skills: Skills | None = Field(
        None,
        description="Skills with level and expiry: cardio:3;mandarin;export@2027-03-31 (level 1 if not said)",
    )
    tiers: Names | None = Field(None, description="Tiers the rep may serve: A;B (empty: all)")
    hours_per_week: Hours | None = Field(
        None, description="Working hours a week (empty: horizon.hours_per_week)"
    )
    starts: dt.date | None = Field(None, description="First working day (empty: already here)")
    ends: dt.date | None = Field(None, description="Last working day (empty: stays)")
    ramp_weeks: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Weeks from starts over which the rep grows linearly to full capacity"
    )
    max_customers: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Most customers the rep may own"
    )
    quota: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Sales quota; may serve as corridor target"
    )


class Customer(Row):
    """The smallest thing that is owned: an account, a store, a geographic unit."""

    customer_id: str = _key("Unique id of the customer")
    name: str | None = Field(None, description="Name shown in reports")
    tier: str | None = Field(None, description="Service tier, one of the scenario's (empty: default_tier)")
    hours: Hours | None = Field(
        None, description="Selling hours over the horizon (empty: from the tier's cadence)"
    )
    visits: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Visits over the horizon (empty: from the tier's cadence)"
    )
    lat: Latitude | None = Field(None, description="Latitude in degrees")
    lon: Longitude | None = Field(None, description="Longitude in degrees")
    potential: Annotated[float, Field(ge=0)] | None = Field(None, description="Sales potential, any one unit")
    revenue: Annotated[float, Field(ge=0)] | None = Field(None, description="Present revenue, any one unit")
    owner: str | None = Field(
        None, description="Present owner (a rep_id)", json_schema_extra={"refers": "reps"}
    )
    relationship: Share | None = Field(
        None,
        description="Strength of the relationship with the owner, 0 to 1 (empty: 0.5); weights the hand-over",
    )
    requires: Skills | None = Field(None, description="Skills the owner must have: cardio:2;mandarin")
    prefers: Skills | None = Field(None, description="Skills the owner had better have")
    group: str | None = Field(None, description="Customers of one group get one owner")
    industry: str | None = Field(None, description="Industry")
    segment: str | None = Field(None, description="Segment")
    region: str | None = Field(None, description="Region")


class Task(Row):
    """One piece of work at a customer."""

    task_id: str = _key("Unique id of the task")
    customer_id: str | None = Field(
        None, description="Customer it is for", json_schema_extra={"refers": "customers"}
    )
    kind: str | None = Field(None, description="Kind of work: visit, renewal, onboarding, prospecting ...")
    hours: Hours = Field(description="Hours of work")
    earliest: dt.date | None = Field(None, description="First day it can be done")
    due: dt.date | None = Field(None, description="Last day it should be done")
    priority: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Weight of lateness; 1 is normal"
    )
    requires: Skills | None = Field(None, description="Skills the doer must have")
    doer: str | None = Field(None, description="Rep who must do it", json_schema_extra={"refers": "reps"})
    after: Names | None = Field(
        None,
        description="Tasks that must be done first: T1;T2",
        json_schema_extra={"list": True, "refers": "tasks"},
    )
    status: Literal["open", "done", "cancelled"] | None = Field(
        None, description="open (default), done or cancelled"
    )


class Absence(Row):
    """Days on which a rep does not work; both ends included."""

    rep_id: str = _key("Who is absent", refers="reps")
    starts: dt.date = Field(description="First day away")
    ends: dt.date = Field(description="Last day away")


class Lock(Row):
    """A promise about a pair: keep the present owner, force a rep, or forbid one."""

    customer_id: str = _key("Customer", refers="customers")
    rep_id: str | None = Field(
        None,
        description="Rep (for keep: the present owner, may be empty)",
        json_schema_extra={"refers": "reps"},
    )
    kind: Literal["keep", "force", "forbid"] = Field(
        description="keep: stay with the present owner; force; forbid"
    )
    reason: str | None = Field(None, description="Why")
    until: dt.date | None = Field(
        None, description="Last day it holds; before the horizon's start it is ignored"
    )


class Pair(Row):
    """What is particular about one customer with one rep; overrides what is computed."""

    customer_id: str = _key("Customer", refers="customers")
    rep_id: str = _key("Rep", refers="reps")
    hours: Hours | None = Field(
        None, description="Hours the customer takes of this rep (empty: the customer's)"
    )
    travel_hours: Hours | None = Field(None, description="Travel hours over the horizon (empty: computed)")
    cost: float | None = Field(None, description="Extra cost of the pair in hours; below zero is a bonus")
    allowed: bool | None = Field(
        None, description="false forbids the pair; true waives the distance limit for it"
    )


class Apart(Row):
    """Two customers that must not share an owner (competitors)."""

    customer_a: str = _key("One customer", refers="customers")
    customer_b: str = _key("The other", refers="customers")


TABLES: dict[str, type[Row]] = {
    "reps": Rep,
    "customers": Customer,
    "tasks": Task,
    "absences": Absence,
    "locks": Lock,
    "pairs": Pair,
    "apart": Apart,
}


@dataclass(frozen=True, eq=False)
class Records:
    """All tables of a case as frames, one attribute per entry of ``TABLES``.

    Every column of the contract is present, in the contract's order, then the unknown ones. Ids and texts are
    strings (missing: NA), numbers float64 (missing: NaN), ``allowed`` object of True/False/None, dates
    datetime64 (missing: NaT), list columns text in canonical form (``a:3;b``). The index is 0..n-1; rows keep
    the order of the file. A table that was not given is empty.
    """

    reps: pd.DataFrame
    customers: pd.DataFrame
    tasks: pd.DataFrame
    absences: pd.DataFrame
    locks: pd.DataFrame
    pairs: pd.DataFrame
    apart: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """The frames by table name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def positions_of(ids: pd.Series[Any], refs: pd.Series[Any]) -> NDArray[np.int64]:
    """First position in ``ids`` of each of ``refs``; -1 for a missing or an unknown one.

    Each different reference is looked up once, however many rows make it.
    """
    if not len(refs) or not len(ids):
        return np.full(len(refs), -1, dtype=np.int64)
    texts = _as_arrow(ids, refs) if len(refs) > FEW_REFS else None
    if texts is not None:
        return _find_texts(*texts)
    code, said = pd.factorize(refs)
    at = np.arange(len(ids))
    if len(said) < len(ids) // 32:  # a few of many: no index of all the ids
        at = np.flatnonzero(ids.isin(said))
        ids = ids.iloc[at]
    found = pd.Index(said).get_indexer(pd.Index(ids))
    first = np.full(len(said) + 1, -1, dtype=np.int64)  # the last entry answers for the missing ones
    known = found >= 0
    first[found[known][::-1]] = at[known][::-1]
    return first[code]


def _as_arrow(*columns: pd.Series[Any]) -> list[Any] | None:
    """The columns as Arrow has them, where all are texts that it keeps; None else, or where it is not installed."""
    types = [column.dtype for column in columns]
    if any(getattr(kind, "storage", None) != "pyarrow" or kind != types[0] for kind in types):
        return None
    return [column.array.__arrow_array__() for column in columns]


def _find_texts(ids: Any, refs: Any) -> NDArray[np.int64]:
    """``positions_of`` for texts that Arrow keeps: it looks them up where they are, in a quarter of the time."""
    from pyarrow import compute

    if len(refs) > len(ids) // SEVERAL:
        options = compute.SetLookupOptions(value_set=ids, skip_nulls=True)
        found = compute.index_in(refs, options=options).fill_null(-1)
        return np.asarray(found, dtype=np.int64)
    # Few of many: whoever is among the few is looked for, so that no index of all the ids is made.
    said = compute.unique(refs)
    options = compute.SetLookupOptions(value_set=said, skip_nulls=True)
    of_id = np.asarray(compute.index_in(ids, options=options).fill_null(-1), dtype=np.int64)
    known = np.flatnonzero(of_id >= 0)[::-1]
    first = np.full(len(said), -1, dtype=np.int64)
    first[of_id[known]] = known
    options = compute.SetLookupOptions(value_set=said)
    return first[np.asarray(compute.index_in(refs, options=options), dtype=np.int64)]


def parse_names(text: object) -> tuple[str, ...]:
    """``"A; B"`` -> ``("A", "B")``; a missing value has no names."""
    if not isinstance(text, str):
        return ()
    return tuple(name for part in text.split(";") if (name := part.strip()))


@dataclass(frozen=True)
class Skill:
    """A skill at a level, valid through ``expires`` (None: for ever)."""

    name: str
    level: int = 1
    expires: dt.date | None = None


def parse_skills(text: object) -> tuple[Skill, ...]:
    """``"cardio:3;mandarin;export:2@2027-03-31"`` -> skills. ValueError when a level or a date cannot be read."""
    skills = []
    for part in parse_names(text):
        rest, _, day = part.partition("@")
        name, _, level = rest.partition(":")
        if not name.strip():
            raise ValueError(f"a skill without a name: {part!r}")
        number = int(level) if level.strip() else 1
        if not 1 <= number <= 100:
            raise ValueError(f"level {number} is not between 1 and 100")
        skills.append(
            Skill(name.strip(), number, dt.date.fromisoformat(day.strip()) if day.strip() else None)
        )
    return tuple(skills)
