"""check and evaluate: what the data hold, and what a plan made elsewhere is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.options import (
    BAD_INPUT,
    BROKEN,
    PLANNED,
    AssignmentsOption,
    CaseArgument,
    ReportsOption,
    choose_reports,
    refuse,
)
from optimizer.commands.variants import VariantOption, lay_variant, list_wrong, read_varied
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.rebalancing import Move
    from optimizer.result import Score
    from optimizer.terminal import Screen

# OR-Tools, pandas and the rest are imported inside the commands: `--help` answers at once.


def check(
    case: CaseArgument,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            "-p",
            metavar="OUT",
            help="A folder that plan or rebalance wrote: check it too, for what it breaks and for moves that bring "
            "nothing.",
        ),
    ] = None,
    progress: Annotated[
        Path | None,
        typer.Option(
            "--progress",
            "-e",
            metavar="FILE",
            help="With --plan of a folder that rebalance wrote: the events it was made with.",
        ),
    ] = None,
    variant: VariantOption = None,
) -> None:
    """Check a case and tell every finding, and what no plan can do; nothing is planned or written."""
    from optimizer.building import build_problem
    from optimizer.certain import list_certain
    from optimizer.findings import InputError
    from optimizer.reading import read_case
    from optimizer.terminal import Screen, show_findings

    screen = Screen()
    try:
        given = read_case(case)
        if variant is not None:
            given = lay_variant(given, case, variant, None, Screen(stderr=True))
        findings = [*given.findings, *list_certain(build_problem(given))]
    except InputError as error:
        findings = [*error.findings, *list_wrong(case, variant)]
    errors = sum(f.severity == "error" for f in findings)
    show_findings(screen, findings, most=None)
    if errors:
        screen.tell(say("cli.bad_case", errors=errors, warnings=len(findings) - errors, given=case), "red")
        raise typer.Exit(BAD_INPUT)
    screen.tell(say("cli.only_warnings" if findings else "cli.no_findings", case=case, count=len(findings)))
    if plan is not None:
        raise typer.Exit(PLANNED if check_plan(screen, case, plan, progress, variant) else BROKEN)
    if progress is not None:
        raise typer.BadParameter(say("cli.progress_of_plan"), param_hint="--progress")


def check_plan(
    screen: Screen, case: Path, plan: Path, progress: Path | None, variant: str | None = None
) -> bool:
    """Tell what a plan breaks and which of its moves do not pay; whether it has neither.

    A rebalanced plan is judged by the evening it was made.
    """
    from optimizer.commands.explaining import MOST, read_planned
    from optimizer.evaluation import evaluate as judge
    from optimizer.explaining import find_idle_moves
    from optimizer.reading.in_force import read_since
    from optimizer.terminal import show_violations

    if read_since(plan) is not None:
        score, idle = judge_rebalanced(screen, case, plan, progress, variant)
    else:
        _, problem, made = read_planned(case, plan, variant)
        score, idle = judge(problem, made), find_idle_moves(problem, made)
        if progress is not None:
            screen.tell(say("cli.progress_unused", plan=plan), "yellow")
    show_violations(screen, score.violations)
    if not idle:
        screen.tell(say("explain.all_pay"))
    else:
        screen.tell(say("explain.idle", count=len(idle)), "red")
    for move in idle[:MOST]:
        gaps = {"customer": ", ".join(move.customer_ids), "before": move.from_rep}
        gaps["after"] = move.to_rep or say("explain.nobody_rep")
        screen.tell(f"  {say('explain.idle_line', hours=abs(move.gain) / 1000, **gaps)}")
    if len(idle) > MOST:
        screen.tell(f"  {say('cli.more', count=len(idle) - MOST)}")
    return score.keeps_all and not idle


def judge_rebalanced(
    screen: Screen, case: Path, plan: Path, progress: Path | None, variant: str | None
) -> tuple[Score, tuple[Move, ...]]:
    """What a rebalanced plan is worth by what was known when it was made, and its moves that do not pay.

    Or the end, when not all of the events it was made with are here. Those that a recipe added lie beside it.
    """
    import pandas as pd

    from optimizer.commands.in_force import read_both, read_events
    from optimizer.findings import InputError
    from optimizer.reading.in_force import count_events
    from optimizer.rebalancing import rejudge
    from optimizer.terminal import Screen, show_findings

    aside = Screen(stderr=True)
    given, in_force, findings = read_both(case, plan, None, variant)
    added = plan / "events.csv"
    parts = [read_events(case, file, None) for file in (progress, added if added.is_file() else None)]
    events = pd.concat([events for events, _ in parts], ignore_index=True)
    try:
        found = rejudge(given, in_force, events)
    except InputError as error:
        refuse("bad_progress", progress or case, error.findings, None)
    known, here = count_events(plan), len(found.state.events)
    gaps = {"plan": plan, "day": in_force.since, "known_count": known, "here": here}
    if here < known:
        aside.tell(say("cli.events_missing", **gaps), "red")
        raise typer.Exit(BAD_INPUT)
    show_findings(aside, [*findings, *(finding for _, more in parts for finding in more)])
    screen.tell(say("cli.rejudged", **gaps))
    return found.score, found.idle


def evaluate(
    case: CaseArgument,
    assignments: AssignmentsOption,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write the files of the judged plan too."),
    ] = None,
    reports: ReportsOption = None,
    variant: VariantOption = None,
) -> None:
    """Judge a plan made by hand or by another tool: its score and every violation, named."""
    from optimizer.building import build_problem
    from optimizer.evaluation import evaluate as judge
    from optimizer.findings import InputError
    from optimizer.folders import check_replaceable
    from optimizer.plan import Plan
    from optimizer.reading import read_assignments
    from optimizer.reports import build_report, summarize_plan, write_report
    from optimizer.terminal import Screen, show_findings, show_summary, show_violations

    screen, aside = Screen(), Screen(stderr=True)
    if out is not None:
        check_replaceable(out)
    given = read_varied(case, variant, out)
    try:
        owner, findings = read_assignments(assignments, given)
    except InputError as error:
        refuse("bad_assignments", assignments, error.findings, out)
    show_findings(aside, findings)
    given = replace(given, findings=[*given.findings, *findings])
    problem = build_problem(given)
    judged = Plan(owner)
    score = judge(problem, judged)
    if out is None:
        show_summary(screen, summarize_plan(given, problem, judged, score))
    else:
        report = build_report(given, problem, judged, score)
        write_report(report, out, choose_reports(reports))
        show_summary(screen, report.summary)
    for term, amount in score.terms.items():
        screen.tell(say("cli.term", label=say(f"term.{term}"), hours=amount / 1000))
    show_violations(screen, score.violations)
    if out is not None:
        screen.tell(say("cli.judged", out=out))
    raise typer.Exit(PLANNED if score.keeps_all else BROKEN)
