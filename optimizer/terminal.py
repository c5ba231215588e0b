"""Terminal: what a person sees while solving and afterwards; plain lines where nobody watches."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Sequence
from math import isnan, nan
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from optimizer.messages import look_up, say, spoken, width

if TYPE_CHECKING:
    from pathlib import Path

    from optimizer.findings import Finding
    from optimizer.guardrails import Passed
    from optimizer.kpis import Kpi
    from optimizer.rebalancing import Covering, Rebalance, Suggestion, TaskSuggestion
    from optimizer.rebalancing import Watch as PlanWatch
    from optimizer.reports import Summary, Timetable
    from optimizer.result import Progress, Violation

MOST_REPS = 40  # rows of reps shown while a plan is watched
WORST = 5  # of each kind of what calls for a rebalance
SHOWN = 20  # findings or violations shown before pointing to the file
PLAIN_SECONDS = 5.0  # between plain lines


class Screen(Console):
    """A console that says each line as it is: nothing wrapped, coloured by guess, or read as markup."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def tell(self, text: str, style: str = "") -> None:
        """One line. What steers a terminal (an escape in a customer's name) is shown, not obeyed."""
        self.print(Text(printable(text), style))

    def on_broken_pipe(self) -> None:
        """Whoever read along has left (``| head``): go on in silence; the exit code still speaks."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def printable(text: str) -> str:
    """The text with every control character replaced."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


class Watch:
    """Shows elapsed time, best objective, bound and gap: one live line on a terminal, else a line now and then."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.live = (
            Live(console=screen, refresh_per_second=8, transient=True) if screen.is_interactive else None
        )
        self.began = time.perf_counter()
        self.latest: Progress | None = None
        self.told: Progress | None = None
        self.stopping = False
        self.words = "stage"  # area of the catalogue that names the stages
        self.lang = spoken()  # progress is told from other threads too, which know of no language

    def __enter__(self) -> Watch:
        if self.live is not None:
            self.live.get_renderable = self.live_line  # type: ignore[method-assign]  # keeps the clock running
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live is not None:
            self.live.stop()
        if self.latest is not None and kind is None:
            self.tell(self.latest)

    def show(self, progress: Progress) -> None:
        """Take in a glimpse of the solver."""
        last, self.latest = self.told, progress
        is_due = (
            last is None or progress.stage != last.stage or progress.seconds - last.seconds >= PLAIN_SECONDS
        )
        if self.live is None and is_due:
            self.tell(progress)

    def turn(self, words: str, what: str) -> None:
        """The next search begins: leave the last one's line behind and start again; ``words`` name its stages."""
        if self.latest is not None:
            self.tell(self.latest)
        self.words, self.latest, self.told, self.began = words, None, None, time.perf_counter()
        self.screen.tell(what)

    def stop(self) -> None:
        """Tell that Ctrl-C was heard; past the streams, because the signal may come half way through a line."""
        self.stopping = True
        if self.live is None:
            os.write(2, f"{say('cli.stopping', self.lang)}\n".encode())

    def tell(self, progress: Progress) -> None:
        """Leave a line behind, unless the last one said the same."""
        line = progress_line(progress, 0.0, self.words, self.lang)
        if self.told is None or line != progress_line(self.told, 0.0, self.words, self.lang):
            self.screen.tell(progress_line(progress, progress.seconds, self.words, self.lang))
        self.told = progress

    def live_line(self) -> Text:
        """The line as it stands, cut where the terminal ends."""
        seconds = time.perf_counter() - self.began
        line = (
            say("progress.stopping", self.lang, seconds=seconds)
            if self.stopping
            else progress_line(self.latest, seconds, self.words, self.lang)
        )
        return Text(line, no_wrap=True, overflow="ellipsis")


