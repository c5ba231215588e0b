"""check and evaluate: what the data hold, and what a plan made elsewhere is worth."""

from __future__ import annotations

from collections.abc import Sequence
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
    MadeWithOption,
    ReportsOption,
    choose_reports,
    refuse,
)
from optimizer.commands.variants import VariantOption, lay_variant, list_wrong, read_varied
from optimizer.messages import Joined, say

if TYPE_CHECKING:
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
    progress: MadeWithOption = None,
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
    from optimizer.commands.in_force import read_rebalanced
    from optimizer.evaluation import evaluate as judge
    from optimizer.explaining import find_idle_moves
    from optimizer.reading.in_force import read_since
    from optimizer.rebalancing import Move, rejudge_state
    from optimizer.terminal import show_violations

    idle: Sequence[Move]
    if read_since(plan) is not None:
        verdict = rejudge_state(*read_rebalanced(case, plan, progress, variant))
        score, idle = verdict.score, verdict.idle
    else:
        planned = read_planned(case, plan, progress, variant)
        score = judge(planned.problem, planned.made)
        idle = find_idle_moves(planned.problem, planned.made)
    show_violations(screen, score.violations)
    if not idle:
        screen.tell(say("explain.all_pay"))
    else:
        screen.tell(say("explain.idle", count=len(idle)), "red")
    for move in idle[:MOST]:
        gaps = {"customer": Joined(tuple(move.customer_ids)), "before": move.from_rep}
        gaps["after"] = move.to_rep or say("explain.nobody_rep")
        screen.tell(f"  {say('explain.idle_line', hours=abs(move.gain) / 1000, **gaps)}")
    if len(idle) > MOST:
        screen.tell(f"  {say('cli.more', count=len(idle) - MOST)}")
    return score.keeps_all and not idle


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
