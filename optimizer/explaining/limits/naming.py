"""Naming: what limits are called, with ids and amounts, so that a sentence can say them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.explaining.limits.lifting import Limit
from optimizer.messages import NAMED, Phrase, join, say
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Ints, Problem


@dataclass(frozen=True)
class LimitName:
    """A limit by what it is called: its kind, and the ids and amounts (``facts``) that its sentence is made of."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)

    def sentence(self, lang: str = "") -> str:
        """The limit in words."""
        code = self.kind
        if code == "coverage":
            code += "_one" if self.facts["count"] == 1 else "_many"
        elif code.startswith("count") and self.facts["tier"]:
            code += "_tier"
        return say(f"limit.{code}", lang, **self.facts)


def call(problem: Problem, limit: Limit) -> LimitName:
    """What a limit is called."""
    return LimitName(limit.kind, name_limit(problem, limit))


def name_limit(problem: Problem, limit: Limit) -> dict[str, Any]:
    """Ids and amounts of a limit, as its sentence ``limit.<kind>`` asks for them."""
    kind, k, r = limit.kind, limit.number, limit.rep
    ids, reps = problem.customer_ids, problem.rep_ids
    if kind == "lock":
        return {
            "customer": ids[problem.lock_customer[k]],
            "rep": reps[problem.lock_rep[k]],
            "how": Phrase("limit.forces" if problem.lock_forces[k] else "limit.forbids"),
        }
    if kind == "pair":
        i, rep = divmod(int(problem.pair_key[k]), problem.n_reps)
        return {"customer": ids[i], "rep": reps[rep]}
    if kind == "apart":
        a, b = problem.apart[k]
        return {"customer": ids[a], "other": ids[b]}
    if kind == "group":
        members = np.flatnonzero(problem.group == k)
        return {"customers": name_customers(problem, members), "count": len(members)}
    if kind == "tier":
        able = int(problem.serves[:, k].sum())
        return {"tier": problem.tier_names[k], "count": able, "reps": problem.n_reps}
    if kind == "skill":
        able = int((problem.skill[:, k] > 0).sum())
        asking = int((problem.requirements[:, k] > 0)[problem.requirement].sum())
        return {"skill": problem.skill_names[k], "count": able, "reps": problem.n_reps, "customers": asking}
    if kind == "distance":
        return {"km": problem.distance_limit}
    if kind == "capacity":
        return {"rep": reps[r], "hours": int(problem.load_limit[r]) / UNITS_PER_HOUR}
    if kind == "coverage":
        some = np.array(limit.customers, dtype=np.int64)
        hours = int(problem.hours[some].sum()) / UNITS_PER_HOUR
        return {"customers": name_customers(problem, some), "count": len(some), "hours": hours}
    if kind.startswith("count"):
        count = problem.counts[k]
        ends = count.low if kind == "count_low" else count.high
        tier = "" if count.tier is None else problem.tier_names[count.tier]
        return {"count": int(ends[r]), "tier": tier, "rep": reps[r] if r >= 0 else ""}
    if kind == "budget":
        budget = problem.budgets[k]
        measure = problem.measures[budget.measure]
        of_rep = budget.scope == "rep"
        scope = f"rep_{budget.direction}" if of_rep else budget.scope
        gaps = {
            "rep": reps[r] if of_rep else "",
            "tier": "" if budget.tier is None else problem.tier_names[budget.tier],
        }
        return {
            "amount": int(budget.limit[r]) / measure.scale,
            "unit": measure.name,
            "scope": Phrase(f"limit.scope_{scope}", gaps),
        }
    corridor = problem.corridors[k]
    measure = problem.measures[corridor.measure]
    ends = corridor.low if kind == "corridor_low" else corridor.high
    return {
        "measure": measure.name,
        "tolerance": corridor.tolerance,
        "rep": reps[r] if r >= 0 else "",
        "amount": int(ends[r]) / measure.scale if abs(int(ends[r])) < NO_LIMIT else 0.0,
    }


def name_customers(problem: Problem, customers: Ints, named: int = NAMED) -> Any:
    """The ids of the first few, and how many others."""
    return join([str(problem.customer_ids[i]) for i in customers[:named]], len(customers), named)
