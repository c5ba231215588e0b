"""Asking: a job is accepted in the same write as whatever asks for it; what came of it can be followed and read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from optimizer.jobs.orders import ORDERS, CompareOrder, ExplainOrder, FrontierOrder, Order, RebalanceOrder
from optimizer.store import (
    ENDED,
    Job,
    Store,
    View,
    Write,
    ask_job,
    get_case_version,
    get_job,
    get_plan,
    list_steps,
    load_variant,
)

LOOK = 0.5  # seconds between looks at a job that is followed


def ask(write: Write, order: Order, priority: int = 0) -> Job:
    """Accept a job: once ``write`` is committed it will be done, exactly once in effect. A higher priority goes first.

    Missing for a case, plan or variant that this workspace does not have; InputError for an unknown variant.
    """
    version = getattr(order, "case_version_id", None)
    if version is not None:
        case_id = get_case_version(write, version).case_id
        if variant := getattr(order, "variant", ""):
            load_variant(write, case_id, variant)
    for plan_id in _list_plans(order):
        get_plan(write, plan_id)
    return ask_job(write, order.kind, order.model_dump(mode="json", exclude_defaults=True), priority)


def read_order(job: Job) -> Order:
    """What a job was asked to do. KeyError for a kind that this release does not know."""
    return ORDERS[job.kind].model_validate(job.arguments)


def follow(store: Store, workspace: str, id: str, every: float = LOOK) -> Iterator[Job]:
    """The job as it is, and again whenever something of it has changed, until it has ended.

    It waits in between; whoever must not wait looks with ``get_job``. Missing when there is no such job.
    """
    seen: Job | None = None
    while True:
        with store.read(workspace) as view:
            job = get_job(view, id)
        if job != seen:
            yield job
        if job.state in ENDED:
            return
        seen = job
        time.sleep(every)


def list_answers(view: View, id: str) -> list[Mapping[str, Any]]:
    """What a job finished on its way, in the order in which it did: the points of a sweep."""
    return [step.content for step in list_steps(view, id) if step.name.startswith(POINT)]


def _list_plans(order: Order) -> list[str]:
    if isinstance(order, CompareOrder):
        return list(order.plan_ids)
    if isinstance(order, RebalanceOrder | FrontierOrder | ExplainOrder) and order.plan_id is not None:
        return [order.plan_id]
    return []


POINT = "point:"  # how steps are called that are answers by themselves
