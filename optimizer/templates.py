"""An empty case to fill in: every table with its header, what each column means, every wish with its default.

Nothing here is written twice: tables come from the row models in ``optimizer.records``, the scenario from the
models in ``optimizer.scenario``.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import xlsxwriter
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from optimizer.folders import new_file, new_folder
from optimizer.messages import load_catalogue, say
from optimizer.reading.columns import CONTRACT, Column
from optimizer.records import TABLES
from optimizer.scenario import Budget, CountRange, Priced, Scenario, Season

WORKBOOK_ROWS = 10_000  # rows of a sheet that get list validation
WIDTHS = {"name": 28, "reason": 36, "skills": 24, "requires": 20}

# What is shown, commented out, where the default is "nothing": one value that would be sensible.
EXAMPLES: dict[str, Any] = {
    "default_tier": "C",
    "horizon.start": dt.date(2027, 1, 4),
    "horizon.seasons": (
        Season(starts=dt.date(2027, 7, 26), ends=dt.date(2027, 8, 20), share=0.8),
        Season(starts=dt.date(2027, 9, 1), ends=dt.date(2027, 9, 30), share=1.1),
    ),
    "tiers.gap_weeks": 2.0,
    "tiers.min_gap_weeks": 1.0,
    "schedule.overtime_price": 2.0,
    "counts.min": 20,
    "counts.max": 80,
    "counts.tiers": {"A": CountRange(min=2, max=12)},
    "distance.limit_km": 250.0,
    "disruption.budgets": (
        Budget.model_validate({"share": 0.2}),
        Budget.model_validate({"measure": "revenue", "share": 0.1, "scope": "rep", "direction": "out"}),
        Budget.model_validate({"amount": 3.0, "scope": "tier", "tier": "A", "price": 5.0}),
    ),
}
EXAMPLE_PRICE = 2.0
MEANING_COLUMN = 32  # where the comments behind the keys begin


def write_templates(target: str | Path) -> Path:
    """Write an empty case to ``target`` and return it.

    A name that ends with ``.xlsx`` makes a workbook, a sheet a table, with ``NAME.scenario.toml`` beside it;
    any other name makes a folder: a CSV file a table, ``columns.md`` (what the columns mean; a comment inside
    a CSV file would confuse other tools) and ``scenario.toml``. OutputError when something is there.
    """
    target = Path(target)
    if target.suffix.lower() == ".xlsx":
        _write_workbook(target)
        return target
    with new_folder(target) as partial:
        for table, columns in CONTRACT.items():
            _write_text(partial / f"{table}.csv", ",".join(columns) + "\n")
        _write_text(partial / "columns.md", describe_tables())
        _write_text(partial / "scenario.toml", scenario_template())
    return target


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


# Tables ---------------------------------------------------------------------------------------------------


def describe_kind(column: Column) -> str:
    """What a cell of the column holds, unit included: ``hours, 0 or more``, ``date, 2027-01-31``."""
    if column.choices:
        return say("cell.choice", choices=", ".join(column.choices))
    if column.refers is not None:
        key = next(iter(CONTRACT[column.refers]))
        return say("cell.names_of" if column.kind == "names" else "cell.one_of", key=key)
    if column.kind in ("number", "whole"):
        named = (
            "degrees" if column.name in ("lat", "lon") else "hours" if "hours" in column.name else "number"
        )
        unit = say(f"cell.{'whole' if column.kind == 'whole' else named}")
        if column.low is None and column.high is None:
            return unit
        return say(
            "cell.from" if column.high is None else "cell.between",
            unit=unit,
            low=column.low,
            high=column.high,
        )
    return say(f"cell.{column.kind if column.kind in ('date', 'flag', 'names', 'skills') else 'text'}")


def say_meaning(table: str, column: str) -> str:
    """What a column means, or a table (column "about"), in the language in force; English stands in the row models."""
    model = TABLES[table]
    english = model.__doc__ if column == "about" else model.model_fields[column].description
    return load_catalogue().get(f"meaning.{table}.{column}", " ".join((english or column).split()))


def describe_tables() -> str:
    """Every table and column in Markdown, from the contract."""
    heads = [say(f"columns.{code}") for code in ("column", "needed", "holds", "meaning")]
    lines = [f"# {say('columns.title')}", "", say("columns.intro")]
    for table, columns in CONTRACT.items():
        lines += ["", f"## {table}.csv", "", say_meaning(table, "about"), ""]
        lines += [f"| {' | '.join(heads)} |", "|---|---|---|---|"]
        for name, column in columns.items():
            needed = say("columns.yes") if column.required else ""
            meaning = say_meaning(table, name).replace("|", "/")
            lines.append(f"| {name} | {needed} | {describe_kind(column)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _write_workbook(target: Path) -> None:
    with new_file(target) as book, new_file(target.with_name(f"{target.stem}.scenario.toml")) as scenario:
        _write_sheets(book)
        _write_text(scenario, scenario_template())


def _write_sheets(path: Path) -> None:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        look = {"bold": True, "bottom": 1, "font_color": "#FFFFFF"}
        needed, optional = (book.add_format(look | {"bg_color": c}) for c in ("#1F4E78", "#7F8FA9"))
        text = book.add_format({"num_format": "@"})  # so that an id 0017 stays 0017
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for table, columns in CONTRACT.items():
            sheet = book.add_worksheet(table)
            sheet.freeze_panes(1, 1)
            for at, (name, column) in enumerate(columns.items()):
                cell = {"date": date, "number": None, "whole": None, "flag": None}.get(column.kind, text)
                sheet.set_column(at, at, WIDTHS.get(name, max(13, len(name) + 3)), cell)
                sheet.write_string(0, at, name, needed if column.required else optional)
                needs = say("columns.required" if column.required else "columns.optional")
                gaps = {"meaning": say_meaning(table, name), "holds": describe_kind(column), "needs": needs}
                note = say("columns.note", **gaps)
                sheet.write_comment(0, at, note, {"x_scale": 2.2, "y_scale": 1.2, "author": "optimizer"})
                choices = ["true", "false"] if column.kind == "flag" else list(column.choices)
                if choices:
                    sheet.data_validation(1, at, WORKBOOK_ROWS, at, {"validate": "list", "source": choices})


# Scenario -------------------------------------------------------------------------------------------------


def scenario_template() -> str:
    """``scenario.toml`` with every key, its default and its meaning; reading it gives the defaults.

    In the order of the model, but that keys outside a section come first, as TOML wants it. Keys whose
    default is "nothing" are commented out with an example.
    """
    fields = Scenario.model_fields
    plain = [name for name, field in fields.items() if not _is_section(field.default)]
    lines = [
        "# " + _sentence(Scenario),
        "# Every key may be left out: what stands here are the defaults.",
        "",
    ]
    lines += [_say_key("", name, fields[name], fields[name].default) for name in plain]
    for name, field in fields.items():
        if name not in plain:
            lines += ["", *_say_section(name, field.default, field.description)]
    return "\n".join(lines) + "\n"


def _is_section(value: Any) -> bool:
    inner = value[:1] if isinstance(value, tuple) else value.values() if isinstance(value, dict) else [value]
    return any(isinstance(one, BaseModel) for one in inner)


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _say_section(path: str, value: Any, meaning: str | None = None) -> list[str]:
    """A table, the tables of a dictionary, or an array of tables, whichever ``value`` is."""
    if isinstance(value, dict):
        tables = [(f"[{path}.{name}]", table) for name, table in value.items()]
    elif isinstance(value, tuple):
        tables = [(f"[[{path}]]", table) for table in value]
    else:
        tables = [(f"[{path}]", value)]
    says_more = meaning is not None and type(tables[0][1]) is Priced
    lines = [] if says_more else [f"# {_sentence(type(tables[0][1]))}"]
    lines += [f"# {meaning}"] if meaning else []
    for at, (header, table) in enumerate(tables):
        lines += [*([""] if at else []), header, *_say_keys(path, table, first=at == 0)]
    return lines


def _say_keys(path: str, table: BaseModel, first: bool) -> list[str]:
    """The keys of a table; of its later sisters only what holds something, without the meaning again."""
    lines, examples = [], []
    for name, field in type(table).model_fields.items():
        value, example = getattr(table, name), EXAMPLES.get(f"{path}.{name}")
        if _is_section(example):
            examples += ["", *(f"# {line}".rstrip() for line in _say_section(f"{path}.{name}", example))]
        elif first or value is not None:
            lines.append(_say_key(path, name, field, value, meant=first))
    return [line for line in lines if line] + examples


def _say_key(path: str, name: str, field: FieldInfo, value: Any, meant: bool = True) -> str:
    """``key = value  # meaning``; "" for a key without a value and without an example."""
    code = f"{name} = {_literal(value)}"
    if value is None:
        example = EXAMPLES.get(f"{path}.{name}" if path else name, EXAMPLE_PRICE if name == "price" else None)
        if example is None:
            return ""
        code = f"# {name} = {_literal(example)}"
    return f"{code:<{MEANING_COLUMN}} # {field.description}" if meant and field.description else code


def _literal(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)  # texts, numbers and truths look alike in JSON and TOML
