"""Recipes: the usual occasions for a change, each one call: who leaves, who joins, what is merged, split, won, covered.

A recipe is nothing but the events it adds to progress and the scope of what may change; finding the change, its
reasons, its bound and its judge are those of every rebalance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.messages import Joined, say
from optimizer.problem import Bools
from optimizer.progress import ROW, TABLE, CustomerWon, Event, RepAbsent, RepJoins, RepLeaves
from optimizer.rebalancing.recipes.limiting import Scope
from optimizer.rebalancing.replay.calendar import last_day
from optimizer.rebalancing.replay.people import is_among
from optimizer.rebalancing.replay.state import State

Fields = dict[str, Any]


@dataclass(frozen=True)
class Leave:
    """A rep leaves after ``last_day`` (None: the day of the recipe) and the territory is split for good.

    ``to``: reps who may be given customers of it; none named: everybody.
    """

    rep_id: str
    last_day: dt.date | None = None
    to: tuple[str, ...] = ()

    def sentence(self, lang: str = "") -> str:
        """What is the occasion."""
        return say("recipe.leave", lang, rep=self.rep_id)

    def list_events(self, events: pd.DataFrame, case: Case, as_of: dt.date) -> list[Event]:
        """The leaving, unless it is told already."""
        told = find_last_day(self.rep_id, events)
        if self.last_day is None and told is not None:
            return []
        if told is not None and told <= as_of:  # another last day would bring the rep back
            raise _refuse("recipe_left", self.rep_id, last=told.isoformat())
        end = last_day(case.scenario).date()
        if self.last_day is not None and self.last_day >= end:
            raise _refuse("recipe_after", self.rep_id, last=end.isoformat())
        return [RepLeaves(event_id=_name("leave", self.rep_id, as_of), at=as_of, rep_id=self.rep_id,
                          ends=self.last_day or as_of)]  # fmt: skip

    def find_scope(self, state: State) -> Scope:
        """Customers of the rep go to ``to``; nobody else changes hands."""
        check_others(self.rep_id, self.to)
        check_reps(state, self.rep_id, gone=True)
        check_reps(state, *self.to)
        mine = find_reps(state, self.rep_id)
        receivers = find_reps(state, *self.to) & ~mine if self.to else None
        concerned = mine if receivers is None else mine | receivers
        return Scope(find_customers(state, self.rep_id), receivers, mine, concerned)


@dataclass(frozen=True)
class Merge(Leave):
    """The territory of a rep becomes part of another's (of several: of theirs), and the rep's seat closes.

    What they cannot take by a hard constraint is left without an owner, with its reason.
    """

    def sentence(self, lang: str = "") -> str:
        """What is the occasion."""
        return say("recipe.merge", lang, rep=self.rep_id, to=Joined(self.to))


@dataclass(frozen=True)
class Join:
    """A rep joins on ``first_day`` (None: the day of the recipe) and is given a territory that is worth it.

    ``fields``: of the event rep_joins (lat, lon, skills, hours_per_week, ramp_weeks ...), where the rep is not known.
    ``sources``: reps whose customers may go there; none named: everybody's. How much is fair the corridors say, by the
    capacity of the rep with its ramp.
    """

    rep_id: str
    first_day: dt.date | None = None
    fields: Fields = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    def sentence(self, lang: str = "") -> str:
        """What is the occasion."""
        return say("recipe.join", lang, rep=self.rep_id)

    def list_events(self, events: pd.DataFrame, case: Case, as_of: dt.date) -> list[Event]:
        """The joining, unless the rep is known."""
        if _is_known(self.rep_id, events, case):
            return []
        if not self.fields:
            raise unknown("rep", self.rep_id)
        return [_make(RepJoins, self.fields, event_id=_name("join", self.rep_id, as_of), at=as_of,
                      rep_id=self.rep_id, starts=self.first_day)]  # fmt: skip

    def find_scope(self, state: State) -> Scope:
        """Customers of the sources, and those without an owner, go to the rep."""
        check_others(self.rep_id, self.sources)
        check_reps(state, self.rep_id, *self.sources)
        mine, sources = find_reps(state, self.rep_id), find_reps(state, *self.sources)
        movable = np.ones(len(state.case.records.customers), dtype=bool)
        if self.sources:
            movable = is_among(state.case.records.customers["owner"], pd.Series(self.sources))
        return Scope(movable, mine, None, mine | sources, gives_up=False)


@dataclass(frozen=True)
class Split(Join):
    """The territory of ``sources`` is shared with a rep, new or not, as far as it is worth it."""

    def sentence(self, lang: str = "") -> str:
        """What is the occasion."""
        return say("recipe.split", lang, rep=self.rep_id, sources=Joined(self.sources))


@dataclass(frozen=True)
class Won:
    """A customer is won and gets the best owner as things are now.

    ``fields``: of the event customer_won (tier, lat, lon, hours ...), where the customer is not known yet. ``to``: reps
    who may own it; none named: everybody.
    """

    customer_id: str
    fields: Fields = field(default_factory=dict)
    to: tuple[str, ...] = ()

    def sentence(self, lang: str = "") -> str:
        """What is the occasion."""
        return say("recipe.won", lang, customer=self.customer_id)

    def list_events(self, events: pd.DataFrame, case: Case, as_of: dt.date) -> list[Event]:
        """The winning, unless the customer is known."""
        told = events[events["kind"] == "customer_won"]["customer_id"]
        known = {*case.records.customers["customer_id"], *told}
        if self.customer_id in known and not self.fields:
            return []
        if not self.fields:
            raise unknown("customer", self.customer_id)
        return [_make(CustomerWon, self.fields, event_id=_name("won", self.customer_id, as_of), at=as_of,
                      customer_id=self.customer_id)]  # fmt: skip

    def find_scope(self, state: State) -> Scope:
        """The customer, with its group, goes to anybody."""
        customers = state.case.records.customers
        if self.customer_id not in set(customers["customer_id"]):
            raise unknown("customer", self.customer_id)
        check_reps(state, *self.to)
        movable = (customers["customer_id"] == self.customer_id).to_numpy(dtype=bool)
        owners = find_reps(state, *customers["owner"][movable].dropna())
        receivers = find_reps(state, *self.to) if self.to else None
        return Scope(movable, receivers, None, owners if receivers is None else owners | receivers)


@dataclass(frozen=True)
class Cover:
    """A rep is away, or a seat is vacant, from ``first_day`` to ``last_day``: others do the work of these weeks.

    Nothing changes hands: the customers stay with the rep, or with the seat until a successor takes it. ``to``: reps
    who may stand in; none named: everybody.
    """

    rep_id: str
    first_day: dt.date
    last_day: dt.date
    to: tuple[str, ...] = ()

    def sentence(self, lang: str = "") -> str:
        """What is the occasion."""
        gaps = {"rep": self.rep_id, "first": self.first_day.isoformat(), "last": self.last_day.isoformat()}
        return say("recipe.away", lang, **gaps)

    def list_events(self, events: pd.DataFrame, case: Case, as_of: dt.date) -> list[Event]:
        """The absence; of somebody who leaves, that the seat is taken again after it."""
        name = _name("cover", self.rep_id, as_of)
        if is_going(self.rep_id, events):
            after = self.last_day + dt.timedelta(days=1)
            return [RepJoins(event_id=name, at=as_of, rep_id=self.rep_id, starts=after)]
        return [
            RepAbsent(event_id=name, at=as_of, rep_id=self.rep_id, starts=self.first_day, ends=self.last_day)
        ]


Recipe = Leave | Merge | Join | Split | Won | Cover


KINDS: dict[str, type[Recipe]] = {kind.__name__.lower(): kind for kind in get_args(Recipe)}


def recall_scope(told: Mapping[str, Any], state: State) -> Scope | None:
    """What a recipe allowed to change of ``state``; ``told``: its ``kind`` and fields, as ``rebalance.json`` has them.

    None for a cover, and where nobody can tell.
    """
    fields = {name: value for name, value in told.items() if name != "kind"}
    try:
        recipe = TypeAdapter(KINDS[told["kind"]]).validate_python(fields)
        return None if isinstance(recipe, Cover) else recipe.find_scope(state)
    except (KeyError, TypeError, ValidationError, InputError):
        return None


def add_events(events: pd.DataFrame, more: Sequence[Event]) -> pd.DataFrame:
    """The table of events with further ones below."""
    if not more:
        return events
    rows = pd.DataFrame([event.model_dump(exclude_none=True) for event in more])
    rows[ROW] = int(events[ROW].max() if len(events) else 1) + 1 + np.arange(len(rows))
    rows = rows.reindex(columns=events.columns).astype(events.dtypes.to_dict())
    return pd.concat([events, rows], ignore_index=True)


def is_going(rep_id: str, events: pd.DataFrame) -> bool:
    """Whether the last word about a rep is that the rep leaves."""
    return find_last_day(rep_id, events) is not None


def find_last_day(rep_id: str, events: pd.DataFrame) -> dt.date | None:
    """The last day of a rep of whom the last word is that the rep leaves; None for everybody else."""
    told = events[events["kind"].isin(["rep_joins", "rep_leaves"]) & (events["rep_id"] == rep_id)]
    told = told.sort_values("at", kind="stable")
    if not len(told) or told["kind"].iloc[-1] != "rep_leaves":
        return None
    ends: pd.Timestamp = told["ends"].iloc[-1]
    day: dt.date = (told["at"].iloc[-1] - pd.Timedelta(days=1) if pd.isna(ends) else ends).date()
    return day


def find_reps(state: State, *rep_ids: str) -> Bools:
    """Which reps of the state's case are these, [R]."""
    return is_among(state.case.records.reps["rep_id"], pd.Series(list(rep_ids), dtype="str"))


