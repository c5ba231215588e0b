"""Confirming: how much better a plan is without a limit, or with an idea: the same search once with it, once without.

Two searches are compared, so that nobody takes for the price of a limit what planning again finds anyhow. The search
without the limit begins with the plan of the search with it: the difference is never below nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.explaining.elsewhere import cut_around
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rebalancing.proposing.concern import find_neighbours
from optimizer.result import Result, Status
from optimizer.solving import solve

# Pairs of customer and rep beyond which whole plans are searched with less effort, and how much.
EFFORTS = ((0, 1.0), (5_000, 0.1), (50_000, 0.02))
# Pairs beyond which planning again for the prices takes less effort, and how much.
PRICED, PRICING = 50_000, 0.1
# Pairs beyond which the territories around are planned again rather than the whole, and how many these are.
LARGE, NEIGHBOURS = 5_000_000, 6
WHOLE = 3  # limits of everybody for which so large a plan is made whole all the same


@dataclass(frozen=True, eq=False)
class Confirmed:
    """What ``saved`` milli-hours stand for: ``plan`` keeps all that is left and costs so much less than ``beside``.

    ``beside`` is what the same search finds for the problem as it is. ``reps``: whose territories were decided anew,
    None where it was the whole plan. ``proved``: both plans are the best possible, so that the difference is exact.
    """

    saved: int
    plan: Plan
    beside: Plan
    reps: int | None = None
    proved: bool = False


class Confirmable:
    """What is estimated by prices at first and then perhaps confirmed by planning: ``answer``."""

    answer: Confirmed | None

    @property
    def confirmed(self) -> int | None:
        """What is saved, in milli-hours; None where nothing was planned again."""
        return None if self.answer is None else self.answer.saved

    @property
    def confirmed_hours(self) -> float | None:
        """The same in hours."""
        return None if self.answer is None else self.answer.saved / UNITS_PER_HOUR

    @property
    def territories(self) -> int | None:
        """How many territories were planned again; None where it was the whole plan, or nothing."""
        return None if self.answer is None else self.answer.reps

    @property
    def proved(self) -> bool:
        """Whether what is confirmed is exact; else it is what two searches found."""
        return self.answer is not None and self.answer.proved


@dataclass(eq=False)
class Confirmer:
    """Plans for problems changed a little, each against the plan at hand of ``result``.

    Up to ``LARGE`` pairs of customer and rep every plan is made whole; beyond, where the change concerns few reps, only
    the territories around them are decided anew, and for changes that concern everybody up to ``WHOLE`` whole plans.
    """

    problem: Problem
    result: Result
    wholes: int = field(default=WHOLE)  # that may still be made of a large problem

    def confirm(self, changed: Problem, near: Ints | None) -> Confirmed | None:
        """What ``changed`` saves; None where that was not tried. ``near``: the reps whom the change concerns."""
        if changed.n_customers * changed.n_reps > LARGE:
            if near is not None:
                return self._confirm_around(changed, near)
            if not self.wholes:
                return None
            self.wholes -= 1
        beside, best = self._again
        found = _search(changed, beside)
        after = evaluate(changed, found.plan).objective
        proved = best and found.status is Status.OPTIMAL
        return Confirmed(self._cost - after, found.plan, beside, proved=proved)

    @cached_property
    def _again(self) -> tuple[Plan, bool]:
        """What the search makes of the problem as it is, and whether that is the best possible."""
        if self.result.status is Status.OPTIMAL:
            return self.result.plan, True
        found = _search(self.problem, self.result.plan)
        return found.plan, found.status is Status.OPTIMAL

    @cached_property
    def _cost(self) -> int:
        return evaluate(self.problem, self._again[0]).objective

    def _confirm_around(self, changed: Problem, near: Ints) -> Confirmed | None:
        start, count = self.result.plan, self.problem.n_reps
        area = np.zeros(changed.n_reps, dtype=bool)
        area[near] = True
        area |= find_neighbours(changed, start.owner, area, np.zeros(changed.n_reps), NEIGHBOURS)
        beside = _search_around(self.problem, start, area[:count])
        plan = _search_around(changed, beside, area)
        before, after = evaluate(self.problem, beside), evaluate(changed, plan)
        if not after.keeps_all:
            return None
        return Confirmed(before.objective - after.objective, plan, beside, reps=int(area.sum()))


def solve_for_prices(problem: Problem, plan: Plan) -> Result:
    """What solving answers from ``plan`` on, for its prices; with more than ``PRICED`` pairs with less effort."""
    large = problem.n_customers * problem.n_reps > PRICED
    return solve(replace(problem, effort=PRICING * problem.effort) if large else problem, start=plan)


def _search(problem: Problem, start: Plan) -> Result:
    """The best plan found from ``start`` on, the larger the problem the shorter."""
    pairs = problem.n_customers * problem.n_reps
    share = next(share for most, share in reversed(EFFORTS) if pairs >= most)
    return solve(replace(problem, effort=share * problem.effort), start=start)


def _search_around(problem: Problem, start: Plan, area: Bools) -> Plan:
    """The plan with the territories of ``area`` [R] decided anew, or ``start`` where that is no worse."""
    if not area.any():
        return start
    part = cut_around(problem, start.owner, area)
    found = solve(part.problem, start=part.take(start.owner))
    plans = (start, Plan(part.put_back(start.owner, found.plan)))
    scores = [evaluate(problem, plan) for plan in plans]
    better = scores[1].keeps_all and (not scores[0].keeps_all or scores[1].objective < scores[0].objective)
    return plans[better]
