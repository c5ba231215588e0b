"""Concluding: what a run answers: the plan as the checker judges it, what is proved of it, and what to know of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import OPTIMALITY_GAP, Result, Score, Status, find_gap
from optimizer.solving.course import Course
from optimizer.solving.modelling.candidates import takes_all_pairs
from optimizer.solving.modelling.model import Model
from optimizer.solving.pricing.prices import Prices
from optimizer.solving.pricing.worth import find_worth


def conclude(
    problem: Problem,
    course: Course,
    start: Plan | None,
    seed: int,
    model: Model | None,
    prices: Prices | None,
    is_impossible: Callable[[], bool],
) -> Result:
    """Let the checker judge the plan, and say what is proved; ``model`` and ``prices`` are None where a run gave up."""
    plan, score = _find_best(problem, course.plan, start)
    # Every plan costs whole milli-hours: a bound between two of them proves the upper one, rounding errors aside.
    bound: int | None = None
    gap = worth = None
    if math.isfinite(course.bound):
        bound = math.ceil(course.bound - max(1e-6, 1e-9 * abs(course.bound)))
    if score.keeps_all:
        status = Status.FEASIBLE
        if bound is not None:
            bound = min(bound, score.objective)
            gap = find_gap(score.objective, bound)
            status = Status.OPTIMAL if gap <= OPTIMALITY_GAP else Status.FEASIBLE
        if model is not None and prices is not None:
            worth = find_worth(problem, model, prices.dual, prices.bound)
    elif is_impossible():
        status, bound = Status.INFEASIBLE, None
        course.stopped = "proved"
    else:
        status = Status.NOT_FOUND
    return Result(
        status=status,
        plan=plan,
        score=score,
        bound=bound,
        gap=gap,
        method=" + ".join(["prices", "exchanges", *course.method]),
        stopped=course.stopped,
        seed=seed,
        seconds=course.seconds,
        stages=dict(course.stages),
        notes=_find_notes(problem, course.stopped, model),
        trace=list(course.trace),
        prices=worth,
    )


def _find_best(problem: Problem, found: Plan | None, start: Plan | None) -> tuple[Plan, Score]:
    """The best plan by the checker's judgement: what was found, or what was handed in if that is better."""
    plans = [plan for plan in (found, start) if plan is not None]
    judged = [(plan, evaluate(problem, plan)) for plan in plans or [Plan(problem.owner)]]

    def rank(plan_and_score: tuple[Plan, Score]) -> tuple[bool, int]:
        score = plan_and_score[1]
        return not score.keeps_all, score.objective if score.keeps_all else 0

    return min(judged, key=rank)


def _find_notes(problem: Problem, stopped: str, model: Model | None) -> list[tuple[str, dict[str, Any]]]:
    """What the planner should know of how this plan came about."""
    notes: list[tuple[str, dict[str, Any]]] = []
    no_point = np.isnan(problem.rep_point).any(axis=1)
    if no_point.all() or np.isnan(problem.customer_point).any(axis=1).all():
        notes.append(("no_geography", {}))
    elif no_point.any():
        notes.append(("no_home", {"count": int(no_point.sum())}))
    considered = 0 if model is None else int((model.rep >= 0).sum())
    if considered and not takes_all_pairs(problem):
        notes.append(("candidates", {"count": considered, "all": problem.n_customers * problem.n_reps}))
    if stopped in ("time_limit", "interrupted"):
        notes.append((stopped, {}))
    return notes
