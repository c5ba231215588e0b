"""Report: one answer with everything the writers format, each figure computed once."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.case import Case
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.reports import tables
from optimizer.reports.standing import Standing, stand
from optimizer.reports.summary import Summary, summarize_plan
from optimizer.reports.tables import Table
from optimizer.result import Result, Score


@dataclass(frozen=True, eq=False)
class Report:
    """A plan, its score, how things stood before and stand after, and the tables. ``result`` is None for a
    plan that was judged, not solved for.
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
    lang: str


def build_report(
    case: Case, problem: Problem, plan: Plan, score: Score, result: Result | None = None, lang: str = "en"
) -> Report:
    """Compute every table and figure of an answer. ``problem`` must be built from ``case``."""
    before, after = stand(problem, problem.owner), stand(problem, plan.owner)
    return Report(
        case=case,
        problem=problem,
        plan=plan,
        score=score,
        result=result,
        summary=summarize_plan(case, problem, plan, score, result, lang),
        before=before,
        after=after,
        assignments=tables.list_assignments(problem, before, after, lang),
        territories=tables.list_territories(case, problem, before, after, lang),
        moves=tables.list_moves(case, problem, before, after, score, lang),
        unserved=tables.list_unserved(case, problem, after, lang),
        tasks=tables.list_tasks(case, problem, after, lang),
        findings=tables.list_findings(case.findings, lang),
        violations=tables.list_violations(score.violations, lang),
        lang=lang,
    )
