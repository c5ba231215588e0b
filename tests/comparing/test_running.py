"""Many at once: what one job does to the others, in processes of their own."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from optimizer.comparing.running.pools import _Pool, open_pool
from optimizer.comparing.running.run import run_many
from tests.comparing.many import behave


def test_a_job_that_fails_or_kills_its_process_takes_no_other_with_it() -> None:
    jobs = {"1": "dies", "2": "fine", "3": "fails", "4": "fine"}
    told: list[tuple[str, Any]] = []
    outcomes = run_many(
        jobs, lambda n: open_pool(behave, "all", 1), on_progress=lambda *word: told.append(word)
    )
    found = {outcome.key: outcome for outcome in outcomes}
    assert found.keys() == jobs.keys()
    assert found["2"].value == found["4"].value == "all fine"
    assert found["3"].failure == "ValueError: as it should"
    assert found["1"].failure == "the process that planned it died (out of memory?), twice"
    assert told.count(("1", None)) == 2, "once with the others, once alone"
    assert told.count(("2", None)) == 1


def test_last_words_are_heard_before_the_outcome_however_slow_the_ear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class SlowEar:
        def __init__(self, ear: Any) -> None:
            self.ear = ear

        def recv(self) -> Any:
            word = self.ear.recv()
            time.sleep(0.3)
            return word

    hear = _Pool.hear
    monkeypatch.setattr(_Pool, "hear", lambda self, ear: hear(self, SlowEar(ear)))
    heard: list[str] = []
    outcomes = run_many(
        {"1": "fine", "2": "dies"},
        lambda n: open_pool(behave, "all", 1),
        on_progress=lambda key, _: heard.append(f"{key} begun"),
    )
    for outcome in outcomes:
        heard.append(f"{outcome.key} ended")
    assert [word for word in heard if word[0] == "1"] == ["1 begun", "1 ended"]
    assert [word for word in heard if word[0] == "2"] == ["2 begun", "2 begun", "2 ended"]


class _Lazy:
    """A crew that never begins anything until it is stopped."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, key: str, job: Any) -> Future[Any]:
        self.futures.append(Future())
        return self.futures[-1]

    def stop(self) -> None:
        for future in self.futures:
            future.cancel()
            future.set_running_or_notify_cancel()

    def listen(self) -> list[tuple[str, None]]:
        return []


def test_who_stops_gets_no_outcome_of_what_was_not_finished_and_does_not_wait() -> None:
    looks = iter([False, False, True])

    @contextmanager
    def open_crew(jobs: int) -> Any:
        yield _Lazy()

    assert list(run_many({"1": 1, "2": 2}, open_crew, should_stop=lambda: next(looks, True))) == []


def test_a_crew_of_any_executor_will_do() -> None:
    class Threads(_Lazy):
        def submit(self, key: str, job: Any) -> Future[Any]:
            return executor.submit(behave, "here", job, lambda _: None, lambda: False)

    @contextmanager
    def open_crew(jobs: int) -> Any:
        yield Threads()

    with ThreadPoolExecutor(2) as executor:
        found = {o.key: o.value for o in run_many({"1": "a", "2": "b"}, open_crew)}
    assert found == {"1": "here a", "2": "here b"}
