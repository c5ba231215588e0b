"""The best plan that a search has come to, with what it is worth, kept up to date change by change."""

from __future__ import annotations

import numpy as np

from optimizer.constraints import disruption
from optimizer.plan import Plan
from optimizer.problem import Ints, Problem
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.rebalancing.proposing.walking import place_in


class Incumbent:
    """A plan of the problem ``aim``, in which a better one is sought, and of ``whole``, which says what it is worth.

    They differ in prices and limits only. ``rank``: (breach, objective) of the plan in ``aim``. A plan of 100,000
    customers is added up once; after that only what changes is looked at.
    """

    def __init__(self, aim: Problem, whole: Problem) -> None:
        self._aim = Tally(aim, aim.owner)
        self._worth = self._aim if aim is whole else self._aim.under(whole)
        self.rank = self._aim.total()
        self._brought = 0, 0  # (breach, objective) in ``whole`` above those of doing nothing

    @property
    def owner(self) -> Ints:
        """The plan, [n], a copy."""
        return self._aim.owner.copy()

    def is_no_worse(self, owner: Ints) -> bool:
        """Whether the plan ``owner`` [n] is worth as much as doing nothing."""
        breach, objective = self._worth.weigh_plan(owner)
        return (self._brought[0] + breach, self._brought[1] + objective) <= (0, 0)

    def take(self, owner: Ints) -> None:
        """Become the plan ``owner`` [n]."""
        added = self._aim.weigh_plan(owner)
        brings = added if self._worth is self._aim else self._worth.weigh_plan(owner)
        self.rank = self.rank[0] + added[0], self.rank[1] + added[1]
        self._brought = self._brought[0] + brings[0], self._brought[1] + brings[1]
        self._aim.move_to(owner)  # and with it the other, whose sums are the same

    def place_lost(self) -> Ints:
        """Give customers without an owner to the best near ones, unless that overdraws a budget; how many each rep is
        or would be given, [R].
        """  # fmt: skip
        problem, began = self._aim.problem, self.owner
        place_in(self._aim)
        placed = self.owner
        self._aim.move_to(began)
        if not overdraws(problem, placed):
            self.take(placed)
        return np.bincount(placed[placed != began], minlength=problem.n_reps)


def overdraws(problem: Problem, owner: Ints) -> bool:
    """Whether a plan moves more than a hard budget allows."""
    return any(violation.hard for violation in disruption.find_violations(problem, Plan(owner)))
