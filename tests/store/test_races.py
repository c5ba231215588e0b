"""Several at once: who comes second is told, nothing is lost, nothing is there twice."""

from __future__ import annotations

import datetime as dt
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from optimizer.store import (
    Conflict,
    Missing,
    Store,
    Unavailable,
    add_file,
    approve_plan,
    archive_plan,
    ask_job,
    cancel_job,
    change_limits,
    change_plan,
    find_in_force,
    get_event,
    get_job,
    get_plan,
    get_token,
    get_variant,
    get_webhook,
    get_workspace,
    judge_plan,
    list_assignments,
    list_entries,
    list_in_force,
    list_plans,
    list_publications,
    load_assignments,
    load_case,
    load_file,
    make_token,
    post_events,
    publish_plan,
    recall,
    remember,
    save_case,
    save_plan,
    save_variant,
    submit_plan,
    undo_publication,
    verify_audit,
)
from optimizer.store.access import Role, revoke_token
from optimizer.store.schema import plans
from optimizer.store.turns import Turns
from optimizer.store.webhooks import add_webhook
from optimizer.store.workspaces import ChangeLimits
from tests.store.conftest import Room, approved, draft, new_room, owners_of, small_case
from tests.store.servers import open_place
from tests.store.test_events import hours

JAN = dt.date(2027, 1, 1)
PATIENCE = 60.0  # seconds for what takes none


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each gave, or how it was refused; all begin together."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = works[place]()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_who_publish_for_one_day_follow_one_another(room: Room) -> None:
    first, second = approved(room), approved(room)

    def publish(id: str) -> Any:
        return room.store.perform(room.name, "ann", lambda write: publish_plan(write, id, JAN, expected=3))

    made = at_once(*(lambda id=p.id: publish(id) for p in (first, second)))
    assert sorted(p.number for p in made) == [1, 2]
    last = max(made, key=lambda p: p.number)
    with room.read() as view:
        (tenure,) = list_in_force(view)
        assert tenure.plan_id == last.plan_id
        assert sorted(p.status for p in list_plans(view).items) == ["archived", "published"]
        assert verify_audit(view.connection, room.name).ok


