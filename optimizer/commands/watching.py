"""watch: how a plan goes, and whether progress calls for a rebalance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.commands.in_force import count_refused, find_day, read_both, read_events, tell_later
from optimizer.commands.options import (
    BROKEN,
    PLANNED,
    CaseArgument,
    DayOption,
    PlanOption,
    ProgressOption,
    refuse,
)
from optimizer.messages import say

# pandas and the rest are imported inside the command: `--help` answers at once.


def watch(
    case: CaseArgument,
    plan: PlanOption,
    progress: ProgressOption,
    as_of: DayOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder to write; replaced whole.")
    ] = None,
) -> None:
    """Tell how a plan goes after what happened, and whether a rebalance is called for; nothing is changed."""
    from optimizer.findings import InputError
    from optimizer.folders import check_watch_folder
    from optimizer.rebalancing import watch as look
    from optimizer.reports.files.watch_files import write_watch
    from optimizer.terminal import Screen, show_findings, show_watch

    screen, aside = Screen(), Screen(stderr=True)
    if out is not None:
        check_watch_folder(out)
    given, in_force, findings = read_both(case, plan, out)
    events, more = read_events(case, progress, out)
    try:
        seen = look(given, in_force, events, find_day(as_of))
    except InputError as error:
        refuse("bad_progress", progress, error.findings, out)
    refused = count_refused(more, events, seen.state)
    findings = [*findings, *more, *seen.state.findings]
    file = None if out is None else str(out / "findings.csv")
    show_findings(aside, findings, file=file)
    tell_later(aside, seen.state)
    every = None if out is None else str(out / "triggers.csv")
    show_watch(screen, seen, given.name, refused, file=every)
    if out is not None:
        write_watch(seen, out, findings, refused=refused)
        screen.tell(say("cli.watched", out=out))
    raise typer.Exit(BROKEN if seen.rings else PLANNED)
