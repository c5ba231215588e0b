"""Pace: how a plan in force goes, rep by rep, and what calls for a rebalance."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from optimizer.messages import say
from optimizer.terminal.screen import Screen, printable

if TYPE_CHECKING:
    from optimizer.rebalancing import Watch as PlanWatch

MOST_REPS = 40  # rows of reps
WORST = 5  # of each kind of what calls for a rebalance


def show_watch(screen: Screen, watch: PlanWatch, name: str, refused: int, *, file: str | None = None) -> None:
    """Every rep's pace, coverage and corridors in a row, all together, and what calls for a rebalance.

    ``refused``: rows of progress that were not taken in. ``file``: where everything that rings stands.
    """
    state = watch.state
    gaps = {"day": watch.as_of, "event_count": len(state.events), "refused_count": refused}
    screen.print(Text(printable(name), "bold").append(f" {say('watch.title', **gaps)}", "not bold"))
    shares, counts = ("pace", "utilization", "attainment", "demand"), ("due", "overdue", "never")
    table = Table(box=None, pad_edge=False)
    table.add_column(say("watch.rep"))
    for column in ("customers", *shares, *counts, "corridors_outside"):
        table.add_column(say(f"watch.{column}"), justify="right")
    reps = watch.reps.sort_values("corridors_outside", ascending=False, kind="stable")
    rows: list[dict[Any, Any]] = [*reps.head(MOST_REPS).to_dict("records"), dict(watch.total)]
    for row in rows:
        rep = str(row.get("rep_id", say("watch.all")))
        label = rep if row.get("here", True) else say("watch.gone", rep=rep)
        share = ["-" if isnan(row.get(c, nan)) else f"{row[c]:.0%}" for c in shares]
        count = [f"{row[c]:,.0f}" for c in (*counts, "corridors_outside")]
        table.add_row(Text(printable(label)), f"{row['customers']:,.0f}", *share, *count)
    screen.print(table)
    if len(reps) > MOST_REPS:
        screen.tell(say("cli.more", count=len(reps) - MOST_REPS))
    screen.tell(say("watch.frozen", count=int(state.frozen.sum())))
    if not watch.triggers:
        screen.tell(say("watch.calm"), "green")
        return
    screen.tell(say("watch.rings", count=len(watch.triggers)), "yellow")
    for kind in watch.kinds:
        if len(kind) > WORST:
            screen.tell(f"  {say(f'ringing.{kind[0].code}', count=len(kind))}")
        lead = "    " if len(kind) > WORST else "  "
        for trigger in kind[:WORST]:
            screen.tell(lead + trigger.sentence())
        if len(kind) > WORST:
            more = say("cli.more", count=len(kind) - WORST)
            screen.tell(lead + (more if file is None else say("ringing.rest", more=more, file=file)))
