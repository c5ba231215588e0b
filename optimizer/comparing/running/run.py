"""Many at once: jobs that go to several processes or machines, and what comes back from each of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from optimizer.messages import say
from optimizer.result import Progress

LISTEN = 0.1  # seconds between looks at what was told
PATIENCE = 2  # times that processes may die before they begin anything

Tell = Callable[[Progress | None], None]
Work = Callable[[Any, Any, Tell, Callable[[], bool]], Any]
"""``work(shared, job, tell, should_stop)``, a function of a module: what a job comes to; None when it was stopped."""


@dataclass(frozen=True)
class Outcome:
    """What became of a job: its ``value``, or the sentence ``failure`` that says why there is none."""

    key: str
    value: Any = None
    failure: str | None = None


class Crew(Protocol):
    """Those who work: jobs are handed in, all of them are told to stop, and what they tell is heard."""

    def submit(self, key: str, job: Any) -> Future[Any]:
        """Hand in a job."""

    def stop(self) -> None:
        """Running jobs end within seconds, those that wait are not begun."""

    def listen(self) -> list[tuple[str, Progress | None]]:
        """What was told since the last call, by the key of the job; None: it has begun.

        Of a job that is done, lost ones too, that is all that there was to hear.
        """


OpenCrew = Callable[[int], AbstractContextManager[Crew]]
"""``open_crew(jobs)``: a crew for so many jobs, gone when the block ends."""


def run_many(
    jobs: Mapping[str, Any],
    open_crew: OpenCrew,
    *,
    on_progress: Callable[[str, Progress | None], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Generator[Outcome, None, None]:
    """The outcome of every job, as they come.

    A job that fails is told and takes none of the others with it. Where a process dies, the jobs that were running are
    run again, one by one: who kills a process again has failed, the others go on. When ``should_stop`` says so, running
    jobs are stopped, and the outcomes of what was not finished are missing.
    """
    left, suspects, idle = dict(jobs), list[str](), 0
    while left and not (should_stop is not None and should_stop()):
        batch = suspects[:1] or list(left)
        lost, begun = yield from _run(
            {key: left[key] for key in batch}, open_crew, left, on_progress, should_stop
        )
        idle += bool(lost) and not lost & begun
        if (len(batch) == 1 and begun) or idle > PATIENCE:  # it was alone, or nobody can even begin
            for key in [key for key in batch if key in lost]:
                del left[key]
                yield Outcome(key, failure=say("running.died" if key in begun else "running.no_worker"))
        suspects = [key for key in [*suspects, *sorted(lost & begun)] if key in left]


def _run(
    batch: Mapping[str, Any],
    open_crew: OpenCrew,
    left: dict[str, Any],
    on_progress: Callable[[str, Progress | None], None] | None,
    should_stop: Callable[[], bool] | None,
) -> Any:
    """Run a batch, taking what is finished out of ``left``; returns the jobs lost with a process, and those begun."""
    lost, begun, stopped = set[str](), set[str](), False

    def hear(told: Collection[tuple[str, Progress | None]]) -> None:
        for key, glimpse in told:
            begun.add(key)
            if on_progress is not None:
                on_progress(key, glimpse)

    with open_crew(len(batch)) as crew:
        running: dict[Future[Any], str] = {}
        for key, job in batch.items():
            try:
                running[crew.submit(key, job)] = key
            except BrokenExecutor:
                lost.add(key)
        while running:
            done, _ = wait(running, timeout=LISTEN, return_when=FIRST_COMPLETED)
            hear(crew.listen())
            if not stopped and should_stop is not None and should_stop():
                stopped = True
                crew.stop()
            for future in done:
                key = running.pop(future)
                try:
                    value = future.result()
                except (BrokenExecutor, CancelledError):
                    lost.add(key)
                except Exception as error:  # of this job alone
                    del left[key]
                    yield Outcome(key, failure=f"{type(error).__name__}: {error}")
                else:
                    if value is None:
                        continue
                    del left[key]
                    yield Outcome(key, value)
        hear(crew.listen())  # of those who died before all was handed in
    return set() if stopped else lost, begun
