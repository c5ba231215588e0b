"""Jobs: plans, proposals, and searches of many kinds are asked for, followed while they run, and cancelled.

What a job gave is told as it was kept, whichever release kept it; the document shows its shape by kind.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from optimizer.jobs import (
    CompareOrder,
    ExplainOrder,
    FrontierOrder,
    Order,
    PlanOrder,
    RebalanceOrder,
    SizeOrder,
    SweepOrder,
    ask,
)
from optimizer.jobs import list_answers as find_answers
from optimizer.jobs.answers import SweepPoint
from optimizer.store import ENDED, Job, JobState, Outage, get_job
from optimizer.store import cancel_job as cancel
from optimizer.store import list_jobs as find_jobs
from optimizer.web.access import Guarded
from optimizer.web.api.job_answers import (
    AnyJob,
    CompareJob,
    ExplainJob,
    FrontierJob,
    PlanJob,
    RebalanceJob,
    SizeJob,
    SweepJob,
)
from optimizer.web.room import Cursor, Here, Key, Limit, Listed, Room, answer_once

router = APIRouter(prefix="/workspaces/{workspace}", tags=["jobs"], route_class=Guarded)
JobId = Annotated[str, Path(max_length=64, description="The job")]
Priority = Annotated[int, Query(ge=0, le=100, description="A higher one goes first")]
LOOK = 0.5  # seconds between looks at a job that is followed
BEAT = 15.0  # seconds without news after which a sign of life is sent
_job = TypeAdapter(Job)
_page = TypeAdapter(Listed[Job])
_points = TypeAdapter(list[dict[str, Any]])


def _ask(here: Room, key: str | None, name: str, order: Order, priority: int) -> Response:
    said = (f"{name} {priority}", order)
    return answer_once(here, key, said, Job, lambda write: ask(write, order, priority), 202)


@router.post("/jobs/plan", status_code=202, response_model=PlanJob)
def ask_plan(here: Here, body: PlanOrder, priority: Priority = 0, key: Key = None) -> Response:
    """Plan a case; makes a draft."""
    return _ask(here, key, "ask_plan", body, priority)


@router.post("/jobs/rebalance", status_code=202, response_model=RebalanceJob)
def ask_rebalance(here: Here, body: RebalanceOrder, priority: Priority = 0, key: Key = None) -> Response:
    """Propose the smallest change of a plan that is worth it after what happened."""
    return _ask(here, key, "ask_rebalance", body, priority)


@router.post("/jobs/frontier", status_code=202, response_model=FrontierJob)
def ask_frontier(here: Here, body: FrontierOrder, priority: Priority = 0, key: Key = None) -> Response:
    """Find plans that nothing dominates over travel, balance and moves."""
    return _ask(here, key, "ask_frontier", body, priority)


@router.post("/jobs/sweep", status_code=202, response_model=SweepJob)
def ask_sweep(here: Here, body: SweepOrder, priority: Priority = 0, key: Key = None) -> Response:
    """Plan a case for many values of its scenario."""
    return _ask(here, key, "ask_sweep", body, priority)


@router.post("/jobs/size", status_code=202, response_model=SizeJob)
def ask_size(here: Here, body: SizeOrder, priority: Priority = 0, key: Key = None) -> Response:
    """Find how many reps a case needs."""
    return _ask(here, key, "ask_size", body, priority)


@router.post("/jobs/compare", status_code=202, response_model=CompareJob)
def ask_compare(here: Here, body: CompareOrder, priority: Priority = 0, key: Key = None) -> Response:
    """Set plans beside each other."""
    return _ask(here, key, "ask_compare", body, priority)


@router.post("/jobs/explain", status_code=202, response_model=ExplainJob)
def ask_explain(here: Here, body: ExplainOrder, priority: Priority = 0, key: Key = None) -> Response:
    """Say what holds a plan back: limits, skills, fairness, or what cannot hold together."""
    return _ask(here, key, "ask_explain", body, priority)


@router.get("/jobs", response_model=Listed[AnyJob])
def list_jobs(
    here: Here, state: JobState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """Jobs, newest first."""
    with here.read() as view:
        page = find_jobs(view, state=state, cursor=cursor, limit=limit)
    return _tell(_page.dump_json(Listed(items=list(page.items), next=page.next)))


@router.get("/jobs/{job_id}", response_model=AnyJob)
def read_job(here: Here, job_id: JobId) -> Response:
    """Where a job stands, and what came of it."""
    return _tell(_job.dump_json(_look(here, job_id)))


@router.get("/jobs/{job_id}/answers", response_model=list[SweepPoint])
def list_answers(here: Here, job_id: JobId) -> Response:
    """The points that a sweep has finished so far, also while it runs; other kinds have none."""
    with here.read() as view:
        found = find_answers(view, job_id) if get_job(view, job_id).kind == SweepOrder.kind else []
    return _tell(_points.dump_json([dict(one) for one in found]))


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def follow_job(request: Request, here: Here, job_id: JobId) -> StreamingResponse:
    """Follow a job: server-sent events `job` with its state, objective, bound and gap, until it has ended.

    The data of each is the job as `GET .../jobs/{job_id}` tells it.
    """
    await run_in_threadpool(_look, here, job_id)  # 404 before anything is sent
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_follow(request, here, job_id), media_type="text/event-stream", headers=headers)


@router.post("/jobs/{job_id}/cancel", response_model=AnyJob)
def cancel_job(here: Here, job_id: JobId) -> Response:
    """Ask a job to stop; its solver is killed."""
    return _tell(_job.dump_json(here.write(lambda write: cancel(write, job_id))))


def _tell(content: bytes) -> Response:
    return Response(content, media_type="application/json")


def _look(here: Room, job_id: str) -> Job:
    with here.read() as view:
        return get_job(view, job_id)


async def _follow(request: Request, here: Room, job_id: str) -> AsyncIterator[str]:
    stopping: threading.Event = request.app.state.stopping
    seen: Job | None = None
    job: Job | None
    silent = 0.0
    yield "retry: 2000\n\n"
    while not stopping.is_set() and not await request.is_disconnected():
        try:
            job = await run_in_threadpool(_look, here, job_id)
        except Outage:  # it has begun to tell, and will go on
            job = seen
        if job is not None and job != seen:
            yield f"event: job\ndata: {_job.dump_json(job).decode()}\n\n"
            seen, silent = job, 0.0
        elif silent >= BEAT:
            yield ": \n\n"
            silent = 0.0
        if job is not None and job.state in ENDED:
            return
        silent += LOOK
        await asyncio.sleep(LOOK)
