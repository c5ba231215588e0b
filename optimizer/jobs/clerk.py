"""The clerk of a worker: everything that a worker writes down, in a thread of its own.

A write may have to wait for another one of the same workspace. Whoever watches over the children never does, so that a
solver is killed at once when it should be.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass

from optimizer.jobs.children import Child, Ending
from optimizer.jobs.ending import bring_back, hand_back, take_back
from optimizer.store import Job, Store, beat, bury, leave, list_held, list_lost, list_workers, take_job

log = logging.getLogger("optimizer.jobs")
PAUSE = 5.0  # seconds without taking jobs, after the database could not be used
LOOKS = 4  # at least, before somebody is thought to be dead
Key = tuple[str, str, int]


@dataclass(frozen=True)
class Ended:
    """A job without its child any more: how that ended (None: the worker killed it), and its last words."""

    job: Job
    code: int | None
    words: str


def find_key(job: Job) -> Key:
    """What a job is known by while somebody has it."""
    return job.workspace, job.id, job.attempt


class Clerk:
    """Takes jobs for a worker, notes what became of them, says that the worker lives, and takes over from the dead."""

    def __init__(
        self,
        store: Store,
        id: str,
        host: str,
        *,
        slots: int,
        threads: int,
        per_workspace: int,
        most_deaths: int,
    ) -> None:
        self.store, self.id, self.host = store, id, host
        self.slots, self.threads, self.per_workspace = slots, threads, per_workspace
        self.most_deaths = most_deaths
        self.children: list[Child] = []  # begun here, taken away by who watches over them
        self.ended: deque[Ended] = deque()  # to be noted
        # Of other workers: the last word, and for how many seconds we heard no other.
        self._words: dict[str, tuple[dt.datetime, float]] = {}
        self._looked = self._paused_until = 0.0
        self._known = threading.Event()

    def speak(self) -> None:
        """Say that the worker lives."""
        beat(self.store, self.id, self.host)
        self._known.set()

    def leave(self) -> None:
        """Note what is left, and say that the worker is gone."""
        self.note()
        leave(self.store, self.id)

    def take(self) -> None:
        """Begin jobs that are next, as long as there is room."""
        if not self._known.is_set():  # or others would take them back at once
            return
        while len(self.children) < self.slots and time.monotonic() >= self._paused_until:
            job = take_job(self.store, self.id, self.per_workspace)
            if job is None:
                return
            self.children.append(Child(self.store, job, self.threads))
            log.info("job begins", extra=tell(job))

    def note(self) -> None:
        """Note what became of jobs whose children have ended."""
        while self.ended:
            self._note(self.ended[0])
            self.ended.popleft()
        ours = [find_key(child.job) for child in list(self.children)]
        ours += [find_key(one.job) for one in list(self.ended)]
        with self.store.view() as connection:
            held = list_held(connection, self.id)
        for job in held:
            if find_key(job) not in ours:  # begun, but the connection was lost before we knew
                hand_back(self.store, self.id, job)

    def _note(self, one: Ended) -> None:
        job = one.job
        log.info("job ends", extra=tell(job))
        if one.code in (None, Ending.LOST, Ending.UNAVAILABLE):
            if one.code == Ending.UNAVAILABLE:
                log.warning("child cannot go on", extra=tell(job) | {"words": one.words})
                self._paused_until = time.monotonic() + PAUSE
            hand_back(self.store, self.id, job)
        else:
            death = f"exit code {one.code}" if one.code is None or one.code >= 0 else f"signal {-one.code}"
            last = one.words.splitlines()[-1] if one.words else ""
            if one.code != Ending.DONE:
                log.warning("child died: %s", death, extra=tell(job) | {"words": one.words})
            bring_back(self.store, self.id, job, f"{death} {last}".strip(), self.most_deaths)

    def take_over(self, silent_after: float) -> None:
        """Strike off workers that were silent for too long, and bring back what they did."""
        now = time.monotonic()
        # Somebody is silent as long as we listen: when the database or we were away for long, others were too.
        passed = min(now - self._looked, silent_after / LOOKS)
        self._looked = now
        with self.store.view() as connection:
            others = [worker for worker in list_workers(connection) if worker.id != self.id]
        known, self._words = self._words, {}
        for one in others:
            word, silent = known.get(one.id, (None, 0.0))
            silent = silent + passed if word == one.seen_at else 0.0
            self._words[one.id] = (one.seen_at, silent)
            if silent >= silent_after and bury(
                self.store, one.id, one.seen_at + dt.timedelta(microseconds=1)
            ):
                log.warning("worker %s is silent; its jobs are taken over", one.id)
        with self.store.view() as connection:
            lost = list_lost(connection)
        for job in lost:
            take_back(self.store, self.id, job, f"worker {job.worker_id} silent")


def tell(job: Job) -> dict[str, str | int]:
    """What a line of the log says of a job."""
    return {"workspace": job.workspace, "job_id": job.id, "kind": job.kind, "attempt": job.attempt}