def progress_line(progress: Progress | None, seconds: float, words: str = "stage", lang: str = "") -> str:
    """``12.3 s  improving  best 1,234.5  bound 1,230.0  gap 0.364%``; None: nothing is known yet."""
    unknown = say("progress.unknown", lang)
    if progress is None:
        gaps = {"objective": unknown, "bound": unknown, "gap": unknown}
        return say("progress.line", lang, seconds=seconds, stage=say("stage.model", lang), **gaps)
    objective = unknown if progress.objective is None else f"{progress.objective:,.1f}"
    return say(
        "progress.line",
        lang,
        seconds=seconds,
        stage=say(f"{words}.{progress.stage}", lang),
        objective=objective if progress.keeps_all else say("progress.broken", lang, objective=objective),
        bound=unknown if progress.bound is None else f"{progress.bound:,.1f}",
        gap=unknown if progress.gap is None else f"{progress.gap:.3%}",
    )


def show_findings(
    screen: Screen, findings: Sequence[Finding], *, most: int | None = SHOWN, file: str | None = None
) -> None:
    """What findings say, once, with the places, expectation and fix; errors first; the rest is in ``file``."""
    from optimizer.findings import sum_up

    told = sum_up(findings) if most is not None else sum_up(findings, None)
    for alike in told[:most]:
        finding = alike.first
        line = Text()
        line.append(look_up("severity", finding.severity), "red" if finding.severity == "error" else "yellow")
        line.append(" ").append(printable(alike.place), "bold")
        line.append(printable(say("cli.problem", problem=finding.problem())))
        screen.print(line)
        screen.tell(say("cli.advice", expected=finding.expected(), fix=finding.fix()), "dim")
        if alike.untold:
            screen.tell(say("cli.more_alike", count=alike.untold), "dim")
    if most is not None and len(told) > most:
        count = sum(alike.count + alike.untold for alike in told[most:])
        screen.tell(
            say("cli.more", count=count) if file is None else say("cli.more_in", count=count, file=file)
        )


def show_violations(screen: Screen, violations: Sequence[Violation]) -> None:
    """The hard constraints that are broken, in the checker's order."""
    hard = [v for v in violations if v.hard]
    if not hard:
        screen.tell(say("cli.all_kept"))
        return
    _tell_hard(screen, hard, "cli.hard_broken")


def show_guardrails(screen: Screen, guardrails: Sequence[Passed], kpis: Sequence[Kpi]) -> None:
    """Whether the plan is accepted, and how it stands to each guardrail; nothing where there is none."""
    if not guardrails:
        return
    from optimizer.reports.kpi_texts import say_guardrail, say_verdict

    screen.tell(say_verdict(guardrails), "" if all(passed.ok for passed in guardrails) else "red")
    for passed in guardrails:
        screen.tell(f"  {say_guardrail(passed, kpis)}")


def _tell_hard(screen: Screen, hard: Sequence[Violation], code: str) -> None:
    screen.tell(say(code, count=len(hard)), "red")
    for violation in hard[:SHOWN]:
        screen.tell(f"  {violation.sentence()}")
    if len(hard) > SHOWN:
        screen.tell(f"  {say('cli.more', count=len(hard) - SHOWN)}")


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


def show_rebalance(screen: Screen, found: Rebalance) -> None:
    """Whether it is worth it, what is proved, the first changes with their reasons, and the curve."""
    screen.tell(found.sentence(), "bold")
    if found.covering is not None:
        show_cover(screen, found.covering)
        return
    screen.tell(found.certificate())
    for move in found.moves[:SHOWN]:
        names = ", ".join(move.customer_ids)
        gaps = {"customer": names, "before": move.giver or "-", "after": move.to_rep or "-"}
        screen.tell(f"  {say('rebalance.line', gain=move.gain / 1000, reason=move.sentence(), **gaps)}")
    if len(found.moves) > SHOWN:
        screen.tell(f"  {say('cli.more', count=len(found.moves) - SHOWN)}")
    left = int((found.plan.owner < 0).sum())
    if left:
        screen.tell(say("rebalance.left", count=left), "yellow")
    if len(found.curve) > 1:
        screen.tell(say("rebalance.curve"))
        for point in found.curve:
            screen.tell(
                "  "
                + say(
                    "rebalance.knee" if point.knee else "rebalance.point",
                    moves=point.moves,
                    hours=point.objective_hours,
                    outside=point.outside,
                    broken=len(point.score.hard_violations),
                )
            )


