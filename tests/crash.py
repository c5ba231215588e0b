"""Kill, at random moments, whoever asks for jobs, workers and the processes of jobs; then count what is there.

    python -m tests.crash --rounds 200 --database sqlite

One process posts events and asks for jobs, both in one write, and notes what was accepted; two workers do them: plans
and, after events, rebalances that are applied by themselves. Each round kills one of all these with signal 9 and
starts it again. In the end every accepted event and job is there, done exactly once in effect, no plan is half
published, the audit log holds, and no process is left.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from optimizer.jobs import PlanOrder, RebalanceOrder, Worker, ask
from optimizer.store import (
    SYSTEM,
    ChangeLimits,
    JobState,
    Store,
    approve_plan,
    change_limits,
    create_workspace,
    find_in_force,
    get_event,
    get_job,
    judge_plan,
    list_cases,
    list_entries,
    list_in_force,
    list_jobs,
    list_open_jobs,
    list_workers,
    load_assignments,
    open_any_release,
    post_events,
    publish_plan,
    save_case,
    save_plan,
    submit_plan,
    upgrade_place,
    verify_all,
)
from optimizer.store.settings import find_place
from tests.store.conftest import owners_of, small_case
from tests.store.servers import make_databases
from tests.store.test_events import hours

ROOT = Path(__file__).parents[1]
NORTH = "north"
START = dt.date(2027, 1, 1)
MOST_WAITING = 6  # jobs, before the asker waits
SILENT_AFTER = 3.0
VICTIMS = ("asker", "worker", "child")


# The processes ----------------------------------------------------------------------------------------------------


def be_asker(store: Store, accepted: int, seed: int) -> None:
    """Ask again and again; what was committed is noted at once."""
    dice = random.Random(seed)
    while True:
        with store.view() as connection:
            waiting = len(list_open_jobs(connection)) + len(list_open_jobs(connection, JobState.RUNNING))
        if waiting >= MOST_WAITING:
            time.sleep(0.1)
            continue
        event = f"e{os.getpid()}-{time.time_ns()}"
        with store.write(NORTH, "asker") as write:
            post_events(write, [hours(event, dice.uniform(0.0, 0.5))])
            tenure = find_in_force(write, dt.date(2027, 6, 1))
            assert tenure is not None
            if dice.random() < 0.2:
                order = RebalanceOrder(
                    plan_id=tenure.plan_id, apply=True, schedule=False, reports=(), starts=dt.date(2027, 6, 1)
                )
                job = ask(write, order, priority=1)
            else:
                (version,) = [one for one in list_cases(write) if one.case_id == "q1"]
                job = ask(write, PlanOrder(case_version_id=version.id, schedule=False, reports=()))
        os.write(accepted, f"{job.id} {event}\n".encode())
        time.sleep(dice.uniform(0.0, 0.3))


def be_worker(store: Store) -> None:
    """Do jobs, and be quick to notice who is dead."""
    worker = Worker(
        store, slots=1, cores=1, per_workspace=2, most_deaths=10**6, beat_every=0.5, silent_after=SILENT_AFTER
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.ask_stop(0.0))
    worker.run()


def start(role: str, place: str, accepted: Path, seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.crash", "--be", role, place, str(accepted), str(seed)]
    return subprocess.Popen(command, cwd=ROOT)


def list_below(pid: int) -> list[int]:
    """The processes that one started, and those that they did."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found, fresh = list[int](), {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found += fresh
    return found


def is_child(pid: int) -> bool:
    """Whether it is the process of a job: the leader of a group of its own."""
    with suppress(OSError):
        return os.getpgid(pid) == pid
    return False


# The judge --------------------------------------------------------------------------------------------------------


def prepare(store: Store) -> None:
    """A workspace with a plan in force."""
    with store.write(SYSTEM, "root") as write:
        create_workspace(write, NORTH)
    with store.write(NORTH, "root") as write:
        version = save_case(write, "q1", small_case())
        plan = save_plan(write, version.id, owners_of(small_case(), c10="r1", c11="r0"))
        submit_plan(write, plan.id)
        approve_plan(write, plan.id)
        change_limits(write, ChangeLimits(True, 100, (), -1e6))
    judge_plan(store, NORTH, "root", plan.id)
    with store.write(NORTH, "root") as write:
        publish_plan(write, plan.id, START)


