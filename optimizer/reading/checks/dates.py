"""Whether dates follow each other, and whether the horizon gives them a meaning."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from optimizer.reading.collecting import Findings
from optimizer.records import Records, parse_skills
from optimizer.scenario import Scenario

_IN_ORDER = {"reps": ("starts", "ends"), "absences": ("starts", "ends"), "tasks": ("earliest", "due")}
_DATED = {
    "reps": ["starts", "ends"],
    "absences": ["starts"],
    "tasks": ["earliest", "due"],
    "locks": ["until"],
}


def check_dates(records: Records, scenario: Scenario | None, findings: Findings) -> None:
    """Ends before starts; dates that a horizon without a start cannot use; skills that run out within it."""
    tables = records.tables()
    for table, (first, last) in _IN_ORDER.items():
        frame = tables[table]
        if not len(frame):
            continue
        at = np.flatnonzero(frame[last] < frame[first])
        values = [day.date().isoformat() for day in frame[last].iloc[at]]
        starts = [{"first": first, "day": day.date().isoformat()} for day in frame[first].iloc[at]]
        findings.add_all("ends_before_starts", "error", table, at, last, values, starts)
    if scenario is None:
        return
    if scenario.horizon.start is None:
        for table, columns in _DATED.items():
            for column in columns:
                count = int(tables[table][column].notna().sum())
                if count:
                    findings.add("no_horizon_start", "warning", table, None, column, count=count)
        return
    last_day = scenario.horizon.start + dt.timedelta(days=7 * scenario.horizon.weeks - 1)
    _check_expiry(records.reps, scenario.horizon.start, last_day, findings)


def _check_expiry(reps: pd.DataFrame, start: dt.date, last_day: dt.date, findings: Findings) -> None:
    for text, rows in reps.groupby("skills", sort=False).groups.items():
        ending = [s for s in parse_skills(text) if s.expires is not None and s.expires < last_day]
        for skill in ending:
            code = "skill_expired" if skill.expires is not None and skill.expires < start else "skill_expires"
            findings.add_all(
                code, "warning", "reps", rows.to_numpy(), "skills", [skill.name] * len(rows),
                day=str(skill.expires), last_day=str(last_day),
            )  # fmt: skip
