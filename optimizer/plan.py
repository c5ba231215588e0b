"""Plan: the decision alone."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.problem import Bools, Ints, Problem

UNSERVED = -1


@dataclass(frozen=True, eq=False)
class Plan:
    """Who owns which customer: ``owner[i]`` is the index of customer i's rep in the problem, or ``UNSERVED``."""

    owner: Ints

    def moved(self, problem: Problem) -> Bools:
        """Which customers had an owner and leave it (also those that end unserved)."""
        moved: Bools = (problem.owner >= 0) & (self.owner != problem.owner)
        return moved


def present_plan(problem: Problem) -> Plan:
    """The plan that is in force now: every customer with its present owner."""
    return Plan(problem.owner.copy())