def show_suggestions(screen: Screen, customer: str, found: Sequence[Suggestion]) -> None:
    """The best owners of a customer, a row each: the difference, how much dearer than the best, and what it breaks."""
    table = Table(box=None, pad_edge=False)
    table.add_column(say("suggest.rep"))
    for column in ("difference", "dearer"):
        table.add_column(say(f"suggest.{column}"), justify="right")
    table.add_column(say("suggest.notes"))
    for suggestion in found:
        notes = [say("suggest.present")] if suggestion.is_present else []
        notes += [say("suggest.breaks", constraint=say(f"term.{name}")) for name in suggestion.breaks]
        table.add_row(
            Text(printable(suggestion.rep_id)),
            f"{suggestion.hours:+,.3f}",
            f"{suggestion.dearer / 1000:,.3f}",
            "; ".join(notes),
        )
    screen.tell(say("suggest.title", customer=customer), "bold")
    screen.print(table)


def show_grid(
    screen: Screen, heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[int] = ()
) -> None:
    """Rows in columns; those whose place is among ``numbers`` end at the right."""
    table = Table(box=None, pad_edge=True)
    for k, head in enumerate(heads):
        table.add_column(head, justify="right" if k in numbers else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    screen.print(table)


def show_lines(screen: Screen, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A first column at the left and figures at the right of the others, however narrow the terminal: lines run on."""
    every = [[printable(cell) for cell in row] for row in (heads, *rows)]
    wide = [max(width(row[k]) for row in every) for k in range(len(heads))]
    for k, row in enumerate(every):
        cells = [" " * (w - width(cell)) + cell for cell, w in zip(row[1:], wide[1:], strict=True)]
        line = "   ".join([row[0] + " " * (wide[0] - width(row[0])), *cells])
        screen.tell(line.rstrip(), "bold" if k == 0 else "")


def show_doers(screen: Screen, task: str, found: Sequence[TaskSuggestion]) -> None:
    """The best doers of a task, a row each: week, difference, how much dearer than the best, and what is over."""
    if not found:
        screen.tell(say("suggest.nobody", task=task), "red")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("rep", "week"):
        table.add_column(say(f"suggest.{column}"))
    for column in ("difference", "dearer"):
        table.add_column(say(f"suggest.{column}"), justify="right")
    table.add_column(say("suggest.notes"))
    for suggestion in found:
        notes = [say("suggest.planned")] if suggestion.is_present else []
        notes += [say("suggest.owner")] if suggestion.is_owner else []
        notes += [say("suggest.over", hours=suggestion.over / 1000)] if suggestion.over else []
        table.add_row(
            Text(printable(suggestion.rep_id)),
            suggestion.week,
            f"{suggestion.hours:+,.3f}",
            f"{suggestion.dearer / 1000:,.3f}",
            "; ".join(notes),
        )
    screen.tell(say("suggest.doers", task=task), "bold")
    screen.print(table)


def show_cover(screen: Screen, covering: Covering) -> None:
    """Who stands in for whom: a row a customer with work in these weeks."""
    table = Table(box=None, pad_edge=False)
    for column in ("customer", "stands_in"):
        table.add_column(say(f"recipe.{column}"))
    for column in ("hours", "tasks"):
        table.add_column(say(f"recipe.{column}"), justify="right")
    for row in covering.customers.head(MOST_REPS).to_dict("records"):
        who = row["cover_rep_id"] if isinstance(row["cover_rep_id"], str) else "-"
        table.add_row(
            Text(printable(row["customer_id"])),
            Text(printable(who)),
            f"{row['hours']:,.1f}",
            f"{row['tasks']:,}",
        )
    screen.print(table)
    if len(covering.customers) > MOST_REPS:
        screen.tell(say("cli.more", count=len(covering.customers) - MOST_REPS))


def show_schedule(screen: Screen, timetable: Timetable, out: Path) -> None:
    """How many tasks have a week, what slips, the certificate, and the hard constraints that are broken."""
    slipping = timetable.n_slipping
    where = say("cli.where_slips", out=out) if slipping else ""
    gaps = {"count": timetable.work.n_tasks, "late": timetable.n_late, "slipping": slipping, "where": where}
    screen.tell(say("cli.scheduled", **gaps))
    screen.tell(timetable.certificate)
    hard = timetable.result.score.hard_violations
    if hard:
        _tell_hard(screen, hard, "cli.schedule_broken")
