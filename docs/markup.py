"""Markdown from docstrings and pydantic models, for the reference."""

from __future__ import annotations

import datetime as dt
import inspect
import re
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

MADE = "<!-- Made by docs/make_reference.py from the code; do not edit. -->"


def page(title: str, intro: str, *parts: str) -> str:
    """A page: its title, what it is about, and its parts."""
    return "\n\n".join([f"# {title}", MADE, intro, *parts]).rstrip() + "\n"


def grid(header: list[str], rows: list[list[str]]) -> str:
    """A table."""
    cells = [
        header,
        ["---"] * len(header),
        *([c.replace("|", "\\|").replace("\n", " ") for c in r] for r in rows),
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def code(text: object) -> str:
    """Text as code; nothing stays nothing."""
    return f"`{text}`" if text != "" else ""


def doc(thing: object) -> str:
    """The docstring in Markdown."""
    return (inspect.getdoc(thing) or "").replace("``", "`")


def first(thing: object) -> str:
    """The first paragraph of the docstring, on one line."""
    return " ".join(doc(thing).split("\n\n")[0].split())


def describe_type(annotation: Any, metadata: list[Any]) -> str:
    """What a field holds, in words: ``number, 0 to 1``."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is not None and hasattr(annotation, "__metadata__"):
        return describe_type(inner[0], [*inner[1:], *metadata])
    if origin is Union or type(annotation).__name__ == "UnionType":
        return " or ".join(describe_type(i, metadata) for i in inner if i is not type(None))
    if origin is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in inner)
    if models_in(annotation) and origin in (tuple, dict):
        return "tables"
    if origin is tuple:
        listed = "list" if inner[-1] is Ellipsis else f"list of {len(inner)}"
        return f"{listed}: {describe_type(inner[0], [])}"
    if origin is dict:
        return f"table of {describe_type(inner[1], [])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    plain = {str: "text", float: "number", int: "whole number", bool: "true or false", dt.date: "date"}
    return plain.get(annotation, "any value") + _describe_limits(metadata)


def _describe_limits(metadata: list[Any]) -> str:
    flat = [m for item in metadata for m in (item.metadata if isinstance(item, FieldInfo) else [item])]
    found = {sign: getattr(m, sign) for m in flat for sign in ("ge", "gt", "le") if hasattr(m, sign)}
    if {"ge", "le"} <= found.keys():
        return f", {found['ge']:g} to {found['le']:g}"
    words = {"ge": "{:g} or more", "gt": "above {:g}", "le": "at most {:g}"}
    return "".join(f", {words[sign].format(limit)}" for sign, limit in found.items())


def describe_default(field: FieldInfo) -> str:
    """The default of a field as it would be written in TOML; empty for none."""
    value = field.get_default(call_default_factory=True)
    if field.is_required():
        return "needed"
    if value is None or value == () or value == {} or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, str):
        return code(f'"{value}"')
    return code(list(value) if isinstance(value, tuple) else value)


def list_keys(model: type[BaseModel]) -> str:
    """Every field of a model: key, type, default, meaning."""
    rows = [
        [
            code(field.alias or name),
            describe_type(field.annotation, list(field.metadata)),
            describe_default(field),
            field.description or first(models_in(field.annotation)[0]),
        ]
        for name, field in model.model_fields.items()
    ]
    return grid(["key", "holds", "default", "meaning"], rows)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def plain_gaps(sentence: str) -> str:
    """``{load:,.1f}`` -> ``{load}``, ``{count:rep|reps}`` -> ``reps``: how gaps are formatted matters to no reader."""
    sentence = re.sub(r"\{\w+:[^{}|]*\|([^{}]*)\}", r"\1", sentence)
    return re.sub(r"\{(\w+)[^}]*\}", r"{\1}", sentence)
