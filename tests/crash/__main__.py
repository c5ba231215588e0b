"""Kill, at random moments, the API, workers and the processes of jobs while clients ask; then count what is there.

    python -m tests.crash --rounds 200 --database sqlite

``run.py serve``, with the worker that it has inside, and a second worker share one database. Clients post events, one
and many, and ask for plans and reassignments that are applied by themselves, each wish under an Idempotency-Key that
is sent again until there is an answer; and they submit, approve and publish drafts under the ETag that they saw. Each
round kills one of all these with signal 9 and starts it again. In the end every event and every job that was asked for
is there, done exactly once in effect, nothing else is, no plan is half published, the audit log holds, and no process
is left.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from optimizer.jobs import Worker
from optimizer.jobs.worker import MOST_DEATHS
from optimizer.store import (
    SYSTEM,
    ChangeLimits,
    JobState,
    Role,
    Store,
    approve_plan,
    change_limits,
    create_workspace,
    judge_plan,
    list_open_jobs,
    list_workers,
    make_token,
    open_any_release,
    publish_plan,
    save_case,
    save_plan,
    submit_plan,
    upgrade_place,
)
from optimizer.store.settings import find_place
from tests.crash.asking import Asker
from tests.crash.judging import judge
from tests.served import House
from tests.store.conftest import owners_of, small_case
from tests.store.servers import make_databases

NORTH = "north"
START = dt.date(2027, 1, 1)
ASKERS = 3
SILENT_AFTER = 12.0  # the worker inside the API speaks every 5 s
PATIENCE = 120.0
LEAVING = 600.0  # seconds until whoever lost its worker is gone: it may have to end its imports first
VICTIMS = {"api": 0.45, "worker": 0.25, "child": 0.3}


def be_worker(place: str) -> None:
    """Do jobs, and be quick to notice who is dead."""
    worker = Worker(
        open_any_release(find_place(place)),
        slots=2,
        cores=2,
        per_workspace=6,
        silent_after=SILENT_AFTER,
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.ask_stop(0.0))
    worker.run()


class Torture:
    """The API and a worker, killed and started again. ``killed``: who, and how often."""

    def __init__(self, house: House, store: Store, place: str, askers: Sequence[Asker], seed: int) -> None:
        self._house, self._store, self._place, self._askers = house, store, place, askers
        self._dice = random.Random(seed)
        self._living: dict[str, subprocess.Popen[bytes]] = {}
        self._began: dict[str, float] = {}
        self._condemned: set[int] = set()
        self.killed = Counter[str]()

    def run(self, rounds: int) -> None:
        """Kill somebody ``rounds`` times; then let all that was asked for come to an end, and everybody leave."""
        try:
            self._revive()
            for asker in self._askers:
                asker.start()
            for round in range(rounds):
                self._revive()
                self._kill()
                if round % 10 == 9:
                    print(f"{round + 1} rounds: {dict(self.killed)}", flush=True)
            for asker in self._askers:
                asker.end()
            while any(asker.is_alive() for asker in self._askers) or self._has_jobs():
                self._revive()
                time.sleep(0.2)
            self._revive()
            self._house.wait(self._living["api"])  # it had no time to hear a signal otherwise
        finally:
            for process in self._living.values():
                process.terminate()
            codes = {name: process.wait(PATIENCE) for name, process in self._living.items()}
        assert codes == {"api": 0, "worker": 0}, codes
        until = time.monotonic() + LEAVING
        while (left := self._house.list_processes()) and time.monotonic() < until:
            time.sleep(0.1)
        assert not left, f"processes are left: {left}"

    def _revive(self) -> None:
        """Start again who is dead. Nobody dies but by us, and no client hears anything odd."""
        for asker in self._askers:
            if asker.error is not None:
                raise AssertionError(f"{asker.name} gave up") from asker.error
        for name in ("api", "worker"):
            process = self._living.get(name)
            if process is not None and process.poll() is None and process.pid not in self._condemned:
                continue
            if process is not None:
                code = process.wait(PATIENCE)
                assert process.pid in self._condemned, f"{name} ended by itself: {code}"
            if name == "api":
                self._living[name] = self._house.serve()
            else:
                self._living[name] = self._house.start("-m", "tests.crash", "--be-worker", self._place)
            self._began[name] = time.monotonic()

    def _kill(self) -> None:
        """Kill one of a kind, at some moment after it came to work; now and then before it could begin."""
        (victim,) = self._dice.choices(list(VICTIMS), list(VICTIMS.values()))
        pids = list[int]()
        until = time.monotonic() + (0.0 if self._dice.random() < 0.1 else PATIENCE)
        while not pids and time.monotonic() < until:
            time.sleep(0.02)
            pids = self._list_ready(victim)
        time.sleep(self._dice.uniform(0.0, 0.2 if victim == "child" else 0.7))
        if not pids:
            victim = "worker" if victim == "worker" else "api"
            pids = [self._living[victim].pid]
        pid = self._dice.choice(pids)
        if victim != "child":
            self._condemned.add(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[victim] += 1

    def _list_ready(self, victim: str) -> list[int]:
        """The processes of a kind that are at work."""
        if victim == "api":
            at_work = any(asker.answered_at > self._began["api"] for asker in self._askers)
            return [self._living["api"].pid] if at_work else []
        if victim == "child":
            with self._store.view() as connection:
                running = list_open_jobs(connection, JobState.RUNNING)
            if any(job.deaths >= MOST_DEATHS - 1 for job in running):
                return []  # once more, and it would rightly be given up
            return [pid for pid in self._house.list_processes() if _leads(pid)]
        pid = self._living["worker"].pid
        with self._store.view() as connection:
            return [pid for one in list_workers(connection) if int(one.id.split(":")[1]) == pid]

    def _has_jobs(self) -> bool:
        with self._store.view() as connection:
            return any(list_open_jobs(connection, state) for state in (JobState.ASKED, JobState.RUNNING))


def _leads(pid: int) -> bool:
    """Whether it is the process of a job: the leader of a group of its own."""
    with suppress(OSError):
        return os.getpgid(pid) == pid
    return False


def prepare(store: Store) -> tuple[str, str]:
    """A workspace with a plan in force; the version of its case, and a token."""
    with store.write(SYSTEM, "root") as write:
        create_workspace(write, NORTH)
    with store.write(NORTH, "root") as write:
        version = save_case(write, "q1", small_case())
        plan = save_plan(write, version.id, owners_of(small_case(), c10="r1", c11="r0"))
        submit_plan(write, plan.id)
        approve_plan(write, plan.id)
        change_limits(write, ChangeLimits(True, 100, (), -1e6))
        token = make_token(write, "asker", Role.ADMIN)[1]
    judge_plan(store, NORTH, "root", plan.id)
    with store.write(NORTH, "root") as write:
        publish_plan(write, plan.id, START)
    return version.id, token


def run(kind: str, rounds: int, seed: int) -> None:
    """One database, tortured and judged."""
    with tempfile.TemporaryDirectory(prefix="optimizer-crash-") as folder:
        databases = make_databases(Path(folder), hurried=False)
        place = next(databases)(kind, True)
        url = place.url.render_as_string(hide_password=False)
        upgrade_place(place)
        store = open_any_release(place)
        house = House(url, Path(folder), OPTIMIZER_RATE="1e6", OPTIMIZER_BURST="1000000", OPTIMIZER_CORES="1")
        try:
            version, token = prepare(store)
            askers = [Asker(f"asker{k}", house.url, token, version, seed + k) for k in range(ASKERS)]
            torture, began = Torture(house, store, url, askers, seed), time.monotonic()
            torture.run(rounds)
            found = judge(store, NORTH, [wish for asker in askers for wish in asker.wishes])
            asked = sum((asker.count for asker in askers), Counter[str]())
            print(
                f"{kind}: {rounds} rounds in {time.monotonic() - began:.0f} s, killed {dict(torture.killed)}"
            )
            print(f"asked over HTTP: {dict(asked)}")
            print(f"all there, once: {dict(found)}", flush=True)
            unexpected = [line for line in house.log.read_text().splitlines() if '"unexpected"' in line]
            assert not unexpected, unexpected[:3]
        except BaseException:
            if house.log.exists():
                print(house.log.read_text()[-5000:])
            raise
        finally:
            store.close()
            next(databases, None)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--be-worker", metavar="PLACE", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.be_worker is not None:
        be_worker(asked.be_worker)
        return
    run("sqlite" if asked.database == "sqlite" else "postgresql", asked.rounds, asked.seed)


if __name__ == "__main__":
    main()
