"""Who does a job: one at a time, in order, within limits; and nothing counts of those from whom it was taken."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from optimizer.store import (
    Blocked,
    Job,
    JobState,
    Missing,
    Store,
    add_step,
    ask_job,
    beat,
    bury,
    cancel_job,
    check_mine,
    fail_job,
    finish_job,
    get_job,
    give_back_job,
    keep_step,
    leave,
    list_held,
    list_lost,
    list_steps,
    show_progress,
    take_job,
)
from optimizer.store.moments import now
from tests.store.conftest import Room, audit_of, draft, new_room


def ask(room: Room, priority: int = 0) -> Job:
    with room.write() as write:
        return ask_job(write, "plan", {}, priority)


def look(room: Room, job: Job) -> Job:
    with room.read() as view:
        return get_job(view, job.id)


def take(store: Store, worker: str = "w1", per_workspace: int = 100) -> Job:
    job = take_job(store, worker, per_workspace)
    assert job is not None
    return job


def test_the_most_urgent_goes_first_then_the_oldest(own_store: Store) -> None:
    room, other = new_room(own_store), new_room(own_store)
    jobs = [ask(room), ask(other, 5), ask(room, 9), ask(other, 5)]
    taken = [take(own_store) for _ in jobs]
    assert [job.id for job in taken] == [jobs[k].id for k in (2, 1, 3, 0)]
    assert take_job(own_store, "w1", 100) is None
    assert {(job.state, job.worker_id, job.attempt) for job in taken} == {(JobState.RUNNING, "w1", 1)}


def test_a_workspace_has_so_many_running_and_others_are_not_held_up_by_it(own_store: Store) -> None:
    room, other = new_room(own_store), new_room(own_store)
    for _ in range(30):
        ask(room, 9)
    late = ask(other)
    first, second = (take(own_store, f"w{k}", 2) for k in range(2))
    assert first.workspace == second.workspace == room.name
    assert take(own_store, "w1", 2).id == late.id
    assert take_job(own_store, "w2", 2) is None
    with room.write() as write:
        finish_job(write, first.id, {})
    assert take(own_store, "w2", 2).workspace == room.name


def test_nothing_counts_of_those_from_whom_a_job_was_taken(own_store: Store) -> None:
    room = new_room(own_store)
    ask(room)
    slow = take(own_store, "slow")
    assert keep_step(own_store, slow, "first", {"n": 1})
    with room.write() as write:
        give_back_job(write, slow.id, "silent")
    quick = take(own_store, "quick")
    assert (quick.attempt, quick.deaths, quick.progress) == (2, 1, None)
    assert not keep_step(own_store, slow, "second", {"n": 2}) and not show_progress(
        own_store, slow, {"gap": 1}
    )
    with pytest.raises(Blocked) as refused, room.write() as write:
        draft(write)
        check_mine(write, slow)
    assert refused.value.code == "job_lost" and "worker" in str(refused.value)
    assert show_progress(own_store, quick, {"gap": 0.1}) and keep_step(own_store, quick, "first", {"n": 9})
    with room.write() as write:
        add_step(write, quick, "second", {"n": 2})
    with room.read() as view:
        assert [(step.name, step.content["n"]) for step in list_steps(view, quick.id)] == [
            ("first", 1),
            ("second", 2),
        ]
        assert "create plan" not in audit_of(view)
    assert look(room, quick).progress == {"gap": 0.1}


def test_only_answers_stay_of_the_steps_of_a_job_that_has_ended(own_store: Store) -> None:
    room = new_room(own_store)
    ask(room)
    job = take(own_store)
    keep_step(own_store, job, "half", {"large": "x"})
    keep_step(own_store, job, "point", {"kpi": 1.5}, answer=True)
    with room.write() as write:
        finish_job(write, job.id, {})
    with room.read() as view:
        (step,) = list_steps(view, job.id)
        assert (step.name, step.content) == ("point", {"kpi": 1.5})
        with pytest.raises(Missing):
            list_steps(view, "other")


def test_jobs_of_a_worker_that_is_gone_are_found(own_store: Store) -> None:
    room = new_room(own_store)
    jobs = [ask(room) for _ in range(3)]
    for name in ("w1", "w2", "w3"):
        beat(own_store, name, "host")
        take(own_store, name)

    def lost() -> list[str]:
        with own_store.view() as connection:
            return [job.id for job in list_lost(connection)]

    assert lost() == []
    with own_store.view() as connection:
        assert [job.id for job in list_held(connection, "w2")] == [jobs[1].id]
    leave(own_store, "w2")
    assert bury(own_store, "w3", now() + dt.timedelta(seconds=1))
    assert lost() == [jobs[1].id, jobs[2].id]


@pytest.mark.parametrize("end", [finish_job, fail_job])
def test_a_job_that_was_to_stop_and_is_given_back_is_not_begun_again(own_store: Store, end: Any) -> None:
    room = new_room(own_store)
    jobs = [ask(room), ask(room)]
    for job in jobs:
        take(own_store)
        with room.write() as write:
            cancel_job(write, job.id)
    with room.write() as write:
        assert give_back_job(write, jobs[0].id, "died").state == JobState.CANCELLED
        end(write, jobs[1].id, {})  # it was quicker
    assert take_job(own_store, "w1", 9) is None


def test_a_job_is_not_asked_for_when_its_write_is_not_kept(own_store: Store) -> None:
    room = new_room(own_store)
    with pytest.raises(ZeroDivisionError), room.write() as write:
        ask_job(write, "plan", {})
        raise ZeroDivisionError
    assert take_job(own_store, "w1", 9) is None
