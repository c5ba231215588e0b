"""Ending: what a worker notes about a job that its child did not end: cancelled, handed back, or dead.

Each is a write of its own that counts only while the job is still the worker's; where it is not, nothing is to be
noted any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.messages import say
from optimizer.store import (
    Blocked,
    Job,
    JobState,
    Store,
    Write,
    announce,
    check_mine,
    fail_job,
    get_job,
    give_back_job,
)

MOST_BEGUN = 20  # times a job is begun, before it is thought to take the whole machine with it


def hand_back(store: Store, by: str, job: Job) -> None:
    """Nobody does the job any more, and nobody is to blame: it is cancelled where it should be, or begun again."""
    _note(store, by, job, lambda write: _announce(write, give_back_job(write, job.id)))


def bring_back(store: Store, by: str, job: Job, death: str, most_deaths: int) -> None:
    """The process of the job died: it is begun again, unless it was so ``most_deaths`` times."""

    def note(write: Write) -> None:
        now = get_job(write, job.id)
        deaths = now.deaths + 1
        if deaths < most_deaths or now.cancel_asked_at is not None:
            _announce(write, give_back_job(write, job.id, death))
        else:
            _announce(write, fail_job(write, job.id, {"code": "crashed", "times": deaths, "last": death}))

    _note(store, by, job, note)


def take_back(store: Store, by: str, job: Job, death: str) -> None:
    """Its worker is gone, and perhaps the machine: it is begun again. No job is to blame, unless it is always so."""

    def note(write: Write) -> None:
        now = get_job(write, job.id)
        if now.attempt < MOST_BEGUN or now.cancel_asked_at is not None:
            _announce(write, give_back_job(write, job.id, death, blamed=False))
        else:
            _announce(
                write, fail_job(write, job.id, {"code": "crashed", "times": now.attempt, "last": death})
            )

    _note(store, by, job, note)


def _note(store: Store, by: str, job: Job, work: Callable[[Write], Any]) -> None:
    def mine(write: Write) -> None:
        try:
            check_mine(write, job)
        except Blocked:
            return
        work(write)

    store.perform(job.workspace, by, mine)


def _announce(write: Write, job: Job) -> None:
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        told = {"workspace": write.workspace, "job_id": job.id, "kind": job.kind, "error": job.error}
        announce(write, f"job.{job.state}", told)


def say_error(error: dict[str, Any], lang: str = "") -> str:
    """Why a job failed, in a sentence."""
    if error["code"] == "refused":
        return say(f"refused.{error['refusal']}", lang, **error["details"])
    if error["code"] == "bad_input":
        return say("job_error.bad_input", lang, count=len(error["findings"]))
    return say(f"job_error.{error['code']}", lang, **{k: v for k, v in error.items() if k != "code"})
