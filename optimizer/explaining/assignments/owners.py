"""Owners: why a customer is with its rep, who would be next, and what keeps everybody else from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimizer.constraints import ON_ROWS, disruption
from optimizer.explaining.assignments.alternatives import (
    NO_BARRIER,
    Alternative,
    find_barriers,
    measure_km,
    say_terms,
    weigh_everybody,
)
from optimizer.explaining.assignments.codes import find_locked
from optimizer.explaining.assignments.unserved import UnservedReason, explain_unserved
from optimizer.explaining.ledger import explain_score
from optimizer.messages import say
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.rebalancing.proposing.tally import Tally

ROOM = {constraint.NAME for constraint in ON_ROWS}  # limits that somebody else's leaving may open


@dataclass(frozen=True)
class Rival:
    """A customer that has the room which another would need.

    Giving the other to ``rep_id`` and leaving this one without an owner would raise the objective by ``difference``
    milli-hours: by so much the other lost.
    """

    customer_id: str
    rep_id: str
    difference: int

    def sentence(self, lang: str = "") -> str:
        """To whom it lost, and by how much."""
        code = "explain.rival" if self.difference >= 0 else "explain.weaker_rival"
        gaps = {"customer": self.customer_id, "rep": self.rep_id}
        return say(code, lang, hours=abs(self.difference) / UNITS_PER_HOUR, **gaps)


@dataclass(frozen=True)
class OwnerReason:
    """Why one customer (with those it is decided with) is where it is.

    ``code``: locked, only_one (every other rep breaks a hard constraint), missed (another would be cheaper: the search
    ended before), used_up (another would be cheaper, but a budget of moves is used up), stays (with the owner before
    the plan), nearest, suits; unserved. ``terms``: what it costs by itself with its owner, milli-hours.
    ``alternatives``: every other owner and nobody, the best first. ``unserved`` and ``rival``: why it has no owner and
    to whom it lost, where it has none.
    """

    customer_id: str
    customer_ids: tuple[str, ...]
    rep_id: str | None
    code: str
    terms: dict[str, int]
    alternatives: tuple[Alternative, ...]
    unserved: UnservedReason | None = None
    rival: Rival | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        """What it costs by itself, milli-hours."""
        return sum(self.terms.values())

    @property
    def runner_up(self) -> Alternative | None:
        """The next best rep who keeps every hard constraint as it is kept now; None where there is none."""
        able = (a for a in self.alternatives if a.rep_id is not None and a.barrier is None)
        return min(able, key=lambda a: a.difference, default=None)

    @property
    def if_moves_were_left(self) -> Alternative | None:
        """The best rep whom nothing but a budget of moves keeps out; None where there is none."""
        held = (a for a in self.alternatives if a.rep_id is not None and set(a.breaks) == {disruption.NAME})
        return min(held, key=lambda a: a.difference, default=None)

    @property
    def nearest(self) -> Alternative | None:
        """The rep who lives nearest, where that is another."""
        return next((a for a in self.alternatives if a.is_nearest), None)

    @property
    def before(self) -> Alternative | None:
        """The owner before the plan, where that is another."""
        return next((a for a in self.alternatives if a.is_before), None)

    def with_rep(self, rep_id: str | None) -> Alternative | None:
        """What another owner would change; None for the present one or an unknown one."""
        return next((a for a in self.alternatives if a.rep_id == rep_id), None)

    def sentence(self, lang: str = "") -> str:
        """Why, in a sentence."""
        if self.unserved is not None:
            return self.unserved.sentence(lang)
        gaps = {"rep": self.rep_id, "hours": self.cost / UNITS_PER_HOUR, "count": len(self.alternatives)}
        gaps["terms"] = say_terms(self.terms, lang, signed=False)
        return say(f"owner.{self.code}", lang, **(gaps | self.details))


def explain_owner(problem: Problem, plan: Plan, customer_id: str) -> OwnerReason:
    """Why a customer is with its rep, or with nobody; exact, with every rep weighed. KeyError for an unknown customer.

    Who asks about many customers keeps a ``Tally`` and calls ``explain_with``.
    """
    at = np.flatnonzero(problem.customer_ids == customer_id)
    if not len(at):
        raise KeyError(customer_id)
    return explain_with(Tally(problem, plan.owner), int(at[0]))


def explain_with(tally: Tally, customer: int) -> OwnerReason:
    """The same for a customer by its index, when the plan's sums are at hand."""
    problem, mates = tally.problem, tally.mates(customer)
    rep = int(tally.owner[customer])
    alternatives = weigh_everybody(tally, customer)
    reason = OwnerReason(
        customer_id=str(problem.customer_ids[customer]),
        customer_ids=tuple(problem.customer_ids[mates]),
        rep_id=None if rep == UNSERVED else str(problem.rep_ids[rep]),
        code="unserved",
        terms=_measure_terms(problem, tally.owner, mates),
        alternatives=alternatives,
    )
    if rep == UNSERVED:
        (unserved,) = explain_unserved(problem, Plan(tally.owner), mates)
        return replace(reason, unserved=unserved, rival=_find_rival(tally, mates))
    code, details = _find_code(tally, customer, mates, reason)
    return replace(reason, code=code, details=details)


