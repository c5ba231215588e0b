"""Workers on each kind of database; the children of all of them come from one nursery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np

from optimizer.case import Case
from optimizer.jobs import Order, Worker, ask
from optimizer.store import ENDED, Job, Store, get_job, save_case
from tests.cases import make_case
from tests.store.conftest import Room, databases, new_room, own_store, small_case  # noqa: F401

T = TypeVar("T")
PATIENCE = 300.0  # seconds for what takes one: a machine may be busy with something else


def wait_for(look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """What ``look`` finds, once it finds something."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise TimeoutError


def look(room: Room, job: Job) -> Job:
    with room.read() as view:
        return get_job(view, job.id)


def wait_end(room: Room, job: Job) -> Job:
    def ended() -> Job | None:
        now = look(room, job)
        return now if now.state in ENDED else None

    return wait_for(ended)


def wait_phase(room: Room, job: Job) -> Job:
    """The job, once it is on its way."""

    def begun() -> Job | None:
        now = look(room, job)
        return now if now.progress is not None or now.state in ENDED else None

    return wait_for(begun)


@cache
def endless_case() -> Case:
    """A case that is searched for minutes: many customers, a gap of nothing, and a hundred times the work."""
    rng = np.random.default_rng(3)
    places = rng.normal(scale=2.0, size=(260, 2)) + np.array([31.0, 110.0])
    return make_case(
        [{"lat": 31.0 + k % 5, "lon": 108.0 + k % 4, "hours_per_week": 30.0} for k in range(20)],
        [
            {
                "tier": "ABC"[k % 3],
                "hours": 10.0 + 3.7 * (k % 17),
                "potential": 1.0 + k % 23,
                "lat": lat,
                "lon": lon,
            }
            for k, (lat, lon) in enumerate(places)
        ],
        scenario={
            "solve": {"gap": 0.0, "effort": 100.0},
            "corridors": [{"measure": m, "tolerance": 0.01, "price": 1.0} for m in ("hours", "potential")],
            "horizon": {"start": "2027-01-01"},
        },
        name="endless",
    )


def keep(room: Room, case: Case) -> str:
    """A version of a case."""
    with room.write() as write:
        return save_case(write, case.name, case).id


def ask_for(room: Room, order: Order, priority: int = 0) -> Job:
    with room.write() as write:
        return ask(write, order, priority)


@contextmanager
def working(store: Store, **settings: Any) -> Iterator[Worker]:
    """A worker that is quick to notice."""
    with Worker(
        store, **{"slots": 2, "cores": 2, "beat_every": 0.2, "silent_after": 0.6} | settings
    ) as worker:
        yield worker
