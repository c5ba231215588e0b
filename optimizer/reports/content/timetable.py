"""Timetable: one schedule with everything the writers format, each figure computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optimizer.case import Case
from optimizer.messages import say, spoken
from optimizer.problem import UNITS_PER_HOUR
from optimizer.reports.content import schedule_tables as tables
from optimizer.reports.content.summary import say_small_share
from optimizer.reports.content.tables import Table, texts
from optimizer.result import Status
from optimizer.scheduling import ScheduleResult, Slip, TaskProblem, list_slips

EVEN_WEEKS = 0.5  # mean deviation up to which visits count as even
MOST_REP_FOLDERS = 1000  # more take minutes, and nobody hands them over one by one


@dataclass(frozen=True, eq=False)
class Timetable:
    """A task problem, the schedule found for it, and its tables."""

    work: TaskProblem
    result: ScheduleResult
    slips: list[Slip]
    tasks: Table
    slipping: Table
    slip_groups: Table
    load: Table
    heat: Table
    verdict: str
    certificate: str
    lang: str

    @property
    def n_slipping(self) -> int:
        """Tasks that are not done in the horizon."""
        return sum(len(slip.tasks) for slip in self.slips)

    @cached_property
    def n_late(self) -> int:
        """Tasks that are done after their due week."""
        schedule = self.result.schedule
        return int((schedule.is_done & (schedule.late_weeks(self.work) > 0)).sum())

    @cached_property
    def n_shared(self) -> int:
        """Tasks with a week whose doer is not the owner of their customer."""
        schedule, work = self.result.schedule, self.work
        return int((schedule.is_done & (work.owner >= 0) & (schedule.doer != work.owner)).sum())

    @cached_property
    def deviation_weeks(self) -> float | None:
        """Mean absolute deviation of gaps between visits from the ideal, over customers with two visits or more."""
        deviation = self.result.score.deviation
        known = np.isfinite(deviation)
        return float(deviation[known].mean()) if known.any() else None

    @cached_property
    def n_uneven(self) -> int:
        """Customers' series of visits whose gaps are more than half a week from the ideal, on average."""
        deviation = self.result.score.deviation
        return int((deviation[np.isfinite(deviation)] > EVEN_WEEKS + 1e-9).sum())

    @cached_property
    def crowded_weeks(self) -> int:
        """Weeks of reps with more work than the corridor of peaks allows."""
        return int((self.result.score.load > self.work.peak).sum())

    @property
    def hours(self) -> float:
        """Hours of work that have a week."""
        return int(self.result.score.load.sum()) / UNITS_PER_HOUR

    @property
    def notes(self) -> list[tuple[str, dict[str, Any]]]:
        """What is worth telling about what is written, as codes note.<code> with their gaps."""
        found: list[tuple[str, dict[str, Any]]] = []
        if self.work.week_starts is None:
            found.append(("no_dates", {}))
        if self.work.n_reps > MOST_REP_FOLDERS:
            found.append(("many_reps", {"count": self.work.n_reps, "most": MOST_REP_FOLDERS}))
        return found

    @property
    def shown_weeks(self) -> int:
        """Weeks from the first one that a rep is shown: the publish window, and what is published already."""
        return min(max(self.work.publish_window, self.work.closed_weeks), self.work.n_weeks)


def build_timetable(case: Case, work: TaskProblem, result: ScheduleResult, lang: str = "") -> Timetable:
    """Every table and figure of a schedule. ``work`` must be built from ``case``."""
    slips = list_slips(work, result.schedule)
    return Timetable(
        work=work,
        result=result,
        slips=slips,
        tasks=tables.list_tasks(work, result, lang),
        slipping=tables.list_slipping(work, result, slips, lang),
        slip_groups=tables.sum_slips(work, result, slips, lang),
        load=tables.list_load(work, result, lang),
        heat=tables.draw_heat(work, result, texts(case.records.reps, "name"), lang),
        verdict=_say_verdict(result, lang),
        certificate=_say_certificate(result, lang),
        lang=lang or spoken(),
    )


def _say_verdict(result: ScheduleResult, lang: str) -> str:
    return say(f"schedule_verdict.{result.status.value}", lang, count=len(result.score.hard_violations))


def _say_certificate(result: ScheduleResult, lang: str) -> str:
    hours = {"bound": result.bound / UNITS_PER_HOUR, "objective": result.score.objective_hours}
    if result.status is Status.NOT_FOUND:
        return say("schedule_certificate.broken", lang, **hours)
    code = "proved" if result.objective <= result.bound else "gap"
    return say(f"schedule_certificate.{code}", lang, gap=say_small_share(result.gap), **hours)