def _measure_terms(problem: Problem, owner: Ints, mates: Ints) -> dict[str, int]:
    ledger = explain_score(problem, Plan(owner))
    total: dict[str, int] = {}
    for customer in mates.tolist():
        for name, amount in ledger.of_customer(customer).items():
            total[name] = total.get(name, 0) + amount
    return total


def _find_code(tally: Tally, customer: int, mates: Ints, reason: OwnerReason) -> tuple[str, dict[str, Any]]:
    problem, rep = tally.problem, int(tally.owner[customer])
    best = reason.runner_up
    if find_locked(problem)[customer]:
        return "locked", {}
    if best is not None and best.difference < 0:
        return "missed", {"other": best.rep_id, "saved": -best.hours}
    movable = reason.if_moves_were_left
    if movable is not None and movable.difference < 0:
        return "used_up", {"other": movable.rep_id, "saved": -movable.hours}
    if best is None and movable is None:
        return "only_one", {}
    if (problem.owner[mates] == rep).any():
        return "stays", {}
    km = measure_km(problem, customer)
    return ("nearest" if km[rep] <= np.nanmin(np.append(km, np.inf)) else "suits"), {}


def _find_rival(tally: Tally, mates: Ints) -> Rival | None:
    """Who has the room that ``mates`` would need, and came out ahead by least; None where they lack no room."""
    problem, owner = tally.problem, tally.owner
    options = tally.weigh(mates, np.arange(problem.n_reps))
    barrier = find_barriers(options)
    allowed = np.ones(problem.n_reps, dtype=bool)
    for name, amount in options.broken.items():
        if name not in ROOM:
            allowed &= amount <= 0
    full = np.flatnonzero(allowed & (barrier != NO_BARRIER))
    holders = np.flatnonzero(np.isin(owner, full))
    if not len(holders):
        return None
    seen: set[int] = set()
    units = []
    for holder in holders.tolist():
        if holder not in seen:
            unit = tally.mates(holder)
            seen |= set(unit.tolist())
            if (owner[unit] == owner[holder]).all():
                units.append(unit)
    size = [len(unit) for unit in units]
    count = len(units)
    option = np.concatenate([np.repeat(np.arange(count), size), np.repeat(np.arange(count), len(mates))])
    who = np.concatenate([*units, np.tile(mates, count)])
    to = np.array([owner[unit[0]] for unit in units], dtype=np.int64)
    reps = np.concatenate([np.full(sum(size), UNSERVED, dtype=np.int64), np.repeat(to, len(mates))])
    swapped = tally.weigh_apart(option, who, reps, count)
    best = int(np.lexsort((swapped.objective, swapped.breach))[0])
    if swapped.breach[best] > 0:
        return None
    return Rival(
        str(problem.customer_ids[units[best][0]]),
        str(problem.rep_ids[to[best]]),
        int(swapped.objective[best]),
    )
