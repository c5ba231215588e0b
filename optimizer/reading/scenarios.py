"""The planner's ``scenario.toml``: read, checked by its model, and every mistake told with its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from optimizer.messages import Phrase
from optimizer.reading.collecting import Findings
from optimizer.reading.parsing import FIRST_YEAR, LAST_YEAR
from optimizer.reading.validation import dotted, explain, read_toml
from optimizer.scenario import Scenario

LARGEST_SETTING = 1e6  # no price, weight or size of work means anything above
LARGEST_AMOUNT = 1e15  # amounts of a budget are in units of any measure
LARGEST_SEED = 2**31 - 1  # what the solvers take
SMALLEST_SETTING = 1e-6  # other than 0: what is divided by it must stay a number
_SMALLEST = {"speed_kmh": 0.1, "stops_per_day": 0.01}


def read_scenario(
    given: Scenario | Mapping[str, Any] | str | Path | None, findings: Findings
) -> Scenario | None:
    """The scenario; None with findings when it is wrong. Nothing given: all defaults."""
    if given is None:
        return Scenario.model_validate({})
    if isinstance(given, Scenario):
        scenario = given
    else:
        content = given if isinstance(given, Mapping) else read_toml(Path(given), "scenario", findings)
        if content is None:
            return None
        try:
            scenario = Scenario.model_validate(content)
        except ValidationError as error:
            explain(error, Scenario, "scenario", findings)
            return None
        except RecursionError:
            findings.add("bad_toml", "error", "scenario", reason=Phrase("reason.nested"))
            return None
    return scenario if _sane(scenario, findings) else None


def _sane(scenario: Scenario, findings: Findings) -> bool:
    """Whether every number and date is of a size that can be calculated with."""
    fine = True
    for place, value in _leaves(scenario, ()):
        if isinstance(value, dt.date):
            if not FIRST_YEAR <= value.year <= LAST_YEAR:
                years = f"{FIRST_YEAR} to {LAST_YEAR}"
                findings.add("setting_date", "error", "scenario", None, dotted(place), value, years=years)
                fine = False
        elif isinstance(value, int | float) and not isinstance(value, bool):
            largest = {"amount": LARGEST_AMOUNT, "seed": LARGEST_SEED}.get(str(place[-1]), LARGEST_SETTING)
            if abs(value) > largest:
                limit = f"{largest:,.0f}"
                findings.add(
                    "setting_too_large", "error", "scenario", None, dotted(place), str(value), limit=limit
                )
                fine = False
            smallest = _SMALLEST.get(str(place[-1]), SMALLEST_SETTING)
            if 0 < abs(value) < smallest:
                limit = f"{smallest:g}"
                findings.add(
                    "setting_too_small", "error", "scenario", None, dotted(place), str(value), limit=limit
                )
                fine = False
    return fine


def _leaves(value: Any, place: tuple[int | str, ...]) -> Iterator[tuple[tuple[int | str, ...], Any]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), (*place, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*place, str(key)))
    elif isinstance(value, tuple | list):
        for k, item in enumerate(value):
            yield from _leaves(item, (*place, k))
    else:
        yield place, value
