"""plan and schedule: who owns which customer, and who does which task in which week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.ctrl_c import CTRL_C
from optimizer.commands.options import (
    BROKEN,
    PLANNED,
    AssignmentsOption,
    CaseArgument,
    NoScheduleOption,
    OutOption,
    ReportName,
    ReportsOption,
    SeedOption,
    TimeLimitOption,
    choose_reports,
    refuse,
)
from optimizer.commands.variants import VariantOption, read_varied
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.case import Case
    from optimizer.reports import Report, Timetable
    from optimizer.scheduling import TaskProblem
    from optimizer.terminal import Screen, Watch

# OR-Tools, pandas and the rest are imported inside the commands: `--help` answers at once.


def plan(
    case: CaseArgument,
    out: OutOption = Path("out"),
    time_limit: TimeLimitOption = None,
    seed: SeedOption = None,
    no_schedule: NoScheduleOption = False,
    variant: VariantOption = None,
    reports: ReportsOption = None,
) -> None:
    """Plan a case: who owns which customer, and who does which task in which week.

    Ctrl-C stops and writes the best so far.
    """
    from optimizer.building import build_problem
    from optimizer.certain import list_certain
    from optimizer.folders import check_replaceable
    from optimizer.kpis import list_kpis
    from optimizer.reports import build_report
    from optimizer.scheduling import build_task_problem, estimate_tasks
    from optimizer.scheduling.effort import MOST_TASKS, TERRITORY_SHARE
    from optimizer.solving import solve
    from optimizer.terminal import (
        Screen,
        Watch,
        show_findings,
        show_guardrails,
        show_summary,
        show_violations,
    )

    screen, aside = Screen(), Screen(stderr=True)
    check_replaceable(out)
    aside.tell(say("cli.reading", case=case))
    given = read_varied(case, variant, out)
    problem = build_problem(given)
    impossible = list_certain(problem)
    given = replace(given, findings=[*given.findings, *impossible])
    count = 0 if no_schedule else estimate_tasks(given)
    share = TERRITORY_SHARE if 0 < count <= MOST_TASKS else 1.0
    watch = Watch(aside)
    with CTRL_C.stops(watch):
        aside.tell(say("cli.read", customers=problem.n_customers, reps=problem.n_reps))
        show_findings(aside, impossible)
        with watch:
            result = solve(
                problem,
                seed=seed,
                time_limit=None if time_limit is None else share * time_limit,
                on_progress=watch.show,
                should_stop=lambda: watch.stopping,
            )
            timetable = None
            if not no_schedule and count <= MOST_TASKS:
                work = build_task_problem(given, result.plan, problem=problem)
                left = None if time_limit is None else max(0.0, time_limit - result.seconds)
                timetable = put_into_weeks(given, work, watch, seed, left)
        aside.tell(say("cli.writing"))
        report = build_report(given, problem, result.plan, result.score, result, timetable=timetable)
        write_files(report, out, reports)
    show_summary(screen, report.summary)
    show_violations(screen, result.score.violations)
    for code, gaps in result.notes:
        screen.tell(say(f"note.{code}", **gaps))
    if timetable is not None:
        tell_timetable(screen, timetable, out, told={code for code, _ in result.notes})
    elif not no_schedule:
        screen.tell(say("cli.too_many_tasks", count=count, case=case, out=out, command="python run.py"))
    show_guardrails(screen, report.guardrails, list_kpis(problem))
    _tell_warnings(screen, given, out)
    screen.tell(say("cli.planned", out=out))
    screen.tell(
        say(
            "cli.look_next" if {"page", "workbook"} <= set(choose_reports(reports)) else "cli.look_up",
            out=out,
        )
    )
    raise typer.Exit(PLANNED if report.keeps_all and report.accepted else BROKEN)


def schedule(
    case: CaseArgument,
    assignments: AssignmentsOption,
    published: Annotated[
        Path | None,
        typer.Option(
            "--published",
            metavar="FILE",
            help="An earlier tasks.csv: its first schedule.published_weeks weeks stay as they are.",
        ),
    ] = None,
    out: OutOption = Path("schedule"),
    time_limit: TimeLimitOption = None,
    seed: SeedOption = None,
    reports: ReportsOption = None,
) -> None:
    """Put tasks into weeks for owners that are settled: who does which task in which week.

    Ctrl-C stops and writes the best so far.
    """
    from optimizer.building import build_problem
    from optimizer.evaluation import evaluate
    from optimizer.findings import InputError
    from optimizer.folders import check_replaceable
    from optimizer.plan import Plan
    from optimizer.reading import read_assignments, read_published
    from optimizer.reports import build_report
    from optimizer.scheduling import build_task_problem
    from optimizer.terminal import Screen, Watch, show_findings

    screen, aside = Screen(), Screen(stderr=True)
    check_replaceable(out)
    aside.tell(say("cli.reading", case=case))
    given = read_varied(case, None, out)
    try:
        owner, findings = read_assignments(assignments, given)
    except InputError as error:
        refuse("unusable", assignments, error.findings, out)
    told = None
    if published is not None:
        try:
            told, more = read_published(published)
        except InputError as error:
            refuse("unusable", published, error.findings, out)
        findings = [*findings, *more]
    show_findings(aside, findings)
    given = replace(given, findings=[*given.findings, *findings])
    problem, owners = build_problem(given), Plan(owner)
    work = build_task_problem(given, owners, problem=problem, published=told)
    watch = Watch(aside)
    with CTRL_C.stops(watch):
        with watch:
            timetable = put_into_weeks(given, work, watch, seed, time_limit)
        aside.tell(say("cli.writing"))
        report = build_report(given, problem, owners, evaluate(problem, owners), timetable=timetable)
        write_files(report, out, reports)
    if published is not None and not given.scenario.schedule.published_weeks:
        screen.tell(say("cli.nothing_published", file=published))
    tell_timetable(screen, timetable, out, told=set())
    _tell_warnings(screen, given, out)
    screen.tell(say("cli.schedule_written", out=out))
    raise typer.Exit(PLANNED if timetable.result.score.keeps_all else BROKEN)


def put_into_weeks(
    case: Case, work: TaskProblem, watch: Watch, seed: int | None, time_limit: float | None
) -> Timetable:
    """Put the tasks into weeks; few tasks are given less work, so that a small case is answered at once."""
    from optimizer.reports import build_timetable
    from optimizer.scheduling import solve_schedule
    from optimizer.scheduling.effort import lighten

    watch.turn("week_stage", say("cli.scheduling", count=work.n_tasks, week_count=work.n_weeks))
    result = solve_schedule(
        lighten(work),
        seed=seed,
        time_limit=time_limit,
        on_progress=watch.show,
        should_stop=lambda: watch.stopping,
    )
    return build_timetable(case, work, result)


def write_files(report: Report, out: Path, reports: Sequence[ReportName] | None) -> None:
    """Write the files of a report that the options ask for."""
    from optimizer.reports import write_report

    write_report(report, out, choose_reports(reports))


def tell_timetable(screen: Screen, timetable: Timetable, out: Path, told: set[str]) -> None:
    """The schedule in a few lines; of its notes those that were not told already."""
    from optimizer.terminal import show_schedule

    show_schedule(screen, timetable, out)
    for code, gaps in [*timetable.result.notes, *timetable.notes]:
        if code not in told:
            screen.tell(say(f"note.{code}", **gaps))


def _tell_warnings(screen: Screen, given: Case, out: Path) -> None:
    if given.findings:
        screen.tell(say("cli.warnings", count=len(given.findings), out=out))
