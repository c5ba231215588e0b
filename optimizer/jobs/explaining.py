"""The job ``explain``: what holds a plan back, and what could be done; all that takes longer than a request."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Protocol, get_args

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.explaining import (
    LimitCost,
    SkillBrief,
    explain_conflicts,
    explain_fairness,
    explain_limits,
    explain_skills,
)
from optimizer.explaining.limits.confirming import solve_for_prices
from optimizer.jobs.desk import Desk, read_given, read_owners
from optimizer.jobs.orders import ExplainOrder, Topic
from optimizer.messages import LANGUAGES
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.store import get_plan

Told = dict[str, Any]


class _Spoken(Protocol):
    def sentence(self, lang: str = "") -> str: ...


def explain(desk: Desk, order: ExplainOrder) -> None:
    """Say what limits cost, whom to train or hire, how fair a plan is, or what cannot hold together."""
    with desk.store.read(desk.job.workspace) as view:
        kept = get_plan(view, order.plan_id)
        case = read_given(view, kept.case_version_id).case
        plan = read_owners(view, order.plan_id, case)
    found = _explain(desk, order, case, plan)
    nothing = dict.fromkeys(get_args(Topic))
    told = {"plan_id": order.plan_id, "about": order.about} | nothing | found
    desk.finish(lambda write: told)


def _explain(desk: Desk, order: ExplainOrder, case: Case, plan: Plan) -> Told:
    problem = build_problem(case)
    if order.about == "fairness":
        desk.teller.tell(phase="drawing")
        return {"fairness": _tell_fairness(problem, plan)}
    if order.about == "conflicts":
        return _tell_conflicts(desk, case, problem, plan)
    desk.teller.tell(phase="prices")
    result = solve_for_prices(problem, plan)
    if not result.ok:  # there are no prices: the question is what cannot hold
        return _tell_conflicts(desk, case, problem, result.plan)

    def hear(done: int, total: int) -> None:
        desk.teller.tell(phase="confirming", done=done, total=total)

    if order.about == "skills":
        return {"skills": _tell_skills(explain_skills(case, problem, result, on_progress=hear))}
    return {"limits": [_tell_limit(cost) for cost in explain_limits(problem, result, on_progress=hear)]}


def _say(one: _Spoken) -> dict[str, str]:
    return {lang: one.sentence(lang) for lang in LANGUAGES}


def _tell_limit(cost: LimitCost) -> Told:
    return {
        "kind": cost.limit.kind,
        "sentence": _say(cost),
        "estimated_hours": cost.estimated,
        "step": cost.step,
        "unit": cost.unit,
        "step_sentence": {lang: cost.step_sentence(lang) for lang in LANGUAGES},
        "confirmed_hours": cost.confirmed_hours,
        "proved": cost.proved,
    }


def _tell_skills(brief: SkillBrief) -> Told:
    ideas = [
        {
            "code": gap.change.code,
            "sentence": _say(gap),
            "customers": gap.customers,
            "estimated_hours": gap.estimated,
            "confirmed_hours": gap.confirmed_hours,
            "proved": gap.proved,
        }
        for gap in brief.gaps
    ]
    return {
        "binding": [_tell_limit(cost) for cost in brief.binding],
        "regions": dict(brief.regions),
        "ideas": ideas,
    }


def _tell_fairness(problem: Problem, plan: Plan) -> Told:
    found = explain_fairness(problem, plan, seed=problem.seed)
    return {
        "plans": len(found.plans),
        "changes": found.changes,
        "slack": found.slack,
        "seed": found.seed,
        "spreads": [asdict(spread) for spread in found.spreads],
        "shares": [asdict(share) for share in found.shares],
    }


def _tell_conflicts(desk: Desk, case: Case, problem: Problem, plan: Plan) -> Told:
    desk.teller.tell(phase="conflicts")
    impasses = explain_conflicts(problem, plan, weeks=case.scenario.horizon.weeks)
    return {
        "conflicts": [
            {
                "proved": impasse.proved,
                "limits": [
                    {"kind": name.kind, "sentence": _say(name), "needed": needed}
                    for name, needed in zip(impasse.limits, impasse.needed, strict=True)
                ],
                "untried": impasse.untried,
                "ways": [
                    {
                        "sentence": _say(way),
                        "hours": way.hours,
                        "objective_hours": way.objective / UNITS_PER_HOUR,
                        "given_hours": way.given / UNITS_PER_HOUR,
                        "proved": way.proved,
                    }
                    for way in impasse.ways
                ],
            }
            for impasse in impasses
        ]
    }
