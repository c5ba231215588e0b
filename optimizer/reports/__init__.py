"""What a planner takes away: tables, a workbook, a page with a map, and a certificate, in one folder."""

from __future__ import annotations

from pathlib import Path

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.folders import replace_folder
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.reports.csv_files import write_csv
from optimizer.reports.geojson import write_geojson
from optimizer.reports.page import write_page
from optimizer.reports.report import Report, build_report
from optimizer.reports.result_file import write_result
from optimizer.reports.summary import Balance, State, Summary, summarize, summarize_plan
from optimizer.reports.workbook import write_workbook
from optimizer.result import Result, Score

__all__ = [
    "Balance",
    "State",
    "Summary",
    "summarize",
    "summarize_plan",
    "write_evaluation",
    "write_reports",
]


def write_reports(
    case: Case, result: Result, out: str | Path, *, problem: Problem | None = None, lang: str = "en"
) -> Path:
    """Write every file of an answer into the folder ``out``, which is replaced whole or not at all.

    ``problem`` saves building it again. Returns the folder. OutputError when ``out`` is a file, holds
    anything this program did not write, or cannot be written; what was there before is then untouched.
    """
    problem = build_problem(case) if problem is None else problem
    with replace_folder(out) as folder:
        _write_all(build_report(case, problem, result.plan, result.score, result, lang), folder)
    return Path(out)


def write_evaluation(
    case: Case, problem: Problem, plan: Plan, score: Score, out: str | Path, *, lang: str = "en"
) -> Path:
    """The same files for a plan that was handed in to be judged: status "evaluated", no bound and no gap."""
    with replace_folder(out) as folder:
        _write_all(build_report(case, problem, plan, score, None, lang), folder)
    return Path(out)


def _write_all(report: Report, folder: Path) -> None:
    for table in (
        report.assignments,
        report.territories,
        report.moves,
        report.unserved,
        report.tasks,
        report.findings,
    ):
        write_csv(table, folder)
    write_workbook(report, folder)
    write_page(report, folder)
    write_geojson(report, folder)
    write_result(report, folder)
