"""recipe: one of the usual occasions for a change, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.commands.in_force import find_day
from optimizer.commands.options import (
    CaseArgument,
    DayOption,
    MaxMovesOption,
    MaybeProgressOption,
    NoScheduleOption,
    OutOption,
    PlanOption,
    ReportsOption,
    SeedOption,
    TimeLimitOption,
)
from optimizer.commands.rebalancing import answer
from optimizer.messages import say

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.case import Case
    from optimizer.in_force import PlanInForce
    from optimizer.rebalancing import Rebalance, Recipe


class RecipeName(StrEnum):
    """The occasions."""

    LEAVE = "leave"
    JOIN = "join"
    MERGE = "merge"
    SPLIT = "split"
    WON = "won"
    COVER = "cover"


# What each says, the needed options first.
NEEDED = {
    RecipeName.LEAVE: ("--rep",),
    RecipeName.JOIN: ("--rep",),
    RecipeName.MERGE: ("--rep", "--to"),
    RecipeName.SPLIT: ("--rep", "--to"),
    RecipeName.WON: ("--customer",),
    RecipeName.COVER: ("--rep", "--until"),
}
ALLOWED = {
    RecipeName.LEAVE: ("--to", "--on", "--until"),
    RecipeName.JOIN: ("--from", "--on", "--set"),
    RecipeName.MERGE: ("--on",),
    RecipeName.SPLIT: ("--on", "--set"),
    RecipeName.WON: ("--to", "--set"),
    RecipeName.COVER: ("--to", "--on"),
}
_DATE = {"metavar": "DATE", "formats": ["%Y-%m-%d"]}


def recipe(
    kind: Annotated[
        RecipeName, typer.Argument(metavar="KIND", help="leave, join, merge, split, won or cover.")
    ],
    case: CaseArgument,
    plan: PlanOption,
    rep: Annotated[
        str | None,
        typer.Option("--rep", "-r", metavar="ID", help="Who leaves, joins, is merged, split or covered."),
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", metavar="ID", help="won: the customer.")
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="ID", help="Only these reps may be given anything; repeat it [all]."),
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="ID", help="join: only from these reps; repeat it [all]."),
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(
            "--on",
            **_DATE,
            help="leave, merge: last day; join, split, cover: first day [the evening looked at].",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until", **_DATE, help="cover: last day; leave: lend the customers until then, the seat stays."
        ),
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="Of a new rep or customer: lat=52.1, tier=B ...; repeat it."
        ),
    ] = None,
    progress: MaybeProgressOption = None,
    as_of: DayOption = None,
    out: OutOption = Path("recipe"),
    max_moves: MaxMovesOption = None,
    time_limit: TimeLimitOption = None,
    seed: SeedOption = None,
    no_schedule: NoScheduleOption = False,
    reports: ReportsOption = None,
) -> None:
    """Follow a recipe: a rep leaves or joins, territories are merged or split, a customer is won, a rep is covered.

    Only what the recipe speaks of changes; all else, freezes, budgets and files are as with rebalance.
    """
    given = {
        "--rep": rep, "--customer": customer, "--to": to, "--from": sources, "--on": on, "--until": until,
        "--set": fields,
    }  # fmt: skip
    for option in NEEDED[kind]:
        if not given[option] or str(given[option]).startswith("--"):  # the next option, taken for a value
            raise typer.BadParameter(say("recipe.needs", kind=kind, option=option), param_hint=option)
    for option, said in given.items():
        if said and option not in NEEDED[kind] + ALLOWED[kind]:
            raise typer.BadParameter(say("recipe.no_use", kind=kind, option=option), param_hint=option)
    if kind is RecipeName.SPLIT and len(to or ()) > 1:
        raise typer.BadParameter(say("recipe.only_one", kind=kind, option="--to"), param_hint="--to")
    if on is not None and until is not None and until < on:
        gaps = {"until": until.date(), "on": on.date()}
        raise typer.BadParameter(say("recipe.backwards", **gaps), param_hint="--until")
    follow = partial(
        _follow, kind, str(rep or customer), tuple(to or ()), tuple(sources or ()), find_day(on), find_day(until),
        _read_fields(fields or ()),
    )  # fmt: skip
    answer(follow, case, plan, progress, as_of, out, max_moves, time_limit, seed, no_schedule, reports)


def _follow(
    kind: RecipeName,
    who: str,
    to: tuple[str, ...],
    sources: tuple[str, ...],
    on: date | None,
    until: date | None,
    fields: dict[str, Any],
    case: Case,
    plan: PlanInForce,
    events: pd.DataFrame,
    as_of: date | None,
    **options: Any,
) -> Rebalance:
    """Follow the recipe that the options say."""
    from optimizer.rebalancing import Cover, Join, Leave, Merge, Split, Won, find_day, follow_recipe

    day = as_of or find_day(case, events)
    chosen: Recipe
    if kind is RecipeName.LEAVE and until is not None:
        chosen = Cover(who, (on or day) + timedelta(days=1), until, to)
    elif kind is RecipeName.LEAVE:
        chosen = Leave(who, on, to)
    elif kind is RecipeName.MERGE:
        chosen = Merge(who, on, to)
    elif kind is RecipeName.JOIN:
        chosen = Join(who, on, fields, sources)
    elif kind is RecipeName.SPLIT:
        chosen = Split(to[0], on, fields, (who,))
    elif kind is RecipeName.WON:
        chosen = Won(who, fields, to)
    else:
        assert until is not None
        chosen = Cover(who, on or day + timedelta(days=1), until, to)
    return follow_recipe(case, plan, events, chosen, as_of, **options)


def _read_fields(texts: Sequence[str]) -> dict[str, Any]:
    """What ``--set`` says of a new rep or customer."""
    fields = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(say("recipe.no_value", text=text), param_hint="--set")
        fields[name.strip()] = value.strip()
    return fields
