"""Suggesting: the best owners for one new or changed customer, each with the difference it makes, without a new plan.

All sums of the plan are taken once; then one customer is weighed against every rep in milliseconds, by the same
constraints and objectives as a plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.rebalancing.proposing.tally import Tally


@dataclass(frozen=True)
class Suggestion:
    """One possible owner of a customer (with those it is decided with).

    ``difference``: milli-hours of the objective against having no owner, ``dearer``: against the best suggestion.
    ``terms``: the parts of the difference. ``breaks``: hours by which hard constraints are broken more, by
    constraint; empty where all stay as they are. ``is_present``: whether it is the owner now.
    """

    rep_id: str
    difference: int
    dearer: int
    terms: dict[str, int]
    breaks: dict[str, int]
    is_present: bool

    @property
    def hours(self) -> float:
        """The difference in hours."""
        return self.difference / UNITS_PER_HOUR


class Desk:
    """A plan whose sums are at hand: asks about single customers are answered at once.

    ``take`` keeps an answer: later suggestions know of it, and ``drift`` adds up what such assignments cost.
    """

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self._tally = Tally(problem, plan.owner)
        self._reps = np.append(np.arange(problem.n_reps), UNSERVED)
        self._number = {name: k for k, name in enumerate(problem.customer_ids.tolist())}
        self._rep = {name: k for k, name in enumerate(problem.rep_ids.tolist())}
        self.drift = 0  # milli-hours by which owners taken were dearer than the best one

    @property
    def plan(self) -> Plan:
        """The plan with all that was taken."""
        return Plan(self._tally.owner.copy())

    def suggest(self, customer_id: str, top_k: int = 5) -> list[Suggestion]:
        """The best ``top_k`` owners, those that break no more hard constraints first, then by difference.

        KeyError for an unknown customer.
        """
        mates = self._tally.mates(self._number[customer_id])
        options = self._tally.weigh(mates, self._reps)
        breach, objective = options.breach, options.objective
        breach, objective = breach - breach[-1], objective - objective[-1]  # nobody is the last option
        worse = {name: amount - amount[-1] for name, amount in options.broken.items()}
        count = min(max(top_k, 0), self.problem.n_reps)
        order = np.lexsort((objective[:-1], breach[:-1]))[:count]
        now = self._tally.owner[mates]
        return [
            Suggestion(
                rep_id=str(self.problem.rep_ids[k]),
                difference=int(objective[k]),
                dearer=int(objective[k] - objective[order[0]]),
                terms={n: int(a[k] - a[-1]) for n, a in options.terms.items() if a[k] != a[-1]},
                breaks={n: int(a[k]) for n, a in worse.items() if a[k] > 0},
                is_present=bool((now == k).all()),
            )
            for k in order.tolist()
        ]

    def take(self, customer_id: str, rep_id: str) -> int:
        """Give the customer to a rep; returns by how much it is dearer than the best (milli-hours).

        That is the ``cost`` of an event customer_won, which ``watch`` adds up. KeyError for unknown ids.
        """
        rep = self._rep[rep_id]
        mates = self._tally.mates(self._number[customer_id])
        options = self._tally.weigh(mates, self._reps[:-1])
        best = int(np.lexsort((options.objective, options.breach))[0])
        cost = max(0, int(options.objective[rep] - options.objective[best]))
        self._tally.move(mates, rep)
        self.drift += cost
        return cost


def suggest_owners(problem: Problem, plan: Plan, customer_id: str, top_k: int = 5) -> list[Suggestion]:
    """The best owners of one customer when all others keep theirs; who asks often keeps a ``Desk``.

    Each difference equals ``evaluate`` with this owner less ``evaluate`` with none, to the last unit.
    """
    return Desk(problem, plan).suggest(customer_id, top_k)
