"""A desk: what whoever does a job has before them, its order and its steps, and the only ways to put something out.

Whatever goes out counts only while the job is still theirs: it may have been taken over meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.case import Case
from optimizer.comparing.variants.variant import apply_variant
from optimizer.jobs.results import plain
from optimizer.jobs.telling import Teller
from optimizer.plan import UNSERVED, Plan
from optimizer.records import positions_of
from optimizer.store import (
    Blocked,
    CaseVersion,
    Job,
    Store,
    View,
    Write,
    add_step,
    announce,
    check_mine,
    fail_job,
    finish_job,
    get_case_version,
    keep_step,
    list_steps,
    load_assignments,
    load_case,
    load_variant,
    save_case,
)


@dataclass(frozen=True, eq=False)
class Desk:
    """``steps``: what was finished when the job was begun before. ``threads``: its share of the cores."""

    store: Store
    job: Job
    steps: Mapping[str, Mapping[str, Any]]
    teller: Teller
    threads: int

    def keep(self, name: str, content: Mapping[str, Any], *, answer: bool = False) -> None:
        """Keep a step, so that nobody does it again. Blocked when the job is not theirs any more."""
        if not keep_step(self.store, self.job, name, plain(content), answer=answer):
            raise Blocked("job_lost", id=self.job.id)

    def write(self, work: Callable[[Write], Mapping[str, Any]], step: str) -> Mapping[str, Any]:
        """Change the workspace once: ``work`` and the note that it was done, the step, happen together."""

        def once(write: Write) -> Mapping[str, Any]:
            for known in list_steps(write, self.job.id):
                if known.name == step:  # a connection was lost while this was committed
                    return known.content
            made: Mapping[str, Any] = plain(work(write))
            add_step(write, self.job, step, made)
            return made

        told: Mapping[str, Any] = self._perform(once)
        return told

    def finish(self, work: Callable[[Write], Mapping[str, Any]]) -> None:
        """Change the workspace, and with it the job is done; ``work`` says with which result."""

        last = self.teller.end()

        def once(write: Write) -> None:
            result = plain(work(write))
            finish_job(write, self.job.id, result, last)
            announce(write, "job.done", self._tell(result=result))

        self._perform(once)

    def fail(self, error: Mapping[str, Any]) -> None:
        """The job cannot be done, and why."""

        last = self.teller.end()

        def once(write: Write) -> None:
            fail_job(write, self.job.id, error, last)
            announce(write, "job.failed", self._tell(error=error))

        self._perform(once)

    def _perform(self, work: Callable[[Write], Any]) -> Any:
        def mine(write: Write) -> Any:
            check_mine(write, self.job)
            return work(write)

        return self.store.perform(self.job.workspace, self.job.asked_by, mine, f"job {self.job.id}")

    def _tell(self, **more: Any) -> dict[str, Any]:
        return {"workspace": self.job.workspace, "job_id": self.job.id, "kind": self.job.kind, **more}


@dataclass(frozen=True, eq=False)
class Given:
    """The case of an order, with its variant laid on, and the version it came from."""

    case: Case
    version: CaseVersion

    def keep(self, write: Write) -> CaseVersion:
        """The version that a plan of this case is kept for: with a variant it is one of its own."""
        return save_case(write, self.version.case_id, self.case) if self.case.variant else self.version


def read_given(view: View, version_id: str, variant: str = "") -> Given:
    """The case that an order speaks of. Missing or InputError when it is not there any more."""
    version = get_case_version(view, version_id)
    case = load_case(view, version_id)
    if variant:
        case = apply_variant(case, load_variant(view, version.case_id, variant)).case
    return Given(case, version)


def read_owners(view: View, plan_id: str, case: Case) -> Plan:
    """Who owns whom under a plan that is kept, as a plan of ``case``; nobody where the plan does not say."""
    rows = load_assignments(view, plan_id)
    customers, reps = case.records.customers["customer_id"], case.records.reps["rep_id"]
    at = positions_of(customers, rows["customer_id"])
    owner = np.full(len(customers), UNSERVED, dtype=np.int64)
    owner[at[at >= 0]] = positions_of(reps, rows["rep_id"])[at >= 0]
    return Plan(owner)
