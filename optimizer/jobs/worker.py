"""A worker: takes jobs that are next, has children do them, and takes over what other workers left behind.

Any number of workers share one database, on any hosts. A worker says every few seconds that it lives. One whose word
does not change for a while, as the others see it on their own clocks, is struck off, and its jobs are begun again by
whoever comes first, from the last step that was finished.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from optimizer.cores import count_cores
from optimizer.jobs.children import Child, Ending, warm_up
from optimizer.jobs.ending import bring_back, hand_back, stop
from optimizer.store import (
    Job,
    Store,
    beat,
    bury,
    leave,
    list_held,
    list_lost,
    list_workers,
    take_job,
)
from optimizer.store.moments import new_id

log = logging.getLogger("optimizer.jobs")

Chore = Callable[[Store], float]
"""Something to be done again and again beside the jobs; returns the seconds until it is next due."""

LOOK_EVERY = 0.25  # seconds: how soon a job is begun, or stopped
BEAT_EVERY = 5.0
SILENT_AFTER = 30.0  # seconds without a new word, after which a worker is dead
MOST_DEATHS = 3  # of who does a job, before it is the job that is to blame
MOST_SLOTS = 4
PER_WORKSPACE = 2
GRACE = 20.0  # seconds that running jobs have to end when the worker is to stop
PAUSE = 5.0  # seconds without taking jobs, after the database could not be used


class Worker:
    """Does jobs, ``slots`` at once [one for each of ``cores``, 4 at most], each with its share of ``cores`` [all].

    Of one workspace at most ``per_workspace`` jobs run at once, counted over all workers. A job is given up when
    ``most_deaths`` of those who did it died. As a context manager, or between ``start`` and ``stop``, it works in a
    thread; ``run`` works in the thread of the caller.
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
        self.per_workspace, self.most_deaths = per_workspace, most_deaths
        self.beat_every, self.silent_after = beat_every, silent_after
        self.host = socket.gethostname()
        self.id = f"{self.host}:{os.getpid()}:{new_id()}"
        self._chores = chores
        self._children: list[Child] = []
        self._words: dict[
            str, tuple[dt.datetime, float]
        ] = {}  # of other workers, and since when we know them
        self._next_beat = self._last_tick = self._paused_until = 0.0
        self._deadline: float | None = None  # set: it is to stop
        self._wake = threading.Event()
        self._threads: list[threading.Thread] = []

    # From outside ---------------------------------------------------------------------------------------------

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(grace=0.0)

    def start(self) -> None:
        """Work in a thread of this process."""
        thread = threading.Thread(target=self.run, name="worker", daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self, grace: float = GRACE) -> None:
        """Take no more jobs; those that have not ended after ``grace`` seconds are handed back. Waits for it."""
        self.ask_stop(grace)
        for thread in self._threads:
            thread.join()

    def ask_stop(self, grace: float = GRACE) -> None:
        """The same without waiting; may be called by a signal."""
        self._deadline = time.monotonic() + grace
        self._wake.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._deadline is not None

    def list_children(self) -> list[int]:
        """The processes that do jobs just now."""
        return [child.pid for child in self._children]

    # The work -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Work until ``ask_stop``. Whatever goes wrong with the database is waited out."""
        log.info("worker begins", extra={"worker_id": self.id, "slots": self.slots, "threads": self.threads})
        warm_up()
        for chore in self._chores:
            threading.Thread(target=self._repeat, args=(chore,), name="chore", daemon=True).start()
        try:
            while not self._is_over():
                try:
                    self._tick()
                except Exception:  # the database is away, for a while
                    log.exception("worker could not go on; it tries again", extra={"worker_id": self.id})
                    self._paused_until = time.monotonic() + PAUSE
                self._wake.wait(LOOK_EVERY)
                if not self.stopping:
                    self._wake.clear()
                elif not self._is_over():
                    time.sleep(LOOK_EVERY)
        finally:
            self._leave()

    def _is_over(self) -> bool:
        return self._deadline is not None and (not self._children or time.monotonic() >= self._deadline)

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._last_tick > self.silent_after / 2:
            self._words.clear()  # we were not there: others may have spoken
        self._last_tick = now
        if now >= self._next_beat:
            beat(self.store, self.id, self.host)
            self._next_beat = now + self.beat_every
            self._take_over()
        self._look_after()
        while not self.stopping and now >= self._paused_until and len(self._children) < self.slots:
            job = take_job(self.store, self.id, self.per_workspace)
            if job is None:
                break
            self._children.append(Child(self.store, job, self.threads))
            log.info("job begins", extra=_tell(job))

    def _look_after(self) -> None:
        """End what is to stop, note what has ended, and let go of what was taken over."""
        with self.store.view() as connection:
            held = {(job.workspace, job.id, job.attempt): job for job in list_held(connection, self.id)}
        for child in list(self._children):
            known = child.job
            job = held.pop((known.workspace, known.id, known.attempt), None)
            code = child.poll()
            if job is not None and job.cancel_asked_at is None and code is None:
                continue
            words = child.close()
            self._children.remove(child)
            if job is None:  # it has ended, or was taken over
                log.info("job ends", extra=_tell(known))
            elif job.cancel_asked_at is not None:
                stop(self.store, self.id, job)
                log.info("job stopped", extra=_tell(job))
            else:
                self._settle(job, code, words)
        for job in held.values():  # begun, but the connection was lost before we knew
            hand_back(self.store, self.id, job)

    def _settle(self, job: Job, code: int | None, words: str) -> None:
        """Its child has ended, but the job has not."""
        if code in (Ending.UNAVAILABLE, Ending.LOST):
            self._paused_until = time.monotonic() + PAUSE
            hand_back(self.store, self.id, job)
            return
        death = f"exit code {code}" if code is None or code >= 0 else f"signal {-code}"
        last = words.splitlines()[-1] if words else ""
        log.warning("child died: %s", death, extra=_tell(job) | {"words": words})
        bring_back(self.store, self.id, job, f"{death} {last}".strip(), self.most_deaths)

    def _take_over(self) -> None:
        """Strike off workers that were silent for too long, and bring back what they did."""
        now = time.monotonic()
        with self.store.view() as connection:
            others = [worker for worker in list_workers(connection) if worker.id != self.id]
        self._words = {one.id: self._words[one.id] for one in others if one.id in self._words}
        for one in others:
            word, since = self._words.setdefault(one.id, (one.seen_at, now))
            silent = now - since >= self.silent_after
            if word != one.seen_at:
                self._words[one.id] = (one.seen_at, now)
            elif silent and bury(self.store, one.id, one.seen_at + dt.timedelta(microseconds=1)):
                log.warning("worker %s is silent; its jobs are taken over", one.id)
        with self.store.view() as connection:
            lost = list_lost(connection)
        for job in lost:
            bring_back(self.store, self.id, job, f"worker {job.worker_id} silent", self.most_deaths)

    def _leave(self) -> None:
        """Hand everything back, and say so."""
        left, self._children = self._children, []
        for child in left:
            child.close()
        try:
            for child in left:
                hand_back(self.store, self.id, child.job)
            leave(self.store, self.id)
        except Exception:  # others will find out
            log.exception("worker could not hand back", extra={"worker_id": self.id})
        log.info("worker ends", extra={"worker_id": self.id})

    def _repeat(self, chore: Chore) -> None:
        while not self.stopping:
            try:
                wait = chore(self.store)
            except Exception:
                log.exception("chore failed; it is tried again", extra={"worker_id": self.id})
                wait = PAUSE
            until = time.monotonic() + wait
            while not self.stopping and (left := until - time.monotonic()) > 0:
                time.sleep(min(left, LOOK_EVERY))


def _tell(job: Job) -> dict[str, Any]:
    return {"workspace": job.workspace, "job_id": job.id, "kind": job.kind, "attempt": job.attempt}
