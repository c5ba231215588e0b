"""rebalance: what to change after what happened; and what every proposal is answered with, a recipe's too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from optimizer.commands.ctrl_c import CTRL_C
from optimizer.commands.in_force import find_day, read_both, read_events, tell_later
from optimizer.commands.options import (
    BROKEN,
    PLANNED,
    CaseArgument,
    DayOption,
    MaxMovesOption,
    NoScheduleOption,
    OutOption,
    PlanOption,
    ProgressOption,
    ReportName,
    ReportsOption,
    SeedOption,
    TimeLimitOption,
    refuse,
)
from optimizer.commands.planning import put_into_weeks, write_files
from optimizer.commands.variants import VariantOption
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.rebalancing import Rebalance

# OR-Tools, pandas and the rest are imported inside the commands: `--help` answers at once.


def rebalance(
    case: CaseArgument,
    plan: PlanOption,
    progress: ProgressOption,
    as_of: DayOption = None,
    out: OutOption = Path("rebalanced"),
    max_moves: MaxMovesOption = None,
    time_limit: TimeLimitOption = None,
    seed: SeedOption = None,
    no_schedule: NoScheduleOption = False,
    reports: ReportsOption = None,
    variant: VariantOption = None,
) -> None:
    """Propose the smallest change of a plan that is worth it after what happened, or say why none is.

    The plan in OUT and weeks that were published stay as they are; the proposal is a plan of its own. Ctrl-C stops and
    writes the best so far.
    """
    from optimizer.rebalancing import rebalance as propose

    answer(
        propose, case, plan, progress, as_of, out, max_moves, time_limit, seed, no_schedule, reports, variant
    )


def answer(
    propose: Callable[..., Rebalance],
    case: Path,
    plan: Path,
    progress: Path | None,
    as_of: datetime | None,
    out: Path,
    max_moves: int | None,
    time_limit: float | None,
    seed: int | None,
    no_schedule: bool,
    reports: Sequence[ReportName] | None,
    variant: str | None = None,
) -> None:
    """Read everything, let ``propose`` find a change (arguments as ``rebalance`` has them), put what is left of the
    work into weeks, write, tell, and leave.
    """  # fmt: skip
    from optimizer.building import build_problem
    from optimizer.evaluation import evaluate
    from optimizer.findings import InputError
    from optimizer.folders import check_replaceable
    from optimizer.plan import present_plan
    from optimizer.rebalancing import build_rest_problem
    from optimizer.reports import build_news, build_report
    from optimizer.scheduling import estimate_tasks
    from optimizer.scheduling.effort import MOST_TASKS, TERRITORY_SHARE
    from optimizer.terminal import Screen, Watch, show_findings, show_rebalance, show_summary, show_violations

    screen, aside = Screen(), Screen(stderr=True)
    check_replaceable(out)
    given, in_force, findings = read_both(case, plan, out, variant)
    events, more = read_events(case, progress, out)
    watch = Watch(aside)
    with CTRL_C.stops(watch):
        with watch:
            try:
                found = propose(
                    given,
                    in_force,
                    events,
                    as_of=find_day(as_of),
                    max_moves=max_moves,
                    seed=seed,
                    time_limit=None if time_limit is None else TERRITORY_SHARE * time_limit,
                    on_progress=watch.show,
                    should_stop=lambda: watch.stopping,
                )
            except InputError as error:
                refuse("bad_progress", progress or case, error.findings, out)
            cover = found.covering
            state, case_now, problem, owners = found.state, found.case, found.problem, found.plan
            score, result = found.result.score, None if cover is not None else found.result
            if cover is not None:  # nothing changes hands
                state, case_now = cover.state, cover.state.case
                problem = build_problem(case_now)
                owners = present_plan(problem)
                score = evaluate(cover.lend(problem), owners)
            findings = [*findings, *more, *state.findings]
            case_now = replace(case_now, findings=[*case_now.findings, *findings])
            timetable = None
            count = 0 if no_schedule else estimate_tasks(case_now)
            if 0 < count <= MOST_TASKS:
                work = build_rest_problem(state, case_now, owners, problem, cover)
                left = None if time_limit is None else max(0.0, time_limit - found.seconds)
                timetable = put_into_weeks(case_now, work, watch, seed, left)
        aside.tell(say("cli.writing"))
        news = build_news(found)
        judged = problem if cover is None else cover.lend(problem)
        report = build_report(case_now, judged, owners, score, result, timetable=timetable, news=news)
        write_files(report, out, reports)
    show_findings(aside, findings, file=str(out / "findings.csv"))
    tell_later(aside, state)
    if cover is None:  # else nothing is other than before
        show_summary(screen, report.summary)
    show_rebalance(screen, found)
    show_violations(screen, score.violations)
    screen.tell(say("recipe.written" if cover is not None else "cli.rebalanced", out=out))
    if found.added:
        screen.tell(say("cli.told_events", out=out))
    raise typer.Exit(PLANNED if report.keeps_all else BROKEN)
