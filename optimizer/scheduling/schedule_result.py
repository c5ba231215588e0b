"""ScheduleResult: what scheduling answers, and ScheduleScore: what a schedule is worth and what it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from optimizer.problem import Floats, Ints
from optimizer.result import Progress, Status, Violation, Weighed
from optimizer.scheduling.schedule import Schedule


@dataclass(frozen=True, eq=False)
class ScheduleScore(Weighed):
    """What a schedule is worth: ``objective`` is exactly the sum of ``terms``.

    ``terms``: milli-hours by name: slipped, late, travel (of doers who do not own the customer), spacing,
    continuity, peak, and capacity where it is priced. ``by_task``: slipped, late and travel by task, [T] each.
    ``load`` [R, W] milli-hours of work. ``deviation``: the mean absolute deviation, in weeks, of the gaps between
    each series' visits from the ideal, [S]; NaN where there are not two visits.
    """

    objective: int
    terms: dict[str, int]
    by_task: dict[str, Ints]
    load: Ints
    deviation: Floats
    violations: list[Violation]


@dataclass(frozen=True, eq=False)
class ScheduleResult:
    """A schedule with its certificate; fields as in ``Result``.

    ``bound``: no schedule that keeps every hard constraint scores below it (milli-hours). ``worth`` [R, W]: what one
    more hour of a rep's week would save, in hours of the objective, at the prices that prove the bound.
    Leaving a task out is always possible at its price, so there is always a schedule.
    """

    status: Status
    schedule: Schedule
    score: ScheduleScore
    bound: int
    gap: float
    method: str
    stopped: str
    seed: int
    seconds: float
    worth: Floats
    stages: dict[str, float] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    trace: list[Progress] = field(default_factory=list)

    @property
    def objective(self) -> int:
        """The schedule's objective in milli-hours."""
        return self.score.objective
