"""What a planner takes away: tables, a workbook, a page with a map, and a certificate, in one folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.folders import replace_folder
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.reports.book.workbook import write_workbook
from optimizer.reports.content.news import News, build_news
from optimizer.reports.content.report import Report, build_report
from optimizer.reports.content.summary import Balance, State, Summary, summarize, summarize_plan
from optimizer.reports.content.timetable import Timetable, build_timetable
from optimizer.reports.files.csv_files import write_csv
from optimizer.reports.files.geojson import write_geojson
from optimizer.reports.files.rebalance_files import write_rebalance
from optimizer.reports.files.rep_folders import write_rep_folders
from optimizer.reports.files.result_file import write_result
from optimizer.reports.page.page import write_page
from optimizer.result import Result, Score
from optimizer.scheduling import ScheduleResult, TaskProblem

__all__ = [
    "Balance",
    "News",
    "Report",
    "State",
    "Summary",
    "Timetable",
    "build_news",
    "build_report",
    "build_timetable",
    "summarize",
    "summarize_plan",
    "write_evaluation",
    "write_report",
    "write_reports",
]

REPORTS = ("workbook", "page", "map", "reps")  # what is written beside the tables


def write_reports(
    case: Case,
    result: Result,
    out: str | Path,
    *,
    problem: Problem | None = None,
    work: TaskProblem | None = None,
    schedule: ScheduleResult | None = None,
    lang: str = "",
    reports: Collection[str] = REPORTS,
) -> Path:
    """Write an answer into the folder ``out``, which is replaced whole or not at all.

    The tables and result.json are always written, and of ``reports`` those that are named: "workbook"
    (plan.xlsx), "page" (report.html), "map" (territories.geojson) and "reps" (a folder for each rep, where there
    is a schedule). ``problem`` saves building it again. ``schedule`` is the answer to ``work``: both or neither.
    Returns the folder. OutputError when ``out`` is a file, holds anything this program did not write, or cannot
    be written; what was there before is then untouched.
    """
    if (work is None) != (schedule is None):
        raise ValueError("work and schedule go together")
    timetable = None if work is None or schedule is None else build_timetable(case, work, schedule, lang)
    problem = build_problem(case) if problem is None else problem
    report = build_report(case, problem, result.plan, result.score, result, lang, timetable)
    return write_report(report, out, reports)


def write_evaluation(
    case: Case,
    problem: Problem,
    plan: Plan,
    score: Score,
    out: str | Path,
    *,
    lang: str = "",
    reports: Collection[str] = REPORTS,
) -> Path:
    """The same files for a plan that was handed in to be judged: status "evaluated", no bound and no gap."""
    return write_report(build_report(case, problem, plan, score, None, lang), out, reports)


def write_report(report: Report, out: str | Path, reports: Collection[str] = REPORTS) -> Path:
    """Write what ``build_report`` has put together; see ``write_reports``. ValueError for an unknown report."""
    if unknown := set(reports) - set(REPORTS):
        raise ValueError(f"unknown reports: {', '.join(sorted(unknown))}; known: {', '.join(REPORTS)}")
    with replace_folder(out) as folder:
        for table in report.tables:
            write_csv(table, folder)
        if "workbook" in reports:
            write_workbook(report, folder)
        if "page" in reports:
            write_page(report, folder)
        if "map" in reports:
            write_geojson(report, folder)
        if "reps" in reports and report.timetable is not None:
            write_rep_folders(report.case, report.timetable, folder)
        if report.news is not None:
            write_rebalance(report, report.news, folder, page="page" in reports)
        write_result(report, folder)
    return Path(out)
