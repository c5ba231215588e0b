"""A screen: a console that says lines as they are."""

from __future__ import annotations

import os

from rich.console import Console
from rich.text import Text

SHOWN = 20  # rows of a list before its length is told, or the file that holds it all


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
