"""Plans that were written into folders, read again with the case, or the variant of it, that each is of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.comparing.comparison import Entry
from optimizer.comparing.variants.variant import apply_variant, pick_variant, read_variants
from optimizer.findings import Finding, InputError
from optimizer.plan import Plan
from optimizer.problem import Problem, to_units
from optimizer.reading.assignments import read_assignments
from optimizer.reading.cases import read_case
from optimizer.reading.collecting import Findings


def read_entries(case: str | Path, folders: Sequence[str | Path]) -> tuple[list[Entry], list[Finding]]:
    """The plans in ``folders`` that ``plan`` wrote for a case or a variant of it, and findings about them.

    A plan is named after its folder, by its whole path where two are called alike. Its bound counts only while
    the case is as it was when it was planned. InputError with everything that cannot be read.
    """
    given = read_case(case)
    cases: dict[str, tuple[Case, Problem]] = {"": (given, build_problem(given))}
    findings, entries = Findings(), []
    findings.extend(given.findings)
    names = [Path(folder).resolve().name for folder in folders]
    for folder, short in zip(folders, names, strict=True):
        name = short if names.count(short) == 1 else str(folder)
        told = _read_result(Path(folder))
        variant = told.get("variant") or ""
        try:
            if variant not in cases:
                cases[variant] = _vary(case, given, str(variant))
            at, problem = cases[variant]
            owner, found = read_assignments(_open_assignments(Path(folder) / "assignments.csv"), at)
        except InputError as error:
            findings.extend(error.findings)
            continue
        findings.extend(found)
        bound = told.get("bound")
        if told.get("input_hash", at.input_hash) != at.input_hash:
            findings.add("plan_of_other_input", "warning", "result", None, None, name)
            bound = None
        units = None if bound is None else int(to_units(bound))
        entries.append(Entry(name, at, problem, Plan(owner), units))
    if findings.has_errors:
        raise InputError(findings.listed())
    return entries, findings.listed()


def _open_assignments(file: Path) -> Path | pd.DataFrame:
    """The two columns that count, read fast; the file itself where it is not as ``plan`` writes it."""
    try:
        return pd.read_csv(
            file, usecols=["customer_id", "rep_id"], dtype=str, keep_default_na=False, encoding="utf-8"
        )
    except (OSError, ValueError):
        return file


def _read_result(folder: Path) -> dict[str, Any]:
    """What result.json says; nothing where there is none that can be read."""
    try:
        told = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _vary(source: str | Path, case: Case, name: str) -> tuple[Case, Problem]:
    patched = apply_variant(case, pick_variant(read_variants(source), name)).case
    return patched, build_problem(patched)
