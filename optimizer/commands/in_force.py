"""What commands about a plan in force begin with: the case, the plan's folder, what happened, and until when."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from optimizer.commands.options import BAD_INPUT, refuse
from optimizer.commands.variants import read_varied
from optimizer.messages import Joined, say

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.case import Case
    from optimizer.findings import Finding
    from optimizer.in_force import PlanInForce
    from optimizer.rebalancing import State
    from optimizer.terminal import Screen

SHOWN = 5  # later events named


def read_both(
    case: Path, plan: Path, out: Path | None, variant: str | None = None
) -> tuple[Case, PlanInForce, list[Finding]]:
    """The case, or a variant of it, and the plan in force, or the end of the command with its findings."""
    from optimizer.findings import InputError
    from optimizer.reading import read_plan
    from optimizer.reading.assignments import refuse_other_case
    from optimizer.reading.collecting import Findings

    given = read_varied(case, variant, out)
    try:
        in_force, findings = read_plan(plan)
        collected = Findings()
        collected.extend(findings)
        refuse_other_case(in_force.owners.index.to_series(), given, collected)
    except InputError as error:
        refuse("bad_plan", plan, error.findings, out)
    return given, in_force, findings


def read_events(case: Path, progress: Path | None, out: Path | None) -> tuple[pd.DataFrame, list[Finding]]:
    """What happened, or the end of the command with its findings; without a file nothing did."""
    from optimizer.findings import InputError
    from optimizer.reading import read_progress
    from optimizer.reading.files import find_beside
    from optimizer.reading.progress import no_events

    if progress is None:
        return no_events(), []
    try:
        # the case's mapping.toml may say how its progress is read too
        return read_progress(progress, mapping=find_beside(case, "mapping.toml"))
    except InputError as error:
        refuse("bad_progress", progress, error.findings, out)


def read_rebalanced(
    case: Path, plan: Path, progress: Path | None, variant: str | None
) -> tuple[State, PlanInForce]:
    """The state that a rebalanced plan was made of, and the plan.

    Or the end, when not all of the events it was made with are here. Those that a recipe added lie beside it.
    """
    import pandas as pd

    from optimizer.findings import InputError
    from optimizer.reading.in_force import read_rebalance
    from optimizer.rebalancing import restate
    from optimizer.terminal import Screen, show_findings

    aside = Screen(stderr=True)
    given, in_force, findings = read_both(case, plan, None, variant)
    added = plan / "events.csv"
    parts = [read_events(case, file, None) for file in (progress, added if added.is_file() else None)]
    events = pd.concat([events for events, _ in parts], ignore_index=True)
    try:
        state = restate(given, in_force, events)
    except InputError as error:
        refuse("bad_progress", progress or case, error.findings, None)
    known, here = read_rebalance(plan).events, len(state.events)
    gaps = {"plan": plan, "day": state.as_of, "known_count": known, "here_count": here}
    if here < known:
        aside.tell(say("cli.events_missing", **gaps), "red")
        raise typer.Exit(BAD_INPUT)
    unknown = [finding for finding in state.findings if finding.code == "plan_unknown"]
    if not state.customers["customer_id"].isin(in_force.owners.index).any():  # the plan of another case
        refuse("bad_plan", plan, unknown, None)
    show_findings(aside, [*findings, *(finding for _, more in parts for finding in more), *unknown])
    Screen().tell(say("cli.restated", **gaps))
    return state, in_force


def find_day(as_of: datetime | None) -> date | None:
    """The evening that was asked for."""
    return None if as_of is None else as_of.date()


def count_refused(unread: list[Finding], events: pd.DataFrame, state: State) -> int:
    """How many rows of progress are not taken in: those that could not be read (``unread`` says so of each, and of
    very many only how many), and those that do not count.
    """  # fmt: skip
    from optimizer.progress import ROW, TABLE

    told = {finding.row for finding in unread if finding.table == TABLE and finding.row is not None}
    told |= {
        finding.details["first"] for finding in unread if finding.code == "event_clash"
    }  # neither counts
    more = sum(finding.details["count"] for finding in unread if finding.code == "and_more")
    known = events["event_id"].isin([*state.events["event_id"], *state.later["event_id"]])
    return int(len(told - set(events[ROW])) + more + (~known).sum())


def tell_later(screen: Screen, state: State) -> None:
    """How many events have not happened yet on that evening, and which."""
    later = state.later
    if len(later):
        more = ("…",) if len(later) > SHOWN else ()
        names = Joined((*later["event_id"].head(SHOWN), *more))
        screen.tell(say("cli.later_events", count=len(later), day=state.as_of, names=names), "yellow")
