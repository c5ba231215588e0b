"""Variants: small named changes of a case that can be read, put together, and laid on the case they belong to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from optimizer.case import Case
from optimizer.comparing.variants.patches import Add, Change, Demand, Leave, Patch, Remove
from optimizer.comparing.variants.patching import Patching
from optimizer.comparing.variants.settings import change_settings, list_settings, nest
from optimizer.comparing.variants.touched import Touched
from optimizer.findings import Finding, InputError
from optimizer.messages import Phrase
from optimizer.reading.checks import run_checks
from optimizer.reading.collecting import Findings, suggest
from optimizer.reading.hashing import hash_input
from optimizer.reading.validation import explain, read_toml
from optimizer.records import Records
from optimizer.scenario import Scenario

FOLDER = "variants"


@dataclass(frozen=True)
class Part:
    """One file of a variant, or one made in memory.

    ``file`` is how findings name it (nothing: values of the scenario, set in memory); ``lines`` are those where its
    entries begin: ``change[0]``. ``findings``: mistakes in the file; its ``patch`` is what is left without them.
    """

    name: str
    file: str
    patch: Patch
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A named change of a case: its parts are laid on the case one after another."""

    name: str
    parts: tuple[Part, ...]

    @property
    def description(self) -> str:
        """What the variant is for, in the words of its files."""
        return "; ".join(part.patch.description for part in self.parts if part.patch.description)


@dataclass(frozen=True, eq=False)
class Patched:
    """A case with a variant laid on it, and what that touched. ``case.findings`` holds the warnings."""

    case: Case
    touched: list[Touched]


def read_variants(case_folder: str | Path) -> dict[str, Variant]:
    """Every variant of a case by its name, the name of its file, in alphabetical order.

    They lie in ``variants/*.toml`` of the folder; beside a workbook, in the folder ``variants`` there. What is wrong
    in a file is told when it is laid on the case, with whatever else is wrong with it.
    """
    path = Path(case_folder)
    folder = (path if path.is_dir() else path.parent) / FOLDER
    variants = {}
    for file in sorted(folder.glob("*.toml")):
        told, findings = f"{FOLDER}/{file.name}", Findings()
        if "+" in file.stem:
            findings.add("variant_name", "error", told, value=file.stem)
        content = read_toml(file, told, findings)
        lines, patch = dict[str, int](), Patch()
        if content is not None:
            lines = _find_lines(file.read_text(encoding="utf-8-sig"))
            patch = _understand(content, told, lines, findings)
        part = Part(file.stem, told, patch, lines, tuple(findings.listed()))
        variants[file.stem] = Variant(file.stem, (part,))
    return variants


def pick_variant(variants: Mapping[str, Variant], name: str) -> Variant:
    """One variant, or several put together, by name: ``a`` or ``a+b``. InputError names every unknown one."""
    names = [part.strip() for part in name.split("+")]
    wrong = [part for part in names if part not in variants]
    if wrong:
        raise InputError(
            Finding("variant_unknown", "error", FOLDER, value=part, details={"hint": suggest(part, variants)})
            for part in wrong
        )
    return compose(*(variants[part] for part in names))


def make_variant(name: str, content: Mapping[str, Any]) -> Variant:
    """A variant from what its file would hold, as nested dicts. InputError for what is wrong in it."""
    findings = Findings()
    patch = _understand(content, name, {}, findings)
    if findings.has_errors:
        raise InputError(findings.listed())
    return Variant(name, (Part(name, name, patch),))


def set_values(name: str, values: Mapping[str, Any]) -> Variant:
    """A variant that gives scenario values named by their places: ``{"corridors.0.tolerance": 0.05}``.

    A value may be what the case says already: a grid of values holds that point too.
    """
    parts = [Part(name, "", Patch(scenario=nest(place, value))) for place, value in values.items()]
    return Variant(name, tuple(parts))


def compose(*variants: Variant) -> Variant:
    """One variant of several, laid on the case in this order: ``a+b``."""
    return Variant("+".join(v.name for v in variants), tuple(part for v in variants for part in v.parts))


