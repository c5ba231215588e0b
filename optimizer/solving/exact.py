"""Exact: one mixed-integer model over every arc that a better plan could use, where these are few enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimizer.problem import Problem
from optimizer.solving.course import Course
from optimizer.solving.linear import Work, pick_arcs, solve_part
from optimizer.solving.modelling.model import Model
from optimizer.solving.pricing.prices import Prices

EXACT = 6_000  # arcs up to which one exact model is tried
LAST = 0.5  # seconds before the time limit at which an exact model gives back what it has


def solve_exactly(
    problem: Problem,
    course: Course,
    model: Model,
    tight: Model,
    prices: Prices,
    seed: int,
    is_impossible: Callable[[], bool],
) -> None:
    """Better plan and bound alike by one model; ``tight``: the same model as proofs see it.

    An arc dearer by more than objective - bound than its unit's cheapest is in no better plan.
    """
    if course.is_done() or course.score is None or course.plan is None:
        return
    breach, objective = course.score
    usable = np.arange(len(model.rep))
    if not breach:
        usable = np.flatnonzero(prices.regret(model) <= objective - prices.bound)
    if len(usable) > EXACT:
        return
    most = 50 if breach and is_impossible() else 1000
    nodes = int(np.clip(2e9 * problem.effort / max(len(usable), 1) ** 2, 8, most))
    arcs = model.find_arcs(course.plan)
    usable = np.union1d(usable, arcs)
    asked = model.weigh_breaches(objective, breach) if breach else tight
    answer = solve_part(
        asked,
        usable,
        Work(nodes, course.gap),
        start=arcs,
        seed=seed,
        seconds=None if course.seconds_left is None else course.seconds_left - LAST,
        should_stop=course.should_stop,
    )
    if answer.value is None:
        return
    course.method.append("exact")
    found = pick_arcs(model, usable, answer.value)
    if model.judge(found) < course.score:
        course.take_plan(model.judge(found), model.to_plan(found), "exact")
    if not course.score[0]:
        course.raise_bound(min(answer.bound, course.score[1]), "exact")
