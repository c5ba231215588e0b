"""Small answers for the tests of reports: a case by hand, a plan by hand, and its true score."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.evaluation import evaluate
from optimizer.findings import Finding
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Problem
from optimizer.reports.content.report import Report, build_report
from optimizer.reports.content.timetable import build_timetable
from optimizer.result import Result, Status
from optimizer.scheduling import build_task_problem, solve_schedule
from tests.cases import make_case

EVIL = '=HYPERLINK("http://evil.example","</script><script>alert(1)</script>")'


def small_case(scenario: dict[str, Any] | None = None, **tables: Any) -> Case:
    """Three reps and seven customers around Shanghai; c5 needs a skill nobody has, c6 has no point."""
    reps = [
        {"name": "王伟", "lat": 31.2, "lon": 121.5},
        {"name": "-Anna", "lat": 30.3, "lon": 120.2},
        {"name": None, "tiers": "B;C"},
    ]
    customers = [
        {"name": EVIL, "tier": "A", "hours": 12.125, "lat": 31.25, "lon": 121.4, "owner": "r0"},
        {"name": "+86", "tier": "B", "hours": 4.5, "lat": 31.1, "lon": 121.6, "owner": "r1"},
        {"name": "\u2028苏州", "tier": "C", "hours": 1.0, "lat": 31.3, "lon": 120.6},
        {"tier": "B", "hours": 4.5, "lat": 30.2, "lon": 120.1, "owner": "r1"},
        {"tier": "C", "hours": 1.0, "lat": 30.4, "lon": 120.3, "owner": "r2"},
        {"tier": "A", "hours": 8.0, "lat": 30.5, "lon": 120.4, "owner": "r0", "requires": "laser:2"},
        {"tier": "C", "hours": 1.0, "potential": 5.0},
    ]
    tasks = [
        {"customer_id": "c0", "hours": 2.0, "due": "2026-07-06"},
        {"customer_id": "c1", "hours": 1.5, "earliest": "2026-07-13", "doer": "r2"},
        {"customer_id": "c5", "hours": 1.0, "due": "2026-07-05"},
        {"hours": 0.25},
        {"customer_id": "c3", "hours": 1.0, "status": "done"},
    ]
    wanted = {
        "horizon": {"start": "2026-07-06", "weeks": 2},
        "corridors": [
            {"measure": "hours", "tolerance": 0.1, "price": 1.0},
            {"measure": "customers", "price": 1.0},
        ],
    }
    given: dict[str, Any] = {"reps": reps, "customers": customers, "tasks": tasks} | tables
    return make_case(scenario=wanted | (scenario or {}), name="<b>Delta</b>", **given)


OWNERS = (0, 0, 1, 1, 2, UNSERVED, 2)  # c1 moves from r1 to r0, c5 from r0 to nobody, c2 and c6 are new


def small_result(problem: Problem, owners: tuple[int, ...] = OWNERS, **changes: Any) -> Result:
    """The answer a solver might have given."""
    plan = Plan(np.array(owners))
    score = evaluate(problem, plan)
    bound = score.objective * 99 // 100
    given: dict[str, Any] = {
        "status": Status.FEASIBLE,
        "plan": plan,
        "score": score,
        "bound": bound,
        "gap": (score.objective - bound) / max(1, score.objective),
        "method": "by hand",
        "stopped": "gap",
        "seed": 7,
        "seconds": 1.2345,
        "notes": [("time_limit", {})],
    }
    return Result(**(given | changes))


def small_report(case: Case | None = None, owners: tuple[int, ...] = OWNERS, lang: str = "") -> Report:
    """Everything the writers format, for the small case."""
    case = small_case() if case is None else case
    problem = build_problem(case)
    result = small_result(problem, owners)
    return build_report(case, problem, result.plan, result.score, result, lang=lang)


def warning() -> Finding:
    """A finding whose value looks like a formula."""
    return Finding("bad_number", "warning", "customers", 3, "hours", "=1+1")


HOSTILE_IDS = ("../王,伟;", "CON", "=r\n2")  # a path, a device of Windows, a formula on two lines


def small_weeks(scenario: dict[str, Any] | None = None, **tables: Any) -> Report:
    """A small answer whose tasks are put into weeks; every name in it is hostile, and a task crosses reps."""
    wanted = {"schedule": {"publish_window": 2}, "horizon": {"start": "2026-07-06", "weeks": 3}}
    wanted["horizon"] |= {"hours_per_week": 20}
    reps = [
        {"rep_id": HOSTILE_IDS[0], "name": "王伟</script>", "skills": "crane", "lat": 31.2, "lon": 121.5},
        {"rep_id": HOSTILE_IDS[1], "name": "=Anna()", "lat": 30.3, "lon": 120.2},
        {"rep_id": HOSTILE_IDS[2], "name": "@Bob", "lat": 30.1, "lon": 120.0},
    ]
    customers = [
        {"name": EVIL, "tier": "A", "lat": 31.25, "lon": 121.4},
        {"name": "+86,\\;x\ny", "tier": "A", "lat": 30.2, "lon": 120.1},
        {"name": "\u2028苏州" * 20, "tier": "B", "lat": 31.3, "lon": 120.6},
        {"tier": "A", "lat": 30.2, "lon": 120.0},
    ]
    tasks = [
        {
            "customer_id": "c1",
            "kind": "=cmd|' /C calc'!A0",
            "hours": 3.0,
            "requires": "crane",
            "due": "2026-07-10",
        },
        {"customer_id": "c0", "kind": "<img src=x>", "hours": 2.0, "due": "2026-07-01"},
        {"customer_id": "c3", "kind": "demo", "hours": 90.0},
        {"kind": "inventory", "hours": 1.0, "doer": "CON"},
    ]
    given: dict[str, Any] = {"reps": reps, "customers": customers, "tasks": tasks} | tables
    case = make_case(scenario=wanted | (scenario or {}), name="<b>Delta</b>", **given)
    problem = build_problem(case)
    owners = tuple(i % len(given["reps"]) for i in range(len(given["customers"])))
    result = small_result(problem, owners)
    work = build_task_problem(case, result.plan, problem=problem)
    timetable = build_timetable(case, work, solve_schedule(work, should_stop=lambda: True))
    return build_report(case, problem, result.plan, result.score, result, timetable=timetable)
