"""The headline figures as rows: what, present, planned, change; for the workbook and the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from optimizer.messages import say
from optimizer.problem import UNITS_PER_HOUR
from optimizer.reports.content.summary import State, Summary
from optimizer.reports.content.tables import term_label
from optimizer.reports.content.timetable import Timetable

Style = Literal["count", "hours", "share"]


@dataclass(frozen=True)
class Headline:
    """One figure; None where it does not apply. ``better``: "less", "more", or "" where neither is."""

    label: str
    style: Style
    before: float | None
    after: float | None
    better: str = ""

    @property
    def change(self) -> float | None:
        """Planned less present."""
        return None if self.before is None or self.after is None else self.after - self.before


def list_headlines(summary: Summary, lang: str = "") -> list[Headline]:
    """Figures that hold for the present plan and for the planned one, in the order a reader asks for them."""
    after, before = summary.after, summary.before

    def line(code: str, style: Style, field: str, better: str = "") -> Headline:
        old = None if before is None else getattr(before, field)
        return Headline(say(f"headline.{code}", lang), style, old, getattr(after, field), better)

    lines = [
        line("objective", "hours", "objective_hours", "less"),
        line("hard", "count", "hard_violations", "less"),
        line("priced", "count", "priced_violations", "less"),
        line("customers", "count", "served", "more"),
        line("unserved", "count", "unserved", "less"),
        line("hours", "hours", "hours"),
        line("travel", "hours", "travel_hours", "less"),
        line("utilization", "share", "utilization"),
        line("least", "share", "least_utilization"),
        line("most", "share", "most_utilization"),
        line("overloaded", "count", "overloaded", "less"),
    ]
    return lines + list(_list_balances(before, after, lang))


def _list_balances(before: State | None, after: State, lang: str) -> Iterator[Headline]:
    for k, balance in enumerate(after.balances):
        old = None if before is None else before.balances[k]
        gaps: dict[str, Any] = {"measure": balance.measure, "tolerance": balance.tolerance}
        inside = say("headline.inside", lang, **gaps)
        yield Headline(inside, "count", None if old is None else old.inside, balance.inside, "more")
        yield Headline(
            say("headline.worst", lang, **gaps),
            "share",
            None if old is None else old.worst,
            balance.worst,
            "less",
        )


def list_change(summary: Summary, lang: str = "") -> list[Headline]:
    """Figures of the change itself, which have no before."""

    def line(code: str, style: Style, amount: float | None) -> Headline:
        return Headline(say(f"headline.{code}", lang), style, None, amount)

    return [
        line("moved", "count", summary.moved),
        line("moved_share", "share", summary.moved_share),
        line("moved_hours", "hours", summary.moved_hours),
        line("handover", "hours", summary.handover_hours),
        line("newly", "count", summary.newly_served),
        line("bound", "hours", summary.bound_hours),
        line("gap", "share", summary.gap),
    ]


def list_schedule_figures(timetable: Timetable, lang: str = "") -> list[Headline]:
    """Figures of the schedule, which has no before: how much is done, and what the schedule costs term by term."""

    def line(code: str, style: Style, amount: float | None) -> Headline:
        return Headline(say(f"headline.{code}", lang), style, None, amount)

    result = timetable.result
    lines = [
        line("tasks", "count", timetable.work.n_tasks),
        line("slipping", "count", timetable.n_slipping),
        line("late", "count", timetable.n_late),
        line("shared", "count", timetable.n_shared),
        line("scheduled_hours", "hours", timetable.hours),
        line("deviation", "hours", timetable.deviation_weeks),
        line("uneven", "count", timetable.n_uneven),
        line("crowded", "count", timetable.crowded_weeks),
        line("objective", "hours", result.score.objective_hours),
        line("bound", "hours", result.bound / UNITS_PER_HOUR),
        line("gap", "share", result.gap),
    ]
    terms = [
        Headline(term_label(name, lang), "hours", None, units / UNITS_PER_HOUR)
        for name, units in result.score.terms.items()
        if units
    ]
    return lines + terms
