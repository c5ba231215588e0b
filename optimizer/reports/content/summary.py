"""Summary: the headline figures of an answer, before and after, for terminal, page and workbook alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from optimizer.case import Case
from optimizer.evaluation import evaluate
from optimizer.kpis import Look, read_kpi
from optimizer.messages import say
from optimizer.plan import Plan, present_plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.result import Result, Score, Status
from optimizer.standing import Standing, stand


@dataclass(frozen=True)
class Balance:
    """How evenly one measure is spread: reps inside its corridor, and the largest deviation from target."""

    measure: str
    tolerance: float
    hard: bool
    inside: int
    worst: float | None  # largest |value / target - 1|; None when no rep has a target


@dataclass(frozen=True)
class State:
    """The headline figures of one plan; hours as hours, shares as shares of 1."""

    served: int
    unserved: int
    hours: float  # of the territories' capacity
    travel_hours: float
    utilization: float | None  # of all reps together
    least_utilization: float | None
    most_utilization: float | None
    overloaded: int  # reps above their limit
    balances: tuple[Balance, ...]
    objective_hours: float
    terms: dict[str, float]  # hours by term, summing to the objective
    hard_violations: int
    priced_violations: int


@dataclass(frozen=True)
class Summary:
    """What a sales director asks first.

    ``before`` is None when no customer has a present owner. ``status`` is a Status value, or "evaluated"
    for a plan that was handed in to be judged. ``certificate`` says in words how far from the best possible
    the plan is at most.
    """

    name: str
    customers: int
    reps: int
    status: str
    verdict: str
    certificate: str
    bound_hours: float | None
    gap: float | None
    before: State | None
    after: State
    moved: int
    moved_share: float | None  # of the customers that have a present owner
    moved_hours: float
    handover_hours: float
    newly_served: int
    has_points: bool


def summarize(case: Case, problem: Problem, result: Result, lang: str = "") -> Summary:
    """The headline figures of a solved case."""
    return summarize_plan(case, problem, result.plan, result.score, result, lang)


def summarize_plan(
    case: Case, problem: Problem, plan: Plan, score: Score, result: Result | None = None, lang: str = ""
) -> Summary:
    """The headline figures of a plan; without ``result`` it was judged, not searched for."""
    before, after = stand(problem, problem.owner), stand(problem, plan.owner)
    return sum_up(case, problem, before, after, score, result, lang)


def sum_up(
    case: Case,
    problem: Problem,
    before: Standing,
    after: Standing,
    score: Score,
    result: Result | None,
    lang: str,
) -> Summary:
    """The headline figures of a plan of which is known how things stood and stand."""
    had_owner = bool(before.served.any())
    look = Look(problem, after, score, None if result is None else result.bound)
    return Summary(
        name=case.scenario.name or case.name,
        customers=problem.n_customers,
        reps=problem.n_reps,
        status=result.status.value if result else "evaluated",
        verdict=_say_verdict(result, score, lang),
        certificate=_say_certificate(result, score, lang),
        bound_hours=None if result is None or result.bound is None else result.bound / UNITS_PER_HOUR,
        gap=result.gap if result else None,
        before=_state(Look(problem, before, evaluate(problem, present_plan(problem)))) if had_owner else None,
        after=_state(look),
        moved=int(look.moved.sum()),
        moved_share=read_kpi(look, "moved_share"),
        moved_hours=read_kpi(look, "moved_hours") or 0.0,
        handover_hours=read_kpi(look, "handover_hours") or 0.0,
        newly_served=int((~before.served & after.served).sum()),
        has_points=bool(np.isfinite(problem.customer_point).all(axis=1).any()),
    )


def _state(look: Look) -> State:
    problem, standing, score = look.problem, look.standing, look.score
    balances = []
    for k, corridor in enumerate(problem.corridors):
        balances.append(
            Balance(
                measure=problem.measures[corridor.measure].name,
                tolerance=corridor.tolerance,
                hard=corridor.price is None,
                inside=int(standing.inside(problem, k).sum()),
                worst=read_kpi(look, "deviation", k),
            )
        )
    return State(
        served=int(standing.served.sum()),
        unserved=int((~standing.served).sum()),
        hours=int(standing.rep_load.sum()) / UNITS_PER_HOUR,
        travel_hours=read_kpi(look, "travel_hours") or 0.0,
        utilization=read_kpi(look, "utilization"),
        least_utilization=read_kpi(look, "utilization_least"),
        most_utilization=read_kpi(look, "utilization_most"),
        overloaded=int(read_kpi(look, "overloaded") or 0),
        balances=tuple(balances),
        objective_hours=score.objective_hours,
        terms={term: units / UNITS_PER_HOUR for term, units in score.terms.items()},
        hard_violations=len(score.hard_violations),
        priced_violations=len(score.violations) - len(score.hard_violations),
    )


def _say_verdict(result: Result | None, score: Score, lang: str) -> str:
    if result is not None:
        return say(f"verdict.{result.status.value}", lang, count=len(score.hard_violations))
    return say(
        "verdict.judged_kept" if score.keeps_all else "verdict.judged_broken",
        lang,
        count=len(score.hard_violations),
    )


def _say_certificate(result: Result | None, score: Score, lang: str) -> str:
    if result is None:
        return say("certificate.judged", lang)
    if result.status is Status.INFEASIBLE:
        return say("certificate.infeasible", lang)
    if result.bound is None:
        return say("certificate.none", lang)
    hours = {"bound": result.bound / UNITS_PER_HOUR, "objective": score.objective_hours}
    if result.gap is None:
        return say("certificate.broken", lang, **hours)
    if result.objective <= result.bound:
        return say("certificate.proved", lang, **hours)
    if result.gap > 1:  # of next to nothing: hours say more than a share
        more = math.ceil((result.objective - result.bound) / UNITS_PER_HOUR * 10) / 10
        return say("certificate.wide", lang, more=more, **hours)
    return say("certificate.gap", lang, gap=say_small_share(result.gap), **hours)


def say_small_share(share: float) -> str:
    """A share in percent with two decimals, or as many as its first figure needs: 1.25%, 0.003%."""
    percent = 100 * share
    decimals = 2 if percent >= 0.01 or percent <= 0 else math.ceil(-math.log10(percent))
    return f"{percent:.{decimals}f}%"
