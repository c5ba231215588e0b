"""``mapping.toml``: how a company's own tables become the tables of the contract. Data, never code.

A table of the file speaks of a table of the contract::

    [customers]
    file = "stores.csv"                    # or sheet = "Stores"
    where = { column = "country", in = ["US", "CA"] }

    [customers.columns]
    customer_id = "store_id"               # rename
    tier = { constant = "B" }
    hours = { from = "minutes a quarter", unit = "minutes" }
    requires = { from = "needs", separator = "|" }
    potential = { sum = ["sales last year", { product = ["gap", 0.5] }] }
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as Dict
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from optimizer.messages import Phrase
from optimizer.progress import TABLE as PROGRESS
from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.validation import explain, read_toml
from optimizer.records import TABLES

Number = Annotated[float, Field(allow_inf_nan=False)]


def _as_scalar(value: Any) -> Any:
    if value is not None and not isinstance(value, str | bool | int | float | dt.date):
        raise ValueError(Phrase("setting.scalar"))
    return value


def _as_rule(value: Any) -> Any:
    """Short forms of a rule: a text names a column, a number stands for itself."""
    if isinstance(value, str):
        return {"from": value}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"constant": value}
    return value


def _as_several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


Scalar = Annotated[Any, BeforeValidator(_as_scalar)]
Value = Annotated[
    str, BeforeValidator(lambda v: str(v) if isinstance(v, int) and not isinstance(v, bool) else v)
]

# unit -> what one of it is in the unit of the contract (hours, km, or the plain number)
UNITS = {
    "minutes": 1 / 60,
    "seconds": 1 / 3600,
    "hours": 1.0,
    "miles": 1.609344,
    "metres": 0.001,
    "km": 1.0,
    "percent": 0.01,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "千": 1e3,
    "万": 1e4,
    "亿": 1e8,
    "千元": 1e3,
    "万元": 1e4,
    "亿元": 1e8,
    "分钟": 1 / 60,
    "公里": 1.0,
}


class Part(BaseModel):
    """A piece of a mapping; an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Rule(Part):
    """How one column is made: exactly one of ``constant``, ``from``, ``join``, ``sum``, ``difference``,
    ``product`` and ``ratio``, then what is done with it."""  # fmt: skip

    constant: Scalar = Field(None, description="The same value in every row")
    from_: str | None = Field(None, alias="from", description="The column it is taken from")
    join: tuple[str, ...] | None = Field(None, description="Columns whose values become one list")
    sum: tuple[Operand, ...] | None = Field(
        None, description="Added; a missing value counts as 0 unless all are"
    )
    difference: tuple[Operand, Operand] | None = Field(None, description="The first less the second")
    product: tuple[Operand, ...] | None = Field(None, description="Multiplied")
    ratio: tuple[Operand, Operand] | None = Field(None, description="The first divided by the second")
    separator: str | None = Field(None, min_length=1, description="What stands between the names of a list")
    values: dict[str, Value] | None = Field(None, description="Other values for these: { Gold = 'A' }")
    otherwise: str | None = Field(None, description="With values: the value of all others")
    unit: str | None = Field(None, description="Unit it is in now: " + ", ".join(UNITS))
    multiply: Number | None = Field(None, description="Multiplied by this")
    add: Number | None = Field(None, description="Then added")

    @model_validator(mode="after")
    def _one_origin(self) -> Rule:
        origins = ("constant", "from_", "join", "sum", "difference", "product", "ratio")
        given = [name.rstrip("_") for name in origins if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(Phrase("setting.one_origin", {"given": given}))
        if self.separator is not None and self.from_ is None:
            raise ValueError(Phrase("setting.separator"))
        if self.otherwise is not None and self.values is None:
            raise ValueError(Phrase("setting.otherwise"))
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(
                Phrase("setting.no_unit", {"unit": self.unit, "hint": suggest(self.unit, UNITS)})
            )
        return self


Operand = Annotated[Rule, BeforeValidator(_as_rule)]


class Filter(Part):
    """Which rows count. All that is said must hold."""

    column: str | None = Field(None, description="The column that in and not_in speak of")
    in_: tuple[Value, ...] | None = Field(None, alias="in", description="Its values that count")
    not_in: tuple[Value, ...] | None = Field(None, description="Its values that do not count")
    not_empty: str | None = Field(None, description="A column that must have a value")

    @model_validator(mode="after")
    def _complete(self) -> Filter:
        if (self.column is None) != (self.in_ is None and self.not_in is None):
            raise ValueError(Phrase("setting.filter_column"))
        if self.column is None and self.not_empty is None:
            raise ValueError(Phrase("setting.filter_empty"))
        return self


class Mapping(Part):
    """How one table is made."""

    file: str | None = Field(None, description="The file that is this table")
    sheet: str | None = Field(None, description="The sheet of a workbook that is this table")
    encoding: str | None = Field(None, description="Encoding of the file, where it cannot be told: cp1252")
    where: Annotated[tuple[Filter, ...], BeforeValidator(_as_several)] = Field(
        (), description="Which rows count; of several all must hold"
    )
    unique: str | None = Field(None, description="Keep the first row of each value of this column")
    columns: dict[str, Operand] = Field({}, description="How each column is made: a name, or a rule")


Rule.model_rebuild()
Mapping.model_rebuild()


def read_mapping(given: Any, findings: Findings) -> dict[str, Mapping]:
    """The mapping of each table, from a path, a dict or None; {} with findings when it cannot be used."""
    if given is None:
        return {}
    content = given if isinstance(given, Dict) else read_toml(Path(given), "mapping", findings)
    mapping: dict[str, Mapping] = {}
    for table, part in (content or {}).items():
        if table not in (*TABLES, PROGRESS):
            hint = suggest(str(table), (*TABLES, PROGRESS))
            findings.add("unknown_key", "error", "mapping", None, str(table), key=str(table), hint=hint)
            continue
        try:
            mapping[table] = Mapping.model_validate(part)
        except ValidationError as error:
            mine = Findings()
            explain(error, Mapping, "mapping", mine)
            for f in mine.listed():
                place = table if f.column is None else f"{table}.{f.column}"
                findings.add(f.code, f.severity, f.table, None, place, f.value, **f.details)
        except RecursionError:
            findings.add("bad_toml", "error", "mapping", value=table, reason=Phrase("reason.nested"))
    return mapping
