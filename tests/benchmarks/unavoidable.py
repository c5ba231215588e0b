"""What no plan can avoid: the price of customers whom no rep may serve, whatever the plan.

    python -m tests.benchmarks.unavoidable CASE OUT

Of the customers that the plan in OUT leaves unserved, those for whom every single rep is forbidden: by a missing
skill, a tier, the distance, a lock or a named pair, of the customer itself or of another of its group. A customer
that some plan serves is not among them, so the unserved of any one plan that keeps the hard constraints are enough
to look at. Taken from objective and bound alike, their price cannot make a gap look smaller. Printed in hours.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer import build_problem, constraints, read_case
from optimizer.constraints import together
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rows import Pairs

PAIRS = 2_000_000  # looked at in one go


def find_unservable(problem: Problem, unserved: Ints) -> Ints:
    """Those of the ``unserved`` customers (indices) that no rep may serve; a group stands and falls as one."""
    unit = together.find_units(problem)
    member = np.flatnonzero(np.isin(unit, unit[unserved]))  # of the groups of the unserved, all
    units, position = np.unique(unit[member], return_inverse=True)
    able = np.ones((len(units), problem.n_reps), dtype=bool)
    step = max(1, PAIRS // problem.n_reps)
    for begin in range(0, len(member), step):
        part = slice(begin, begin + step)
        np.logical_and.at(able, position[part], _permit(problem, member[part]))
    return np.intersect1d(unserved, member[~able.any(axis=1)[position]])


def _permit(problem: Problem, customer: Ints) -> Bools:
    """Which reps may serve each customer, [customers, R]."""
    rep = np.tile(np.arange(problem.n_reps), len(customer))
    pairs = Pairs(problem, np.repeat(customer, problem.n_reps), rep)
    forbidden = np.zeros(len(rep), dtype=bool)
    for constraint in constraints.ON_PAIRS:
        forbidden |= constraint.find_forbidden(problem, pairs)
    return ~forbidden.reshape(len(customer), problem.n_reps)


def count_unavoidable(problem: Problem, unserved: Ints) -> int:
    """Milli-hours of price that every plan which keeps the hard constraints pays for whom nobody may serve."""
    return int(problem.unserved[find_unservable(problem, unserved)].sum())


def main() -> None:
    case, out = map(Path, sys.argv[1:])
    problem = build_problem(read_case(case))
    names = pd.read_csv(out / "unserved.csv", dtype=str, keep_default_na=False)["customer_id"]
    unserved = np.flatnonzero(np.isin(problem.customer_ids.astype(str), names.to_numpy().astype(str)))
    print(count_unavoidable(problem, unserved) / UNITS_PER_HOUR)


if __name__ == "__main__":
    main()
