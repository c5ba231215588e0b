"""What a variant's file may say: a small change of a case, the words of one ``variants/NAME.toml``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field

from optimizer.scenario import Section

Amounts = dict[str, Annotated[float, Field(allow_inf_nan=False)]]
Cells = dict[str, Any]
_TABLE = "reps, customers, tasks, absences, locks, pairs or apart"
_WHERE = 'Which rows: a filter, such as tier = "A" and region = "West"'


class Leave(Section):
    """A rep leaves, or has left before the first day."""

    rep_id: str = Field(description="Who leaves")
    last_day: dt.date | None = Field(
        None,
        description="Last working day; the customers stay with the rep until they are moved. Empty: the rep has left, "
        "and the customers have no owner now",
    )


class Remove(Section):
    """Rows go. What speaks of them goes with them: locks, absences, pairs, a customer's tasks, an owner's name."""

    table: str = Field(description=_TABLE)
    where: str = Field(description=_WHERE + '; "" is every row')


class Change(Section):
    """Cells of some rows are different. An unknown column is an error."""

    table: str = Field(description=_TABLE)
    where: str = Field("", description=_WHERE + "; empty: every row")
    set: Cells = Field({}, description='Column = new value; "" empties the cells')
    times: Amounts = Field({}, description="Column = factor of its numbers")
    plus: Amounts = Field({}, description="Column = amount added to its numbers; of dates, days")
    include: dict[str, str] = Field(
        {}, description="Column of a list = names or skills added: mandarin;cardio:2"
    )
    exclude: dict[str, str] = Field({}, description="Column of a list = names taken away")


class Demand(Section):
    """Customers need more or less: visits over the horizon, and hours where they are given, grow alike."""

    where: str = Field("", description=_WHERE + "; empty: every customer")
    percent: Annotated[float, Field(ge=-100, le=10_000)] = Field(
        description="15 is 15 % more, -10 is 10 % less"
    )


class Add(Section):
    """Rows come."""

    table: str = Field(description=_TABLE)
    rows: tuple[Cells, ...] = Field(min_length=1, description="A row each: column = value, as in the table")


class Patch(Section):
    """A small named change of a case. What is not named stays as it is in the case."""

    description: str = Field("", description="What this variant is for")
    scenario: dict[str, Any] = Field(
        {},
        description="Values of scenario.toml that are different, by their place: corridors.0.tolerance = 0.05. "
        'A corridor or budget is named by its number, from 0, or its measure; "" empties a value',
    )
    leave: tuple[Leave, ...] = Field((), description="Reps who leave")
    remove: tuple[Remove, ...] = Field((), description="Rows that go")
    change: tuple[Change, ...] = Field((), description="Cells that are different")
    demand: tuple[Demand, ...] = Field((), description="Customers who need more or less")
    add: tuple[Add, ...] = Field((), description="Rows that come")
