"""The job ``explain``: what holds a plan back, and what could be done; all that takes longer than a request."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Protocol, get_args

from optimizer.building import build_hour_rates, build_problem
from optimizer.case import Case
from optimizer.evaluation import evaluate
from optimizer.explaining import (
    LimitCost,
    SkillBrief,
    SkillGap,
    explain_conflicts,
    explain_fairness,
    explain_limits,
    explain_skills,
)
from optimizer.explaining.fairness import DRAWS
from optimizer.explaining.limits.confirming import solve_for_prices
from optimizer.jobs.desk import Desk, read_given, read_owners
from optimizer.jobs.orders import ExplainOrder, Topic
from optimizer.jobs.posing import pose
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
        problem, _ = pose(view, kept, case, build_problem(case))
    found = _explain(desk, order, case, problem, plan)
    told: Told = {"plan_id": order.plan_id, "about": order.about}
    told |= {"broken": len(evaluate(problem, plan).hard_violations)} | dict.fromkeys(get_args(Topic)) | found
    desk.finish(lambda write: told)


def _explain(desk: Desk, order: ExplainOrder, case: Case, problem: Problem, plan: Plan) -> Told:
    if order.about == "fairness":
        return {"fairness": _tell_fairness(desk, problem, plan)}
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


def _tell_prices(priced: LimitCost | SkillGap) -> Told:
    return {
        "estimated_hours": priced.estimated,
        "sampled": priced.sampled,
        "tried": priced.answer is not None,
        "territories": priced.territories,
        "confirmed_hours": priced.confirmed_hours,
        "proved": priced.proved,
    }


def _tell_limit(cost: LimitCost) -> Told:
    return {
        "kind": cost.limit.kind,
        "sentence": _say(cost),
        "step": cost.step,
        "unit": cost.unit,
        "step_sentence": {lang: cost.step_sentence(lang) for lang in LANGUAGES},
    } | _tell_prices(cost)


def _tell_skills(brief: SkillBrief) -> Told:
    ideas = [
        {
            "code": gap.change.code,
            "sentence": _say(gap),
            "customers": gap.customers,
        }
        | _tell_prices(gap)
        for gap in brief.gaps
    ]
    return {
        "binding": [_tell_limit(cost) for cost in brief.binding],
        "regions": dict(brief.regions),
        "ideas": ideas,
    }


def _tell_fairness(desk: Desk, problem: Problem, plan: Plan) -> Told:
    def hear(done: int, total: int) -> None:
        desk.teller.tell(phase="drawing", done=done, total=total)

    hear(0, DRAWS)
    found = explain_fairness(problem, plan, seed=problem.seed, on_progress=hear)
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
    impasses = explain_conflicts(problem, plan, rates=build_hour_rates(case))
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
                        "least_hours": way.least_hours,
                        "objective_hours": way.objective / UNITS_PER_HOUR,
                        "given_hours": way.given / UNITS_PER_HOUR,
                        "proved": way.proved,
                        "unsettled": way.unsettled,
                    }
                    for way in impasse.ways
                ],
            }
            for impasse in impasses
        ]
    }
