"""Telling: glimpses of a running job go to the database at most twice a second, beside the solver and not within it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from optimizer.jobs.results import plain
from optimizer.result import Progress
from optimizer.store import Job, Store, Unavailable, show_progress
from optimizer.store.engine import OUTAGES

EVERY = 0.5  # seconds between glimpses that are written


class Teller:
    """Writes the newest glimpse of a job when it is time; ``lost`` is called when the job should stop."""

    def __init__(self, store: Store, job: Job, lost: Callable[[], None], every: float = EVERY) -> None:
        self._store, self._job, self._lost, self._every = store, job, lost, every
        self._known: dict[str, Any] = {}
        self._news, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write, name="telling", daemon=True)

    def __enter__(self) -> Teller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Tell no more; what ends the job speaks for itself."""
        self._ended.set()
        self._news.set()
        self._thread.join()

    def tell(self, **known: Any) -> None:
        """What is known now; what is not named stays as it was told."""
        self._known = {**self._known, **known}
        self._news.set()

    def show(self, glimpse: Progress, **more: Any) -> None:
        """A glimpse of a solver."""
        self.tell(**read_glimpse(glimpse), **more)

    def _write(self) -> None:
        while not self._ended.is_set():
            self._news.wait()
            self._news.clear()
            if self._ended.is_set():
                return
            try:
                wanted = show_progress(self._store, self._job, plain(self._known))
                if not wanted and not self._ended.is_set():
                    self._lost()
                    return
            except (Unavailable, *OUTAGES):
                pass  # the next glimpse may come through
            self._ended.wait(self._every)


def read_glimpse(glimpse: Progress) -> Mapping[str, Any]:
    """A glimpse in words of JSON; hours."""
    names = ("seconds", "objective", "bound", "gap", "keeps_all")
    return {"phase": glimpse.stage, **{name: getattr(glimpse, name) for name in names}}
