"""Workers: a job is done once whoever dies on the way, stops when it should, and nobody takes more than allowed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from optimizer.jobs import CompareOrder, PlanOrder, SweepOrder, ask, say_error
from optimizer.jobs.clerk import Clerk
from optimizer.jobs.ending import take_back
from optimizer.jobs.worker import MOST_DEATHS
from optimizer.store import (
    Job,
    JobState,
    Store,
    add_webhook,
    beat,
    cancel_job,
    list_deliveries,
    list_entries,
    list_jobs,
    list_plans,
    list_steps,
    list_workers,
    take_job,
    verify_audit,
)
from tests.jobs.conftest import (
    ask_for,
    endless_case,
    keep,
    look,
    new_room,
    small_case,
    wait_end,
    wait_for,
    wait_phase,
    working,
)
from tests.store.conftest import Room

ROOT = Path(__file__).parents[2]


def plan_small(room: Room) -> PlanOrder:
    return PlanOrder(case_version_id=keep(room, small_case()), reports=(), schedule=False)


def plan_endless(room: Room) -> PlanOrder:
    return PlanOrder(case_version_id=keep(room, endless_case()), reports=(), schedule=False)


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False


def check_once(room: Room, jobs: list[Job]) -> None:
    """Every job is done, and made one plan and no more."""
    with room.read() as view:
        plans = list_plans(view, limit=1000).items
        done = list_jobs(view, state=JobState.DONE, limit=1000).items
        assert {job.id for job in done} == {job.id for job in jobs}
        assert sorted(plan.id for plan in plans) == sorted(
            str(job.result["plan_id"]) for job in done if job.result
        )
        assert sorted(plan.status_reason for plan in plans) == sorted(f"job {job.id}" for job in jobs)
        assert verify_audit(view.connection, room.name).ok


def test_jobs_whose_children_are_killed_at_any_moment_are_done_exactly_once(own_store: Store) -> None:
    room = new_room(own_store)
    order = plan_small(room)
    dice = random.Random(5)
    jobs = [ask_for(room, order) for _ in range(6)]
    kills = 0
    with working(own_store, per_workspace=2, most_deaths=1000) as worker:
        while any(look(room, job).state != JobState.DONE for job in jobs):
            time.sleep(dice.uniform(0.0, 0.5))
            children = worker.list_children()
            if children and kills < 12:
                with suppress(ProcessLookupError):
                    os.kill(dice.choice(children), signal.SIGKILL)
                    kills += 1
    check_once(room, jobs)
    assert sum(look(room, job).deaths for job in jobs) > 0
    with own_store.view() as connection:
        assert not list_workers(connection)


def test_what_a_dead_worker_had_is_taken_over(own_store: Store) -> None:
    room = new_room(own_store)
    job = ask_for(room, plan_small(room))
    beat(own_store, "dead", "far away")
    taken = take_job(own_store, "dead", 1)
    assert taken is not None and taken.id == job.id
    with working(own_store) as worker:
        done = wait_end(room, job)
        assert (done.state, done.attempt, done.deaths) == (JobState.DONE, 2, 0)
        assert done.worker_id == worker.id
    check_once(room, [job])


def test_no_job_is_to_blame_for_machines_that_die_unless_they_always_do(
    own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = new_room(own_store)
    job = ask_for(room, plan_small(room))

    def lose() -> Job:
        taken = take_job(own_store, "gone", 1)
        assert taken is not None
        take_back(own_store, "other", taken, "worker gone silent")
        return look(room, job)

    for _ in range(MOST_DEATHS + 1):
        assert lose().state == JobState.ASKED
    assert look(room, job).deaths == 0
    monkeypatch.setattr("optimizer.jobs.ending.MOST_BEGUN", MOST_DEATHS + 2)
    given_up = lose()
    assert given_up.error == {"code": "crashed", "times": MOST_DEATHS + 2, "last": "worker gone silent"}


@pytest.mark.parametrize("pause", [5.0, 20.0])
def test_a_worker_that_speaks_keeps_its_jobs_and_loses_them_when_it_is_silent(
    own_store: Store, monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    """However slow whoever listens is; and not at once when nobody could be heard for long."""
    room = new_room(own_store)
    job = ask_for(room, plan_small(room))
    beat(own_store, "other", "far away")
    assert take_job(own_store, "other", 1) is not None
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr("optimizer.jobs.clerk.time", clock)
    clerk = Clerk(own_store, "me", "here", slots=1, threads=1, per_workspace=1, most_deaths=1)

    def listen(seconds: float) -> JobState:
        clock.now += seconds
        clerk.take_over(30.0)
        return look(room, job).state

    for _ in range(20):
        assert listen(pause) == JobState.RUNNING
        beat(own_store, "other", "far away")
    assert listen(3600.0) == listen(3600.0) == JobState.RUNNING
    looks = 0
    while looks < 20 and listen(pause) == JobState.RUNNING:
        looks += 1
    assert 1 <= looks <= 6


def test_cancelling_kills_the_solver(own_store: Store) -> None:
    room = new_room(own_store)
    job = ask_for(room, plan_endless(room))
    with room.write() as write:
        hook = add_webhook(write, "https://crm.example", ["job.cancelled"])
    with working(own_store) as worker:
        wait_phase(room, job)
        (child,) = worker.list_children()
        with room.write() as write:
            asked = cancel_job(write, job.id)
        ended = wait_end(room, job)
        assert ended.state == JobState.CANCELLED and not is_alive(child)
        assert ended.finished_at is not None and asked.cancel_asked_at is not None
        assert wait_for(lambda: not worker.list_children())
    with room.read() as view:
        assert not list_plans(view).items
        ((delivery, _),) = list_deliveries(view, hook.id)
        assert job.id in delivery.payload


def test_a_job_that_kills_whoever_does_it_is_given_up_with_the_reason(own_store: Store) -> None:
    room = new_room(own_store)
    job = ask_for(room, plan_endless(room))
    with working(own_store) as worker:
        seen = set[int]()
        while look(room, job).state != JobState.FAILED:
            for pid in set(worker.list_children()) - seen:
                seen.add(pid)
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
    failed = look(room, job)
    assert failed.error == {"code": "crashed", "times": 3, "last": "signal 9"} and len(seen) == 3
    assert "3" in say_error(failed.error) and "3" in say_error(failed.error, "zh")
    with room.read() as view:
        told = list_entries(view.connection, room.name, kind="job", object_id=job.id)
    assert [entry.action for entry in told] == ["ask", *["start", "give_back"] * 2, "start", "fail"]


def test_a_worker_that_is_to_stop_hands_back_what_it_does(own_store: Store) -> None:
    room = new_room(own_store)
    job = ask_for(room, plan_endless(room))
    with working(own_store) as worker:
        wait_phase(room, job)
        children = worker.list_children()
        worker.stop(grace=0.1)
    back = look(room, job)
    assert (back.state, back.deaths, back.worker_id) == (JobState.ASKED, 0, None)
    assert not any(map(is_alive, children))
    with own_store.view() as connection:
        assert not list_workers(connection)


def test_no_more_run_than_a_workspace_may_have(own_store: Store) -> None:
    room = new_room(own_store)
    first, second = ask_for(room, plan_endless(room)), ask_for(room, plan_small(room), priority=-1)
    with working(own_store, per_workspace=1) as worker:
        wait_phase(room, first)
        assert look(room, second).state == JobState.ASKED and len(worker.list_children()) == 1
        with room.write() as write:
            cancel_job(write, first.id)
        assert wait_end(room, second).state == JobState.DONE


def test_a_sweep_goes_on_from_the_last_point(own_store: Store) -> None:
    if own_store.engine.dialect.name != "sqlite":
        pytest.skip("processes of their own take seconds to start; steps are tried on either database above")
    room = new_room(own_store)
    order = SweepOrder(case_version_id=keep(room, small_case()), values={}, seeds=tuple(range(14)))

    def steps(job: Job) -> dict[str, object]:
        with room.read() as view:
            return {step.name: step.made_at for step in list_steps(view, job.id)}

    for _ in range(20):  # until it is killed before it ends by itself
        job = ask_for(room, order)
        with working(own_store, slots=1, cores=1) as worker:
            kept = wait_for(lambda job=job: steps(job))
            for child in worker.list_children():
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            done = wait_end(room, job)
        if done.attempt > 1:
            break
    assert (done.state, done.attempt) == (JobState.DONE, 2) and done.result is not None
    assert (done.result["points"], done.result["finished"]) == (14, 14)
    after = steps(job)
    assert len(after) == 14 and after.items() >= kept.items()


def test_a_killed_worker_takes_its_solver_with_it(own_store: Store) -> None:
    if own_store.engine.dialect.name != "sqlite":
        pytest.skip("a process that is not of the database")
    room = new_room(own_store)
    job = ask_for(room, plan_endless(room))
    place = str(own_store.place.url.database)
    command = [sys.executable, str(ROOT / "run.py"), "worker", "--database", place]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            wait_phase(room, job)
            found = subprocess.run(
                ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False
            )
            nursery = found.stdout.split()
            found = subprocess.run(
                ["pgrep", "-P", ",".join(nursery)], capture_output=True, text=True, check=False
            )
            children = [int(pid) for pid in found.stdout.split()]
            assert children
            process.kill()
            wait_for(lambda: not any(map(is_alive, children)))
        finally:
            process.kill()  # or the test waits for it for ever
    assert look(room, job).state == JobState.RUNNING  # until somebody comes who notices
    with working(own_store):
        assert wait_for(lambda: look(room, job).attempt == 2)
        with room.write() as write:
            cancel_job(write, job.id)
        assert wait_end(room, job).state == JobState.CANCELLED


def test_what_cannot_be_done_is_an_answer(own_store: Store) -> None:
    room = new_room(own_store)
    version = keep(room, small_case())
    wrong = ask_for(room, SweepOrder(case_version_id=version, values={"nonsense": [1]}))
    with room.write() as write:
        plan = ask(write, PlanOrder(case_version_id=version, reports=(), schedule=False), 1)
    with working(own_store):
        failed, done = wait_end(room, wrong), wait_end(room, plan)
        assert failed.state == JobState.FAILED and failed.error is not None
        assert failed.error["code"] == "bad_input" and failed.error["findings"][0]["code"] == "unknown_key"
        assert say_error(failed.error) and done.result is not None
        compared = wait_end(room, ask_for(room, CompareOrder(plan_ids=(done.result["plan_id"],))))
        assert compared.result is not None and compared.result["plan_ids"] == [done.result["plan_id"]]
