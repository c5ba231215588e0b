"""A child: the process in which one job is done, so that it can be killed at any moment without harm.

It holds on to a pipe: when the worker that started it is gone, the pipe breaks, and the child ends with everybody whom
it started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from optimizer.cores import use_threads
from optimizer.findings import InputError
from optimizer.jobs.asking import read_order
from optimizer.jobs.children import Ending
from optimizer.jobs.desk import Desk
from optimizer.jobs.explaining import explain
from optimizer.jobs.planning import plan
from optimizer.jobs.rebalancing import rebalance
from optimizer.jobs.searching import compare, frontier, size, sweep
from optimizer.jobs.telling import Teller
from optimizer.messages import speaking
from optimizer.store import (
    Job,
    Outage,
    Refused,
    Store,
    Unavailable,
    find_place,
    get_job,
    lacks_room,
    list_steps,
    open_any_release,
)
from optimizer.store.finding_texts import dump_findings

DIED = 1
NICE = 5  # whoever asks for something small meanwhile does not wait
WORK: Mapping[str, Callable[[Desk, Any], None]] = {
    work.__name__: work for work in (plan, rebalance, frontier, sweep, size, compare, explain)
}


def main(ear: Connection[Any, Any], told: Mapping[str, Any]) -> NoReturn:
    """Do the job that is ``told``, and leave. When the other end of ``ear`` is closed, its worker is gone."""
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own: it can be killed with whomever it starts
        os.nice(NICE)
    words = os.open(told["words"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(words, stream)
    threading.Thread(target=_hold_on, args=(ear, told["words"]), name="holding on", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they are for the worker, who decides
    use_threads(told["threads"])
    threadpool_limits(1, user_api="blas")
    ending: int = DIED
    try:
        store = open_any_release(find_place(told["database"]))
        ending = do(store, told["workspace"], told["job"], told["attempt"], told["threads"])
    except Unavailable as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        ending = Ending.UNAVAILABLE
    except BaseException as error:
        sys.stderr.write(traceback.format_exc())
        if lacks_room(error):
            ending = Ending.UNAVAILABLE
    _leave(ending)


def do(store: Store, workspace: str, id: str, attempt: int, threads: int) -> Ending:
    """Do a job, and note what came of it; errors of the order are answers, anything else is for the worker."""
    with store.read(workspace) as view:
        job = get_job(view, id)
        steps = {step.name: step.content for step in list_steps(view, id)}
    if job.attempt != attempt:
        return Ending.LOST
    with Teller(store, job, lambda: _leave(Ending.LOST)) as teller:
        desk = Desk(store, job, steps, teller, threads)
        teller.tell(phase="reading")
        try:
            error = _try(desk, job)
            if error is not None:
                desk.fail(error)
        except Refused as refusal:
            if refusal.code == "job_lost":  # or it was committed though the connection was lost
                return Ending.LOST
            raise
    return Ending.DONE


def _try(desk: Desk, job: Job) -> dict[str, Any] | None:
    """Why the job cannot be done, now or ever; None: it was done."""
    try:
        order = read_order(job)
        with speaking(getattr(order, "lang", "en")):
            WORK[job.kind](desk, order)
    except (KeyError, ValidationError) as error:
        if job.kind in WORK and not isinstance(error, ValidationError):
            raise
        return {"code": "unknown_order", "kind": job.kind}
    except InputError as error:
        return {"code": "bad_input", "findings": json.loads(dump_findings(error.findings))}
    except Outage:
        raise
    except Refused as refusal:
        if refusal.code == "job_lost":
            raise
        return {"code": "refused", "refusal": refusal.code, "details": dict(refusal.details)}
    except MemoryError:
        return {"code": "memory"}
    return None


def _hold_on(ear: Connection[Any, Any], words: str) -> None:
    """End with the whole group when the worker is gone; nobody reads the last words then."""
    with suppress(EOFError, OSError):
        ear.recv()
    with suppress(OSError):
        Path(words).unlink()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    _leave(Ending.LOST)


def _leave(ending: int) -> NoReturn:
    """At once: a solver may still be busy in a thread."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(ending)
