"""Candidates: at which places, and with which skills, somebody could be hired; from a table, or found on the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.messages import say
from optimizer.problem import Problem
from optimizer.reading.assignments import load_columns
from optimizer.reading.checks.keys import check_keys
from optimizer.reading.checks.points import check_points
from optimizer.reading.checks.tiers import check_tiers
from optimizer.reading.collecting import Findings
from optimizer.reading.normalising import empty_table, normalise
from optimizer.reading.tables import RawTable
from optimizer.records import TABLES, Records, parse_names, parse_skills
from optimizer.solving.modelling.candidates import ALL_PAIRS
from optimizer.solving.teams.coarse import spread_places

TABLE = "places"  # how findings name the table of places
MOST_PLACES, FEWEST_PLACES = 24, 4
MOST_PROFILES = 8  # unless it takes more to serve every customer
SAYS_WHO = ("skills", "tiers", "role")
SAYS = (*SAYS_WHO, "lat", "lon", "hours_per_week")
CAPACITY_TARGETS = ("capacity", "equal")


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be hired: ``place`` names where, ``row`` is a row of reps without its id.

    ``site``: candidates of one number live at one place, where ``most`` may be hired in all; None: any number.
    """

    site: int
    place: str
    row: Mapping[str, Any]
    most: int | None = None

    @property
    def skills(self) -> int:
        """Levels of all skills together: of two who do the same work the one with fewer is found more easily."""
        return sum(skill.level for skill in parse_skills(self.row.get("skills")))


def read_places(file: str | Path | pd.DataFrame, case: Case) -> tuple[list[Candidate], list[Finding]]:
    """The candidates of a table with a row a place, and what is worth a warning.

    Columns: place_id, and as in reps, where known, name, lat, lon, skills, tiers, role and hours_per_week; ``most`` is
    how many may be hired there (empty: any number). Without skills, tiers and role these are found as for
    places of the map. InputError holds everything that is wrong.
    """
    findings = Findings()
    raw = load_columns(TABLE, file, ["place_id"], findings)
    frame = raw.frame.rename(columns={"place_id": "rep_id"})
    own = Findings()
    own.rows["reps"] = raw.rows
    clean = normalise("reps", RawTable("reps", raw.origin, frame, raw.rows), {"most"}, own)
    tables = {name: empty_table(name) for name in TABLES} | {"reps": clean}
    for check in (check_keys, check_points):
        check(Records(**tables), own)
    check_tiers(Records(**tables), case.scenario, own)
    for f in own.listed():
        if f.table == "reps":
            column = "place_id" if f.column == "rep_id" else f.column
            findings.extend([replace(f, table=TABLE, column=column)])
    if "most" in clean.columns:
        most = clean["most"].to_numpy(np.float64)
        bad = np.flatnonzero(~np.isnan(most) & ((most < 1) | (most != np.trunc(most))))
        findings.rows[TABLE] = raw.rows
        findings.add_all("place_most", "error", TABLE, bad, "most", most[bad].tolist())
    if not len(clean) and not findings.has_errors:
        findings.add("empty_table", "error", TABLE)
    if findings.has_errors:
        raise InputError(findings.listed())
    given = [name for name in SAYS_WHO if name in frame.columns]
    profiles = [{}] if given else list_profiles(case, build_problem(case))
    found = []
    for site, row in enumerate(clean.to_dict("records")):
        known = {str(k): v for k, v in row.items() if k in SAYS and not pd.isna(v)}
        label = row["rep_id"] if pd.isna(row["name"]) else row["name"]
        most_here = None if pd.isna(row.get("most", np.nan)) else int(row["most"])
        for profile in profiles:
            found.append(Candidate(site, str(label), make_row(case, profile | known), most_here))
    return found, findings.listed()