def torture(store: Store, place: str, accepted: Path, rounds: int, seed: int) -> Counter[str]:
    """Kill somebody ``rounds`` times; whom, and how often."""
    dice, killed, seen = random.Random(seed), Counter[str](), set[int]()
    living: dict[str, subprocess.Popen[bytes]] = {}

    def revive(names: tuple[str, ...]) -> None:
        for name in names:
            if name not in living or living[name].poll() is not None:
                living[name] = start(name.rstrip("12"), place, accepted, dice.randrange(10**9))

    try:
        for round in range(rounds):
            revive(("asker", "worker1", "worker2"))
            victim, pids = dice.choice(VICTIMS), list[int]()
            until = time.monotonic() + (
                0.0 if dice.random() < 0.1 else 60.0
            )  # some die before they can begin
            while not pids and time.monotonic() < until:
                time.sleep(0.02)
                pids = list_ready(store, victim, living, accepted)
            time.sleep(dice.uniform(0.0, 0.2 if victim == "child" else 1.0))
            pids = pids or [living["asker" if victim == "asker" else "worker1"].pid]
            seen |= {pid for pid in pids if victim == "child"}
            with suppress(ProcessLookupError):
                os.kill(dice.choice(pids), signal.SIGKILL)
                killed[victim] += 1
            if round % 10 == 9:
                print(f"{round + 1} rounds: {dict(killed)}", flush=True)
        living.pop("asker").kill()
        while True:  # whatever was accepted is done now
            revive(("worker1", "worker2"))
            with store.view() as connection:
                if not list_open_jobs(connection) and not list_open_jobs(connection, JobState.RUNNING):
                    break
            time.sleep(0.2)
    finally:
        for process in living.values():
            seen |= {pid for pid in list_below(process.pid) if is_child(pid)}
            process.terminate()
        for process in living.values():
            process.wait()
    time.sleep(1.0)
    left = [pid for pid in seen if is_child(pid)]
    assert not left, f"processes are left: {left}"
    return killed


def list_ready(
    store: Store, victim: str, living: dict[str, subprocess.Popen[bytes]], accepted: Path
) -> list[int]:
    """The processes of a kind that are at work."""
    if victim == "asker":
        pid = living["asker"].pid
        return [pid] if f" e{pid}-" in accepted.read_text() else []
    workers = [living["worker1"].pid, living["worker2"].pid]
    if victim == "child":
        return [pid for worker in workers for pid in list_below(worker) if is_child(pid)]
    with store.view() as connection:
        known = {int(one.id.split(":")[1]) for one in list_workers(connection)}
    return [pid for pid in workers if pid in known]


def judge(store: Store, accepted: Path) -> Counter[str]:
    """What is there; AssertionError where anything is missing or there twice."""
    told, count = [line.split() for line in accepted.read_text().splitlines()], Counter[str]()
    with store.read(NORTH) as view:
        for job_id, event in told:
            assert get_job(view, job_id).state == JobState.DONE, job_id
            assert get_event(view, event) is not None, event
        done, cursor = [], None
        while True:
            page = list_jobs(view, cursor=cursor, limit=500)
            done += page.items
            cursor = page.next
            if cursor is None:
                break
        actions = Counter(
            (entry.reason, f"{entry.action} {entry.kind}")
            for entry in list_entries(view.connection, NORTH, limit=10**6)
            if entry.reason.startswith("job ")
        )
        for job in done:
            assert job.state == JobState.DONE, (job.id, job.state, job.error)
            assert job.result is not None
            mine, plan = f"job {job.id}", job.result["plan_id"] is not None
            assert actions[mine, "finish job"] == 1, job.id
            assert actions[mine, "create plan"] == plan, (job.id, job.result)
            assert actions[mine, "publish plan"] == bool(job.result.get("applied")), job.id
            count[job.kind] += 1
            count["plans"] += plan
            count["published"] += bool(job.result.get("applied"))
            count["deaths"] += job.deaths
        for tenure in list_in_force(view):
            assert len(load_assignments(view, tenure.plan_id)) == len(small_case().records.customers)
        count |= {"accepted": len(told), "only committed": len(done) - len(told)}
    with store.view() as connection:
        assert all(check.ok for check in verify_all(connection))
    return count


def run(kind: str, rounds: int, seed: int) -> None:
    """One database, tortured and judged."""
    with tempfile.TemporaryDirectory(prefix="optimizer-crash-") as folder:
        databases = make_databases(Path(folder), hurried=False)
        place = next(databases)(kind, True)
        url = place.url.render_as_string(hide_password=False)
        upgrade_place(place)
        store, accepted = open_any_release(place), Path(folder) / "accepted"
        accepted.touch()
        try:
            prepare(store)
            began = time.monotonic()
            killed = torture(store, url, accepted, rounds, seed)
            found = judge(store, accepted)
            print(f"{kind}: {rounds} rounds in {time.monotonic() - began:.0f} s, killed {dict(killed)}")
            print(f"all there, once: {dict(found)}", flush=True)
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
    parser.add_argument("--be", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.be is None:
        run("sqlite" if asked.database == "sqlite" else "postgresql", asked.rounds, asked.seed)
        return
    role, place, accepted, seed = asked.be
    store = open_any_release(find_place(place))
    if role == "worker":
        be_worker(store)
    else:
        be_asker(store, os.open(accepted, os.O_WRONLY | os.O_APPEND), int(seed))


if __name__ == "__main__":
    main()
