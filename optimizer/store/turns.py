"""Turns: whoever writes to the same things from this process does so in the order in which they came.

Neither database sees to it. SQLite has those who wait look again after ever longer pauses; in PostgreSQL, whoever waits
for a row that was changed meanwhile has to stand in line again. Under load the first to come would be the last.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from optimizer.store.refusals import Outage


class Turns:
    """One at a time of each line; ``patience`` is how many seconds somebody waits."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._door = threading.Lock()
        self._lines: dict[str, deque[threading.Event]] = {}  # the first has its turn

    @contextmanager
    def take(self, line: str) -> Iterator[None]:
        """Have a turn for as long as the block lasts. Outage ``busy`` when it does not come in time."""
        mine = threading.Event()  # set: it is our turn
        try:
            with self._door:
                waiting = self._lines.setdefault(line, deque())
                waiting.append(mine)
                if waiting[0] is mine:
                    mine.set()
            if not mine.wait(self._patience):
                raise Outage("busy")
            yield
        finally:  # however it ends: whoever is interrupted while waiting leaves the line too
            self._leave(line, mine)

    def _leave(self, line: str, mine: threading.Event) -> None:
        with self._door:
            waiting = self._lines.get(line, deque())
            if mine in waiting:
                waiting.remove(mine)
            if waiting:
                waiting[0].set()  # nobody comes between
            else:
                self._lines.pop(line, None)
