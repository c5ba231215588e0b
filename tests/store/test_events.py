"""Progress in the store: every event once, whatever comes twice, and from whomever."""

from __future__ import annotations

import datetime as dt
import threading

import pandas as pd
import pytest

from optimizer.progress import CustomerHours, CustomerLost, CustomerWon, Event, RepJoins
from optimizer.reading import read_progress
from optimizer.rebalancing import apply_progress
from optimizer.store import (
    Unfit,
    find_owner,
    get_event,
    list_events,
    load_events,
    load_plan,
    post_events,
    publish_plan,
)
from optimizer.store.events import FEW
from tests.store.conftest import Room, approved, small_case

DAY = dt.date(2027, 1, 11)


def hours(id: str, amount: float = 2.0, customer: str = "c1") -> CustomerHours:
    return CustomerHours(event_id=id, at=DAY, customer_id=customer, hours=amount)


def test_an_event_counts_once_and_another_content_is_told(room: Room) -> None:
    with room.write() as write:
        first = post_events(write, [hours("e1"), hours("e2"), hours("e1")])
        assert (first.accepted, first.repeated, first.clashes, first.first) == (("e1", "e2"), ("e1",), (), 1)
    with room.write() as write:
        again = post_events(write, [hours("e2", 3.0), hours("e3"), hours("e1")])
    assert (again.accepted, again.repeated, again.first) == (("e3",), ("e1",), 3)
    (clash,) = again.clashes
    assert (
        (clash.code, clash.value) == ("event_held", "e2")
        and "e2" in clash.problem()
        and "e2" in clash.problem("zh")
    )
    with room.read() as view:
        kept = get_event(view, "e2")
        assert kept is not None and kept.event == hours("e2") and kept.received_by == "ann"
        assert get_event(view, "e4") is None
        page = list_events(view, limit=2)
        assert [e.number for e in page.items] == [1, 2] and page.next == "2"
        assert [e.event.event_id for e in list_events(view, cursor=page.next).items] == ["e3"]
        assert len(list_events(view, customer_id="c1").items) == 3
        assert not list_events(view, customer_id="c2").items


def test_a_frame_and_models_say_the_same(room: Room) -> None:
    models = [
        hours("e1", 2.5),
        RepJoins(
            event_id="e2", at=DAY, rep_id="new", name="李 雷", max_customers=3, starts=DAY, skills="a:2;b"
        ),
        CustomerLost(event_id="e3", at=DAY, customer_id="c2"),
    ]
    frame, findings = read_progress(models)
    assert not findings
    with room.write() as write:
        assert post_events(write, frame).accepted == tuple(frame["event_id"])
        assert set(post_events(write, models).repeated) == {"e1", "e2", "e3"}
    with room.read() as view:
        back = load_events(view)
        pd.testing.assert_frame_equal(
            back.drop(columns="row").sort_values("event_id", ignore_index=True),
            frame.drop(columns="row").sort_values("event_id", ignore_index=True),
        )
        assert load_events(view, since=DAY + dt.timedelta(days=1)).empty
        assert len(load_events(view, until=DAY)) == 3


def test_many_go_in_as_few_do(room: Room) -> None:
    few = [hours(f"e{n}", n / 3, f"c{n % 7}") for n in range(FEW)]
    with room.write() as write:
        post_events(write, few)
        more = post_events(write, [*few, *(hours(f"m{n}", n / 3, f"c{n % 7}") for n in range(2 * FEW))])
    assert (len(more.accepted), len(more.repeated), more.first) == (2 * FEW, FEW, FEW + 1)
    with room.read() as view:
        page = list_events(view, limit=1000)
        assert [e.event.event_id for e in page.items] == [e.event_id for e in few] + list(more.accepted)
        assert len({(e.received_at, e.received_by) for e in page.items}) == 1
        assert page.items[0].event == few[0] and page.items[-1].event.at == DAY
    with room.write() as write, pytest.raises(Unfit, match="no kind of event"):
        post_events(write, [Event(event_id="x", at=DAY, kind="party")])


def test_two_who_send_the_same_event_send_it_once(room: Room) -> None:
    accepted, failed = [], []
    start = threading.Barrier(4)

    def send(worker: int) -> None:
        try:
            start.wait()
            for number in range(5):

                def work(write, number=number):
                    return post_events(write, [hours(f"shared-{number}"), hours(f"own-{worker}-{number}")])

                accepted.extend(room.store.perform(room.name, f"worker {worker}", work).accepted)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=send, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(accepted) == len(set(accepted)) == 5 + 4 * 5
    with room.read() as view:
        assert [e.number for e in list_events(view).items] == list(range(1, 26))


def test_a_failed_write_leaves_no_event_behind(room: Room) -> None:
    with pytest.raises(RuntimeError), room.write() as write:
        post_events(write, [hours("e1")])
        raise RuntimeError
    with room.read() as view:
        assert not list_events(view).items


def test_a_customer_won_between_plans_belongs_to_whom_its_event_says(room: Room) -> None:
    plan = approved(room)
    with room.write() as write:
        publish_plan(write, plan.id, dt.date(2027, 1, 1))
        won = [
            CustomerWon(event_id="w1", at=DAY, customer_id="new", rep_id="r1", hours=3),
            CustomerWon(event_id="w2", at=DAY, customer_id="c11", rep_id="r0", hours=3),
            CustomerWon(event_id="w3", at=DAY, customer_id="c1", rep_id="r0"),
        ]
        post_events(write, won)
        before = write.at
    later = DAY + dt.timedelta(days=9)
    with room.write() as write:
        post_events(write, [CustomerLost(event_id="l1", at=later, customer_id="new")])
    with room.read() as view:
        found = find_owner(view, "new", DAY)
        assert (found.rep_id, found.source, found.event_id) == ("r1", "event", "w1")
        assert find_owner(view, "new", DAY - dt.timedelta(days=1)).source == "nothing"
        assert find_owner(view, "new", later).source == "nothing"
        assert find_owner(view, "new", later, known_at=before).rep_id == "r1"
        assert find_owner(view, "c11", DAY).rep_id == "r0", "the plan gives it to nobody"
        assert find_owner(view, "c1", DAY).rep_id == "r1", "the plan says so"
        state = apply_progress(small_case(), load_plan(view, plan.id), load_events(view), later)
        assert "new" not in set(state.case.records.customers["customer_id"])
