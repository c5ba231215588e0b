"""The case's ``guardrails.toml``: what a plan must show to be accepted, read and checked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from optimizer.guardrails import Guardrail
from optimizer.kpis import name_kpis
from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.validation import read_toml
from optimizer.scenario import Scenario

_TABLE, _ENDS = "guardrails", ("min", "max")


def read_guardrails(
    path: Path | None, scenario: Scenario | None, findings: Findings
) -> tuple[Guardrail, ...]:
    """The guardrails in the order of the file; none without a file. Everything wrong becomes a finding.

    ``scenario``: names the KPIs there are (its tiers and corridors); None: names are not checked.
    """
    content = None if path is None else read_toml(path, _TABLE, findings)
    if content is None:
        return ()
    ends: dict[str, dict[str, float]] = {}
    for place, value in _leaves(content, ()):
        name, end = ".".join(place[:-1]), place[-1]
        if place[0] in _ENDS and name and end not in _ENDS:
            kpi = ".".join(place[1:])
            findings.add(
                "guardrail_turned", "error", _TABLE, None, ".".join(place), value, kpi=kpi, end=place[0]
            )
        elif end not in _ENDS or not name:
            findings.add(
                "unknown_key",
                "error",
                _TABLE,
                None,
                ".".join(place),
                value,
                key=end,
                hint=suggest(end, _ENDS),
            )
        elif not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            findings.add("guardrail_number", "error", _TABLE, None, ".".join(place), value)
        else:
            ends.setdefault(name, {})[end] = float(value)
    known = None if scenario is None else name_kpis(scenario)
    for name, found in ends.items():
        if known is not None and name not in known:
            findings.add("guardrail_kpi", "error", _TABLE, None, name, name, hint=suggest(name, known))
        if found.get("min", -math.inf) > found.get("max", math.inf):
            findings.add("guardrail_ends", "error", _TABLE, None, name, min=found["min"], max=found["max"])
    return tuple(Guardrail(name, found.get("min"), found.get("max")) for name, found in ends.items())


def _leaves(table: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*place, key))
        else:
            yield (*place, key), value
