"""The way of plans, tried at random: whatever is asked in whatever order, what must hold holds."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from optimizer.store import (
    Blocked,
    Store,
    approve_plan,
    archive_plan,
    change_plan,
    find_in_force,
    find_owner,
    get_plan,
    list_in_force,
    list_plans,
    list_publications,
    publish_plan,
    reject_plan,
    submit_plan,
    undo_publication,
    verify_audit,
)
from tests.store.conftest import draft, new_room

DAYS = [dt.date(2027, 1, day) for day in (1, 8, 15, 22)]
STEPS = {
    "submit": (submit_plan, {"draft"}, "submitted"),
    "approve": (approve_plan, {"submitted"}, "approved"),
    "reject": (reject_plan, {"submitted"}, "draft"),
}


def machine(store: Store) -> type[RuleBasedStateMachine]:
    class WayOfPlans(RuleBasedStateMachine):
        """Plans, and beside them what we believe of them: status by plan, and what each publication left in force."""

        plans = Bundle("plans")

        def __init__(self) -> None:
            super().__init__()
            self.room = new_room(store)
            self.status: dict[str, str] = {}
            self.broken: set[str] = set()
            self.judged: set[str] = set()
            self.told: list[tuple[dt.date, str | None]] = []  # publications: from which day, which plan
            self.moments: list[tuple[dt.datetime, dict[dt.date, str]]] = []

        @property
        def begins(self) -> dict[dt.date, str]:
            """Which plan begins on which day, as the last publication of that day says."""
            last = dict(self.told)
            return {day: id for day, id in last.items() if id is not None}

        def try_to(self, may: bool, work: Any) -> Any:
            """Do it; refused exactly when it may not be."""
            try:
                with self.room.write() as write:
                    done = work(write)
            except Blocked:
                assert not may
                return None
            assert may
            return done

        @rule(target=plans, breaks=st.booleans())
        def keep(self, breaks: bool) -> str:
            with self.room.write() as write:
                plan = draft(write, **({"c0": "r2"} if breaks else {}))
            self.status[plan.id] = "draft"
            if breaks:
                self.broken.add(plan.id)
            return plan.id

        @rule(plan=plans, step=st.sampled_from(sorted(STEPS)))
        def step(self, plan: str, step: str) -> None:
            work, sources, target = STEPS[step]
            if self.try_to(self.status[plan] in sources, lambda write: work(write, plan)):
                self.status[plan] = target

        @rule(plan=plans)
        def judge(self, plan: str) -> None:
            with self.room.read() as view:
                self.room.judge(get_plan(view, plan))
            self.judged.add(plan)

        @rule(plan=plans)
        def change(self, plan: str) -> None:
            moved = pd.DataFrame({"customer_id": ["c1"], "rep_id": ["r0"]})
            if self.try_to(self.status[plan] == "draft", lambda write: change_plan(write, plan, moved)):
                self.judged.discard(plan)

        @rule(plan=plans, day=st.sampled_from(DAYS))
        def publish(self, plan: str, day: dt.date) -> None:
            may = self.status[plan] in ("approved", "published") and plan in self.judged - self.broken
            if made := self.try_to(may, lambda write: publish_plan(write, plan, day)):
                self.tell(made, day, plan)

        @rule(data=st.data())
        def undo(self, data: st.DataObject) -> None:
            if not self.told:
                return
            number = data.draw(st.integers(1, len(self.told)))
            day = self.told[number - 1][0]
            same_day = [n for n, (other, _) in enumerate(self.told, 1) if other == day]
            earlier = [self.told[n - 1][1] for n in same_day[:-1]]
            work = lambda write: undo_publication(write, number)  # noqa: E731
            if made := self.try_to(number == same_day[-1], work):
                self.tell(made, day, earlier[-1] if earlier else None)

        def tell(self, made: Any, day: dt.date, plan: str | None) -> None:
            before = self.begins.get(day)
            self.told.append((day, plan))
            assert (made.number, made.plan_id) == (len(self.told), plan)
            if plan is not None:
                self.status[plan] = "published"
            if (
                before is not None
                and before not in self.begins.values()
                and self.status[before] == "published"
            ):
                self.status[before] = "archived"
            self.moments.append((made.published_at, self.begins))

        @rule(plan=plans, today=st.sampled_from(DAYS))
        def archive(self, plan: str, today: dt.date) -> None:
            begins = self.begins
            last = max((day for day in begins if day <= today), default=None)
            ahead = {begins[day] for day in begins if day >= today} | ({begins[last]} if last else set())
            status = self.status[plan]
            may = status in ("draft", "approved") or (status == "published" and plan not in ahead)
            if self.try_to(may, lambda write: archive_plan(write, plan, today=today)):
                self.status[plan] = "archived"

        @invariant()
        def what_we_believe_is_what_is_kept(self) -> None:
            with self.room.read() as view:
                assert {p.id: p.status for p in list_plans(view, limit=1000).items} == self.status
                assert {t.starts: t.plan_id for t in list_in_force(view)} == self.begins
                assert len(list_publications(view)) == len(self.told)

        def teardown(self) -> None:
            with self.room.read() as view:
                assert verify_audit(view.connection, self.room.name).ok
                for moment, begins in self.moments:  # nothing is forgotten
                    assert {t.starts: t.plan_id for t in list_in_force(view, moment)} == begins
                for day in DAYS:
                    found = [
                        t for t in list_in_force(view) if t.starts <= day and (t.ends is None or day < t.ends)
                    ]
                    assert len(found) <= 1 and find_in_force(view, day) == (found[0] if found else None)
                    owner = find_owner(view, "c1", day)
                    assert owner.plan_id == (found[0].plan_id if found else None)

    return WayOfPlans


def test_the_way_of_plans_holds_whatever_is_asked(shared_store: Store) -> None:
    run_state_machine_as_test(
        machine(shared_store),
        settings=settings(
            max_examples=6 if shared_store.place.embedded else 3,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_the_way_of_plans_holds_in_a_hundred_long_histories(shared_store: Store) -> None:
    run_state_machine_as_test(
        machine(shared_store),
        settings=settings(
            max_examples=100, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
