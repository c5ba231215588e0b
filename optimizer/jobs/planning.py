"""The job ``plan``: territories, which is a step of its own, then tasks into weeks, then the plan as a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.certain import list_certain
from optimizer.jobs.desk import Desk, read_given
from optimizer.jobs.orders import PlanOrder
from optimizer.jobs.results import dump_result, load_result
from optimizer.jobs.writing import write_down
from optimizer.reports import Timetable, build_report, build_timetable
from optimizer.result import Result
from optimizer.scheduling import TaskProblem, build_task_problem, estimate_tasks, solve_schedule
from optimizer.scheduling.effort import MOST_TASKS, TERRITORY_SHARE, lighten
from optimizer.solving import solve
from optimizer.store import Write

TERRITORIES = "territories"


def plan(desk: Desk, order: PlanOrder) -> None:
    """Plan a case and keep the plan as a draft."""
    with desk.store.read(desk.job.workspace) as view:
        given = read_given(view, order.case_version_id, order.variant)
    problem = build_problem(given.case)
    case = replace(given.case, findings=[*given.case.findings, *list_certain(problem)])
    count = estimate_tasks(case) if order.schedule else 0
    scheduled = 0 < count <= MOST_TASKS
    if TERRITORIES in desk.steps:
        result = load_result(desk.steps[TERRITORIES], problem)
    else:
        share = TERRITORY_SHARE if scheduled else 1.0
        limit = None if order.time_limit is None else share * order.time_limit
        result = solve(problem, seed=order.seed, time_limit=limit, on_progress=desk.teller.show)
        desk.keep(TERRITORIES, dump_result(result))
    timetable = None
    if scheduled:
        left = None if order.time_limit is None else max(0.0, order.time_limit - result.seconds)
        work = build_task_problem(case, result.plan, problem=problem)
        timetable = put_into_weeks(desk, case, work, result, order.seed, left)
    desk.teller.settle(result, phase="writing")
    report = build_report(case, problem, result.plan, result.score, result, timetable=timetable)
    written = write_down(report, order.reports)

    def keep(write: Write) -> Mapping[str, Any]:
        version = given.keep(write)
        kept = written.save(write, version.id, name=order.name, origin="plan")
        names = ("status", "objective", "bound", "gap", "keeps_all", "accepted")
        return {"plan_id": kept.id, "case_version_id": version.id} | {
            name: written.summary[name] for name in names
        }

    desk.finish(keep)


def put_into_weeks(
    desk: Desk, case: Case, work: TaskProblem, plan: Result, seed: int | None, time_limit: float | None
) -> Timetable:
    """Put tasks into weeks, as the command does; what is told of them stands beside what is told of ``plan``."""
    desk.teller.settle(plan)
    result = solve_schedule(
        lighten(work), seed=seed, time_limit=time_limit, on_progress=desk.teller.show_weeks
    )
    return build_timetable(case, work, result)
