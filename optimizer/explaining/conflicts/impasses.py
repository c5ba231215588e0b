"""Impasses: what cannot hold together, by name, with the ways out; the answer to "why is there no plan?"."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.explaining.conflicts.conflict_sets import MOST, find_conflicts
from optimizer.explaining.conflicts.repairs import find_ways_out
from optimizer.explaining.conflicts.trying import WayOut
from optimizer.explaining.limits.naming import LimitName, call
from optimizer.plan import Plan
from optimizer.problem import Floats, Problem


@dataclass(frozen=True, eq=False)
class Impasse:
    """Limits that cannot all hold.

    ``proved``: that they cannot, whatever else is given up; else they are those that the best effort breaks, and
    nothing is proved. ``needed``: of each limit whether it is shown that without it the others can hold; ``untried``:
    of how many of the rest nothing was asked, because the work was done. ``ways``: what could be done, the cheapest
    first; where there are several impasses, the same ways lead out of all of them.
    """

    limits: tuple[LimitName, ...]
    proved: bool
    needed: tuple[bool, ...]
    ways: tuple[WayOut, ...]
    untried: int = 0

    @property
    def minimal(self) -> bool:
        """Whether each limit is shown to be needed."""
        return self.proved and all(self.needed)


def explain_conflicts(
    problem: Problem, plan: Plan, *, rates: Floats | None = None, most: int = MOST
) -> list[Impasse]:
    """Why no plan keeps every hard constraint: up to ``most`` sets of limits, one for each cause, with ways out.

    ``plan``: the best effort. Empty when every hard constraint can be kept. Every way out is tried by solving the
    changed problem, a large one with less effort. ``rates`` [R]: what an hour a week more
    of each rep brings (``build_hour_rates``), so that hours are told by the week, and asked of nobody who is not there.
    """
    conflicts = find_conflicts(problem, plan, most)
    ways = tuple(find_ways_out(problem, conflicts, plan, rates=rates)) if conflicts else ()
    return [
        Impasse(
            tuple(call(problem, limit) for limit in conflict.limits),
            conflict.proved,
            tuple(shown is not None for shown in conflict.plans) or (False,) * len(conflict.limits),
            ways,
            conflict.untried,
        )
        for conflict in conflicts
    ]
