"""A worker: has children do the jobs that are next, and kills them when they should stop.

Any number of workers share one database, on any hosts. A worker says every few seconds that it lives. One whose word
does not change for a while, as the others see it on their own clocks, is struck off, and its jobs are begun again by
whoever comes first, from the last step that was finished.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from optimizer.cores import count_cores
from optimizer.jobs.children import Child, warm_up
from optimizer.jobs.clerk import PAUSE, Clerk, Ended, find_key
from optimizer.store import Store, list_held
from optimizer.store.moments import new_id

log = logging.getLogger("optimizer.jobs")

Chore = Callable[[Store], float]
"""Something to be done again and again beside the jobs; returns the seconds until it is next due."""

LOOK_EVERY = 0.25  # seconds: how soon a job is begun, or stopped
BEAT_EVERY = 5.0
SILENT_AFTER = 30.0  # seconds without a new word, after which a worker is dead
STUCK = 120.0  # seconds after which a worker that does nothing is silent too
MOST_DEATHS = 3  # of the process that does a job, before it is the job that is to blame
MOST_SLOTS = 4
PER_WORKSPACE = 2
GRACE = 20.0  # seconds that running jobs have to end when the worker is to stop
LEAVING = 60.0  # seconds that what is written last may take


class Worker:
    """Does jobs, ``slots`` at once [one for each of ``cores``, 4 at most], each with its share of ``cores`` [all].

    Of one workspace at most ``per_workspace`` jobs run at once, counted over all workers. A job is given up when
    its process died ``most_deaths`` times. As a context manager, or between ``start`` and ``stop``, it works in a
    thread; ``run`` works in the thread of the caller. A script that has one needs ``if __name__ == "__main__":``,
    because its module is loaded where children come from.
    """

    def __init__(
        self,
        store: Store,
        *,
        slots: int | None = None,
        cores: int | None = None,
        per_workspace: int = PER_WORKSPACE,
        chores: Sequence[Chore] = (),
        most_deaths: int = MOST_DEATHS,
        beat_every: float = BEAT_EVERY,
        silent_after: float = SILENT_AFTER,
    ) -> None:
        cores = max(1, count_cores() if cores is None else cores)
        self.store = store
        self.slots = max(1, min(cores, MOST_SLOTS) if slots is None else slots)
        self.threads = max(1, cores // self.slots)
        self.host = socket.gethostname()
        self.id = f"{self.host}:{os.getpid()}:{new_id()}"
        self._clerk = Clerk(
            store,
            self.id,
            self.host,
            slots=self.slots,
            threads=self.threads,
            per_workspace=per_workspace,
            most_deaths=most_deaths,
        )
        self._chores, self._beat_every, self._silent_after = chores, beat_every, silent_after
        self._deadline: float | None = None  # set: it is to stop
        self._over = False
        self._alive = time.monotonic()  # when its clerk last came round
        self._running: list[threading.Thread] = []

    # From outside ---------------------------------------------------------------------------------------------

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(grace=0.0)

    def start(self) -> None:
        """Work in a thread of this process."""
        self._running.append(_begin("worker", self.run))

    def stop(self, grace: float = GRACE) -> None:
        """Take no more jobs; those that have not ended after ``grace`` seconds are handed back. Waits for it."""
        self.ask_stop(grace)
        for thread in self._running:
            thread.join()

    def ask_stop(self, grace: float = GRACE) -> None:
        """The same without waiting; may be called by a signal."""
        self._deadline = time.monotonic() + grace

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._deadline is not None

    def list_children(self) -> list[int]:
        """The processes that do jobs just now."""
        return [child.pid for child in list(self._clerk.children)]

    # The work -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Work until ``ask_stop``. Whatever goes wrong with the database is waited out."""
        log.info("worker begins", extra={"worker_id": self.id, "slots": self.slots, "threads": self.threads})
        warm_up()
        helpers = [_begin("clerk", self._write), _begin("voice", self._speak)]
        for chore in self._chores:
            _begin("chore", partial(self._repeat, chore))
        while self._deadline is None or (self._clerk.children and time.monotonic() < self._deadline):
            try:
                self._watch()
            except Exception:  # the database is away, for a while
                log.exception("worker cannot look; it tries again", extra={"worker_id": self.id})
                time.sleep(PAUSE)
            time.sleep(LOOK_EVERY)
        self._over = True
        self._leave(helpers)
        log.info("worker ends", extra={"worker_id": self.id})

    def _leave(self, helpers: Sequence[threading.Thread]) -> None:
        """Hand back whatever is left, and say that the worker is gone."""
        for child in list(self._clerk.children):
            self._end(child, None)
        for thread in helpers:
            thread.join(LEAVING)
        for child in list(self._clerk.children):  # begun at the last moment
            self._end(child, None)
        try:
            self._clerk.leave()
        except Exception:  # others will find out
            log.exception("worker could not hand back", extra={"worker_id": self.id})

    def _watch(self) -> None:
        """Kill whoever should stop, and put down for the clerk whose child has ended. Nothing is written here."""
        children = list(self._clerk.children)  # before we look: what is begun meanwhile is not missed
        with self.store.view() as connection:
            held = {find_key(job): job for job in list_held(connection, self.id)}
        for child in children:
            job, code = held.get(find_key(child.job)), child.poll()
            if code is not None or job is None or job.cancel_asked_at is not None:
                self._end(child, code)

    def _end(self, child: Child, code: int | None) -> None:
        words = child.close()
        self._clerk.ended.append(Ended(child.job, code, words))
        self._clerk.children.remove(child)

    def _write(self) -> None:
        """What the clerk does, round by round, until all is over."""
        clerk, due = self._clerk, 0.0
        while not self._over:
            self._alive = time.monotonic()
            try:
                clerk.note()
                if time.monotonic() >= due:
                    clerk.take_over(self._silent_after)
                    due = time.monotonic() + self._beat_every
                if not self.stopping:
                    clerk.take()
            except Exception:  # the database is away, for a while
                log.exception("worker could not go on; it tries again", extra={"worker_id": self.id})
                time.sleep(PAUSE)
            time.sleep(LOOK_EVERY)

    def _speak(self) -> None:
        while not self._over:
            try:
                if time.monotonic() - self._alive < STUCK:
                    self._clerk.speak()
            except Exception:
                log.exception("worker cannot speak; it tries again", extra={"worker_id": self.id})
            self._wait(self._beat_every)

    def _repeat(self, chore: Chore) -> None:
        while not self.stopping:
            try:
                pause = chore(self.store)
            except Exception:
                log.exception("chore failed; it is tried again", extra={"worker_id": self.id})
                pause = PAUSE
            self._wait(pause)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._over and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_EVERY))


def _begin(name: str, work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
