"""Children, as their worker sees them: started with a job, watched, and killed with everybody whom they started."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from contextlib import suppress
from enum import IntEnum
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from optimizer.store import Job, Store

LAST_WORDS = 2000  # bytes of what a child said before it died
WAIT_FOR_DEATH = 5.0
NURSERY = "optimizer.jobs.nursery"


class Ending(IntEnum):
    """How a child ends by itself; anything else is a death."""

    DONE = 0  # whatever there was to note is noted
    UNAVAILABLE = 75  # the database could not be used, or a disk is full; the job is not to blame
    LOST = 76  # the job is not its own any more, or should stop


def prepare() -> Any:
    """How processes are made here: forked from the nursery, or where there is no such thing, started anew."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([NURSERY])
    return context


def warm_up() -> None:
    """Have the nursery load what it needs, before there is a job."""
    if prepare().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


class Child:
    """A process that does one job with ``threads`` of the cores."""

    def __init__(self, store: Store, job: Job, threads: int) -> None:
        self.job = job
        context = prepare()
        # The child hears on one end that the other is gone: its worker died, however it did.
        ear, self._hold = context.Pipe(duplex=False)
        handle, name = tempfile.mkstemp(prefix="optimizer-child-")
        os.close(handle)
        self._words = Path(name)
        told = {
            "database": store.place.url.render_as_string(hide_password=False),
            "workspace": job.workspace,
            "job": job.id,
            "attempt": job.attempt,
            "threads": threads,
            "words": name,
        }
        self._process = context.Process(target=_live, args=(ear, told), name=f"job {job.id}")
        self._process.start()
        ear.close()

    @property
    def pid(self) -> int:
        """Its process, and the group of all whom it starts."""
        return int(self._process.pid or 0)

    def poll(self) -> int | None:
        """How it ended: its code, or less than 0 for the signal that killed it; None while it lives."""
        code: int | None = self._process.exitcode
        return code

    def close(self) -> str:
        """Kill it, and whomever it started; nobody is left when this returns. Gives its last words."""
        with suppress(OSError, AttributeError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()  # it had no group of its own yet
        self._process.join(WAIT_FOR_DEATH)
        self._hold.close()
        with suppress(OSError):
            words = self._words.read_bytes()[-LAST_WORDS:]
            self._words.unlink()
            return words.decode("utf-8", "replace").strip()
        return ""


def _live(ear: Connection[Any, Any], told: dict[str, Any]) -> None:
    """What a child does first; the rest of it is not loaded where only workers live."""
    import_module("optimizer.jobs.child").main(ear, told)
