"""Candidates: at which places, and with which skills, somebody could be hired; from a table, or found on the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.messages import say
from optimizer.problem import Bools, Problem
from optimizer.reading.assignments import load_columns
from optimizer.reading.checks.keys import check_keys
from optimizer.reading.checks.points import check_points
from optimizer.reading.checks.tiers import check_tiers
from optimizer.reading.collecting import Findings
from optimizer.reading.normalising import empty_table, normalise
from optimizer.reading.tables import RawTable
from optimizer.records import TABLES, Records, parse_names, parse_skills
from optimizer.solving.candidates import ALL_PAIRS, find_able
from optimizer.solving.coarse import spread_places

TABLE = "places"  # how findings name the table of places
MOST_PLACES, FEWEST_PLACES = 24, 4
MOST_PROFILES = 8
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
    found = []
    for site, row in enumerate(clean.to_dict("records")):
        known = {str(k): v for k, v in row.items() if k in SAYS and not pd.isna(v)}
        label = row["rep_id"] if pd.isna(row["name"]) else row["name"]
        most_here = None if pd.isna(row.get("most", np.nan)) else int(row["most"])
        for profile in [{}] if given else list_profiles(case):
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


def list_profiles(case: Case, problem: Problem | None = None) -> list[dict[str, Any]]:
    """Skills, tiers and role with which somebody may be hired: as those who are there, with one skill that customers
    require, or with what customers require whom nobody on the team may serve.
    """
    reps, customers = case.records.reps, case.records.customers
    wanted: dict[str, int] = {}
    for text in customers["requires"].dropna().unique():
        for skill in parse_skills(text):
            wanted[skill.name] = max(wanted.get(skill.name, 0), skill.level)
    liked = {skill.name for text in customers["prefers"].dropna().unique() for skill in parse_skills(text)}
    tiers_roles = list(zip(*(reps[c].fillna("") for c in ("tiers", "role")), strict=True))
    usual = Counter(tiers_roles).most_common()
    found: list[dict[str, Any]] = []

    def add(skills: str, tiers: str, role: str) -> None:
        profile = {k: v for k, v in (("skills", skills), ("tiers", tiers), ("role", role)) if v}
        if profile not in found:
            found.append(profile)

    if problem is not None:
        for skills, tiers, role in _list_unmet(case, problem, usual[0][0] if usual else ("", "")):
            add(skills, tiers, role)
    for (tiers, role), _ in usual[:3]:
        add("", tiers, role)
    base = usual[0][0] if usual else ("", "")
    held = [{skill.name for skill in parse_skills(text)} for text in reps["skills"]]
    for name, level in sorted(wanted.items()):
        having = Counter(one for one, skills in zip(tiers_roles, held, strict=True) if name in skills)
        add(_write_skills({name: level}), *(having.most_common(1)[0][0] if having else base))
    for (skills, tiers, role), _ in Counter(
        (_keep_useful(text, wanted.keys() | liked), tiers, role)
        for text, (tiers, role) in zip(reps["skills"], tiers_roles, strict=True)
    ).most_common():
        add(skills, tiers, role)
    return found[:MOST_PROFILES]


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


def _list_unmet(case: Case, problem: Problem, base: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Skills, tiers and role for the customers whom nobody may serve, those with most hours first."""
    kind, able = find_able(problem)
    without: Bools = ~np.any(able, axis=1)
    hours = np.bincount(kind, problem.hours, len(able))
    found = []
    for k in sorted(np.flatnonzero(without).tolist(), key=lambda k: -hours[k]):
        member = int(np.flatnonzero(kind == k)[0])
        levels = problem.requirements[problem.requirement[member]]
        skills = {problem.skill_names[s]: int(level) for s, level in enumerate(levels) if level}
        tier = problem.tier_names[problem.tier[member]]
        roles = case.scenario.tiers[tier].roles
        tiers = base[0] if not base[0] or tier in parse_names(base[0]) else f"{base[0]};{tier}"
        found.append((_write_skills(skills), tiers, roles[0] if roles and base[1] not in roles else base[1]))
    return found


def _keep_useful(text: object, wanted: Any) -> str:
    """The skills in a text that any customer asks for, without expiries."""
    held: dict[str, int] = {}
    for skill in parse_skills(text):
        if skill.name in wanted:
            held[skill.name] = max(held.get(skill.name, 0), skill.level)
    return _write_skills(held)


def _write_skills(levels: Mapping[str, int]) -> str:
    return ";".join(f"{name}:{level}" if level > 1 else name for name, level in sorted(levels.items()))
