"""What a plan must keep, one file each, said twice.

The first voice, ``find_violations(problem, plan)``, needs no solver and is the specification. The second speaks
to solvers, in one of these words:

- ``find_forbidden(problem, pairs)`` and ``charge(problem, pairs)``: pairs that may not be, or pay when priced;
- ``build_rows(problem, pairs)``: linear ranges over pairs (``optimizer.rows``);
- ``find_units(problem)`` of ``together``: customers that are decided as one.

To add a constraint: one file here, its name in the tuples below, its field in the scenario and in Problem, its
tests, its line in the reference.
"""

from __future__ import annotations

from optimizer.constraints import (
    apart,
    capacity,
    corridors,
    counts,
    coverage,
    disruption,
    distance,
    locks,
    named_pairs,
    skills,
    tier_rights,
    together,
)
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import Violation

ON_PAIRS = (coverage, skills, tier_rights, distance, locks, named_pairs)
ON_ROWS = (capacity, corridors, counts, disruption, apart)
ALL = (*ON_PAIRS, *ON_ROWS, together)


def find_violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Every place where the plan breaks a constraint, hard or priced, in the order of ``ALL``."""
    return [violation for constraint in ALL for violation in constraint.find_violations(problem, plan)]
