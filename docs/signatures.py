"""What commands and public functions take, read from their signatures."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from markup import code
from typer.models import ArgumentInfo

from optimizer import cli


@dataclass(frozen=True)
class Parameter:
    """An argument or option of a command; the last of ``names`` with its value is what is ``shown``."""

    names: list[str]
    shown: str
    default: str
    meaning: str


def list_commands() -> dict[str, Any]:
    """The function behind each command."""
    functions = [command.callback for command in cli.app.registered_commands]
    return {function.__name__.replace("_", "-"): function for function in functions if function is not None}


def list_parameters(command: Any) -> list[Parameter]:
    """Arguments and options of a command, read from its signature."""
    found = []
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        holds, told = get_args(parameter.annotation)
        value, default = told.metavar or "", parameter.default
        if not value and isinstance(holds, type) and issubclass(holds, Enum):
            value = "|".join(str(choice.value) for choice in holds)
        # Inside Annotated the first name of Option("--out", "-o") stands where a default would.
        given = [told.default] if isinstance(told.default, str) else []
        names = sorted([*given, *(told.param_decls or [])], key=len) or [f"--{name.replace('_', '-')}"]
        if isinstance(told, ArgumentInfo):
            names = [value]
        if default is inspect.Parameter.empty:
            shown_default = "needed"
        elif default is None or default is False:
            shown_default = ""
        else:
            shown_default = code(default.as_posix() if isinstance(default, Path) else str(default))
        shown = names[-1] if isinstance(told, ArgumentInfo) else f"{names[-1]} {value}".rstrip()
        found.append(Parameter(names, shown, shown_default, told.help or ""))
    return found


def write_signature(name: str, function: Any) -> str:
    """The signature as it would stand in code, on one line where it fits."""
    signature = inspect.signature(function)
    parts = []
    for p in signature.parameters.values():
        if p.kind is p.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = "" if p.default is p.empty else f" = {p.default!r}"
        stars = "**" if p.kind is p.VAR_KEYWORD else ""
        holds = "" if p.annotation is p.empty else f": {p.annotation}"  # self holds what it is
        parts.append(f"{stars}{p.name}{holds}{default}")
    tail = f") -> {signature.return_annotation}"
    one_line = f"{name}({', '.join(parts)}{tail}"
    if len(one_line) <= 100:
        return one_line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + tail
