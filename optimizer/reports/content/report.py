"""Report: one answer with everything the writers format, each figure computed once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from optimizer.case import Case
from optimizer.explaining.assignments.asked import Asked
from optimizer.explaining.assignments.codes import Codes, find_codes
from optimizer.explaining.limits.costs import LimitCost
from optimizer.guardrails import Passed, judge_guardrails
from optimizer.in_force import date_moves
from optimizer.kpis import Look, measure_kpis
from optimizer.messages import spoken
from optimizer.plan import Plan
from optimizer.problem import Floats, Ints, Problem
from optimizer.rebalancing.proposing.moves import explain_moves
from optimizer.reports.content import schedule_tables, tables
from optimizer.reports.content.limits import find_limits
from optimizer.reports.content.news import News, add_reasons, asked_of
from optimizer.reports.content.outlines import outline_territories
from optimizer.reports.content.prices import LimitPrice, list_prices
from optimizer.reports.content.sampling import draw_sample
from optimizer.reports.content.shapes import unwrap
from optimizer.reports.content.summary import Summary, sum_up
from optimizer.reports.content.tables import Table
from optimizer.reports.content.timetable import Timetable
from optimizer.result import Result, Score
from optimizer.standing import Standing, stand

MOST_OUTLINED = 200_000  # customers; more make maps of 100 MB without telling more


@dataclass(frozen=True, eq=False)
class Report:
    """A plan, its score, how things stood before and stand after, and the tables. ``result`` is None for a
    plan that was judged, not solved for; ``timetable`` where no schedule was made; ``news`` where nothing happened.
    ``codes``: why every customer is where it is, in a word, [n]. ``asked``: what a rebalance asked of its moves; None
    where owners were planned from the start, or stay (a cover).
    """

    case: Case
    problem: Problem
    plan: Plan
    score: Score
    result: Result | None
    summary: Summary
    before: Standing
    after: Standing
    assignments: Table
    territories: Table
    moves: Table
    unserved: Table
    tasks: Table
    findings: Table
    violations: Table
    prices: list[LimitPrice]
    codes: Codes
    timetable: Timetable | None
    lang: str
    news: News | None = None
    asked: Asked | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that are files of their own."""
        found = [self.assignments, self.territories, self.moves, self.unserved, self.tasks, self.findings]
        if self.timetable is not None:
            found += [self.timetable.slipping, self.timetable.load]
        if self.news is not None:
            found += self.news.tables
        return tuple(found)

    @property
    def keeps_all(self) -> bool:
        """True when the plan, and the schedule where there is one, keep every hard constraint."""
        scheduled = self.timetable is None or self.timetable.result.score.keeps_all
        return self.score.keeps_all and scheduled

    @cached_property
    def look(self) -> Look:
        """The plan as its KPIs are read."""
        return Look(self.problem, self.after, self.score, None if self.result is None else self.result.bound)

    @cached_property
    def kpis(self) -> dict[str, float | None]:
        """Every KPI by its name."""
        return measure_kpis(self.look)

    @cached_property
    def guardrails(self) -> tuple[Passed, ...]:
        """How the plan stands to each guardrail of the case."""
        return judge_guardrails(self.case.guardrails, self.kpis)

    @property
    def accepted(self) -> bool:
        """True when every guardrail is kept, or there is none."""
        return all(passed.ok for passed in self.guardrails)

    @cached_property
    def limits(self) -> list[LimitCost]:
        """What each limit costs by the solver's prices, the dearest first."""
        return find_limits(self)

    @cached_property
    def unwrapped(self) -> Floats:
        """Longitude of every customer in degrees that run on without a jump."""
        return unwrap(self.points[0])

    @cached_property
    def points(self) -> tuple[Floats, Floats]:
        """Longitude and latitude of every customer in degrees; NaN where either is missing."""
        frame = self.case.records.customers
        lon, lat = frame["lon"].to_numpy(dtype=float), frame["lat"].to_numpy(dtype=float)
        known = np.isfinite(lon) & np.isfinite(lat)
        return np.where(known, lon, np.nan), np.where(known, lat, np.nan)

    @cached_property
    def outlines_before(self) -> list[BaseGeometry | None]:
        """The shape of every present territory round its ``outlined`` customers, longitudes unwrapped."""
        return self._outline(self.before.owner)

    @cached_property
    def outlines_after(self) -> list[BaseGeometry | None]:
        """The shape of every planned territory round its ``outlined`` customers, longitudes unwrapped."""
        return self._outline(self.after.owner)

    @cached_property
    def outlined(self) -> Ints:
        """The customers that outlines are drawn round: those with a point, or a sample of them."""
        return draw_sample(np.flatnonzero(np.isfinite(self.points[0])), MOST_OUTLINED)

    def _outline(self, owner: Ints) -> list[BaseGeometry | None]:
        at = self.outlined
        lon, lat = self.unwrapped[at], self.points[1][at]
        return outline_territories(owner[at], lon, lat, self.problem.n_reps)


def build_report(
    case: Case,
    problem: Problem,
    plan: Plan,
    score: Score,
    result: Result | None = None,
    lang: str = "",
    timetable: Timetable | None = None,
    news: News | None = None,
) -> Report:
    """Compute every table and figure of an answer. ``problem`` must be built from ``case``.

    Labels and sentences are in ``lang``, or else in the language in force.
    """
    lang = lang or spoken()
    scheduled = [] if timetable is None else timetable.result.score.violations
    before, after = stand(problem, problem.owner), stand(problem, plan.owner)
    worth = None if result is None else result.prices
    changes = explain_moves(None, problem, plan.owner) if news is None else news.rebalance.moves
    codes = find_codes(problem, plan.owner, changes)
    asked = None if news is None or news.rebalance.covering is not None else asked_of(news.rebalance)
    summary = sum_up(case, problem, before, after, score, result, lang)
    if news is not None and (
        result is None or result.gap is not None
    ):  # judged and bounded as a rebalance is
        summary = replace(summary, certificate=news.rebalance.plan_certificate(lang))
    return Report(
        case=case,
        problem=problem,
        plan=plan,
        score=score,
        result=result,
        summary=summary,
        before=before,
        after=after,
        assignments=tables.list_assignments(
            problem, before, after, codes, _date_moves(case, problem, plan, news), lang
        ),
        territories=tables.list_territories(case, problem, before, after, worth, lang),
        moves=add_reasons(tables.list_moves(case, problem, before, after, score, lang), changes, lang),
        unserved=tables.list_unserved(case, problem, after, asked, lang),
        tasks=schedule_tables.list_open_tasks(case, problem, after, lang)
        if timetable is None
        else timetable.tasks,
        findings=tables.list_findings(case.findings, lang),
        violations=tables.list_violations([*score.violations, *scheduled], lang),
        prices=list_prices(problem, worth),
        timetable=timetable,
        lang=lang,
        news=news,
        codes=codes,
        asked=asked,
    )


def _date_moves(case: Case, problem: Problem, plan: Plan, news: News | None) -> pd.Series[Any]:
    """Since when each customer has its owner, where a plan moved it, [n]."""
    if news is not None:
        state = news.rebalance.state
        known = state.customers.set_index("customer_id")["moved_on"]
        return date_moves(problem, plan, state.as_of, known)
    start = case.scenario.horizon.start
    if start is None:  # a plan of no days
        return pd.Series(np.full(problem.n_customers, np.datetime64("NaT", "s")))
    return date_moves(problem, plan, start - dt.timedelta(days=1))
