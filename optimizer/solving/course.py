"""Course of a run: its limits and its clock, the best plan and bound so far, and why it ended."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR
from optimizer.result import Progress, find_gap

T = TypeVar("T")
GRACE = 0.5  # seconds that a run has to end by itself when it is stopped


@dataclass(eq=False)
class Course:
    """What a run may use, and how far it has come.

    ``gap``: where to stop. ``score``: (breach of hard constraints, objective) of ``plan``, the best so far.
    ``bound``: no plan that keeps every hard constraint costs less (milli-hours).
    """

    gap: float
    time_limit: float | None
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    trace: list[Progress] = field(default_factory=list)
    method: list[str] = field(default_factory=list)
    stopped: str = "work"
    bound: float = -math.inf
    score: tuple[int, int] | None = None
    plan: Plan | None = None

    def take_plan(self, score: tuple[int, int], plan: Plan | None, stage: str) -> None:
        """A plan as good as the best so far, or better; None where what is decided is not a plan of owners."""
        self.score, self.plan = score, plan
        self._tell(stage)

    def raise_bound(self, bound: float, stage: str) -> None:
        """A bound that is proved; the best one counts."""
        if bound > self.bound:
            self.bound = bound
            self._tell(stage)

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self.began

    @property
    def seconds_left(self) -> float | None:
        """Seconds before the time limit, None without one."""
        return None if self.time_limit is None else self.time_limit - self.seconds

    def is_over(self) -> bool:
        """Whether the user ended it, by a signal or by the time limit."""
        if self.should_stop is not None and self.should_stop():
            self.stopped = "interrupted"
            return True
        left = self.seconds_left
        if left is not None and left <= 0:
            self.stopped = "time_limit"
            return True
        return False

    def is_done(self) -> bool:
        """Whether to stop here: the gap is reached, or the user ended it."""
        if self.score is not None and not self.score[0] and find_gap(self.score[1], self.bound) <= self.gap:
            self.stopped = "gap"
            return True
        return self.is_over()

    def run_aside(self, work: Callable[[], T]) -> T | None:
        """``work()`` in a thread of its own; None when the run is over and it does not end soon after.

        Then it is left behind: who stops a run does not wait for its single steps.
        """
        results: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:
                errors.append(error)

        worker = threading.Thread(target=run, name="solving", daemon=True)
        worker.start()
        while worker.is_alive():
            worker.join(0.05)
            if worker.is_alive() and self.is_over():
                worker.join(GRACE)
                break
        if errors:
            raise errors[0]
        return results[0] if results else None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the seconds of a with-block to the stages; one within another counts for itself alone."""
        began, others = time.perf_counter(), sum(self.stages.values())
        try:
            yield
        finally:
            within = sum(self.stages.values()) - others
            self.stages[name] = self.stages.get(name, 0.0) + time.perf_counter() - began - within

    def _tell(self, stage: str) -> None:
        if self.score is None:
            return
        breach, objective = self.score
        bound = self.bound if math.isfinite(self.bound) else None
        glimpse = Progress(
            self.seconds,
            objective / UNITS_PER_HOUR,
            None if bound is None else bound / UNITS_PER_HOUR,
            None if breach or bound is None else find_gap(objective, bound),
            stage,
            not breach,
        )
        self.trace.append(glimpse)
        if self.on_progress is not None:
            self.on_progress(replace(glimpse, plan=self.plan))
