"""Proposals: a rebalance with its moves and its curve, or who stands in for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from optimizer.messages import Joined, say
from optimizer.terminal.screen import SHOWN, Screen, printable

if TYPE_CHECKING:
    from optimizer.rebalancing import Covering, Rebalance

MOST_CUSTOMERS = 40  # rows of customers who are stood in for


def show_rebalance(screen: Screen, found: Rebalance) -> None:
    """Whether it is worth it, what is proved, the first changes with their reasons, and the curve."""
    screen.tell(found.sentence(), "bold")
    if found.covering is not None:
        show_cover(screen, found.covering)
        return
    screen.tell(found.certificate())
    for move in found.moves[:SHOWN]:
        names = Joined(tuple(move.customer_ids))
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


def show_cover(screen: Screen, covering: Covering) -> None:
    """Who stands in for whom: a row a customer with work in these weeks."""
    table = Table(box=None, pad_edge=False)
    for column in ("customer", "stands_in"):
        table.add_column(say(f"recipe.{column}"))
    for column in ("hours", "tasks"):
        table.add_column(say(f"recipe.{column}"), justify="right")
    for row in covering.customers.head(MOST_CUSTOMERS).to_dict("records"):
        who = row["cover_rep_id"] if isinstance(row["cover_rep_id"], str) else "-"
        table.add_row(
            Text(printable(row["customer_id"])),
            Text(printable(who)),
            f"{row['hours']:,.1f}",
            f"{row['tasks']:,}",
        )
    screen.print(table)
    if len(covering.customers) > MOST_CUSTOMERS:
        screen.tell(say("cli.more", count=len(covering.customers) - MOST_CUSTOMERS))
