"""Who may serve whom by skills and tier, worked out once per distinct need and not once per customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.problem import Bools, Ints
from optimizer.records import Records, parse_names, parse_skills
from optimizer.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Qualification:
    """Customers sorted into needs: a need is a distinct (requires, tier)."""

    need: Ints  # [n] need of each customer
    skilled: Bools  # [needs, R] the rep has the required skills
    tiered: Bools  # [needs, R] the rep may serve the tier
    tier: tuple[str, ...]  # [needs]
    requires: tuple[str | None, ...]  # [needs]


def held_levels(records: Records, scenario: Scenario) -> dict[str, Ints]:
    """Level of each skill that each rep holds through the whole horizon, [R] by skill; 0 where not."""
    start = scenario.horizon.start
    last_day = None if start is None else start + dt.timedelta(days=7 * scenario.horizon.weeks - 1)
    levels: dict[str, Ints] = {}
    for r, text in enumerate(records.reps["skills"]):
        for skill in parse_skills(text):
            if last_day is None or skill.expires is None or skill.expires >= last_day:
                level = levels.setdefault(skill.name, np.zeros(len(records.reps), dtype=np.int64))
                level[r] = max(int(level[r]), skill.level)
    return levels


def has_skills(text: object, levels: dict[str, Ints], n_reps: int) -> Bools:
    """Which reps hold all skills that ``text`` requires."""
    able = np.ones(n_reps, dtype=bool)
    for skill in parse_skills(text):
        able &= levels.get(skill.name, np.zeros(n_reps, dtype=np.int64)) >= skill.level
    return able


def qualify(records: Records, scenario: Scenario) -> Qualification:
    """All reps against all customers; an unknown tier (a finding of its own) is open to all."""
    customers, reps = records.customers, records.reps
    levels = held_levels(records, scenario)
    serves = {name: _serves(reps, name, settings.roles) for name, settings in scenario.tiers.items()}
    everybody = np.ones(len(reps), dtype=bool)
    wants = pd.DataFrame(
        {"requires": customers["requires"], "tier": customers["tier"].fillna(scenario.blank_tier)}
    )
    groups = wants.groupby(["requires", "tier"], dropna=False, sort=False).ngroup()
    need = np.asarray(groups, dtype=np.int64)
    distinct = wants.iloc[np.unique(need, return_index=True)[1]]
    requires = tuple(text if isinstance(text, str) else None for text in distinct["requires"])
    tier = tuple(distinct["tier"])
    shape = (len(tier), len(reps))
    return Qualification(
        need=need,
        skilled=np.array([has_skills(text, levels, len(reps)) for text in requires]).reshape(
            len(requires), len(reps)
        ),
        tiered=np.array([serves.get(name, everybody) for name in tier]).reshape(shape),
        tier=tier,
        requires=requires,
    )


def _serves(reps: pd.DataFrame, tier: str, roles: tuple[str, ...]) -> Bools:
    by_tier = np.array(
        [not (names := parse_names(text)) or tier in names for text in reps["tiers"]], dtype=bool
    )
    by_role = reps["role"].isin(roles).to_numpy(dtype=bool) if roles else True
    return by_tier & by_role
