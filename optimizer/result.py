"""Result: what solving answers, and Score: what a plan is worth and what it breaks.

Amounts are whole milli-hours inside (``UNITS_PER_HOUR``); the properties named in hours are for people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from optimizer.messages import say
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints


@dataclass(frozen=True)
class Violation:
    """One place where a plan breaks a constraint, hard or priced.

    ``code`` is an entry ``violation.<code>`` of the catalogue, ``constraint`` the module that speaks. Places are
    ids (a week's is its name), None where they do not apply. ``amount`` is how far outside, in ``unit`` (hours,
    customers, km, weeks, or the measure's own); ``cost`` is what a priced constraint charges for it, in milli-hours
    (0 when hard).
    """

    code: str
    constraint: str
    hard: bool
    amount: float
    unit: str
    cost: int = 0
    customer_id: str | None = None
    rep_id: str | None = None
    tier: str | None = None
    measure: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    task_id: str | None = None
    week: str | None = None

    def sentence(self, lang: str = "") -> str:
        """The violation in words."""
        known = {
            "amount": f"{self.amount:,.12g}",
            "unit": self.unit,
            "customer": self.customer_id,
            "rep": self.rep_id,
            "tier": self.tier,
            "measure": self.measure,
            "task": self.task_id,
            "week": self.week,
        }
        return say(f"violation.{self.code}", lang, **(known | self.details))


class Weighed:
    """What a score says, of a plan as of a schedule: an objective in milli-hours, and what is broken."""

    objective: int
    violations: list[Violation]

    @property
    def hard_violations(self) -> list[Violation]:
        """The violations that no price allows."""
        return [v for v in self.violations if v.hard]

    @property
    def keeps_all(self) -> bool:
        """True when every hard constraint is kept."""
        return not self.hard_violations

    @property
    def objective_hours(self) -> float:
        """The objective in hours."""
        return self.objective / UNITS_PER_HOUR


@dataclass(frozen=True, eq=False)
class Score(Weighed):
    """What a plan is worth: ``objective`` is exactly the sum of ``terms``.

    ``terms``: milli-hours by objective (travel, handover, unserved, misfit, pair_cost) and by priced constraint
    (capacity, corridors, ...). ``by_customer``: the same split by customer, [n] each, for the objectives;
    priced constraints are found in ``violations``.
    """

    objective: int
    terms: dict[str, int]
    by_customer: dict[str, Ints]
    violations: list[Violation]


class Status(StrEnum):
    """Why solving stopped where it did; an answer, never an exception."""

    OPTIMAL = "optimal"  # keeps every hard constraint; gap at most OPTIMALITY_GAP
    FEASIBLE = "feasible"  # keeps every hard constraint; the gap says how good at least
    INFEASIBLE = "infeasible"  # proved: no plan keeps every hard constraint; the best effort is given
    NOT_FOUND = "not_found"  # no plan keeping every hard constraint was found, none proved impossible


OPTIMALITY_GAP = 1e-4


def find_gap(objective: float, bound: float) -> float:
    """(objective - bound) / objective: at most this share of the objective could be saved."""
    if objective <= bound:
        return 0.0
    return (objective - bound) / max(abs(objective), 1.0)


@dataclass(frozen=True)
class Progress:
    """A glimpse while solving: seconds since the start, best objective, bound (hours) and gap so far.

    ``plan``: the best plan so far, for who listens while solving; None in a result's trace.
    """

    seconds: float
    objective: float | None
    bound: float | None
    gap: float | None
    stage: str
    keeps_all: bool
    plan: Plan | None = None


@dataclass(frozen=True, eq=False)
class Worth:
    """What one more step of each limit is worth, in hours of the objective; never negative, 0 where it does not bind.

    A step is an hour of a rep's limit (``hour`` [R]), a percentage point of a corridor's target (``corridor_low``,
    ``corridor_high`` [C, R]), a customer of a count (``count_low``, ``count_high`` [N, R]), a unit of the measure of
    a budget (``budgets``: one array a budget, [1] or [R]); C, N and the budgets go as in the Problem. "low" is the
    worth of a lower end one step lower, "high" of an upper end one step higher.

    Proved, for changes of any size in any number of limits at once: no plan that keeps every hard constraint costs
    less than ``bound`` (milli-hours) minus steps x worth where limits are widened, plus steps x worth where they are
    tightened; customers, costs, targets and all else staying as they are. So widening saves at most the plan's
    distance from ``bound`` plus steps x worth. That it saves so much is likely for small steps, not proved.
    """

    bound: float
    hour: Floats
    corridor_low: Floats
    corridor_high: Floats
    count_low: Floats
    count_high: Floats
    budgets: tuple[Floats, ...]

    @property
    def corridors(self) -> Floats:
        """Worth of a point more tolerance for every rep at once, [C]."""
        total: Floats = (self.corridor_low + self.corridor_high).sum(axis=1)
        return total


@dataclass(frozen=True, eq=False)
class Result:
    """A plan with its certificate.

    ``bound``: no plan that keeps every hard constraint scores below it (milli-hours; None before one is known).
    ``gap``: (objective - bound) / objective, None when hard constraints are broken. ``method`` names the way it
    was found, ``stages`` the seconds each step took, ``stopped`` why solving ended (gap, work, time_limit,
    interrupted, proved). ``notes`` are catalogue codes (note.<code>) worth telling, with their gaps. ``prices``: what
    one more step of each limit is worth, None where hard constraints are broken.
    """

    status: Status
    plan: Plan
    score: Score
    bound: int | None
    gap: float | None
    method: str
    stopped: str
    seed: int
    seconds: float
    stages: dict[str, float] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    trace: list[Progress] = field(default_factory=list)
    prices: Worth | None = None

    @property
    def objective(self) -> int:
        """The plan's objective in milli-hours."""
        return self.score.objective

    @property
    def ok(self) -> bool:
        """True when the plan keeps every hard constraint."""
        return self.status in (Status.OPTIMAL, Status.FEASIBLE)
