"""What the page shows of a schedule: the heat of every rep's weeks, and who does what and when."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.messages import look_up, say
from optimizer.problem import UNITS_PER_HOUR, Ints
from optimizer.reports.content.report import Report
from optimizer.reports.content.schedule_tables import count_tasks, start_weeks, write_days
from optimizer.reports.content.tables import texts
from optimizer.reports.content.timetable import Timetable

MOST_CELLS = 100_000  # weeks of reps in the heat map
MOST_BOXES = 20_000  # tasks in the week view: 2 MB


def list_weeks(report: Report, timetable: Timetable) -> dict[str, Any]:
    """The weeks, their heat, the figures of the schedule, and the tasks of the week view."""
    work, result = timetable.work, timetable.result
    reps = max(1, min(work.n_reps, MOST_CELLS // work.n_weeks))
    return {
        "names": list(work.week_names),
        "starts": write_days(start_weeks(work)).tolist(),
        "keepsAll": result.score.keeps_all,
        "statusWord": say(f"status_word.{result.status.value}", timetable.lang),
        "verdict": timetable.verdict,
        "certificate": timetable.certificate,
        "objective": result.score.objective_hours,
        "tasks": work.n_tasks,
        "hours": timetable.hours,
        "late": timetable.n_late,
        "slipping": timetable.n_slipping,
        "deviation": timetable.deviation_weeks,
        "uneven": timetable.n_uneven,
        "spread": int(np.isfinite(result.score.deviation).sum()),
        "load": np.round(result.score.load[:reps] / UNITS_PER_HOUR, 2).tolist(),
        "available": np.round(work.available[:reps] / UNITS_PER_HOUR, 2).tolist(),
        "count": count_tasks(work, result)[:reps].tolist(),
        "agenda": _list_agenda(report, timetable),
    }


def _list_agenda(report: Report, timetable: Timetable) -> dict[str, Any]:
    """Tasks by column, of as many reps as the page can hold; those done by them and those for their customers."""
    work, schedule = timetable.work, timetable.result.schedule
    reps, at = _choose_tasks(timetable)
    customers, customer = np.unique(work.customer[at], return_inverse=True)
    kinds, kind = np.unique(work.kind[at], return_inverse=True)
    names = np.append(texts(report.case.records.customers, "name"), "")
    late = np.where(schedule.is_done, schedule.late_weeks(work), 0)
    # Customers with tasks of their own, not visits alone, come first; then by tier, in the order of the customers.
    special = np.bincount(customer, work.visit[at] == 0, len(customers)) > 0
    tier = np.append(report.problem.tier, len(report.problem.tier_names))[customers]
    place = np.empty(len(customers), dtype=np.int64)
    place[np.lexsort((customers, tier, ~special))] = np.arange(len(customers))
    by_place = customers[np.argsort(place)]
    return {
        "reps": reps,
        "customers": np.append(work.customer_ids, "")[by_place].tolist(),
        "customerNames": names[by_place].tolist(),
        "kinds": [look_up("kind", work.kind_names[k], timetable.lang) for k in kinds],
        "id": work.task_ids[at].tolist(),
        "customer": place[customer].tolist(),
        "kind": kind.tolist(),
        "doer": schedule.doer[at].tolist(),
        "owner": work.owner[at].tolist(),
        "week": schedule.week[at].tolist(),
        "hours": np.round(work.task_load(at, schedule.doer[at]) / UNITS_PER_HOUR, 2).tolist(),
        "due": write_days(work.due_day[at]).tolist(),
        "late": late[at].tolist(),
    }


def _choose_tasks(timetable: Timetable) -> tuple[int, Ints]:
    """How many reps, counted from the first, have all their tasks in the page, and these tasks."""
    work, doer = timetable.work, timetable.result.schedule.doer
    nobody = work.n_reps
    first = np.minimum(np.where(doer >= 0, doer, nobody), np.where(work.owner >= 0, work.owner, nobody))
    total = np.cumsum(np.bincount(first, minlength=nobody + 1)[:nobody])
    reps = max(min(1, nobody), int((total <= MOST_BOXES).sum()))
    return reps, np.flatnonzero(first < reps)
