"""Trying: a way out is tried by solving the problem with its changes; a large one with little effort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from optimizer.explaining.conflicts.holding import judge_limits
from optimizer.explaining.limits import changes as change
from optimizer.explaining.limits.changes import Change, apply_changes
from optimizer.explaining.limits.lifting import Limit, lift
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.result import Status
from optimizer.solving import solve

SMALL = 500  # pairs of customer and rep up to which every way is searched with all effort
EFFORT = 0.02  # beyond: of prices and exchanges, without a round of search
NEAR = 0.02  # of the objective: nearer to the best possible no way out of a large problem is searched


@dataclass(frozen=True, eq=False)
class WayOut:
    """Changes after which everything holds.

    ``plan`` keeps every hard limit of the changed problem and costs ``objective`` milli-hours there; ``proved``: no
    plan costs less; ``bound``: what every plan costs at least, None where that is not known. ``given``: milli-hours
    that the changes ask for besides, such as more hours of a rep.
    """

    changes: tuple[Change, ...]
    plan: Plan
    objective: int
    given: int
    proved: bool
    bound: int | None = None

    @property
    def price(self) -> int:
        """What the way costs in all, milli-hours: ways out are compared by it."""
        return self.objective + self.given

    @property
    def hours(self) -> float:
        """The same in hours."""
        return self.price / UNITS_PER_HOUR

    @property
    def least_hours(self) -> float | None:
        """What it costs at least, in hours; None where that is not known."""
        return None if self.bound is None else (self.bound + self.given) / UNITS_PER_HOUR

    def sentence(self, lang: str = "") -> str:
        """The changes in words."""
        return " ".join(c.sentence(lang) for c in self.changes)


def try_changes(
    problem: Problem, changed: Sequence[Change], others: Sequence[Limit] = (), plan: Plan | None = None
) -> WayOut | None:
    """The way out that ``changed`` is, with a good plan beyond it; None when no plan keeps everything there.

    ``others``: hard limits that are gone for the moment, numbered as the changes in the whole problem. ``plan``: one
    that may keep everything then. A problem with more than ``SMALL`` pairs is searched with little effort.
    """
    after = apply_without(problem, changed, others)
    verdict = judge_limits(after, [] if plan is None else [plan])
    large = after.n_customers * after.n_reps > SMALL
    if verdict.holds is False or (verdict.holds is None and large):  # a search that failed is not begun again
        return None
    result = solve(ease(after), start=verdict.plan)
    if not result.ok:
        return None
    given = sum(c.given for c in changed)
    proved = result.status is Status.OPTIMAL and not others
    bound = None if others else result.bound
    return WayOut(tuple(changed), result.plan, result.objective, given, proved, bound)


def apply_without(problem: Problem, some: Sequence[Change], others: Sequence[Limit]) -> Problem:
    """The problem after changes without other limits; both are numbered as in the problem."""
    drops = [Limit(change.DROPS[c.code], c.number) for c in some if c.code in change.DROPS]
    kept = [c for c in some if c.code not in change.DROPS]
    return lift(apply_changes(problem, kept), {*drops, *others})


def ease(problem: Problem) -> Problem:
    """The problem to be searched with less effort, and less far, where it is large."""
    if problem.n_customers * problem.n_reps <= SMALL:
        return problem
    return replace(problem, effort=EFFORT * problem.effort, gap=max(problem.gap, NEAR))
