"""frontier: a handful of plans that nothing dominates, each named by what it gives up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.ctrl_c import CTRL_C
from optimizer.commands.options import (
    BROKEN,
    GIVEN_UP,
    PLANNED,
    CaseArgument,
    OutOption,
    ReportName,
    SeedOption,
    refuse,
)
from optimizer.commands.variants import VariantOption, read_varied
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.comparing.frontier.frontiers import Frontier
    from optimizer.terminal import Screen

# OR-Tools, pandas and the rest are imported inside the command: `--help` answers at once.


def frontier(
    case: CaseArgument,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            "-p",
            metavar="OUT",
            help="The plan that moves are counted from: a folder that plan wrote [the records' owners].",
        ),
    ] = None,
    points: Annotated[int, typer.Option("--points", metavar="N", min=5, max=9, help="How many plans.")] = 7,
    variant: VariantOption = None,
    seed: SeedOption = None,
    reports: Annotated[
        list[ReportName] | None,
        typer.Option(
            "--reports",
            metavar="NAME",
            help="Of each plan beside its tables: workbook, page, map, or none; repeat it for several [page].",
        ),
    ] = None,
    out: OutOption = Path("frontier"),
) -> None:
    """Find plans that nothing dominates over travel, balance and moves, and say what each of them gives up.

    Ctrl-C stops and writes the plans found so far.
    """
    from optimizer.comparing.frontier.frontiers import frontier as seek
    from optimizer.findings import InputError
    from optimizer.folders import FINDINGS, check_frontier_folder
    from optimizer.plan import Plan
    from optimizer.reading import read_assignments
    from optimizer.reports.comparisons.frontier_files import write_frontier
    from optimizer.terminal import Screen, Watch, show_findings

    screen, aside = Screen(), Screen(stderr=True)
    check_frontier_folder(out)
    # What is wrong stands beside an earlier frontier, not in it.
    beside = out if not out.exists() else out.with_name(FINDINGS.format(out.name))
    aside.tell(say("cli.reading", case=case))
    given = read_varied(case, variant, beside)
    today = None
    if plan is not None:
        try:
            owner, findings = read_assignments(plan / "assignments.csv", given)
        except InputError as error:
            refuse("bad_plan", plan, error.findings, beside)
        if findings and (owner < 0).all():  # the plan of another case
            refuse("bad_plan", plan, findings, beside)
        show_findings(aside, findings)
        today = Plan(owner)
    watch = Watch(aside)
    with CTRL_C.stops(watch):
        with watch:
            found = seek(
                given,
                today,
                points=points,
                seed=seed,
                on_progress=watch.show,
                on_run=lambda number: watch.turn("stage", say("frontier.run", number=number)),
                should_stop=lambda: watch.stopping,
            )
        if found.broken:
            screen.tell(say("frontier.broken", case=case), "red")
            raise typer.Exit(BROKEN)
        if not found.points:
            screen.tell(say("frontier.nothing"), "yellow")
            raise typer.Exit(GIVEN_UP)
        aside.tell(say("cli.writing"))
        asked = [name.value for name in reports or [ReportName.PAGE] if name is not ReportName.NONE]
        write_frontier(found, out, reports=asked)
    show_frontier(screen, found)
    if found.stopped:
        screen.tell(say("frontier.stopped"), "yellow")
    elif len(found.points) < points:
        screen.tell(say("frontier.few", asked=points, count=len(found.points)))
    if all(corridor.price is None for corridor in found.problem.corridors):
        screen.tell(say("frontier.no_corridor"))
    screen.tell(say("frontier.written", out=out, case=case, first=found.points[0].key))
    raise typer.Exit(PLANNED)


def show_frontier(screen: Screen, found: Frontier) -> None:
    """A line a plan, and today's."""
    from optimizer.comparing.frontier.frontiers import AIMS
    from optimizer.reports.comparisons.frontier_files import say_name
    from optimizer.reports.comparisons.sweep_files import find_kpi
    from optimizer.reports.content.kpi_texts import write_value
    from optimizer.terminal import show_lines

    kpis = [find_kpi(name) for name in AIMS]
    heads = [say("frontier.name"), *(kpi.label() for kpi in kpis), say("frontier.gap")]
    rows = [
        [
            say_name(point),
            *(write_value(v, k.unit) for v, k in zip(point.aims, kpis, strict=True)),
            f"{point.gap:.2%}",
        ]
        for point in found.points
    ]
    today = [write_value(v, k.unit) for v, k in zip(found.today_aims, kpis, strict=True)]
    show_lines(screen, heads, [*rows, [say_name(None), *today, ""]])
