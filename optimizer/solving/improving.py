"""Improving: solving as something to look into while it goes on, and to leave when it is good enough."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import Progress, Result
from optimizer.solving.strategy import solve


class Improving(Iterator[Progress]):
    """Iterates over the improvements of a run: each a Progress with its ``plan``, objective, bound and gap.

    Who looks seldom gets the newest one only. The run goes on aside until it ends, ``stop`` is called or the with-block
    is left. ``result`` waits for the end and gives the Result, the best so far if it was stopped.
    """

    def __init__(self, problem: Problem, **options: Any) -> None:
        self._changed = threading.Condition()
        self._newest: Progress | None = None
        self._stopping = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._worker = threading.Thread(target=self._run, args=(problem, options), daemon=True)
        self._worker.start()

    def __next__(self) -> Progress:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended)
            newest, self._newest = self._newest, None
        if newest is not None:
            return newest
        if self._error is not None:
            raise self._error
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._worker.join()

    def stop(self) -> None:
        """End the run with the best so far; it takes less than a second."""
        self._stopping.set()

    @property
    def result(self) -> Result:
        """The answer, once the run has ended; an error in it is raised here."""
        self._worker.join()
        if self._result is None:
            raise self._error or RuntimeError("the run ended without an answer")
        return self._result

    def _run(self, problem: Problem, options: dict[str, Any]) -> None:
        try:
            self._result = solve(
                problem, on_progress=self._take, should_stop=self._stopping.is_set, **options
            )
        except BaseException as error:
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, progress: Progress) -> None:
        with self._changed:
            self._newest = progress
            self._changed.notify_all()


def improve(
    problem: Problem,
    *,
    start: Plan | None = None,
    seed: int | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
) -> Improving:
    """Solve aside and iterate over the improvements; everything else is as in ``solve``.

    ::

        with improve(problem) as search:
            for progress in search:
                if progress.gap is not None and progress.gap < 0.01:
                    break
        result = search.result
    """
    return Improving(problem, start=start, seed=seed, gap=gap, time_limit=time_limit)
