"""What every crew does alike: it keeps what is told until somebody listens, and takes back jobs that have not begun."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

from optimizer.result import Progress

Told = tuple[str, Progress | None]


@dataclass(eq=False, kw_only=True)
class Listening:
    """``told``: by the key of the job, in the order of hearing; ``pending``: what was handed in."""

    told: Queue[Told] = field(default_factory=Queue)
    pending: list[Future[Any]] = field(default_factory=list)

    def listen(self) -> list[Told]:
        """What was told since the last call."""
        told = []
        with suppress(Empty):
            while True:
                told.append(self.told.get_nowait())
        return told

    def withdraw(self) -> None:
        """Take back what has not begun."""
        for future in self.pending:
            future.cancel()
