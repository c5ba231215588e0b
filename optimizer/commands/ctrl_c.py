"""What Ctrl-C does while a command runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.terminal import Watch


class CtrlC:
    """What Ctrl-C means: give up at once; while solving, stop and write; once all is written, nothing."""

    def __init__(self) -> None:
        self.watch: Watch | None = None
        self.given_up = False

    def listen(self) -> Any:
        """Hear Ctrl-C from now on; returns who heard it before."""
        self.watch, self.given_up = None, False
        return signal.signal(signal.SIGINT, self)

    def __call__(self, number: int, frame: object) -> None:
        """Python calls this for each Ctrl-C."""
        if self.watch is not None and not self.watch.stopping:
            self.watch.stop()
            return
        self.given_up = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # on the way out there is nothing more to ask
        raise KeyboardInterrupt

    @contextmanager
    def stops(self, watch: Watch) -> Iterator[None]:
        """In this block, which solves and writes, the first Ctrl-C asks to stop; the second gives up."""
        self.watch = watch
        yield
        signal.signal(signal.SIGINT, signal.SIG_IGN)


CTRL_C = CtrlC()  # of this process
