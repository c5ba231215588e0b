"""Suggestions: the best owners of a customer, the best doers of a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from optimizer.messages import say
from optimizer.terminal.screen import Screen, printable

if TYPE_CHECKING:
    from optimizer.rebalancing import Suggestion, TaskSuggestion


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
