"""Last resorts: ways out that exist for every conflict, where little else helps.

Any plan at all is a way out once everything it breaks is allowed: so the best effort shows one, with the least by which
each limit must give way for it, and another with a price on each constraint it breaks; so do plans that keep all
limits of a conflict but one, and that of nobody having a customer. Records (locks, pairs, groups) that a plan breaks
are dropped, whoever has no owner but must have one is left without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from optimizer.explaining.conflicts.breaking import list_broken
from optimizer.explaining.conflicts.giving_way import Offer, say_given
from optimizer.explaining.conflicts.holding import PLACES
from optimizer.explaining.conflicts.offers import leave_out
from optimizer.explaining.conflicts.shrinking import Conflict
from optimizer.explaining.conflicts.sparing import Sparing
from optimizer.explaining.conflicts.trying import Ground
from optimizer.explaining.limits import changes as change
from optimizer.explaining.limits.changes import Change, apply_changes
from optimizer.explaining.limits.lifting import RECORDS, Limit, split_coverage
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Floats, Problem


def list_last_resorts(
    sparing: Sparing, conflicts: Sequence[Conflict], plan: Plan, rates: Floats | None
) -> Iterator[Offer]:
    """Ways out of everything at once, those first that a planner would rather take; ``plan``: the best effort."""
    problem, spare = sparing.problem, sparing.spare
    least = concede(problem, plan, rates)
    yield spare(least, plan)
    yield spare(concede(problem, plan, rates, at_price=True), plan)
    held = keep_locks(problem, plan)  # the best effort may have given up locks alone
    for at_price in (False, True) if (held.owner != plan.owner).any() else ():
        yield spare(concede(problem, held, rates, at_price=at_price), held)
    firm = [one for one in least if one.code != "excuse"]
    ground = Ground(apply_changes(problem, firm), plans=[plan])
    left = leave_out(ground, split_coverage(problem, np.arange(problem.n_customers)))
    if left.changes:
        yield spare([*firm, *left.changes], left.plan)
    others = [known for conflict in conflicts for known in conflict.plans if known is not None]
    nobody = Plan(np.full(problem.n_customers, UNSERVED))
    for other in [*others, Plan(problem.owner), nobody]:
        yield spare(concede(problem, other, rates), other)


def keep_locks(problem: Problem, plan: Plan) -> Plan:
    """The plan with everybody where locks force them, whatever that breaks; of two locks the last is kept."""
    owner = plan.owner.copy()
    owner[problem.lock_customer[problem.lock_forces]] = problem.lock_rep[problem.lock_forces]
    return Plan(owner)


def concede(problem: Problem, plan: Plan, rates: Floats | None, *, at_price: bool = False) -> list[Change]:
    """Changes after which ``plan`` keeps every hard limit as it is: as small as can be, or prices."""
    found: list[Change] = []
    broken = list_broken(problem, plan)
    for limit in broken:
        if limit.kind == "coverage":
            found.append(change.excuse(problem, np.array(limit.customers)))
        elif limit.kind in RECORDS:
            priced = at_price and limit.kind == "apart"
            found.append(change.put_price(problem, limit) if priced else change.drop(problem, limit))
        elif at_price:
            found.append(change.put_price(problem, limit))
        elif limit.kind not in PLACES:
            found += _qualify(problem, plan, limit)
    for kind in () if at_price else PLACES:
        rows = [limit for limit in broken if limit.kind == kind]
        if rows:
            found += say_given(problem, plan, rows, rates)
            wide = {one.number for one in found if one.code == "widen_corridor"}
            if kind.startswith("corridor"):
                numbers = {limit.number for limit in rows} - wide
                found += [change.drop_corridor(problem, number) for number in sorted(numbers)]
    return list(dict.fromkeys(found))


def _qualify(problem: Problem, plan: Plan, limit: Limit) -> list[Change]:
    """Reps trained, or allowed a tier, or the distance as long, as a plan needs it."""
    served = np.flatnonzero(plan.owner != UNSERVED)
    rep = plan.owner[served]
    if limit.kind == "distance":
        km = problem.distance_km(served, rep)
        return [change.raise_distance(problem, int(np.ceil(np.nanmax(km))) * 1000)]
    if limit.kind == "tier":
        mine = problem.tier[served] == limit.number
        closed = np.unique(rep[mine & ~problem.serves[rep, limit.number]])
        return [change.permit(problem, limit.number, closed)] if len(closed) else []
    asked = problem.requirements[problem.requirement[served], limit.number]
    lacking = problem.skill[rep, limit.number] < asked
    if not lacking.any():
        return []
    return [change.train(problem, limit.number, int(asked[lacking].max()), np.unique(rep[lacking]))]
