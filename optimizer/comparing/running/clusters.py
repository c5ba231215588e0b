"""A cluster of machines (dask.distributed): what is shared is sent once, and lies with every worker."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from secrets import token_hex
from typing import Any

from threadpoolctl import threadpool_limits

import optimizer
from optimizer.comparing.running.listening import Listening
from optimizer.comparing.running.run import Crew, Tell, Work
from optimizer.cores import use_threads
from optimizer.extras import find_install
from optimizer.findings import Finding, InputError
from optimizer.messages import Phrase, speaking, spoken
from optimizer.result import Progress

ADDRESS = re.compile(r"([a-z]+://)?([\w.-]+|\[[0-9a-fA-F:.]+\]):\d+/?|inproc://\S+")
WAIT = 30.0  # seconds for a scheduler and its first worker
ASK = 0.5  # seconds between questions whether to stop


def check_cluster(address: str) -> list[Finding]:
    """What is wrong with an address before anybody is called there: how it is written, or nobody here could call."""
    if find_spec("distributed") is None:
        details = {"install": find_install("cluster")}
        return [Finding("cluster_missing", "error", "cluster", None, None, address, details)]
    if not ADDRESS.fullmatch(address):
        return _refuse(address, Phrase("reason.no_address")).findings
    return []


@contextmanager
def open_cluster(work: Work, shared: Any, address: str) -> Iterator[Crew]:
    """A crew of all workers of the cluster at ``address``, such as ``tcp://host:8786``.

    Each job uses one thread: a worker does as many at once as it has threads. What a worker was doing when it died goes
    to another. InputError when distributed is not installed here, nobody answers, or the workers have another version.
    """
    if wrong := check_cluster(address):
        raise InputError(wrong)
    distributed: Any = import_module("distributed")
    try:
        client = distributed.Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise _refuse(address, error) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT)
            versions = set(client.run(_tell_version).values())
        except Exception as error:  # whatever keeps a worker from loading the optimizer
            raise _refuse(address, error) from error
        if versions - {optimizer.__version__}:
            raise _refuse(address, ", ".join(sorted(versions)))
        name = f"optimizer-{token_hex(8)}"
        crew = _Cluster(
            client.get_executor(pure=False),
            work,
            client.scatter([shared], broadcast=True, hash=False)[0],
            name,
            spoken(),
            distributed.Event(name, client=client),
        )
        client.subscribe_topic(name, crew.hear)
        try:
            yield crew
        except BaseException:
            crew.stop()
            raise
        finally:
            client.unsubscribe_topic(name)


def _refuse(address: str, reason: object) -> InputError:
    told = reason if isinstance(reason, Phrase) else str(reason)
    return InputError([Finding("cluster_silent", "error", "cluster", None, None, address, {"reason": told})])


@dataclass(eq=False)
class _Cluster(Listening):
    executor: Executor
    work: Work
    shared: Any
    name: str
    lang: str
    flag: Any

    def submit(self, key: str, job: Any) -> Future[Any]:
        future = self.executor.submit(_do, self.work, self.shared, self.name, self.lang, key, job)
        self.pending.append(future)
        return future

    def stop(self) -> None:
        self.flag.set()
        self.withdraw()

    def hear(self, event: tuple[float, Any]) -> None:
        """What a worker logged."""
        key, glimpse = event[1]
        self.told.put((key, None if glimpse is None else Progress(**glimpse)))


# On the machines ----------------------------------------------------------------------------------------------


def _tell_version() -> str:
    return optimizer.__version__


def _do(work: Work, shared: Any, name: str, lang: str, key: str, job: Any) -> Any:
    distributed: Any = import_module("distributed")
    worker, client = distributed.get_worker(), distributed.get_client()
    flag, stopped, ended = distributed.Event(name, client=client), threading.Event(), threading.Event()
    if flag.is_set():
        return None
    use_threads(1)
    threadpool_limits(1, user_api="blas")

    def tell(glimpse: Progress | None) -> None:
        worker.log_event(name, (key, None if glimpse is None else asdict(glimpse)))

    tell(None)
    threading.Thread(target=_ask, args=(flag.is_set, stopped, ended), name="asking", daemon=True).start()
    speak: Tell = tell
    try:
        with speaking(lang):
            return work(shared, job, speak, stopped.is_set)
    finally:
        ended.set()


def _ask(is_set: Callable[[], bool], stopped: threading.Event, ended: threading.Event) -> None:
    """Look now and then whether to stop; who asks may not wait for an answer from far away."""
    while not ended.wait(ASK):
        with suppress(Exception):  # a scheduler that does not answer now may do so later
            if is_set():
                stopped.set()
                return
