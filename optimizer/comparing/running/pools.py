"""A pool of processes on this machine: each reads what is shared once, and uses its share of the cores."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from optimizer.comparing.running.listening import Listening, Told
from optimizer.comparing.running.run import Crew, Tell, Work
from optimizer.cores import count_threads, use_threads
from optimizer.messages import speaking, spoken

PATIENCE = 30.0  # seconds for a word to be heard


@contextmanager
def open_pool(work: Work, shared: Any, workers: int) -> Iterator[Crew]:
    """A crew of ``workers`` processes of this machine. ``shared`` goes to each of them once, when it starts.

    Each uses its share of the threads of this one. Ctrl-C is heard by this process alone; the workers end when it ends.
    """
    context = multiprocessing.get_context("spawn")  # what runs here, threads and solvers, must not be copied
    ear, voice = context.Pipe(
        duplex=False
    )  # words are short: a pipe takes each whole, and nobody has to wait
    flag = context.RawValue("b", 0)  # without a lock: nobody who dies can hold it
    share = max(1, count_threads() // workers)
    # Through a file: what is large would hold up whoever starts a process until that has loaded its modules.
    handle, name = tempfile.mkstemp(prefix="optimizer-")
    with os.fdopen(handle, "wb") as file:
        pickle.dump((work, shared), file, pickle.HIGHEST_PROTOCOL)
    executor = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_begin,
        initargs=(name, voice, flag, share, spoken()),
    )
    pool = _Pool(executor, flag, voice)
    threading.Thread(target=pool.hear, args=(ear,), name="hearing", daemon=True).start()
    try:
        yield pool
    except BaseException:
        pool.stop()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        voice.close()
        Path(name).unlink(missing_ok=True)


@dataclass(eq=False)
class _Pool(Listening):
    executor: ProcessPoolExecutor
    flag: Any
    voice: Connection[Any, Any]
    back: threading.Event = field(default_factory=threading.Event)  # our own word was heard
    silent: bool = False  # nothing is heard any more

    def submit(self, key: str, job: Any) -> Future[Any]:
        with _deaf():  # a process may be started here
            future = self.executor.submit(_do, key, job)
        self.pending.append(future)
        return future

    def stop(self) -> None:
        self.flag.value = 1
        self.withdraw()

    def listen(self) -> list[Told]:
        """What was told since the last call, all of it: a word of our own goes the same way, and is heard last."""
        if not self.silent:
            self.back.clear()
            self.voice.send(None)
            self.silent |= not self.back.wait(PATIENCE)
        return super().listen()

    def hear(self, ear: Connection[Any, Told | None]) -> None:
        """Take in what is told, beside all else, until nobody is left to speak."""
        with suppress(EOFError, OSError, pickle.UnpicklingError):  # a word may be cut short by a death
            while True:
                word = ear.recv()
                if word is None:
                    self.back.set()
                else:
                    self.told.put(word)
        self.silent = True
        self.back.set()


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started in this block never hear Ctrl-C; what comes meanwhile is heard here afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In the processes ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Desk:
    """What a process of the pool works with."""

    work: Work
    shared: Any
    voice: Any
    flag: Any
    lang: str


_desk: _Desk | None = None


def _begin(name: str, voice: Any, flag: Any, threads: int, lang: str) -> None:
    global _desk
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_follow, args=(parent.join,), name="following", daemon=True).start()
    use_threads(threads)
    threadpool_limits(1, user_api="blas")
    work, shared = pickle.loads(Path(name).read_bytes())
    _desk = _Desk(work, shared, voice, flag, lang)


def _follow(join: Callable[[], None]) -> None:
    """End when the process that started this one has ended, however it did."""
    join()
    os._exit(1)


def _do(key: str, job: Any) -> Any:
    desk = _desk
    assert desk is not None
    if desk.flag.value:
        return None
    tell: Tell = lambda glimpse: desk.voice.send((key, glimpse))  # noqa: E731
    tell(None)
    with speaking(desk.lang):
        return desk.work(desk.shared, job, tell, lambda: bool(desk.flag.value))
