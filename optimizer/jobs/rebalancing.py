"""The job ``rebalance``: a proposal after what happened, submitted for approval or, where the workspace's limits allow
it, applied by itself.

The proposal is kept first. It is judged as it is kept, and what the limits say is decided in the write that would
publish it: by then somebody may have published another plan, or changed the limits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from optimizer.guardrails import judge_guardrails
from optimizer.jobs.desk import Desk
from optimizer.jobs.orders import RebalanceOrder
from optimizer.jobs.planning import put_into_weeks
from optimizer.jobs.posing import REBALANCE
from optimizer.jobs.writing import Written, write_down
from optimizer.messages import LANGUAGES
from optimizer.problem import UNITS_PER_HOUR
from optimizer.rebalancing import Rebalance, build_rest_problem
from optimizer.rebalancing import rebalance as propose
from optimizer.reports import build_news, build_report
from optimizer.scheduling import estimate_tasks
from optimizer.scheduling.effort import MOST_TASKS, TERRITORY_SHARE
from optimizer.store import (
    ChangeLimits,
    KeptPlan,
    View,
    Write,
    announce,
    approve_plan,
    find_in_force,
    find_verdict,
    get_case_version,
    get_plan,
    get_workspace,
    judge_plan,
    load_case,
    load_events,
    load_plan,
    publish_plan,
    save_case,
    submit_plan,
)

PROPOSAL = "proposal"


def rebalance(desk: Desk, order: RebalanceOrder) -> None:
    """Propose a change of a plan, keep it, and apply it where that is asked for and allowed."""
    told = desk.steps.get(PROPOSAL) or _propose(desk, order)
    if told["plan_id"] is None or not order.apply:
        desk.finish(lambda write: told)
        return
    judge_plan(desk.store, desk.job.workspace, desk.job.asked_by, told["plan_id"])
    desk.finish(lambda write: _apply(write, order, told))


def _propose(desk: Desk, order: RebalanceOrder) -> Mapping[str, Any]:
    with desk.store.read(desk.job.workspace) as view:
        first = find_first(view, order.plan_id)
        version = get_case_version(view, first.case_version_id)
        case, in_force, events = (
            load_case(view, version.id),
            load_plan(view, order.plan_id),
            load_events(view),
        )
    limit = None if order.time_limit is None else TERRITORY_SHARE * order.time_limit
    found = propose(
        case,
        in_force,
        events,
        order.as_of,
        max_moves=order.max_moves,
        seed=order.seed,
        time_limit=limit,
        on_progress=desk.teller.show,
    )
    told = _tell(found) | {"parent_id": order.plan_id, "case_version_id": version.id}
    if not found.worthwhile:
        return desk.write(lambda write: told | {"plan_id": None}, PROPOSAL)
    state = found.state
    case_now = replace(found.case, findings=[*found.case.findings, *state.findings])
    timetable = None
    if order.schedule and 0 < estimate_tasks(case_now) <= MOST_TASKS:
        work = build_rest_problem(state, case_now, found.plan, found.problem)
        left = None if order.time_limit is None else max(0.0, order.time_limit - found.seconds)
        timetable = put_into_weeks(desk, case_now, work, found.result, order.seed, left)
    desk.teller.settle(found.result, phase="writing")
    report = build_report(
        case_now,
        found.problem,
        found.plan,
        found.result.score,
        found.result,
        timetable=timetable,
        news=build_news(found),
    )
    written = write_down(report, order.reports)
    told |= {"kpis": written.summary["kpis"]}
    return desk.write(lambda write: _keep(write, order, found, written, told), PROPOSAL)


def find_first(view: View, plan_id: str) -> KeptPlan:
    """The plan that a chain of proposals began with: its case is what they all speak of."""
    plan = get_plan(view, plan_id)
    while plan.origin == REBALANCE and plan.parent_id is not None:
        plan = get_plan(view, plan.parent_id)
    return plan


def _keep(
    write: Write, order: RebalanceOrder, found: Rebalance, written: Written, told: Mapping[str, Any]
) -> Mapping[str, Any]:
    day = found.state.as_of
    # The case as it is on that day, so that the checker judges what was decided; its variant says who made it.
    now = replace(found.case, variant=f"{found.case.variant}@{day}", findings=[])
    version = save_case(write, get_case_version(write, told["case_version_id"]).case_id, now)
    plan = written.save(
        write, version.id, name=order.name, origin=REBALANCE, parent_id=order.plan_id, knows_until=day
    )
    submit_plan(write, plan.id)
    told = {**told, "plan_id": plan.id, "case_version_id": version.id}
    names = ("plan_id", "parent_id", "as_of", "moves", "placed", "gain_hours", "cost_hours", "sentence")
    announce(write, "plan.proposed", {"workspace": write.workspace} | {name: told[name] for name in names})
    return told


def _tell(found: Rebalance) -> dict[str, Any]:
    """What limits are asked about, and what people read."""
    moved = found.plan.moved(found.problem)
    before, after = found.before, found.result.score
    return {
        "as_of": found.state.as_of.isoformat(),
        "worthwhile": found.worthwhile,
        "moves": found.n_moves,
        "placed": found.n_placed,
        "moved_tiers": sorted({str(tier) for tier in _tiers(found)[moved]}),
        "gain_hours": found.gain / UNITS_PER_HOUR,
        "cost_hours": found.cost / UNITS_PER_HOUR,
        "saved_hours": (before.objective - after.objective) / UNITS_PER_HOUR,
        "hard_before": len(before.hard_violations),
        "hard_after": len(after.hard_violations),
        "sentence": {lang: found.sentence(lang) for lang in LANGUAGES},
        "applied": False,
        "publication": None,
        "held_by": [],
    }


def _tiers(found: Rebalance) -> Any:
    tiers = found.case.records.customers["tier"].fillna(found.case.scenario.blank_tier)
    return tiers.to_numpy(dtype=object)


def _apply(write: Write, order: RebalanceOrder, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Publish the proposal, or leave it for somebody who decides; in the write that ends the job."""
    day = dt.date.fromisoformat(told["as_of"])
    starts = order.starts or day + dt.timedelta(days=1)
    held_by = find_obstacles(write, told, starts)
    if held_by:
        return {**told, "held_by": held_by}
    approve_plan(write, told["plan_id"])
    made = publish_plan(write, told["plan_id"], starts)
    payload = {"plan_id": told["plan_id"], "starts": starts.isoformat(), "publication": made.number}
    announce(write, "plan.published", {"workspace": write.workspace, "applied": True} | payload)
    return {**told, "applied": True, "publication": made.number}


def find_obstacles(view: View, told: Mapping[str, Any], starts: dt.date) -> list[str]:
    """Why a proposal is not applied by itself: codes ``held.<code>`` of the catalogue; none: it may be."""
    limits: ChangeLimits = get_workspace(view).limits
    if not limits.automatic:
        return ["not_automatic"]
    found = []
    plan, verdict = get_plan(view, told["plan_id"]), find_verdict(view, told["plan_id"])
    if plan.status != "submitted":
        found.append("decided")
    tenure = find_in_force(view, starts)
    if tenure is None or tenure.plan_id != told["parent_id"]:
        found.append("other_plan")
    if verdict is None or not verdict.keeps_all:
        found.append("hard")
    if told["moves"] > limits.max_moves:
        found.append("moves")
    if set(told["moved_tiers"]) & set(limits.spared_tiers):
        found.append("tier")
    net = told["gain_hours"] - told["cost_hours"]
    if told["moves"] and (net <= 0 or net < limits.min_gain_hours):
        found.append("gain")
    if not all(passed.ok for passed in judge_guardrails(limits.kpis, told["kpis"])):
        found.append("kpi")
    return found
