"""Jobs as they are asked for: written together with what asks for them, so that neither is there without the other.

This is what was asked, where it stands, who does it, and what came of it. Whoever begins a job has its
``attempt``: when the job is taken from them, because they were not heard of, nothing that they still write counts
(``check_mine``, ``keep_step``). How jobs are done is told in ``optimizer.jobs``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from optimizer.store.audit import dump_json
from optimizer.store.moments import new_id, now
from optimizer.store.pages import Page, cut
from optimizer.store.refusals import Blocked, Missing
from optimizer.store.service_schema import job_steps, jobs, workers
from optimizer.store.store import Store
from optimizer.store.transactions import View, Write

TRIED = 20  # of the jobs that are next, before whoever looks for one comes again


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

    ``cancel_asked_at``: somebody wants it to stop. ``progress``: the last glimpse of it while it runs. ``worker_id``
    does it; ``attempt`` counts how often it was begun, ``deaths`` how often its process died and its worker did not.
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
    worker_id: str | None
    attempt: int
    deaths: int


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


def start_job(write: Write, id: str, worker_id: str | None = None) -> Job:
    """Note that a job is being done, and by whom; once more when it was begun before and its worker died."""
    return _go(
        write,
        id,
        "start",
        (JobState.ASKED, JobState.RUNNING),
        JobState.RUNNING,
        started_at=write.at,
        worker_id=worker_id,
        attempt=jobs.c.attempt + 1,
    )


def check_mine(view: View, job: Job) -> None:
    """Blocked unless whoever began ``job`` still has it: it was not taken from them, and it has not ended.

    Asked in the write that notes what a job made, the effect is there once, whoever else still works on it.
    """
    row = view.find(jobs, id=job.id)
    if row is None or row.state != JobState.RUNNING or row.attempt != job.attempt:
        raise Blocked("job_lost", id=job.id)


def give_back_job(write: Write, id: str, death: str | None = None, *, blamed: bool = True) -> Job:
    """Let a running job be begun again, by anybody; cancelled where somebody wants it to stop.

    ``death``: why who did it died; None: they gave it back alive. ``blamed``: it counts as one of the job's deaths.
    Steps that are finished stay.
    """
    job = get_job(write, id)
    if job.cancel_asked_at is not None:
        return end_cancelled(write, id)
    died = {} if death is None or not blamed else {"deaths": jobs.c.deaths + 1}
    before = (JobState.RUNNING,)
    return _go(
        write, id, "give_back", before, JobState.ASKED, worker_id=None, progress=None, death=death, **died
    )


def finish_job(
    write: Write, id: str, result: Mapping[str, Any], progress: Mapping[str, Any] | None = None
) -> Job:
    """Note what a job made. In one write with it, the effect is there exactly once: done is done.

    ``progress``: the last glimpse of it, where there is a newer one than what was shown. Of its steps only answers
    stay. A job that is done already stays as it is. Blocked when it failed or was cancelled meanwhile.
    """
    done = get_job(write, id)
    if done.state == JobState.DONE:
        return done
    before, ended = (JobState.ASKED, JobState.RUNNING), {"result": dump_json(result), **_last(progress)}
    return _go(write, id, "finish", before, JobState.DONE, finished_at=write.at, **ended)


def fail_job(
    write: Write, id: str, error: Mapping[str, Any], progress: Mapping[str, Any] | None = None
) -> Job:
    """Note why a job could not be done; ``progress`` as for ``finish_job``."""
    before, ended = (JobState.ASKED, JobState.RUNNING), {"error": dump_json(error), **_last(progress)}
    return _go(write, id, "fail", before, JobState.FAILED, finished_at=write.at, **ended)


def _last(progress: Mapping[str, Any] | None) -> dict[str, str]:
    return {} if progress is None else {"progress": dump_json(progress)}


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
    """Leave a glimpse of a running job for whoever looks; not audited.

    False when somebody wants the job to stop, or it was taken from who began it.
    """
    with store.change() as connection:
        done = connection.execute(jobs.update().where(*_mine(job)).values(progress=dump_json(progress)))
        asked = connection.execute(select(jobs.c.cancel_asked_at).where(*_mine(job))).one_or_none()
    return bool(done.rowcount) and asked is not None and asked.cancel_asked_at is None


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


def take_job(store: Store, worker_id: str, per_workspace: int) -> Job | None:
    """Begin the job that is next, of any workspace that has fewer than ``per_workspace`` running; None: there is none.

    Who writes takes the workspace first, so that two workers never begin one job, nor one too many.
    """
    running = select(jobs.c.workspace_id, func.count().label("running"))
    counts = running.where(jobs.c.state == JobState.RUNNING).group_by(jobs.c.workspace_id).subquery()
    query = select(jobs.c.workspace_id, jobs.c.id).outerjoin(
        counts, counts.c.workspace_id == jobs.c.workspace_id
    )
    query = query.where(jobs.c.state == JobState.ASKED, func.coalesce(counts.c.running, 0) < per_workspace)
    query = query.order_by(jobs.c.priority.desc(), jobs.c.asked_at, jobs.c.id).limit(TRIED)
    with store.view() as connection:
        waiting = connection.execute(query).all()

    def begin(write: Write, id: str) -> Job | None:
        here = select(func.count()).where(write.here(jobs), jobs.c.state == JobState.RUNNING)
        if write.connection.execute(here).scalar_one() >= per_workspace:
            return None
        if get_job(write, id).state != JobState.ASKED:
            return None
        return start_job(write, id, worker_id)

    for row in waiting:
        taken = store.perform(row.workspace_id, worker_id, partial(begin, id=row.id))
        if taken is not None:
            return taken
    return None


def list_held(connection: Connection, worker_id: str) -> list[Job]:
    """Running jobs that a worker has, of all workspaces."""
    query = select(jobs).where(jobs.c.state == JobState.RUNNING, jobs.c.worker_id == worker_id)
    return [_job(row) for row in connection.execute(query.order_by(jobs.c.id))]


def list_lost(connection: Connection) -> list[Job]:
    """Running jobs, of all workspaces, whose worker is not among the workers any more."""
    query = select(jobs).outerjoin(workers, workers.c.id == jobs.c.worker_id)
    query = query.where(jobs.c.state == JobState.RUNNING, workers.c.id.is_(None))
    return [_job(row) for row in connection.execute(query.order_by(jobs.c.id))]


@dataclass(frozen=True)
class Step:
    """What a job finished on its way. ``answer``: it stays when the job has ended."""

    name: str
    answer: bool
    content: Mapping[str, Any]
    made_at: dt.datetime


def keep_step(store: Store, job: Job, name: str, content: Mapping[str, Any], *, answer: bool = False) -> bool:
    """Keep what a job finished, so that whoever begins it again goes on from there; not audited.

    A step of this name that is kept already stays. False when the job was taken from who began it: nothing is kept.
    """
    with store.change() as connection:
        if connection.execute(select(jobs.c.id).where(*_mine(job)).with_for_update()).one_or_none() is None:
            return False
        _add_step(connection, job, name, content, answer)
    return True


def add_step(write: Write, job: Job, name: str, content: Mapping[str, Any]) -> None:
    """The same in a write that does more than that. Blocked when the job was taken from who began it."""
    check_mine(write, job)
    _add_step(write.connection, job, name, content, False)


def list_steps(view: View, id: str) -> list[Step]:
    """What a job finished on its way, oldest first. Missing when there is no such job."""
    get_job(view, id)
    query = select(job_steps).where(view.here(job_steps), job_steps.c.job_id == id)
    rows = view.connection.execute(query.order_by(job_steps.c.made_at, job_steps.c.name))
    return [Step(row.name, row.answer, json.loads(row.content), row.made_at) for row in rows]


def _add_step(connection: Connection, job: Job, name: str, content: Mapping[str, Any], answer: bool) -> None:
    of_job = {"workspace_id": job.workspace, "job_id": job.id, "name": name}
    same = (job_steps.c[column] == value for column, value in of_job.items())
    if connection.execute(select(job_steps.c.name).where(*same)).one_or_none() is None:
        values = of_job | {"answer": answer, "content": dump_json(content), "made_at": now()}
        connection.execute(job_steps.insert().values(**values))


def _mine(job: Job) -> tuple[Any, ...]:
    same = (jobs.c.workspace_id == job.workspace, jobs.c.id == job.id)
    return (*same, jobs.c.state == JobState.RUNNING, jobs.c.attempt == job.attempt)


def _go(
    write: Write, id: str, action: str, sources: tuple[JobState, ...], state: JobState, **values: Any
) -> Job:
    job = get_job(write, id)
    if job.state not in sources:
        raise Blocked("job_ended", id=id, action=action, state=str(job.state))
    told: dict[str, Any] = {name: json.loads(values[name]) for name in ("result", "error") if name in values}
    told |= {name: values[name] for name in ("worker_id", "death") if values.get(name)}
    values.pop("death", None)  # for the audit log alone
    write.connection.execute(
        jobs.update().where(write.here(jobs), jobs.c.id == id).values(state=state, **values)
    )
    if state in ENDED:
        of_job = (write.here(job_steps), job_steps.c.job_id == id)
        write.connection.execute(job_steps.delete().where(*of_job, ~job_steps.c.answer))
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
        row.worker_id,
        row.attempt,
        row.deaths,
    )
