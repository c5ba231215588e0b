"""Summaries: the headline figures of a plan, and of its tasks put into weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from optimizer.messages import say
from optimizer.terminal.screen import Screen, printable
from optimizer.terminal.verdicts import tell_hard

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.reports import Summary, Timetable


def show_summary(screen: Screen, summary: Summary) -> None:
    """Verdict, certificate, and the headline figures before and after."""
    screen.print(
        Text(printable(summary.name), "bold").append(
            say("summary.verdict", verdict=summary.verdict), "not bold"
        )
    )
    if summary.certificate:
        screen.tell(summary.certificate)
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    states = [(say("summary.before"), summary.before)] if summary.before is not None else []
    states.append((say("summary.after"), summary.after))
    for head, _ in states:
        table.add_column(head, justify="right")

    def percent(share: float | None) -> str:
        return "-" if share is None else f"{share:.0%}"

    rows = [
        ("objective", [f"{s.objective_hours:,.1f}" for _, s in states]),
        ("travel", [f"{s.travel_hours:,.1f}" for _, s in states]),
        ("utilization", [percent(s.utilization) for _, s in states]),
        ("range", [f"{percent(s.least_utilization)} - {percent(s.most_utilization)}" for _, s in states]),
        ("overloaded", [f"{s.overloaded:,}" for _, s in states]),
        ("unserved", [f"{s.unserved:,}" for _, s in states]),
    ]
    for name, cells in rows:
        table.add_row(say(f"summary.{name}"), *cells)
    for k, balance in enumerate(summary.after.balances):
        cells = [say("summary.of", inside=s.balances[k].inside, reps=summary.reps) for _, s in states]
        label = say("summary.inside", measure=balance.measure, tolerance=balance.tolerance)
        table.add_row(Text(printable(label)), *cells)
    blank = [""] * (len(states) - 1)
    share = "" if summary.moved_share is None else f" ({summary.moved_share:.1%})"
    table.add_row(say("summary.moved"), *blank, f"{summary.moved:,}{share}")
    table.add_row(say("summary.handover"), *blank, f"{summary.handover_hours:,.1f}")
    screen.print(table)


def show_schedule(screen: Screen, timetable: Timetable, out: Path) -> None:
    """How many tasks have a week, what slips, the certificate, and the hard constraints that are broken."""
    slipping = timetable.n_slipping
    where = say("cli.where_slips", out=out) if slipping else ""
    gaps = {"count": timetable.work.n_tasks, "late": timetable.n_late, "slipping": slipping, "where": where}
    screen.tell(say("cli.scheduled", **gaps))
    screen.tell(timetable.certificate)
    hard = timetable.result.score.hard_violations
    if hard:
        tell_hard(screen, hard, "cli.schedule_broken")
