"""Jobs as they are asked for: written together with what asks for them, so that neither is there without the other.

Who runs them, and how, is not told here; this is what was asked, where it stands, and what came of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from optimizer.store.audit import dump_json
from optimizer.store.moments import new_id
from optimizer.store.pages import Page, cut
from optimizer.store.refusals import Blocked, Missing
from optimizer.store.service_schema import jobs
from optimizer.store.store import Store
from optimizer.store.transactions import View, Write


class JobState(StrEnum):
    """Where a job stands."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Job:
    """A piece of work. ``arguments`` and ``result`` hold ids and settings, no tables; a higher priority goes first.

    ``cancel_asked_at``: somebody wants it to stop. ``progress``: the last glimpse of it while it runs.
    """

    workspace: str
    id: str
    kind: str
    arguments: Mapping[str, Any]
    priority: int
    state: JobState
    asked_at: dt.datetime
    asked_by: str
    cancel_asked_at: dt.datetime | None
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    progress: Mapping[str, Any] | None


def ask_job(write: Write, kind: str, arguments: Mapping[str, Any], priority: int = 0) -> Job:
    """Ask for a job, in the same write as whatever else it is asked with."""
    id = new_id()
    write.connection.execute(
        jobs.insert().values(
            workspace_id=write.workspace,
            id=id,
            kind=kind,
            arguments=dump_json(arguments),
            priority=priority,
            state=JobState.ASKED,
            asked_at=write.at,
            asked_by=write.actor,
        )
    )
    write.tell("ask", "job", id, kind=kind, arguments=dict(arguments))
    return get_job(write, id)


def start_job(write: Write, id: str) -> Job:
    """Note that a job is being done; once more when it was begun before and its worker died."""
    return _go(write, id, "start", (JobState.ASKED, JobState.RUNNING), JobState.RUNNING, started_at=write.at)


def finish_job(write: Write, id: str, result: Mapping[str, Any]) -> Job:
    """Note what a job made. In one write with it, the effect is there exactly once: done is done.

    A job that is done already stays as it is. Blocked when it failed or was cancelled meanwhile.
    """
    done = get_job(write, id)
    if done.state == JobState.DONE:
        return done
    before = (JobState.ASKED, JobState.RUNNING)
    return _go(write, id, "finish", before, JobState.DONE, finished_at=write.at, result=dump_json(result))


def fail_job(write: Write, id: str, error: Mapping[str, Any]) -> Job:
    """Note why a job could not be done."""
    before = (JobState.ASKED, JobState.RUNNING)
    return _go(write, id, "fail", before, JobState.FAILED, finished_at=write.at, error=dump_json(error))


def cancel_job(write: Write, id: str) -> Job:
    """Ask a running job to stop; one that nobody began is cancelled at once. Blocked when it has ended."""
    job = get_job(write, id)
    if job.state == JobState.ASKED:
        return _go(
            write,
            id,
            "cancel",
            (JobState.ASKED,),
            JobState.CANCELLED,
            finished_at=write.at,
            cancel_asked_at=write.at,
        )
    if job.cancel_asked_at is not None and job.state == JobState.RUNNING:
        return job
    return _go(write, id, "ask_cancel", (JobState.RUNNING,), JobState.RUNNING, cancel_asked_at=write.at)


def end_cancelled(write: Write, id: str) -> Job:
    """Note that a job that was asked to stop has stopped."""
    return _go(
        write, id, "cancel", (JobState.ASKED, JobState.RUNNING), JobState.CANCELLED, finished_at=write.at
    )


def show_progress(store: Store, job: Job, progress: Mapping[str, Any]) -> bool:
    """Leave a glimpse of a running job for whoever looks; not audited. False when somebody wants the job to stop."""
    same = (jobs.c.workspace_id == job.workspace, jobs.c.id == job.id)
    with store.engine.begin() as connection:
        connection.execute(
            jobs.update().where(*same, jobs.c.state == JobState.RUNNING).values(progress=dump_json(progress))
        )
        asked = connection.execute(select(jobs.c.cancel_asked_at, jobs.c.state).where(*same)).one()
    return asked.cancel_asked_at is None and asked.state == JobState.RUNNING


def get_job(view: View, id: str) -> Job:
    """A job by its id. Missing when this workspace has none such."""
    row = view.find(jobs, id=id)
    if row is None:
        raise Missing("job", id)
    return _job(row)


def list_jobs(
    view: View, *, state: JobState | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Job]:
    """Jobs of the workspace, newest first."""
    query = select(jobs).where(view.here(jobs)).order_by(jobs.c.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(jobs.c.state == state)
    if cursor is not None:
        query = query.where(jobs.c.id < cursor)
    return cut([_job(row) for row in view.connection.execute(query)], limit, lambda job: job.id)


def list_open_jobs(connection: Connection, state: JobState = JobState.ASKED, limit: int = 100) -> list[Job]:
    """Jobs of all workspaces in a state, in the order in which they should be done: for those who do them."""
    query = select(jobs).where(jobs.c.state == state)
    query = query.order_by(jobs.c.priority.desc(), jobs.c.asked_at, jobs.c.id).limit(limit)
    return [_job(row) for row in connection.execute(query)]


def _go(
    write: Write, id: str, action: str, sources: tuple[JobState, ...], state: JobState, **values: Any
) -> Job:
    job = get_job(write, id)
    if job.state not in sources:
        raise Blocked("job_ended", id=id, action=action, state=str(job.state))
    write.connection.execute(
        jobs.update().where(write.here(jobs), jobs.c.id == id).values(state=state, **values)
    )
    told = {name: json.loads(values[name]) for name in ("result", "error") if name in values}
    write.tell(action, "job", id, state=[str(job.state), str(state)], **told)
    return get_job(write, id)


def _job(row: Any) -> Job:
    return Job(
        row.workspace_id,
        row.id,
        row.kind,
        json.loads(row.arguments),
        row.priority,
        JobState(row.state),
        row.asked_at,
        row.asked_by,
        row.cancel_asked_at,
        row.started_at,
        row.finished_at,
        None if row.result is None else json.loads(row.result),
        None if row.error is None else json.loads(row.error),
        None if row.progress is None else json.loads(row.progress),
    )
