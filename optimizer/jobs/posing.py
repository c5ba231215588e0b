"""Posing: the problem of which a plan that is kept was made, and of a rebalance what it asked of its moves."""

from __future__ import annotations

from optimizer.case import Case
from optimizer.explaining import Asked, pose_asked
from optimizer.problem import Problem
from optimizer.reading.in_force import RebalanceFile
from optimizer.store import KeptPlan, View, load_file

REBALANCE = "rebalance"  # the origin of a proposal


def pose(view: View, kept: KeptPlan, case: Case, problem: Problem) -> tuple[Problem, Asked | None]:
    """``problem``, which the version of its case poses, as it was put to whoever made the plan.

    That version is the state of a proposal's evening, with locks on what was frozen; how many moves were allowed and
    what was aimed at stands in its ``rebalance.json``. Missing when it has none.
    """
    if kept.origin != REBALANCE:
        return problem, None
    told = RebalanceFile.model_validate_json(load_file(view, kept.id, "rebalance.json"))
    return pose_asked(problem, case.scenario, told.hurdle, told.calm, told.max_moves)
