"""reps/: a folder for each rep with nothing in it but the rep's own weeks, to be handed to that rep alone.

Tasks of the weeks that a rep is shown (``schedule.publish_window``), as a calendar and as a workbook. No other rep is
named: a task for somebody else's customer says only that it is a colleague's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optimizer.case import Case
from optimizer.messages import look_up, say
from optimizer.problem import UNITS_PER_HOUR, Ints
from optimizer.reports.book.rep_book import write_rep_book
from optimizer.reports.content.schedule_tables import name_customers, write_days
from optimizer.reports.content.tables import texts
from optimizer.reports.content.timetable import MOST_REP_FOLDERS, Timetable
from optimizer.reports.files.calendars import Entry, write_calendar

UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]|^[. ]+|[. ]+$')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices of Windows
LONGEST = 60  # characters of a folder's name: 180 octets in Chinese


@dataclass(frozen=True)
class OwnTask:
    """One task as its doer sees it. ``week`` counts from 0; ``due`` is empty where there is none."""

    week: int
    task_id: str
    customer_id: str
    customer: str
    kind: str
    hours: float
    due: str
    late_weeks: int
    is_own: bool  # the customer is the rep's, or there is none


@dataclass(frozen=True)
class OwnWeek:
    """One week as a rep sees it; hours of work and selling hours."""

    name: str
    starts: dt.date | None
    tasks: list[OwnTask]
    hours: float
    available: float


def write_rep_folders(case: Case, timetable: Timetable, folder: Path) -> None:
    """Write reps/NAME/calendar.ics and reps/NAME/tasks.xlsx of each rep; of more than 1,000 the first."""
    work, lang = timetable.work, timetable.lang
    place = folder / "reps"
    place.mkdir()
    start, workdays = case.scenario.horizon.start, case.scenario.horizon.workdays
    names = texts(case.records.reps, "name")
    count = min(work.n_reps, MOST_REP_FOLDERS)
    by_rep = _list_own_tasks(case, timetable, count)
    for r, own in enumerate(name_folders(work.rep_ids[:count].tolist())):
        (place / own).mkdir()
        rep_id, name = work.rep_ids[r], str(names[r] or work.rep_ids[r])
        weeks = _list_own_weeks(timetable, r, by_rep[r])
        write_rep_book(name, weeks, place / own / "tasks.xlsx", lang)
        if start is None or not by_rep[r]:
            continue  # RFC 5545 knows no calendar without an entry
        entries = [_make_entry(week, max(workdays, default=7), lang) for week in weeks if week.tasks]
        calendar = write_calendar(rep_id, say("own.calendar", lang, name=name), entries, start)
        (place / own / "calendar.ics").write_bytes(calendar)


def name_folders(ids: Sequence[str]) -> list[str]:
    """A name for each id that every file system takes, the id itself where it can be; no two alike in any case."""
    found: list[str] = []
    taken: set[str] = set()
    for rep_id in ids:
        name = UNSAFE.sub("_", rep_id)[:LONGEST].rstrip(". ") or "_"
        if RESERVED.fullmatch(name):
            name = f"_{name}"
        own, number = name, 1
        while own.casefold() in taken:
            number += 1
            own = f"{name}-{number}"
        taken.add(own.casefold())
        found.append(own)
    return found


def _list_own_tasks(case: Case, timetable: Timetable, count: int) -> list[list[OwnTask]]:
    """The shown tasks of each of the first ``count`` reps, by week, then the most urgent first."""
    work, schedule = timetable.work, timetable.result.schedule
    shown = schedule.is_done & (schedule.week < timetable.shown_weeks)
    at = np.flatnonzero(shown & (schedule.doer >= 0) & (schedule.doer < count))
    at = at[np.lexsort((at, -work.priority[at], work.due[at], schedule.week[at]))]
    names = np.append(texts(case.records.customers, "name"), "")[work.customer[at]]
    kinds = [look_up("kind", kind, timetable.lang) for kind in work.kind_names]
    rows = zip(
        schedule.doer[at].tolist(),
        schedule.week[at].tolist(),
        work.task_ids[at].tolist(),
        name_customers(work, at).tolist(),
        names.tolist(),
        np.array(kinds, dtype=object)[work.kind[at]].tolist(),
        (work.task_load(at, schedule.doer[at]) / UNITS_PER_HOUR).tolist(),
        write_days(work.due_day[at]).tolist(),
        schedule.late_weeks(work)[at].tolist(),
        _is_own(timetable, at).tolist(),
        strict=True,
    )
    found: list[list[OwnTask]] = [[] for _ in range(count)]
    for doer, *told in rows:
        found[doer].append(OwnTask(*told))
    return found


def _is_own(timetable: Timetable, at: Ints) -> NDArray[np.bool_]:
    owner = timetable.work.owner[at]
    own: NDArray[np.bool_] = (owner < 0) | (owner == timetable.result.schedule.doer[at])
    return own


def _list_own_weeks(timetable: Timetable, rep: int, tasks: list[OwnTask]) -> list[OwnWeek]:
    work, load = timetable.work, timetable.result.score.load
    return [
        OwnWeek(
            work.week_names[w],
            None if work.week_starts is None else work.week_starts[w].astype(dt.date),
            [task for task in tasks if task.week == w],
            int(load[rep, w]) / UNITS_PER_HOUR,
            int(work.available[rep, w]) / UNITS_PER_HOUR,
        )
        for w in range(timetable.shown_weeks)
    ]


def _make_entry(week: OwnWeek, last_workday: int, lang: str) -> Entry:
    """The week as one entry up to its last working day."""
    assert week.starts is not None
    monday = week.starts - dt.timedelta(days=week.starts.weekday())
    ends = max(monday + dt.timedelta(days=last_workday), week.starts + dt.timedelta(days=1))
    gaps = {"week": week.name, "count": len(week.tasks), "hours": round(week.hours, 1)}
    text = "\n".join(_say_task(task, lang) for task in week.tasks)
    return Entry(week.name, week.starts, ends, say("own.entry", lang, **gaps), text)


def _say_task(task: OwnTask, lang: str) -> str:
    """``K0407 苏州机械: 安装调试 8 h, due 2027-01-27 [T002]``."""
    customer = " ".join(part for part in (task.customer_id, task.customer) if part) or task.task_id
    line = say("own.line", lang, customer=customer, kind=task.kind, hours=round(task.hours, 2))
    if task.due:
        line += say("own.line_due", lang, due=task.due)
    if task.late_weeks:
        line += say("own.line_late", lang, week_count=task.late_weeks)
    if not task.is_own:
        line += say("own.line_colleague", lang)
    return f"{line} [{task.task_id}]"
