"""Posing: the problem of which a plan that is kept was made, and of a rebalance what it asked of its moves."""

from __future__ import annotations

import json

from optimizer.case import Case
from optimizer.explaining import Asked
from optimizer.problem import Problem
from optimizer.rebalancing import aim_at, limit_moves
from optimizer.store import KeptPlan, View, load_file

REBALANCE = "rebalance"  # the origin of a proposal


def pose(view: View, kept: KeptPlan, case: Case, problem: Problem) -> tuple[Problem, Asked | None]:
    """``problem``, which the version of its case poses, as it was put to whoever made the plan.

    That version is the state of a proposal's evening, with locks on what was frozen; how many moves were allowed and
    what was aimed at stands in its ``rebalance.json`` (in those of older releases no ``calm``: the scenario's). Missing
    when it has none.
    """
    if kept.origin != REBALANCE:
        return problem, None
    told = json.loads(load_file(view, kept.id, "rebalance.json"))
    hurdle, calm, most = told["hurdle"], told.get("calm", case.scenario.watch.calm), told["max_moves"]
    return limit_moves(problem, most), Asked(limit_moves(aim_at(problem, hurdle, calm), most), hurdle, calm)
