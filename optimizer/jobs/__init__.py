"""Jobs: plans, sweeps and the like that outlive whoever asked for them, done exactly once in effect.

A job is accepted in the same write as what asks for it, and done by a worker, in this process or on any host::

    with store.write("north", actor="ann") as write:
        job = ask(write, PlanOrder(case_version_id=version.id))
    with Worker(store):
        for glimpse in follow(store, "north", job.id):
            print(glimpse.state, glimpse.progress, glimpse.result)

``store.cancel_job`` asks it to stop, ``store.get_job`` and ``store.list_jobs`` say where it stands.
"""

from __future__ import annotations

from optimizer.jobs.asking import ask, follow, list_answers, read_order
from optimizer.jobs.ending import say_error
from optimizer.jobs.orders import (
    ORDERS,
    CompareOrder,
    ExplainOrder,
    FrontierOrder,
    Order,
    PlanOrder,
    RebalanceOrder,
    SizeOrder,
    SweepOrder,
)
from optimizer.jobs.worker import Chore, Worker

__all__ = [
    "ORDERS",
    "Chore",
    "CompareOrder",
    "ExplainOrder",
    "FrontierOrder",
    "Order",
    "PlanOrder",
    "RebalanceOrder",
    "SizeOrder",
    "SweepOrder",
    "Worker",
    "ask",
    "follow",
    "list_answers",
    "read_order",
    "say_error",
]