def find_customers(state: State, rep_id: str) -> Bools:
    """Which customers of the state's case are the rep's, or were until the rep left, [n]."""
    known = state.customers
    lost = known["owner"].isna() & (known["plan_owner"] == rep_id)
    theirs = known["customer_id"][(known["owner"] == rep_id) | lost]
    return is_among(state.case.records.customers["customer_id"], theirs)


def check_reps(state: State, *rep_ids: str, gone: bool = False) -> None:
    """InputError for a rep nobody knows; for one who has left too, unless ``gone``."""
    known = state.reps["rep_id"] if gone else state.case.records.reps["rep_id"]
    wrong = [name for name in rep_ids if name not in set(known)]
    if wrong:
        raise unknown("rep", *wrong)


def unknown(column: str, *names: str) -> InputError:
    """The error about ids that nobody knows on that day."""
    return InputError([Finding("recipe_unknown", "error", "recipe", None, column, name) for name in names])


def check_others(rep_id: str, others: Sequence[str]) -> None:
    """InputError where a recipe names whom it is about as one of the others, too."""
    if rep_id in others:
        raise _refuse("recipe_same", rep_id)


def _refuse(code: str, value: str, **gaps: Any) -> InputError:
    return InputError([Finding(code, "error", "recipe", None, "rep", value, gaps)])


