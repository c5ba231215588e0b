"""A scenario with some of its values changed, each named by its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.scenarios import read_scenario
from optimizer.reading.validation import dotted, models_in
from optimizer.scenario import Scenario

Place = tuple[int | str, ...]
_GONE = object()


def change_settings(
    scenario: Scenario, changes: Mapping[str, Any], findings: Findings, table: str
) -> Scenario | None:
    """The scenario with ``changes`` in it, nested as in scenario.toml.

    An item of a list is named by its number, from 0, or by its measure. An empty text empties what may be empty, and
    takes an item of a list or a table such as a tier away. Findings are told of ``table``; None when one is an error.
    """
    own = Findings()
    merged = _merge(scenario.model_dump(), dict(changes), (), own)
    changed = None if own.has_errors else read_scenario(merged, own)
    for f in own.listed():
        if not table:
            findings.extend([f])
            continue
        findings.add(f.code, f.severity, table, None, f"scenario.{f.column}" if f.column else "scenario",
                     f.value, **f.details)  # fmt: skip
    return changed


def list_settings(scenario: Scenario) -> dict[str, Any]:
    """Every value of a scenario by its place: ``corridors[0].tolerance``. Lists of plain values are one value."""
    return {dotted(place): value for place, value in _leaves(scenario.model_dump(), ())}


def nest(place: str, value: Any) -> dict[str, Any]:
    """``("corridors.0.tolerance", 0.05)`` as the nested tables that ``change_settings`` takes."""
    nested = value
    for part in reversed(place.replace("[", ".").replace("]", "").split(".")):
        nested = {part: nested}
    return nested if isinstance(nested, dict) else {}


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*place, str(key)))
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        for k, item in enumerate(value):
            yield from _leaves(item, (*place, k))
    else:
        yield place, value


def _merge(now: Any, change: Any, place: Place, findings: Findings) -> Any:
    """What stands at ``place`` after the change."""
    if isinstance(change, Mapping) and isinstance(now, Mapping):
        merged = dict(now)
        for key, item in change.items():
            merged[key] = _merge(now.get(key), item, (*place, key), findings)
            if merged[key] is _GONE:
                del merged[key]
        return merged
    if isinstance(change, Mapping) and isinstance(now, list | tuple):
        items = list(now)
        for key, item in change.items():
            at = _find_item(items, key)
            if at is None:
                known = [str(k) for k in range(len(items))]
                known += [str(i["measure"]) for i in items if isinstance(i, Mapping) and "measure" in i]
                where = dotted((*place, int(key) if key.isdecimal() else key))
                findings.add(
                    "variant_no_item", "error", "scenario", None, where, key, hint=suggest(key, known)
                )
                continue
            items[at] = _merge(items[at], item, (*place, at), findings)
        return tuple(item for item in items if item is not _GONE)
    if change == "":
        if isinstance(now, Mapping) and len(place) > 1:
            return _GONE
        change = None if _may_be_empty(place) else change
    if (tuple(change) if isinstance(change, list) else change) == now:
        findings.add("variant_same", "warning", "scenario", None, dotted(place), change)
    return change


def _find_item(items: list[Any], key: str) -> int | None:
    """Position of the item with that number, or the first with that measure."""
    if key.isdecimal():
        return int(key) if int(key) < len(items) else None
    return next((k for k, i in enumerate(items) if isinstance(i, Mapping) and i.get("measure") == key), None)


def _may_be_empty(place: Place) -> bool:
    """Whether the value at ``place`` of a scenario may be left empty."""
    models: list[type[BaseModel]] = [Scenario]
    for part in place[:-1]:
        fields = [m.model_fields[part] for m in models if isinstance(part, str) and part in m.model_fields]
        models = [inner for field in fields for inner in models_in(field.annotation)] or models
    name = str(place[-1])
    return any(
        type(None) in get_args(m.model_fields[name].annotation) for m in models if name in m.model_fields
    )
