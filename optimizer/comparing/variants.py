"""Variants: small named changes of a case that can be read, put together, and laid on the case they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizer.case import Case
from optimizer.comparing.patches import Patch
from optimizer.comparing.settings import change_settings, list_settings, nest
from optimizer.findings import InputError
from optimizer.reading.collecting import Findings
from optimizer.reading.hashing import hash_input
from optimizer.reading.validation import explain, read_toml

FOLDER = "variants"


@dataclass(frozen=True)
class Part:
    """One file of a variant, or one made in memory: ``file`` is how findings name it."""

    name: str
    file: str
    patch: Patch


@dataclass(frozen=True)
class Variant:
    """A named change of a case: its parts are laid on the case one after another."""

    name: str
    parts: tuple[Part, ...]

    @property
    def description(self) -> str:
        """What the variant is for, in the words of its files."""
        return "; ".join(part.patch.description for part in self.parts if part.patch.description)


@dataclass(frozen=True)
class Touched:
    """What one entry of a variant changed in one column, or the rows it added or took away.

    ``part`` and ``entry`` say which entry of which variant; ``table`` is a table of the case or ``scenario``;
    ``ids`` are the rows, by their first column (of the scenario: none). ``before`` and ``after`` are the value where
    it is one in all rows, else, of numbers, the sum (``summed``), else None.
    """

    part: str
    entry: str
    table: str
    action: str  # set, add, remove
    column: str | None
    count: int
    ids: tuple[str, ...] = field(default=(), repr=False)
    before: Any = None
    after: Any = None
    summed: bool = False


@dataclass(frozen=True, eq=False)
class Patched:
    """A case with a variant laid on it, and what that touched. ``case.findings`` holds the warnings."""

    case: Case
    touched: list[Touched]


def read_variants(case_folder: str | Path) -> dict[str, Variant]:
    """Every variant of a case by its name, the name of its file, in alphabetical order.

    They lie in ``variants/*.toml`` of the folder; beside a workbook, in the folder ``variants`` there. InputError
    holds everything that is wrong in any of them.
    """
    path = Path(case_folder)
    folder = (path if path.is_dir() else path.parent) / FOLDER
    findings, variants = Findings(), {}
    for file in sorted(folder.glob("*.toml")):
        told = f"{FOLDER}/{file.name}"
        content = read_toml(file, told, findings)
        patch = None if content is None else _understand(content, told, findings)
        if patch is not None:
            variants[file.stem] = Variant(file.stem, (Part(file.stem, told, patch),))
    if findings.has_errors:
        raise InputError(findings.listed())
    return variants


def make_variant(name: str, content: Mapping[str, Any]) -> Variant:
    """A variant from what its file would hold, as nested dicts. InputError for what is wrong in it."""
    findings = Findings()
    patch = _understand(content, name, findings)
    if patch is None:
        raise InputError(findings.listed())
    return Variant(name, (Part(name, name, patch),))


def set_values(name: str, values: Mapping[str, Any]) -> Variant:
    """A variant that changes scenario values named by their places: ``{"corridors.0.tolerance": 0.05}``."""
    parts = [Part(name, name, Patch(scenario=nest(place, value))) for place, value in values.items()]
    return Variant(name, tuple(parts))


def compose(*variants: Variant) -> Variant:
    """One variant of several, laid on the case in this order: ``a+b``."""
    return Variant("+".join(v.name for v in variants), tuple(part for v in variants for part in v.parts))


def apply_variant(case: Case, variant: Variant) -> Patched:
    """The case with the variant laid on it; ``case`` itself stays as it is.

    InputError holds every finding when a name or value of the variant is wrong, or when it changes nothing at all.
    """
    findings, touched = Findings(), list[Touched]()
    scenario = case.scenario
    for part in variant.parts:
        if part.patch.scenario:
            changed = change_settings(scenario, part.patch.scenario, findings, part.file)
            if changed is not None:
                touched += _compare_settings(part.name, list_settings(scenario), list_settings(changed))
                scenario = changed
    if findings.has_errors:
        raise InputError(findings.listed())
    made = replace(
        case,
        name=f"{case.name} · {variant.name}",
        variant=variant.name,
        scenario=scenario,
        findings=[*case.findings, *findings.listed()],
        input_hash=hash_input(case.records, scenario),
    )
    return Patched(made, touched)


def _understand(content: Mapping[str, Any], file: str, findings: Findings) -> Patch | None:
    try:
        return Patch.model_validate(dict(content))
    except ValidationError as error:
        explain(error, Patch, file, findings)
        return None


def _compare_settings(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Touched]:
    """The values of the scenario that differ, by their places."""
    places = [*before, *(place for place in after if place not in before)]
    return [
        Touched(
            part, "scenario", "scenario", "set", place, 1, before=before.get(place), after=after.get(place)
        )
        for place in places
        if before.get(place) != after.get(place)
    ]
