"""Turns: whoever writes to the same things from this process does so in the order in which they came.

Neither database sees to it. SQLite has those who wait look again after ever longer pauses; in PostgreSQL, whoever waits
for a row that was changed meanwhile has to stand in line again. Under load the first to come would be the last.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from optimizer.store.refusals import Unavailable


class Turns:
    """One at a time of each line; ``patience`` is how many seconds somebody waits."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._door = threading.Lock()
        self._lines: dict[str, deque[threading.Event]] = {}  # who waits behind the one whose turn it is

    @contextmanager
    def take(self, line: str) -> Iterator[None]:
        """Have a turn for as long as the block lasts. Unavailable ``busy`` when it does not come in time."""
        self._enter(line)
        try:
            yield
        finally:
            with self._door:
                if self._lines[line]:
                    self._lines[line].popleft().set()  # nobody comes between
                else:
                    del self._lines[line]

    def _enter(self, line: str) -> None:
        with self._door:
            if line not in self._lines:
                self._lines[line] = deque()
                return
            mine = threading.Event()
            self._lines[line].append(mine)
        if mine.wait(self._patience):
            return
        with self._door:
            if not mine.is_set():  # or it came just now
                self._lines[line].remove(mine)
                raise Unavailable("busy")