def suggest_places(case: Case, problem: Problem) -> list[Candidate]:
    """Candidates at places that stand for the customers around them, each with every profile.

    ``problem`` is built from ``case``. Without any point there is one place, nowhere.
    """
    profiles = list_profiles(case, problem)
    room = ALL_PAIRS // max(problem.n_customers, 1) - problem.n_reps
    count = int(np.clip(room // len(profiles), FEWEST_PLACES, MOST_PLACES))
    at = spread_places(problem.customer_point, problem.hours.astype(np.float64), count, problem.seed)
    if not len(at):
        return [Candidate(0, "", make_row(case, profile)) for profile in profiles]
    customers = case.records.customers.iloc[at]
    found = []
    for site, row in enumerate(customers.to_dict("records")):
        label = str(row["customer_id"] if pd.isna(row["name"]) else row["name"])
        if not pd.isna(row["region"]):
            label = say("size.near", region=row["region"], customer=label)
        point = {"lat": float(row["lat"]), "lon": float(row["lon"])}
        found += [Candidate(site, label, make_row(case, profile | point)) for profile in profiles]
    return found


def list_profiles(case: Case, problem: Problem) -> list[dict[str, Any]]:
    """Skills, tiers and role with which somebody may be hired, so that every customer can be served by one of them.

    Without skills, with one skill that customers require, with all that some of them require, or as somebody who is
    there. ``problem`` is built from ``case``.
    """
    reps, customers = case.records.reps, case.records.customers
    rights = list(zip(*(reps[c].fillna("") for c in ("tiers", "role")), strict=True))
    held = [{skill.name for skill in parse_skills(text)} for text in reps["skills"]]
    usual = [one for one, _ in Counter(rights).most_common()]
    kinds = _list_kinds(case, problem)
    asked = {skill.name for text in customers["prefers"].dropna().unique() for skill in parse_skills(text)}
    asked |= {name for kind in kinds for name in kind.levels}
    found: list[dict[str, Any]] = []

    def add(skills: str, tiers: str, role: str) -> None:
        profile = {k: v for k, v in (("skills", skills), ("tiers", tiers), ("role", role)) if v}
        if profile not in found:
            found.append(profile)

    for tiers, role in usual[:3]:
        add("", tiers, role)
    most: dict[str, int] = {}
    for kind in kinds:
        for name, level in kind.levels.items():
            most[name] = max(most.get(name, 0), level)
    for name, level in sorted(most.items()):
        having = Counter(one for one, skills in zip(rights, held, strict=True) if name in skills)
        add(_write_skills({name: level}), *([*(one for one, _ in having.most_common(1)), *usual][0]))
    for text, (tiers, role) in Counter(zip(reps["skills"].map(_canonical(asked)), rights, strict=True)):
        add(text, tiers, role)
    for kind in kinds:  # with the rights of those who serve the tier, or new ones
        fitting = [one for one in usual if _may_serve(case, kind.tier, *one)]
        add(_write_skills(kind.levels), *(fitting[0] if fitting else _grant(case, kind.tier, usual[0])))
    return _choose_profiles(case, kinds, found)


@dataclass(frozen=True)
class _Kind:
    """Customers of one tier and requirement, and their hours."""

    tier: str
    levels: Mapping[str, int]
    hours: float


def _list_kinds(case: Case, problem: Problem) -> list[_Kind]:
    """All kinds of customers, those with most hours first."""
    code = problem.tier * len(problem.requirements) + problem.requirement
    present, first, number = np.unique(code, return_index=True, return_inverse=True)
    hours = np.bincount(number.ravel(), problem.hours, len(present))
    kinds = []
    for k in np.argsort(-hours, kind="stable").tolist():
        levels = problem.requirements[problem.requirement[first[k]]]
        named = {problem.skill_names[s]: int(level) for s, level in enumerate(levels) if level}
        kinds.append(_Kind(problem.tier_names[problem.tier[first[k]]], named, float(hours[k])))
    return kinds


def _choose_profiles(case: Case, kinds: list[_Kind], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The profiles that are needed to serve every kind, fewest skills first, and others in their order."""
    serves = np.array(
        [[_can_serve(case, kind, profile) for kind in kinds] for profile in found], dtype=np.bool_
    )
    hours = np.array([max(kind.hours, 1.0) for kind in kinds])
    skills = np.array([sum(skill.level for skill in parse_skills(p.get("skills"))) for p in found])
    left = serves.any(axis=0)
    chosen: list[int] = []
    while left.any():
        gain = (serves & left) @ hours
        chosen.append(int(np.lexsort((skills, -gain / (1.0 + 0.1 * skills)))[0]))
        left &= ~serves[chosen[-1]]
    rest = [k for k in range(len(found)) if k not in chosen]
    return [found[k] for k in sorted([*chosen, *rest[: max(0, MOST_PROFILES - len(chosen))]])]


def _can_serve(case: Case, kind: _Kind, profile: Mapping[str, Any]) -> bool:
    held = {skill.name: skill.level for skill in parse_skills(profile.get("skills"))}
    right = _may_serve(case, kind.tier, str(profile.get("tiers", "")), str(profile.get("role", "")))
    return right and all(held.get(name, 0) >= level for name, level in kind.levels.items())


def _may_serve(case: Case, tier: str, tiers: str, role: str) -> bool:
    """Whether somebody with these rights may serve a tier."""
    roles = case.scenario.tiers[tier].roles
    return (not tiers or tier in parse_names(tiers)) and (not roles or role in roles)


def _grant(case: Case, tier: str, usual: tuple[str, str]) -> tuple[str, str]:
    """The usual rights, and those that a tier asks for."""
    tiers, role = usual
    roles = case.scenario.tiers[tier].roles
    if tiers and tier not in parse_names(tiers):
        tiers = f"{tiers};{tier}"
    return tiers, roles[0] if roles and role not in roles else role


def make_row(case: Case, known: Mapping[str, Any]) -> dict[str, Any]:
    """A row of reps with usual hours, and the usual share in whatever a corridor's target goes by."""
    reps = case.records.reps
    hours = reps["hours_per_week"].fillna(case.scenario.horizon.hours_per_week)
    usual = hours[hours > 0].median() if (hours > 0).any() else case.scenario.horizon.hours_per_week
    row = {"hours_per_week": float(usual)} | dict(known)
    for corridor in case.scenario.corridors:
        if corridor.target not in CAPACITY_TARGETS and corridor.target in reps.columns:
            row[corridor.target] = float(reps[corridor.target].fillna(0.0).median())
    return row


def name_newcomers(case: Case, chosen: Sequence[Candidate], lang: str = "") -> list[dict[str, Any]]:
    """The rows of those who are hired, with ids that nobody has."""
    taken = set(case.records.reps["rep_id"])
    rows: list[dict[str, Any]] = []
    number = 0
    for candidate in chosen:
        number += 1
        while f"new-{number}" in taken:
            number += 1
        code = "size.newcomer_at" if candidate.place else "size.newcomer"
        name = say(code, lang, place=candidate.place, number=number)
        rows.append({"rep_id": f"new-{number}", "name": name} | dict(candidate.row))
    return rows


def _canonical(wanted: set[str]) -> Callable[[object], str]:
    """Of skills in a text those that any customer asks for, without expiries."""

    def keep(text: object) -> str:
        held: dict[str, int] = {}
        for skill in parse_skills(text):
            if skill.name in wanted:
                held[skill.name] = max(held.get(skill.name, 0), skill.level)
        return _write_skills(held)

    return keep


def _write_skills(levels: Mapping[str, int]) -> str:
    return ";".join(f"{name}:{level}" if level > 1 else name for name, level in sorted(levels.items()))
