"""What the API's document says of jobs: for each kind what was asked, how it goes, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from optimizer.jobs import (
    CompareOrder,
    ExplainOrder,
    FrontierOrder,
    PlanOrder,
    RebalanceOrder,
    SizeOrder,
    SweepOrder,
)
from optimizer.jobs.answers import (
    CompareAnswer,
    ExplainAnswer,
    FrontierAnswer,
    PlanAnswer,
    RebalanceAnswer,
    SizeAnswer,
    SweepAnswer,
)
from optimizer.store import JobState


class WeeksProgress(BaseModel):
    """How far the tasks of a plan are put into weeks; hours of its own objective."""

    phase: str
    objective: float | None
    bound: float | None
    gap: float | None


class JobProgress(BaseModel):
    """The last glimpse of a job; what is not known yet, or has no meaning for its kind, is left out.

    ``objective``, ``bound`` (hours) and ``gap`` (of 1) are those of the plan, also while its tasks are put into weeks.
    """

    phase: str = Field(examples=["search"])
    seconds: float | None = None
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    keeps_all: bool | None = None
    weeks: WeeksProgress | None = None
    done: int | None = Field(None, description="Points, teams or plans that are finished")
    total: int | None = None


class JobError(BaseModel):
    """Why a job failed: `bad_input` with findings, `refused` with the refusal, `unknown_order`, `memory`, `crashed`."""

    model_config = ConfigDict(extra="allow")
    code: str = Field(examples=["bad_input"])
    findings: list[dict[str, Any]] | None = None
    refusal: str | None = None
    details: dict[str, Any] | None = None


class _Job(BaseModel):
    workspace: str
    id: str
    priority: int
    state: JobState
    asked_at: dt.datetime
    asked_by: str
    cancel_asked_at: dt.datetime | None = Field(description="Somebody wants it to stop")
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    error: JobError | None
    progress: JobProgress | None
    worker_id: str | None
    attempt: int = Field(description="How often it was begun")
    deaths: int = Field(description="How often whoever did it died")


class PlanJob(_Job):
    """A case is planned."""

    kind: Literal["plan"]
    arguments: PlanOrder
    result: PlanAnswer | None


class RebalanceJob(_Job):
    """A change of a plan is proposed."""

    kind: Literal["rebalance"]
    arguments: RebalanceOrder
    result: RebalanceAnswer | None


class FrontierJob(_Job):
    """Plans that nothing dominates are sought."""

    kind: Literal["frontier"]
    arguments: FrontierOrder
    result: FrontierAnswer | None


class SweepJob(_Job):
    """A case is planned for many values of its scenario."""

    kind: Literal["sweep"]
    arguments: SweepOrder
    result: SweepAnswer | None


class SizeJob(_Job):
    """The fewest reps that are enough are sought."""

    kind: Literal["size"]
    arguments: SizeOrder
    result: SizeAnswer | None


class CompareJob(_Job):
    """Plans are set beside each other."""

    kind: Literal["compare"]
    arguments: CompareOrder
    result: CompareAnswer | None


class ExplainJob(_Job):
    """What holds a plan back is sought."""

    kind: Literal["explain"]
    arguments: ExplainOrder
    result: ExplainAnswer | None


AnyJob = Annotated[
    PlanJob | RebalanceJob | FrontierJob | SweepJob | SizeJob | CompareJob | ExplainJob,
    Field(discriminator="kind"),
]
