"""Verdicts: what the checker and the guardrails say of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optimizer.messages import say
from optimizer.terminal.screen import SHOWN, Screen

if TYPE_CHECKING:
    from optimizer.guardrails import Passed
    from optimizer.kpis import Kpi
    from optimizer.result import Violation


def show_violations(screen: Screen, violations: Sequence[Violation]) -> None:
    """The hard constraints that are broken, in the checker's order."""
    hard = [v for v in violations if v.hard]
    if not hard:
        screen.tell(say("cli.all_kept"))
        return
    tell_hard(screen, hard, "cli.hard_broken")


def show_guardrails(screen: Screen, guardrails: Sequence[Passed], kpis: Sequence[Kpi]) -> None:
    """Whether the plan is accepted, and how it stands to each guardrail; nothing where there is none."""
    if not guardrails:
        return
    from optimizer.reports.content.kpi_texts import say_guardrail, say_verdict

    screen.tell(say_verdict(guardrails), "" if all(passed.ok for passed in guardrails) else "red")
    for passed in guardrails:
        screen.tell(f"  {say_guardrail(passed, kpis)}")


def tell_hard(screen: Screen, hard: Sequence[Violation], code: str) -> None:
    """How many hard constraints are broken (``code`` says it), and the first of them."""
    screen.tell(say(code, count=len(hard)), "red")
    for violation in hard[:SHOWN]:
        screen.tell(f"  {violation.sentence()}")
    if len(hard) > SHOWN:
        screen.tell(f"  {say('cli.more', count=len(hard) - SHOWN)}")
