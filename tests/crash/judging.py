"""What is there in the end: all that was accepted, once, and nothing else; AssertionError otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from optimizer.store import (
    JobState,
    Page,
    Store,
    View,
    list_entries,
    list_events,
    list_in_force,
    list_jobs,
    list_plans,
    list_publications,
    load_assignments,
    verify_all,
)
from tests.crash.asking import Wish
from tests.store.conftest import CUSTOMERS

ALL = 10**6


def judge(store: Store, workspace: str, wishes: Sequence[Wish]) -> Counter[str]:
    """Hold the store against what was asked for; how much of everything there is."""
    count = Counter[str]()
    assert all(wish.answer is not None for wish in wishes)
    with store.read(workspace) as view:
        _judge_events(view, wishes)
        results = _judge_jobs(view, wishes, count)
        _judge_plans(view, results, count)
    with store.view() as connection:
        assert all(check.ok for check in verify_all(connection))
    return count


def _judge_events(view: View, wishes: Sequence[Wish]) -> None:
    """Every event once, as it was sent, numbered without a gap, and told once in the audit log."""
    kept = list_all(list_events, view)
    assert [one.number for one in kept] == list(range(1, len(kept) + 1))
    sent = {event["event_id"]: event for wish in wishes for event in wish.events}
    held = {one.event.event_id: one.event.model_dump(mode="json", exclude_none=True) for one in kept}
    assert held == sent, (len(held), len(sent))
    told = [one.details for one in list_entries(view.connection, view.workspace, kind="events", limit=ALL)]
    assert [n for one in told for n in range(one["first"], one["last"] + 1)] == [one.number for one in kept]


def _judge_jobs(view: View, wishes: Sequence[Wish], count: Counter[str]) -> list[Any]:
    """Every job once, done, with its effects once; what they gave."""
    done = list_all(list_jobs, view)
    asked = [wish.job_id for wish in wishes if wish.job_id is not None]
    assert len(asked) == len(set(asked)) == len(done) and set(asked) == {job.id for job in done}
    actions = Counter(
        (entry.reason, f"{entry.action} {entry.kind}")
        for entry in list_entries(view.connection, view.workspace, limit=ALL)
        if entry.reason.startswith("job ")
    )
    for job in done:
        assert job.state == JobState.DONE, (job.id, job.state, job.error)
        assert job.result is not None
        mine, made = f"job {job.id}", job.result["plan_id"] is not None
        assert actions[mine, "finish job"] == 1, job.id
        assert actions[mine, "create plan"] == made, (job.id, job.result)
        for action in ("publish plan", "publish publication"):
            assert actions[mine, action] == bool(job.result.get("applied")), job.id
        count[f"{job.kind} jobs"] += 1
        count["begun again"] += job.attempt - 1
    return [job.result for job in done]


def _judge_plans(view: View, results: Sequence[Any], count: Counter[str]) -> None:
    """A plan for each job that made one and the first, each whole; published or not, never between."""
    plans = list_all(list_plans, view)
    assert {plan.id for plan in plans} >= {one["plan_id"] for one in results if one["plan_id"]}
    assert len(plans) == 1 + sum(one["plan_id"] is not None for one in results)
    for plan in plans:
        assert len(load_assignments(view, plan.id)) == CUSTOMERS == plan.customer_count, plan.id
    published = list_publications(view, ALL)
    assert {one.number for one in published} == set(range(1, len(published) + 1))
    told = {one.plan_id for one in published}
    assert len(told) == len(published), "a plan was published twice"
    assert {one["plan_id"] for one in results if one.get("applied")} <= told
    entries = list_entries(view.connection, view.workspace, kind="publication", limit=ALL)
    assert sorted(int(entry.object_id) for entry in entries) == sorted(one.number for one in published)
    in_force = {tenure.plan_id for tenure in list_in_force(view)}
    for plan in plans:
        status = "published" if plan.id in in_force else "archived" if plan.id in told else plan.status
        assert plan.status == status, (plan.id, plan.status)
        assert plan.id in told or plan.status in ("draft", "submitted", "approved"), (plan.id, plan.status)
    count |= {"plans": len(plans), "publications": len(published)}


def list_all(look: Callable[..., Page[Any]], view: View) -> list[Any]:
    """All pages of a list."""
    page = look(view, limit=1000)
    found = list(page.items)
    while page.next is not None:
        page = look(view, limit=1000, cursor=page.next)
        found += page.items
    return found
