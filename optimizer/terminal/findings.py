"""Findings: what is wrong in what was given, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from optimizer.messages import look_up, say
from optimizer.terminal.screen import SHOWN, Screen, printable

if TYPE_CHECKING:
    from optimizer.findings import Finding


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
