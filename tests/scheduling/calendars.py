"""Random cases with tight calendars: short weeks, absences, holidays, ramps, chains of tasks, specialists."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.plan import present_plan
from optimizer.scheduling import TaskProblem, build_task_problem
from tests.cases import make_case

TIERS = {
    "A": {"visits": 9, "hours_per_visit": 2.0, "unserved_price": 10},
    "B": {"visits": 5, "hours_per_visit": 1.5, "unserved_price": 6, "min_gap_weeks": 1},
    "C": {"visits": 2, "hours_per_visit": 1.0, "unserved_price": 4},
}


def pose(case: Case, published: pd.DataFrame | None = None) -> TaskProblem:
    """The task problem under the present owners."""
    problem = build_problem(case)
    return build_task_problem(case, present_plan(problem), problem=problem, published=published)


def draw_case(seed: int, customers: int = 5, tasks: int = 6, weeks: int = 6) -> Case:
    """About half of them have too much work."""
    rng = np.random.default_rng(seed)

    def pick(options: list[Any]) -> Any:
        return options[int(rng.integers(len(options)))]

    start = dt.date(2027, 1, 4) + dt.timedelta(days=int(rng.integers(0, 7)))

    def day(low: int = -5, high: int = 50) -> str:
        return (start + dt.timedelta(days=int(rng.integers(low, high)))).isoformat()

    reps = [
        {
            "hours_per_week": float(rng.integers(4, 14)),
            "skills": pick([None, "cardio:2", "cardio:1;export"]),
            "starts": pick([None, None, day(0, 20)]),
            "ends": pick([None, None, day(20, 40)]),
            "ramp_weeks": pick([None, 3]),
            "lat": 31 + rng.random(),
            "lon": 120 + rng.random(),
        }
        for _ in range(3)
    ]
    shop = [
        {
            "tier": pick(["A", "B", "C"]),
            "owner": pick(["r0", "r1", "r2", "r2", None]),
            "hours": pick([None, None, 6.5]),
            "lat": 31 + rng.random(),
            "lon": 120 + rng.random(),
        }
        for _ in range(customers)
    ]
    work = []
    for number in range(tasks):
        first, last = sorted([day(), day()])
        work.append(
            {
                "customer_id": f"c{rng.integers(customers)}",
                "hours": pick([0.5, 1.0, 2.0, 3.0, 9.0]),
                "earliest": pick([None, first]),
                "due": pick([None, last]),
                "priority": pick([None, 0.0, 2.0]),
                "requires": pick([None, None, "cardio", "export"]),
                "doer": pick([None, None, None, "r1"]),
                "after": f"t{rng.integers(number)}" if number and rng.random() < 0.5 else None,
                "status": pick(["open", "open", "open", "done", None]),
            }
        )
    absences = [{"rep_id": "r1", "starts": start, "ends": start + dt.timedelta(days=int(rng.integers(1, 9)))}]
    return make_case(
        reps,
        shop,
        tasks=work,
        absences=absences,
        scenario={
            "horizon": {
                "start": start,
                "weeks": weeks,
                "field_share": 1.0,
                "holidays": [start + dt.timedelta(days=8)],
                "seasons": [{"starts": day(0, 5), "ends": day(20, 30), "share": 0.75}]
                if seed % 3 == 0
                else [],
            },
            "tiers": TIERS,
            "schedule": {
                "overtime_price": pick([None, None, 3.0]),
                "slips": pick(["priority", "priority", "stretch"]),
                "peak_tolerance": pick([0.0, 0.15]),
                "doers": 2,
            },
            "capacity": {"count_travel": bool(rng.random() < 0.5)},
        },
    )
