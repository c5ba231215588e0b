"""Whether the tiers and roles that are named are ones the scenario knows."""

from __future__ import annotations

from optimizer.reading.collecting import Findings, suggest
from optimizer.records import Records
from optimizer.scenario import Scenario


def check_tiers(records: Records, scenario: Scenario, findings: Findings) -> None:
    """Unknown tiers of customers (error) and reps (warning); roles of a tier that no rep has (warning)."""
    known = list(scenario.tiers)
    tier = records.customers["tier"]
    unknown = tier[tier.notna() & ~tier.isin(known)]
    hints = {value: suggest(value, known) for value in unknown.unique()[:1000]}
    findings.add_all(
        "unknown_tier", "error", "customers", unknown.index, "tier", unknown.to_list(),
        [{"hint": hints.get(value, "")} for value in unknown],
    )  # fmt: skip
    may = records.reps["tiers"].str.split(";").explode()
    unknown = may[may.notna() & ~may.isin(known)]
    findings.add_all(
        "unknown_rep_tier", "warning", "reps", unknown.index, "tiers", unknown.to_list(),
        [{"hint": suggest(value, known)} for value in unknown],
    )  # fmt: skip
    roles = set(records.reps["role"].dropna())
    for name, settings in scenario.tiers.items():
        for role in settings.roles:
            if role not in roles:
                place = f"tiers.{name}.roles"
                findings.add(
                    "unknown_role",
                    "warning",
                    "scenario",
                    None,
                    place,
                    role,
                    hint=suggest(role, sorted(roles)),
                )
