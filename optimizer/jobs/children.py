"""Children, as their worker sees them: started with a job, watched, and killed with everybody whom they started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import IO

import optimizer
from optimizer.store import Job, Store

LAST_WORDS = 2000  # bytes of what a child said before it died
WAIT_FOR_DEATH = 5.0


class Ending(IntEnum):
    """How a child ends by itself; anything else is a death."""

    DONE = 0  # whatever there was to note is noted
    UNAVAILABLE = 75  # the database could not be used; the job is not to blame
    LOST = 76  # the job is not its own any more, or should stop


class Child:
    """A process that waits for a job, with everything loaded that a job needs."""

    def __init__(self) -> None:
        home = str(Path(optimizer.__file__).parents[1])
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the child
        self._process = subprocess.Popen(
            [sys.executable, "-m", "optimizer.jobs.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._words,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # a group of its own: it can be killed with whom it started
        )
        self.job: Job | None = None

    @property
    def pid(self) -> int:
        """Its process, and the group of all whom it starts."""
        return self._process.pid

    def begin(self, store: Store, job: Job, threads: int) -> None:
        """Have it do a job. The address of the database may hold a password: no list of processes shows it."""
        self.job = job
        told = {
            "database": store.place.url.render_as_string(hide_password=False),
            "workspace": job.workspace,
            "job": job.id,
            "attempt": job.attempt,
            "threads": threads,
        }
        with suppress(OSError):  # it is dead already, which is seen soon
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
            self._process.stdin.flush()

    def poll(self) -> int | None:
        """How it ended: its code, or less than 0 for the signal that killed it; None while it lives."""
        return self._process.poll()

    def kill(self) -> None:
        """Kill it, and whomever it started; nobody is left when this returns."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(WAIT_FOR_DEATH)

    def close(self) -> str:
        """Kill whoever it left behind; returns its last words."""
        self.kill()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        with self._words as words:
            size = words.seek(0, os.SEEK_END)
            words.seek(max(0, size - LAST_WORDS))
            return words.read().decode("utf-8", "replace").strip()
