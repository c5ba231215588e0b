"""Sparing: of changes that are a way out together, those are left out that the others are enough without.

What one conflict takes may mend another. Plans at hand show it at once; else it is searched, with limited work for all
ways out of a problem together. What no search settled stays, is not asked again, and is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.explaining.conflicts.giving_way import Offer
from optimizer.explaining.conflicts.holding import judge_limits
from optimizer.explaining.limits.changes import Change, apply_changes
from optimizer.plan import Plan
from optimizer.problem import Problem

FEW = 20  # changes up to which each is tried
FRUITLESS = 5  # searches that one counts for which settles nothing: it is the longest
MOST = 100  # searches for all ways out; a fruitless one at least
WORK = 5_000_000  # searches times pairs of customer and rep


@dataclass(eq=False)
class Sparing:
    """Leaves changes of ``problem`` out that are not needed. ``left``: searches that may still be made.

    ``settled``: of sets of changes whether everything can hold after them; None where a search did not say.
    """

    problem: Problem
    left: int = field(init=False)
    settled: dict[frozenset[Change], bool | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        pairs = max(self.problem.n_customers * self.problem.n_reps, 1)
        self.left = int(np.clip(WORK // pairs, FRUITLESS, MOST))

    def spare(self, changed: Sequence[Change], plan: Plan | None = None, plans: Sequence[Plan] = ()) -> Offer:
        """Those that are needed, or may be.

        ``plan`` keeps everything after all of them; ``plans`` perhaps do after fewer.
        """
        kept = list(changed)
        if len(kept) < 2:
            return Offer(kept, plan)
        if len(kept) > FEW:
            return Offer(kept, plan, len(kept))
        unsettled = 0
        known = [*([] if plan is None else [plan]), *plans]
        for one in changed:
            fewer = [other for other in kept if other is not one]
            holds = self._ask(fewer, known) if fewer else False
            if holds:
                kept = fewer
            unsettled += holds is None
        return Offer(kept, plan, unsettled if len(kept) > 1 else 0)

    def _ask(self, changed: list[Change], plans: Sequence[Plan]) -> bool | None:
        """Whether everything can hold after these changes; None: not known."""
        after = apply_changes(self.problem, changed)
        if any(evaluate(after, plan).keeps_all for plan in plans):
            return True
        key = frozenset(changed)
        if key not in self.settled:
            if self.left <= 0:
                return None
            self.settled[key] = judge_limits(after).holds
            self.left -= FRUITLESS if self.settled[key] is None else 1
        return self.settled[key]
