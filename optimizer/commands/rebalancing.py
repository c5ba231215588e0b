"""rebalance and suggest: what to change after what happened, and who is the best owner of one customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.ctrl_c import CTRL_C
from optimizer.commands.options import (
    BAD_INPUT,
    BROKEN,
    PLANNED,
    CaseArgument,
    OutOption,
    ReportsOption,
    SeedOption,
    TimeLimitOption,
    refuse,
)
from optimizer.commands.planning import MOST_TASKS, TERRITORY_SHARE, put_into_weeks, write_files
from optimizer.commands.watching import find_mapping
from optimizer.messages import say

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.case import Case
    from optimizer.findings import Finding
    from optimizer.in_force import PlanInForce

# OR-Tools, pandas and the rest are imported inside the commands: `--help` answers at once.

PlanOption = Annotated[
    Path, typer.Option("--plan", "-p", metavar="OUT", help="The folder that plan or rebalance wrote.")
]
DayOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="The evening to look at; later events have not happened [the last event's day].",
    ),
]


def rebalance(
    case: CaseArgument,
    plan: PlanOption,
    progress: Annotated[
        Path,
        typer.Option("--progress", "-e", metavar="FILE", help="Events: a CSV, Excel or Parquet table."),
    ],
    as_of: DayOption = None,
    out: OutOption = Path("rebalanced"),
    max_moves: Annotated[
        int | None,
        typer.Option(
            "--max-moves",
            metavar="N",
            min=0,
            help="The most customers that may leave their owner [no limit].",
        ),
    ] = None,
    time_limit: TimeLimitOption = None,
    seed: SeedOption = None,
    no_schedule: Annotated[
        bool, typer.Option("--no-schedule", help="Only who owns which customer; no tasks into weeks.")
    ] = False,
    reports: ReportsOption = None,
) -> None:
    """Propose the smallest change of a plan that is worth it after what happened, or say why none is.

    The plan in OUT and weeks that were published stay as they are; the proposal is a plan of its own.
    """
    from optimizer.folders import check_replaceable
    from optimizer.rebalancing import rebalance as propose
    from optimizer.reports import build_news, build_report
    from optimizer.scheduling import build_task_problem, estimate_tasks
    from optimizer.terminal import Screen, Watch, show_findings, show_rebalance, show_summary, show_violations

    screen, aside = Screen(), Screen(stderr=True)
    check_replaceable(out)
    given, in_force, findings = read_both(case, plan, out)
    events, more = read_events(case, progress, out)
    watch = Watch(aside)
    with CTRL_C.stops(watch):
        with watch:
            from optimizer.findings import InputError

            try:
                found = propose(
                    given,
                    in_force,
                    events,
                    _day(as_of),
                    max_moves=max_moves,
                    seed=seed,
                    time_limit=None if time_limit is None else TERRITORY_SHARE * time_limit,
                    on_progress=watch.show,
                    should_stop=lambda: watch.stopping,
                )
            except InputError as error:
                refuse("bad_progress", progress, error.findings, out)
            findings = [*findings, *more, *found.state.findings]
            case_now = replace(found.case, findings=[*found.case.findings, *findings])
            timetable = None
            count = 0 if no_schedule else estimate_tasks(case_now)
            if 0 < count <= MOST_TASKS:
                work = build_task_problem(
                    case_now, found.plan, problem=found.problem, published=found.state.published
                )
                left = None if time_limit is None else max(0.0, time_limit - found.seconds)
                timetable = put_into_weeks(case_now, work, watch, seed, left)
        aside.tell(say("cli.writing"))
        news = build_news(found)
        result = found.result
        report = build_report(
            case_now, found.problem, found.plan, result.score, result, timetable=timetable, news=news
        )
        write_files(report, out, reports)
    show_findings(aside, findings, file=str(out / "findings.csv"))
    show_summary(screen, report.summary)
    show_rebalance(screen, found)
    show_violations(screen, result.score.violations)
    screen.tell(say("cli.rebalanced", out=out))
    raise typer.Exit(PLANNED if report.keeps_all else BROKEN)


def read_both(case: Path, plan: Path, out: Path | None) -> tuple[Case, PlanInForce, list[Finding]]:
    """The case and the plan in force, or the end of the command with its findings."""
    from optimizer.findings import InputError
    from optimizer.reading import read_case, read_plan

    try:
        given = read_case(case)
    except InputError as error:
        refuse("bad_case", case, error.findings, out)
    try:
        in_force, findings = read_plan(plan)
    except InputError as error:
        refuse("bad_plan", plan, error.findings, out)
    return given, in_force, findings


def read_events(case: Path, progress: Path, out: Path | None) -> tuple[pd.DataFrame, list[Finding]]:
    """What happened, or the end of the command with its findings."""
    from optimizer.findings import InputError
    from optimizer.reading import read_progress

    try:
        return read_progress(progress, mapping=find_mapping(case))
    except InputError as error:
        refuse("bad_progress", progress, error.findings, out)


def _day(as_of: datetime | None) -> date | None:
    return None if as_of is None else as_of.date()


def suggest(
    case: CaseArgument,
    plan: PlanOption,
    customer: Annotated[
        str, typer.Option("--customer", "-c", metavar="ID", help="The customer that needs an owner.")
    ],
    top: Annotated[int, typer.Option("--top", "-k", metavar="K", min=1, help="How many owners.")] = 5,
    progress: Annotated[
        Path | None,
        typer.Option(
            "--progress", "-e", metavar="FILE", help="Events since the plan, the customer's own too."
        ),
    ] = None,
    as_of: DayOption = None,
) -> None:
    """Name the best owners for one customer, with the difference each makes; nothing else is changed.

    Exit code 1 when nobody can take the customer without breaking a hard constraint.
    """
    from optimizer.building import build_problem
    from optimizer.findings import InputError
    from optimizer.plan import present_plan
    from optimizer.reading.progress import no_events
    from optimizer.rebalancing import Desk, apply_progress
    from optimizer.terminal import Screen, show_findings, show_suggestions

    screen, aside = Screen(), Screen(stderr=True)
    given, in_force, findings = read_both(case, plan, None)
    events, more = (no_events(), []) if progress is None else read_events(case, progress, None)
    try:
        state = apply_progress(given, in_force, events, _day(as_of))
    except InputError as error:
        refuse("bad_progress", progress or case, error.findings, None)
    show_findings(aside, [*findings, *more, *state.findings])
    problem = build_problem(state.case)
    if customer not in set(problem.customer_ids.tolist()):
        aside.tell(say("cli.no_such_customer", customer=customer, case=case), "red")
        raise typer.Exit(BAD_INPUT)
    found = Desk(problem, present_plan(problem)).suggest(customer, top)
    show_suggestions(screen, customer, found)
    raise typer.Exit(PLANNED if found and not found[0].breaks else BROKEN)
