"""Whether the work can be done by those who are there: in all, by skill, by tier and customer by customer."""

from __future__ import annotations

import numpy as np

from optimizer.problem import Floats
from optimizer.reading.collecting import Findings
from optimizer.reading.qualification import Qualification, has_skills, held_levels, qualify
from optimizer.records import Records, parse_skills
from optimizer.scenario import Scenario
from optimizer.workload import customer_hours, rep_capacity_hours

_NEARLY = 1e-9  # hours; sums of floats are not exact


def check_demand(records: Records, scenario: Scenario, findings: Findings) -> None:
    """Warnings only: what cannot be served is left unserved at a price, and the plan says so."""
    hours = customer_hours(records, scenario)
    capacity = rep_capacity_hours(records, scenario)
    limit = capacity * scenario.capacity.limit
    idle = np.flatnonzero(capacity <= 0)
    findings.add_all(
        "no_capacity", "warning", "reps", idle, None, records.reps["rep_id"].iloc[idle].to_list()
    )
    q = qualify(records, scenario)
    _check_totals(q, hours, limit, findings)
    _check_customers(records, q, hours, limit, findings)
    _check_task_skills(records, scenario, findings)


def _check_totals(q: Qualification, hours: Floats, limit: Floats, findings: Findings) -> None:
    """Demand of all, of each skill and of each tier against the reps who can serve it."""
    by_need = np.bincount(q.need, hours, minlength=len(q.tier))
    _compare("demand_total", float(by_need.sum()), float(limit.sum()), "", findings)
    for tier in dict.fromkeys(q.tier):
        mine = np.array([t == tier for t in q.tier])
        _compare("demand_tier", by_need[mine].sum(), limit[q.tiered[mine].any(axis=0)].sum(), tier, findings)
    named = [{skill.name for skill in parse_skills(text)} for text in q.requires]
    for skill in sorted(set().union(*named)):
        mine = np.array([skill in names for names in named])
        _compare(
            "demand_skill", by_need[mine].sum(), limit[q.skilled[mine].any(axis=0)].sum(), skill, findings
        )


def _compare(code: str, demand: float, supply: float, value: str, findings: Findings) -> None:
    if demand > supply * (1 + _NEARLY) + _NEARLY and supply > 0:
        details = {"demand": f"{demand:,.1f}", "supply": f"{supply:,.1f}", "short": f"{demand - supply:,.1f}"}
        findings.add(code, "warning", "customers", None, None, value or None, **details)


def _check_customers(
    records: Records, q: Qualification, hours: Floats, limit: Floats, findings: Findings
) -> None:
    """Customers nobody is qualified for, and customers too big for each who is."""
    customers = records.customers
    able = q.skilled & q.tiered
    largest = np.where(able, limit, -1.0).max(axis=1, initial=-1.0)[q.need]
    no_skill = ~np.asarray(q.skilled.any(axis=1))[q.need]
    at = np.flatnonzero(no_skill)
    findings.add_all(
        "unknown_skill", "warning", "customers", at, "requires", customers["requires"].iloc[at].to_list()
    )
    no_tier = ~no_skill & ~np.asarray(q.tiered.any(axis=1))[q.need]
    at = np.flatnonzero(no_tier)
    tiers = [q.tier[k] for k in q.need[at]]
    findings.add_all("nobody_serves_tier", "warning", "customers", at, "tier", tiers)
    at = np.flatnonzero(~no_skill & ~no_tier & ~np.asarray(able.any(axis=1))[q.need])
    needs = [f"{q.requires[k]}, {q.tier[k]}" for k in q.need[at]]
    findings.add_all("nobody_qualified", "warning", "customers", at, "requires", needs)
    at = np.flatnonzero((largest >= 0) & (hours > largest * (1 + _NEARLY) + _NEARLY))
    findings.add_all(
        "too_big", "warning", "customers", at, "hours", [f"{h:,.1f}" for h in hours[at]],
        [{"largest": f"{h:,.1f}"} for h in largest[at]],
    )  # fmt: skip


def _check_task_skills(records: Records, scenario: Scenario, findings: Findings) -> None:
    """Tasks whose skills nobody has, or whose named doer lacks them."""
    tasks, n = records.tasks, len(records.reps)
    levels = held_levels(records, scenario)
    reps = {rep_id: r for r, rep_id in enumerate(records.reps["rep_id"])}
    for text, rows in tasks.groupby("requires", sort=False).groups.items():
        able = has_skills(text, levels, n)
        if not able.any():
            findings.add_all(
                "task_skill", "warning", "tasks", rows.to_numpy(), "requires", [text] * len(rows)
            )
            continue
        doers = tasks["doer"].loc[rows].dropna()
        lacking = doers[[not able[reps[doer]] for doer in doers]]
        findings.add_all(
            "doer_lacks_skill", "warning", "tasks", lacking.index, "doer", lacking.to_list(), skills=text
        )