def apply_variant(case: Case, variant: Variant) -> Patched:
    """The case with the variant laid on it; ``case`` itself stays as it is.

    Of each part the scenario comes first, then who leaves and what goes, what changes, what comes. The patched case is
    checked as any case is. An entry that hits nothing is a warning among ``case.findings``; InputError holds every
    finding, warnings too, when one of them is an error.
    """
    findings, scenario = Findings(), case.scenario
    tables = Patching(case.records, findings)
    for part in variant.parts:
        findings.extend(part.findings)
        if part.patch.scenario:
            own = Findings()
            changed = change_settings(scenario, part.patch.scenario, own, part.file)
            findings.extend(f for f in own.listed() if part.file or f.code != "variant_same")
            if changed is not None:
                tables.touched += _compare_settings(
                    part.name, list_settings(scenario), list_settings(changed)
                )
                scenario = changed
        tables.lay(part.name, part.file, part.lines, part.patch, scenario)
    records = tables.records
    stays = [] if findings.has_errors else _check_again(case, records, scenario, variant, findings)
    if findings.has_errors:
        raise InputError(findings.listed())
    made = replace(
        case,
        name=f"{case.name} · {variant.name}",
        variant=variant.name,
        records=records,
        scenario=scenario,
        findings=[*stays, *findings.listed()],
        input_hash=hash_input(records, scenario),
    )
    return Patched(made, tables.touched)


def _understand(content: Mapping[str, Any], file: str, lines: Mapping[str, int], findings: Findings) -> Patch:
    """What a file says, without what is wrong in it: that is told."""
    own, patch = Findings(), Patch()
    try:
        return Patch.model_validate(dict(content))
    except ValidationError as error:
        explain(error, Patch, file, own)
        patch = _salvage(content, {mistake["loc"][:2] for mistake in error.errors()})
    except RecursionError:
        own.add("bad_toml", "error", file, reason=Phrase("reason.nested"))
    for f in own.listed():
        entry = re.match(r"\w+\[\d+\]", f.column or "")
        line = lines.get(entry[0]) if entry else None
        findings.add(f.code, f.severity, file, line, f.column, f.value, **f.details)
    return patch


def _salvage(content: Mapping[str, Any], wrong: Collection[tuple[int | str, ...]]) -> Patch:
    """What is right in a file; in place of an entry that is ``wrong`` there is none, so that the others keep theirs."""
    kept: dict[str, Any] = {}
    for name, words in (
        ("leave", Leave),
        ("remove", Remove),
        ("change", Change),
        ("demand", Demand),
        ("add", Add),
    ):
        if (name,) not in wrong:
            kept[name] = tuple(
                None if (name, k) in wrong else words.model_validate(entry)
                for k, entry in enumerate(content.get(name, ()))
            )
    if isinstance(scenario := content.get("scenario"), dict):
        kept["scenario"] = scenario
    return Patch.model_construct(**kept)


def _find_lines(text: str) -> dict[str, int]:
    """The line on which each entry of a file begins: ``change[0]``."""
    lines, counts = {}, dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*\[\[\s*(\w+)\s*\]\]", line):
            k = counts.get(match[1], 0)
            counts[match[1]] = k + 1
            lines[f"{match[1]}[{k}]"] = number
    return lines


def _check_again(
    case: Case, records: Records, scenario: Scenario, variant: Variant, findings: Findings
) -> list[Finding]:
    """Check the patched case; told is what was fine before. Returns the case's own findings that are still true."""
    before, after = (_check(*given) for given in ((case.records, case.scenario), (records, scenario)))
    known = {_key(f) for f in before}
    for f in after:
        if _key(f) in known:
            continue
        gaps = {"table": f.table, "row": f.row, "column": f.column, "value": f.value, **f.details}
        say_again = {
            part: Phrase(f"finding.{f.code}.{part}", gaps) for part in ("problem", "expected", "fix")
        }
        where = f"{f.table}.{f.column}" if f.column else f.table
        file = variant.parts[-1].file if len(variant.parts) == 1 else variant.name
        code = "variant_breaks" if f.severity == "error" else "variant_warns"
        findings.add(code, f.severity, file or "scenario", None, None, f.value, where=where, **say_again)
    gone = known - {_key(f) for f in after}
    return [f for f in case.findings if _key(f) not in gone]


def _check(records: Records, scenario: Scenario) -> list[Finding]:
    own = Findings()
    own.rows = {table: np.arange(len(frame)) + 2 for table, frame in records.tables().items() if len(frame)}
    own.rows |= {"reps": np.arange(len(records.reps)) + 2, "customers": np.arange(len(records.customers)) + 2}
    run_checks(records, scenario, own)
    return own.listed()


def _key(finding: Finding) -> tuple[str, ...]:
    """What a finding says, wherever its row stands now."""
    told = sorted((name, repr(value)) for name, value in finding.details.items() if name != "first")
    return (finding.code, finding.table, str(finding.column), repr(finding.value), repr(told))


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
