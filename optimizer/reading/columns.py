"""What each column of each table must hold, read once from the row models in ``optimizer.records``.

The row models are the only contract; here they become
something that a whole column can be tested against.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from optimizer.progress import HEAD, KINDS
from optimizer.progress import TABLE as PROGRESS
from optimizer.records import TABLES

Kind = Literal["text", "number", "whole", "date", "flag", "choice", "names", "skills"]


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether a value is needed, the range of a number, the table its ids live in."""

    name: str
    kind: Kind = "text"
    required: bool = False
    key: bool = False
    refers: str | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def identifies(self) -> bool:
        """True for columns that hold ids: a number written in them is text."""
        return self.key or self.refers is not None


_KINDS: dict[Any, Kind] = {str: "text", float: "number", int: "whole", dt.date: "date", bool: "flag"}


def _parts(annotation: Any, metadata: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """The plain types an annotation is made of, with the metadata gathered on the way; ``None`` left out."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _parts(inner, metadata + more)
    elif origin is Union or type(annotation).__name__ == "UnionType":
        for option in get_args(annotation):
            if option is not type(None):
                yield from _parts(option, metadata)
    else:
        yield annotation, metadata


def _column(name: str, field: FieldInfo) -> Column:
    ((plain, metadata),) = _parts(field.annotation, list(field.metadata))
    extra: dict[str, Any] = {}
    low = high = None
    for item in [*metadata, field]:
        if isinstance(item, FieldInfo):
            extra |= item.json_schema_extra if isinstance(item.json_schema_extra, dict) else {}
            items = item.metadata
        else:
            items = [item]
        for limit in items:
            low = getattr(limit, "ge", low)
            high = getattr(limit, "le", high)
    choices = get_args(plain) if get_origin(plain) is Literal else ()
    kind: Kind = "choice" if choices else _KINDS[plain]
    if extra.get("skills"):
        kind = "skills"
    elif extra.get("list"):
        kind = "names"
    return Column(
        name,
        kind,
        required=field.is_required(),
        key=bool(extra.get("key")),
        refers=extra.get("refers"),
        low=low,
        high=high,
        choices=choices,
    )


def _contract(model: type[BaseModel]) -> dict[str, Column]:
    return {name: _column(name, field) for name, field in model.model_fields.items()}


CONTRACT: dict[str, dict[str, Column]] = {table: _contract(model) for table, model in TABLES.items()}


def _events() -> dict[str, Column]:
    """The columns of all kinds of events beside each other; which of them a row needs depends on its kind."""
    found: dict[str, Column] = {}
    for model in KINDS.values():
        for name, column in _contract(model).items():
            found.setdefault(name, replace(column, required=name in HEAD))
    return found | {"kind": Column("kind", "choice", required=True, choices=tuple(KINDS))}


EVENTS = _events()
ALL_CONTRACTS = CONTRACT | {PROGRESS: EVENTS}
