"""Aiming: what a rebalance strives for, so that what it changes today need not be changed again next week.

A hand-over counts for more than its hours, because what a move brings is a guess about the weeks ahead and what it
costs is not. And where something has to be mended, territories are brought well inside their corridors and not just to
the edge, from which the next news would push them out. What a plan is worth is said by the problem itself, as ever.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.constraints import corridors
from optimizer.plan import UNSERVED
from optimizer.problem import Corridor, Problem
from optimizer.rebalancing.replay.people import since_of
from optimizer.rebalancing.replay.state import State
from optimizer.result import Score


def find_aim(state: State, problem: Problem, before: Score) -> Problem:
    """The problem in which the change of ``problem`` is sought; ``before`` judges doing nothing.

    Hand-over counts ``disruption.hurdle`` times. Corridors with a price have ``watch.calm`` of their width, where there
    was news since the plan and somebody is outside or without an owner; else within the corridor is good enough. A plan
    is never cheaper by it than it is. Where no more is asked, it is ``problem`` itself.
    """
    scenario = state.case.scenario
    news = (state.events["at"] > since_of(state.case, state.plan)).any()
    outside = any(violation.constraint == corridors.NAME for violation in before.violations)
    mends = news and (outside or bool((problem.owner == UNSERVED).any()))
    return aim_at(problem, scenario.disruption.hurdle, scenario.watch.calm if mends else 1.0)


def aim_at(problem: Problem, hurdle: float, calm: float) -> Problem:
    """The problem with ``hurdle`` times the hand-over and ``calm`` of the width of each corridor that has a price."""
    aim = problem
    if hurdle != 1.0 and problem.handover.any():
        aim = replace(aim, handover=np.rint(problem.handover * hurdle).astype(np.int64))
    if calm < 1.0:
        aim = replace(aim, corridors=tuple(_narrow(c, calm) for c in problem.corridors))
    return aim


def _narrow(corridor: Corridor, share: float) -> Corridor:
    """The corridor with that share of its width on either side; a hard one as it is, for it must never be missed."""
    if corridor.price is None:
        return corridor
    below, above = corridor.target - corridor.low, corridor.high - corridor.target
    low = np.ceil(corridor.target - share * below).astype(np.int64)
    high = np.floor(corridor.target + share * above).astype(np.int64)
    # A corridor narrower than a unit stays as it is.
    apart = low <= high
    return replace(
        corridor, low=np.where(apart, low, corridor.low), high=np.where(apart, high, corridor.high)
    )
