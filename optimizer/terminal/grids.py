"""Grids: rows in columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.table import Table
from rich.text import Text

from optimizer.messages import width
from optimizer.terminal.screen import Screen, printable


def show_grid(
    screen: Screen, heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[int] = ()
) -> None:
    """Rows in columns; those whose place is among ``numbers`` end at the right."""
    table = Table(box=None, pad_edge=True)
    for k, head in enumerate(heads):
        # A word that is wider than its column, as any Chinese one may be, goes on in the next line.
        table.add_column(head, justify="right" if k in numbers else "left", overflow="fold")
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
