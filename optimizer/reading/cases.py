"""A case read whole: files found, columns understood, every problem told at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.reading.aliases import rename_columns
from optimizer.reading.checks import run_checks
from optimizer.reading.checks.measures import wanted_measures, wanted_targets
from optimizer.reading.collecting import Findings
from optimizer.reading.files import Source, find_beside, read_tables
from optimizer.reading.guardrails import read_guardrails
from optimizer.reading.hashing import hash_input
from optimizer.reading.mapped import apply_mapping
from optimizer.reading.mapping import read_mapping
from optimizer.reading.normalising import empty_table, normalise
from optimizer.reading.scenarios import read_scenario
from optimizer.records import TABLES, Records
from optimizer.scenario import Scenario

Settings = Mapping[str, Any] | str | Path | None
_NEEDED = ("reps", "customers")


def read_case(source: Source, *, scenario: Scenario | Settings = None, mapping: Settings = None) -> Case:
    """Read and check a case.

    ``source``: a folder of CSV, Parquet or Excel files named after the tables; one ``.xlsx`` workbook with a
    sheet a table; or a dict of DataFrames by table name. ``scenario`` and ``mapping``: a path or a dict
    (``scenario`` also a Scenario); left out, ``scenario.toml`` and ``mapping.toml`` of the folder are read.
    Beside a workbook ``north.xlsx`` these are ``north.scenario.toml`` and ``north.mapping.toml``, else the
    plain names.

    Returns a case whose ``findings`` are warnings. Raises InputError with *all* findings, warnings too, when
    one of them is an error.
    """
    findings = Findings()
    case = _read(source, scenario, mapping, findings)
    if case is None or findings.has_errors:
        raise InputError(findings.listed())
    return case


def check_case(
    source: Source, *, scenario: Scenario | Settings = None, mapping: Settings = None
) -> list[Finding]:
    """All findings about a case, errors first; never raises for bad input. Arguments as for ``read_case``."""
    findings = Findings()
    _read(source, scenario, mapping, findings)
    return findings.listed()


def _read(
    source: Source, scenario: Scenario | Settings, mapping: Settings, findings: Findings
) -> Case | None:
    wishes = read_scenario(scenario if scenario is not None else _beside(source, "scenario.toml"), findings)
    mappings = read_mapping(mapping if mapping is not None else _beside(source, "mapping.toml"), findings)
    raws = read_tables(source, mappings, findings)
    measures = {"customers": wanted_measures(wishes), "reps": wanted_targets(wishes)}
    frames = {}
    for table in TABLES:
        if table not in raws:
            if table in _NEEDED:
                findings.add("missing_table", "error", table)
            frames[table] = empty_table(table)
            continue
        raw, made = raws[table], set()
        if table in mappings:
            raw = apply_mapping(table, raw, mappings[table], findings)
            made = set(mappings[table].columns)
        raw = rename_columns(table, raw, findings, keep=measures.get(table, ()), taken=made)
        frames[table] = normalise(table, raw, measures.get(table, ()), findings)
    records = Records(**frames)
    run_checks(records, wishes, findings)
    guardrails = read_guardrails(_beside(source, "guardrails.toml"), wishes, findings)
    if wishes is None or findings.has_errors:
        return None
    name = wishes.name or (_name(source) if not isinstance(source, Mapping) else "case")
    return Case(name, records, wishes, findings.listed(), hash_input(records, wishes), guardrails=guardrails)


def _beside(source: Source, name: str) -> Path | None:
    try:
        return find_beside(source, name)
    except (OSError, ValueError):  # a path too long, or with a NUL in it: told when the tables are looked for
        return None


def _name(source: str | Path) -> str:
    path = Path(source).resolve()
    return path.stem if path.suffix else path.name
