"""watch: how a plan goes, and whether progress calls for a rebalance."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from optimizer.commands.options import BROKEN, PLANNED, CaseArgument, refuse
from optimizer.messages import say

# pandas and the rest are imported inside the command: `--help` answers at once.


def watch(
    case: CaseArgument,
    plan: Annotated[Path, typer.Option("--plan", "-p", metavar="OUT", help="The folder that plan wrote.")],
    progress: Annotated[
        Path,
        typer.Option("--progress", "-e", metavar="FILE", help="Events: a CSV, Excel or Parquet table."),
    ],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="The evening to look at; later events have not happened [the last event's day within the horizon].",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder to write; replaced whole.")
    ] = None,
) -> None:
    """Tell how a plan goes after what happened, and whether a rebalance is called for; nothing is changed."""
    from optimizer.findings import InputError
    from optimizer.folders import check_watch_folder
    from optimizer.reading import read_case, read_plan, read_progress
    from optimizer.rebalancing import watch as look
    from optimizer.reports.watch_files import write_watch
    from optimizer.terminal import Screen, show_findings, show_watch

    screen, aside = Screen(), Screen(stderr=True)
    if out is not None:
        check_watch_folder(out)
    try:
        given = read_case(case)
    except InputError as error:
        refuse("bad_case", case, error.findings, out)
    try:
        in_force, findings = read_plan(plan)
    except InputError as error:
        refuse("bad_plan", plan, error.findings, out)
    try:
        events, more = read_progress(progress, mapping=find_mapping(case))
        seen = look(given, in_force, events, None if as_of is None else as_of.date())
    except InputError as error:
        refuse("bad_progress", progress, error.findings, out)
    findings = [*findings, *more, *seen.state.findings]
    file = None if out is None else str(out / "findings.csv")
    show_findings(aside, findings, file=file)
    show_watch(screen, seen, given.name)
    if out is not None:
        write_watch(seen, out, findings)
        screen.tell(say("cli.watched", out=out))
    raise typer.Exit(BROKEN if seen.rings else PLANNED)


def find_mapping(case: Path) -> Path | None:
    """The ``mapping.toml`` of a case, which may say how its progress is read too."""
    from optimizer.reading.files import find_beside

    return find_beside(case, "mapping.toml")
