"""Terminal: what a person sees while solving and afterwards; plain lines where nobody watches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.findings import Finding
    from optimizer.reports import Summary
    from optimizer.result import Progress, Violation

SHOWN = 20  # findings or violations shown before pointing to the file
PLAIN_SECONDS = 5.0  # between plain lines


class Watch:
    """Shows elapsed time, best objective, bound and gap: one live line on a terminal, else a line now and then."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else None
        self.began = time.perf_counter()
        self.latest: Progress | None = None
        self.said = -PLAIN_SECONDS
        self.stage = ""

    def __enter__(self) -> Watch:
        if self.live is not None:
            self.live.start()
            self.live.get_renderable = self.line  # type: ignore[method-assign]  # keeps the clock running
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live is not None:
            self.live.stop()
        if self.latest is not None and kind is None:
            self.console.print(self.line(self.latest.seconds), highlight=False)

    def show(self, progress: Progress) -> None:
        """Take in a glimpse of the solver."""
        self.latest = progress
        due = progress.stage != self.stage or progress.seconds - self.said >= PLAIN_SECONDS
        if self.live is None and due:
            self.said, self.stage = progress.seconds, progress.stage
            self.console.print(self.line(progress.seconds), highlight=False)

    def line(self, seconds: float | None = None) -> Text:
        """The line as it stands."""
        seconds = time.perf_counter() - self.began if seconds is None else seconds
        p = self.latest
        unknown = say("progress.unknown")
        if p is None:
            return Text(
                say("progress.line", seconds=seconds, stage=say("stage.model"), objective=unknown, bound=unknown, gap=unknown)
            )
        objective = unknown if p.objective is None else f"{p.objective:,.1f}"
        return Text(
            say(
                "progress.line",
                seconds=seconds,
                stage=say(f"stage.{p.stage}"),
                objective=objective if p.keeps_all else say("progress.broken", objective=objective),
                bound=unknown if p.bound is None else f"{p.bound:,.1f}",
                gap=unknown if p.gap is None else f"{p.gap:.3%}",
            )
        )


def show_findings(console: Console, findings: Sequence[Finding], file: str | None = None) -> None:
    """Each finding with its place, problem, expectation and fix; errors first."""
    ordered = sorted(findings, key=lambda f: f.severity != "error")
    for finding in ordered[:SHOWN]:
        colour = "red" if finding.severity == "error" else "yellow"
        console.print(
            f"[{colour}]{finding.severity}[/] [bold]{escape(finding.place)}[/]: {escape(finding.problem())}",
            highlight=False,
            soft_wrap=True,
        )
        console.print(f"  {escape(finding.expected())}; {escape(finding.fix())}", style="dim", highlight=False, soft_wrap=True)
    if len(ordered) > SHOWN:
        count = len(ordered) - SHOWN
        console.print(say("cli.more", count=count) if file is None else say("cli.more_in", count=count, file=file))


def show_violations(console: Console, violations: Sequence[Violation]) -> None:
    """The hard constraints that are broken, largest cost of hours first within a constraint."""
    hard = [v for v in violations if v.hard]
    if not hard:
        console.print(say("cli.all_kept"), highlight=False)
        return
    console.print(say("cli.hard_broken", count=len(hard)), style="red", highlight=False)
    for violation in hard[:SHOWN]:
        console.print(f"  {escape(violation.sentence())}", highlight=False, soft_wrap=True)
    if len(hard) > SHOWN:
        console.print(f"  {say('cli.more', count=len(hard) - SHOWN)}", highlight=False)


def show_summary(console: Console, summary: Summary) -> None:
    """Verdict, certificate, and the headline figures before and after."""
    console.print(f"[bold]{escape(summary.name)}[/]: {escape(summary.verdict)}", highlight=False, soft_wrap=True)
    if summary.certificate:
        console.print(escape(summary.certificate), highlight=False, soft_wrap=True)
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
        ("overloaded", [str(s.overloaded) for _, s in states]),
        ("unserved", [f"{s.unserved:,}" for _, s in states]),
    ]
    for name, cells in rows:
        table.add_row(say(f"summary.{name}"), *cells)
    for k, balance in enumerate(summary.after.balances):
        cells = [say("summary.of", inside=s.balances[k].inside, reps=summary.reps) for _, s in states]
        table.add_row(say("summary.inside", measure=balance.measure, tolerance=balance.tolerance), *cells)
    blank = [""] * (len(states) - 1)
    share = "" if summary.moved_share is None else f" ({summary.moved_share:.1%})"
    table.add_row(say("summary.moved"), *blank, f"{summary.moved:,}{share}")
    table.add_row(say("summary.handover"), *blank, f"{summary.handover_hours:,.1f}")
    console.print(table, highlight=False)
