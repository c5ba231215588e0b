"""Whether what the scenario wants balanced or budgeted is a number in the tables."""

from __future__ import annotations

import pandas as pd

from optimizer.reading.collecting import Findings, suggest
from optimizer.records import Records
from optimizer.scenario import Scenario

COMPUTED = ("hours", "customers")  # measures every case has
SHARES = ("capacity", "equal")  # corridor targets every case has
_NOT_SIZES = ("lat", "lon", "relationship")


def wanted_measures(scenario: Scenario | None) -> set[str]:
    """Customer columns that corridors and budgets of the scenario name."""
    if scenario is None:
        return set()
    named = {c.measure for c in scenario.corridors} | {b.measure for b in scenario.disruption.budgets}
    return named - set(COMPUTED)


def wanted_targets(scenario: Scenario | None) -> set[str]:
    """Rep columns that share out a corridor's targets."""
    return set() if scenario is None else {c.target for c in scenario.corridors} - set(SHARES)


def numeric_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of numbers that say how large somebody is, and say it at least once."""
    return [
        str(c)
        for c in frame.columns
        if c not in _NOT_SIZES and pd.api.types.is_numeric_dtype(frame[c].dtype) and frame[c].notna().any()
    ]


def check_measures(records: Records, scenario: Scenario, findings: Findings) -> None:
    """Measures and targets that are no numeric column, are blank for some, or add up to nothing."""
    named = [(f"corridors[{k}].measure", c.measure) for k, c in enumerate(scenario.corridors)]
    named += [
        (f"disruption.budgets[{k}].measure", b.measure) for k, b in enumerate(scenario.disruption.budgets)
    ]
    named = [(place, name) for place, name in named if name not in COMPUTED]
    _check("customers", records.customers, named, list(COMPUTED), findings)
    named = [(f"corridors[{k}].target", c.target) for k, c in enumerate(scenario.corridors)]
    named = [(place, name) for place, name in named if name not in SHARES]
    _check("reps", records.reps, named, list(SHARES), findings)


def _check(
    table: str, frame: pd.DataFrame, named: list[tuple[str, str]], always: list[str], findings: Findings
) -> None:
    numeric = numeric_columns(frame)
    for place, name in named:
        if name not in numeric:
            known = [*always, *numeric]
            findings.add(
                "not_a_measure", "error", "scenario", None, place, name,
                of=table, known=", ".join(known), hint=suggest(name, known),
            )  # fmt: skip
            continue
        blank = int(frame[name].isna().sum())
        if blank:
            findings.add("measure_blank", "warning", table, None, name, count=blank, place=place)
        if not frame[name].sum() > 0:
            findings.add("measure_zero", "error", table, None, name, place=place)