def _is_known(rep_id: str, events: pd.DataFrame, case: Case) -> bool:
    told: Iterable[str] = events["rep_id"][events["kind"] == "rep_joins"]
    return rep_id in {*case.records.reps["rep_id"], *told} and not is_going(rep_id, events)


def _name(recipe: str, who: str, as_of: dt.date) -> str:
    return f"{recipe}:{who}:{as_of.isoformat()}"


def _make(kind: type[Event], fields: Fields, **more: Any) -> Event:
    """An event of fields that were handed in; InputError names those that are wrong."""
    half = [name for name in ("lat", "lon") if name not in fields]
    if len(half) == 1:
        gaps = {"why": say("recipe.half_a_point")}
        raise InputError([Finding("recipe_field", "error", TABLE, None, half[0], None, gaps)])
    try:
        strangers = [name for name in fields if name not in kind.model_fields or name in more]
        if strangers:
            choices = ", ".join(sorted(set(kind.model_fields) - {*more, "kind"}))
            raise InputError(
                [
                    Finding("recipe_field", "error", TABLE, None, name, None, {"why": choices})
                    for name in strangers
                ]
            )
        return kind(**{name: value for name, value in more.items() if value is not None}, **fields)
    except ValidationError as error:
        raise InputError(
            [
                Finding("recipe_field", "error", TABLE, None, str(e["loc"][0]), e["input"], {"why": e["msg"]})
                for e in error.errors()
            ]
        ) from error
