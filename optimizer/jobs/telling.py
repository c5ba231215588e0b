"""Telling: glimpses of a running job go to the database at most twice a second, beside the solver and not within it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from optimizer.jobs.results import plain
from optimizer.problem import UNITS_PER_HOUR
from optimizer.result import Progress, Result
from optimizer.store import Job, Store, Unavailable, show_progress

EVERY = 0.5  # seconds between glimpses that are written


class Teller:
    """Writes the newest glimpse of a job when it is time; ``lost`` is called when the job should stop."""

    def __init__(self, store: Store, job: Job, lost: Callable[[], None]) -> None:
        self._store, self._job, self._lost = store, job, lost
        self._known: dict[str, Any] = {}
        self._spent = 0.0  # seconds, before tasks are put into weeks
        self._news, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write, name="telling", daemon=True)

    def __enter__(self) -> Teller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> Mapping[str, Any]:
        """Tell no more. What was known last, which may not have been written: it goes with what ends the job."""
        self._ended.set()
        self._news.set()
        self._thread.join()
        known: Mapping[str, Any] = plain(self._known)
        return known

    def tell(self, **known: Any) -> None:
        """What is known now; what is not named stays as it was told."""
        self._known = {**self._known, **known}
        self._news.set()

    def show(self, glimpse: Progress, **more: Any) -> None:
        """A glimpse of a solver."""
        self.tell(**read_glimpse(glimpse), **more)

    def show_weeks(self, glimpse: Progress) -> None:
        """A glimpse of tasks that are put into weeks: beside what is known of the plan, not instead of it."""
        weeks = read_glimpse(glimpse)
        seconds = self._spent + glimpse.seconds
        self.tell(
            phase="weeks",
            seconds=seconds,
            weeks={name: weeks[name] for name in ("phase", "objective", "bound", "gap")},
        )

    def settle(self, result: Result, phase: str = "weeks") -> None:
        """What is known of the plan itself, at last."""
        self._spent = result.seconds
        bound = None if result.bound is None else result.bound / UNITS_PER_HOUR
        self.tell(
            phase=phase,
            objective=result.score.objective_hours,
            bound=bound,
            gap=result.gap,
            keeps_all=result.score.keeps_all,
        )

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
            except Unavailable:
                pass  # the next glimpse may come through
            self._ended.wait(EVERY)


def read_glimpse(glimpse: Progress) -> Mapping[str, Any]:
    """A glimpse in words of JSON; hours."""
    names = ("seconds", "objective", "bound", "gap", "keeps_all")
    return {"phase": glimpse.stage, **{name: getattr(glimpse, name) for name in names}}
