"""Trying: a way out is tried by solving the problem with its changes; a large one with little effort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from optimizer.explaining.conflicts.giving_way import Offer
from optimizer.explaining.conflicts.handing import hand_on
from optimizer.explaining.conflicts.holding import Verdict, judge_limits
from optimizer.explaining.conflicts.shrinking import KNOWN
from optimizer.explaining.limits import changes as change
from optimizer.explaining.limits.changes import Change, apply_changes
from optimizer.explaining.limits.lifting import LOOSE, Limit, lift, list_hard_limits
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.result import Status
from optimizer.solving import solve

SMALL = 500  # pairs of customer and rep up to which every way is searched with all effort
EFFORT = 0.02  # beyond: of prices and exchanges, without a round of search
NEAR = 0.02  # of the objective: nearer to the best possible no way out of a large problem is searched
NARROW = 1_000  # customers up to whom a conflict is judged by itself before everything is


@dataclass(frozen=True, eq=False)
class WayOut:
    """Changes after which everything holds.

    ``plan`` keeps every hard limit of the changed problem and costs ``objective`` milli-hours there; ``proved``: no
    plan costs less; ``bound``: what every plan costs at least, None where that is not known. ``given``: milli-hours
    that the changes ask for besides, such as more hours of a rep. ``unsettled``: of how many changes it is not known
    whether the others would be enough without, because the search had done its work.
    """

    changes: tuple[Change, ...]
    plan: Plan
    objective: int
    given: int
    proved: bool
    bound: int | None = None
    unsettled: int = 0

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


@dataclass(eq=False)
class Ground:
    """What ways out are tried on. ``limits``: those of the conflict, none: of all of them at once.

    ``others``: hard limits that are gone for the moment, numbered as those of the changes in the whole problem.
    ``plans``: such as may be near to one that keeps everything, the best effort first; those that are found join them.
    """

    problem: Problem
    limits: Sequence[Limit] = ()
    others: Sequence[Limit] = ()
    plans: list[Plan] = field(default_factory=list)

    def judge(self, changed: Sequence[Change], plan: Plan | None = None) -> Verdict:
        """Whether everything can hold after the changes; ``plan``: one that perhaps does.

        What is seen of the conflict by itself is not asked of the whole. A plan at hand is handed on first: it has
        been searched, and what is packed anew has not.
        """
        if (
            self._alone is not None
            and judge_limits(apply_without(self.problem, changed, self._alone)).holds is False
        ):
            return Verdict(False)
        after = apply_without(self.problem, changed, self.others)
        known = dict.fromkeys([*self.plans[:1], *self.plans[-KNOWN:]])
        given = [] if plan is None else [plan]
        verdict = judge_limits(after, chain((hand_on(after, one) for one in known), given))
        if verdict.plan is not None and int(verdict.plan.owner.max(initial=-1)) < self.problem.n_reps:
            self.plans.append(verdict.plan)
        return verdict

    @property
    def hopeless(self) -> bool:
        """Whether not everything can hold, as is proved, even without any limit of the conflict: another is left."""
        after = lift(self.problem, {*self.limits, *self.others})
        return judge_limits(after, (hand_on(after, plan) for plan in self.plans[:1])).holds is False

    @cached_property
    def _alone(self) -> list[Limit] | None:
        """What is lifted where the conflict is judged by itself; None where it is nearly all there is."""
        named = {i for limit in self.limits for i in limit.customers}
        if not self.limits or len(named) > NARROW or any(limit.kind in LOOSE for limit in self.limits):
            return None
        mine = set(self.limits)
        rest = [x for x in list_hard_limits(self.problem) if x.kind != "coverage" and x not in mine]
        free = tuple(i for i in range(self.problem.n_customers) if i not in named)
        return [*rest, Limit("coverage", customers=free)]


def try_offer(ground: Ground, offer: Offer) -> WayOut | None:
    """The way out that an offer is, with a good plan beyond it; None when no plan keeps everything there.

    The plan of the offer may keep everything then. With more than ``SMALL`` pairs little effort is searched with.
    """
    changed = offer.changes
    verdict = ground.judge(changed, offer.plan)
    after = apply_without(ground.problem, changed, ground.others)
    large = after.n_customers * after.n_reps > SMALL
    if verdict.holds is False or (verdict.holds is None and large):  # a search that failed is not begun again
        return None
    result = solve(ease(after), start=verdict.plan)
    if not result.ok:
        return None
    given = sum(c.given for c in changed)
    proved = result.status is Status.OPTIMAL and not ground.others
    bound = None if ground.others else result.bound
    return WayOut(tuple(changed), result.plan, result.objective, given, proved, bound, offer.unsettled)


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
