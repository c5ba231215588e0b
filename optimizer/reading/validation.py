"""What a settings file (``scenario.toml``, ``mapping.toml``) says and its model does not allow."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from optimizer.messages import Phrase, load_catalogue
from optimizer.reading.collecting import Findings, suggest


def read_toml(path: Path, table: str, findings: Findings) -> dict[str, Any] | None:
    """The content of a TOML file; None with a finding when it cannot be read."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        findings.add(
            "unreadable", "error", table, value=path.name, reason=getattr(error, "strerror", "") or error
        )
        return None
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        findings.add("bad_toml", "error", table, value=path.name, reason=str(error))
    except (
        RecursionError,
        ValueError,
        OverflowError,
    ) as error:  # nested without end; a number of 5,000 digits
        findings.add("bad_toml", "error", table, value=path.name, reason=type(error).__name__)
    return None


def explain(error: ValidationError, model: type[BaseModel], table: str, findings: Findings) -> None:
    """One finding a mistake pydantic found: its dotted place, the nearest key to an unknown one."""
    for mistake in error.errors(include_url=False):
        place = mistake["loc"]
        value = mistake["input"]
        if mistake["type"] == "extra_forbidden":
            known = known_keys(model, place[:-1])
            key = str(place[-1])
            findings.add(
                "unknown_key", "error", table, None, dotted(place), value, key=key, hint=suggest(key, known)
            )
        elif mistake["type"] == "missing":
            findings.add("missing_setting", "error", table, None, dotted(place), key=str(place[-1]))
        else:
            reason = _say_reason(mistake["type"], mistake["msg"], dict(mistake.get("ctx", {})))
            shown = None if isinstance(value, Mapping | BaseModel) else value
            findings.add("bad_setting", "error", table, None, dotted(place) or None, shown, reason=reason)


def _say_reason(kind: str, told: str, gaps: dict[str, Any]) -> str | Phrase:
    """What is wrong with a setting: by its kind, or in a model's own words; in pydantic's where both are silent."""
    if kind == "value_error":
        own = gaps["error"].args[0]
        return own if isinstance(own, Phrase) else str(own)
    if "expected" in gaps:
        gaps["expected"] = gaps["expected"].replace(" or ", ", ")
    return Phrase(f"setting.{kind}", gaps) if f"setting.{kind}" in load_catalogue() else told


def dotted(place: Sequence[int | str]) -> str:
    """``("corridors", 0, "tolerance")`` -> ``corridors[0].tolerance``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def known_keys(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The keys that may stand at ``place`` of a model."""
    models = [model]
    for part in place:
        fields = [m.model_fields[part] for m in models if isinstance(part, str) and part in m.model_fields]
        models = [inner for field in fields for inner in models_in(field.annotation)] or models
    return sorted({field.alias or name for m in models for name, field in m.model_fields.items()})


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]