def test_of_two_who_decide_on_the_same_plan_one_is_told(room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
        submit_plan(write, plan.id)

    def decide(actor: str) -> Any:
        return room.store.perform(room.name, actor, lambda write: approve_plan(write, plan.id, expected=2))

    results = at_once(lambda: decide("ann"), lambda: decide("bob"))
    (refusal,) = [r for r in results if isinstance(r, Exception)]
    (done,) = [r for r in results if not isinstance(r, Exception)]
    assert isinstance(refusal, Conflict) and refusal.changes[-1].actor == done.status_by


def test_a_request_that_comes_twice_at_once_is_answered_once(room: Room) -> None:
    def ask(write: Any) -> str:
        known = recall(write, "key", "same")
        if known is not None:
            return known.response
        job = ask_job(write, "plan", {})
        remember(write, "key", "same", 202, job.id)
        return job.id

    answers = at_once(*(lambda: room.store.perform(room.name, "ann", ask) for _ in range(4)))
    assert len(set(answers)) == 1


def test_readers_see_one_moment_while_others_write(room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
    with room.read() as view:
        before = get_plan(view, plan.id)
        with room.write() as write:
            submit_plan(write, plan.id)
        assert get_plan(view, plan.id) == before
    with room.read() as view:
        assert get_plan(view, plan.id).status == "submitted"


def test_nothing_reaches_into_another_workspace(room: Room, other_room: Room) -> None:
    """Everything that takes an id, with the ids of another workspace."""
    plan = approved(room)
    with room.write() as write:
        version = save_case(write, "q1", small_case())
        save_variant(write, "q1", "busy", {"demand": [{"percent": 10}]})
        job, (token, _) = ask_job(write, "plan", {}), make_token(write, "crm", Role.VIEWER)
        hook = add_webhook(write, "https://a.example")
        post_events(write, [hours("e1")])
        with_file = draft(write)
        add_file(write, with_file.id, "a.txt", b"a")
        publication = publish_plan(write, plan.id, JAN)
        remember(write, "key", "same", 200, "mine")
    owners = owners_of(small_case())
    reads: list[Callable[[Any], Any]] = [
        lambda v: get_plan(v, plan.id),
        lambda v: load_assignments(v, plan.id),
        lambda v: list_assignments(v, plan.id),
        lambda v: load_case(v, version.id),
        lambda v: get_variant(v, "q1", "busy"),
        lambda v: get_job(v, job.id),
        lambda v: get_token(v, token.id),
        lambda v: get_webhook(v, hook.id),
        lambda v: load_file(v, with_file.id, "a.txt"),
    ]
    writes: list[Callable[[Any], Any]] = [
        lambda w: save_plan(w, version.id, owners),
        lambda w: change_plan(w, with_file.id, owners),
        lambda w: submit_plan(w, with_file.id),
        lambda w: archive_plan(w, with_file.id),
        lambda w: add_file(w, with_file.id, "b.txt", b"b"),
        lambda w: publish_plan(w, plan.id, JAN),
        lambda w: undo_publication(w, publication.number),
        lambda w: cancel_job(w, job.id),
        lambda w: revoke_token(w, token.id),
        lambda w: save_variant(w, "q1", "busy", {"demand": [{"percent": 20}]}),
    ]
    for work in [*reads, *writes]:
        with pytest.raises(Missing), other_room.write() as write:
            work(write)
    with pytest.raises(Missing):
        judge_plan(other_room.store, other_room.name, "ann", plan.id)
    with other_room.read() as view:
        assert get_event(view, "e1") is None and recall(view, "key", "other") is None
        assert not list_plans(view).items and not list_publications(view) and find_in_force(view, JAN) is None
        assert not list_entries(view.connection, other_room.name)
    with other_room.write() as write:
        assert post_events(write, [hours("e1", 9.0)]).accepted == ("e1",), "ids are the workspace's own"
        change_limits(write, ChangeLimits(True))
    with room.read() as view:
        assert not get_workspace(view).limits.automatic and get_plan(view, plan.id).status == "published"


def test_the_database_lets_no_row_point_across(room: Room, other_room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
    copy = dict(plan.__dict__, workspace_id=other_room.name, id="copy", summary="{}")
    with pytest.raises(IntegrityError), room.store.engine.begin() as connection:
        connection.execute(plans.insert().values(**copy))


def test_a_write_that_waits_too_long_is_refused_and_can_be_tried_again(
    own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = new_room(own_store)
    monkeypatch.setattr("optimizer.store.engine.WAIT_SECONDS", 0.01)
    monkeypatch.setattr("optimizer.store.store.time.sleep", lambda seconds: None)
    hurried = open_place(own_store.place)
    done = []

    def work(write: Any) -> str:
        done.append(write.at)
        return "done"

    with room.write():
        with pytest.raises(Unavailable) as refused:
            hurried.perform(room.name, "bob", work)
        assert refused.value.code == "busy" and not done
    assert hurried.perform(room.name, "bob", work) == "done"
    hurried.close()


def test_who_writes_comes_in_the_order_in_which_they_asked(room: Room) -> None:
    came: list[int] = []

    def write(number: int) -> None:
        with room.write() as write:
            write.tell("come", "writer", str(number))
            came.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    with room.write() as write_first:
        write_first.tell("come", "writer", "first")
        for number, thread in enumerate(threads):
            thread.start()
            wait_in_line(room.store._turns, number + 2)
    for thread in threads:
        thread.join()
    assert came == list(range(8))


def wait_in_line(turns: Turns, count: int) -> None:
    """Until so many stand in the only line there is, the one whose turn it is among them."""
    until = time.monotonic() + PATIENCE
    while sum(map(len, turns._lines.values())) != count:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_whose_turn_does_not_come_in_time_is_told_and_the_others_go_on() -> None:
    turns = Turns(patience=0.01)
    with turns.take("north"):
        with pytest.raises(Unavailable) as refused, turns.take("north"):
            pass
        assert refused.value.code == "busy"
        with turns.take("south"):
            pass
    with turns.take("north"):
        pass


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals of POSIX")
def test_whoever_is_interrupted_while_waiting_leaves_the_line() -> None:
    turns, me, over = Turns(PATIENCE), threading.get_ident(), threading.Event()

    def hold() -> None:
        with turns.take("north"):
            began.set()
            wait_in_line(turns, 2)
            signal.pthread_kill(me, signal.SIGINT)
            over.wait(PATIENCE)

    began = threading.Event()
    holder = threading.Thread(target=hold)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        holder.start()
        began.wait(PATIENCE)
        with pytest.raises(KeyboardInterrupt), turns.take("north"):
            pytest.fail("it is not our turn")
    finally:
        signal.signal(signal.SIGINT, before)
        over.set()
        holder.join()
    with turns.take("north"):
        assert len(turns._lines["north"]) == 1
    assert not turns._lines
