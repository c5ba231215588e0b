"""Schedule: who does which task in which week; the decision alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Bools, Ints
from optimizer.scheduling.task_problem import NOWHERE, TaskProblem


@dataclass(frozen=True, eq=False)
class Schedule:
    """``doer`` [T]: rep of each task, also of one that slips (who would have done it), -1 where nobody can.

    ``week`` [T]: week of the horizon, ``NOWHERE`` (-1) for a task that slips.
    """

    doer: Ints
    week: Ints

    @property
    def is_done(self) -> Bools:
        """Which tasks have a week, [T]."""
        done: Bools = self.week != NOWHERE
        return done

    def late_weeks(self, problem: TaskProblem) -> Ints:
        """Weeks by which each task is late, [T]; a task that slips counts as done in the week after the last."""
        week = np.where(self.is_done, self.week, problem.n_weeks)
        late: Ints = np.maximum(week - problem.due, 0)
        return late

    def load(self, problem: TaskProblem) -> Ints:
        """Milli-hours of work of every rep in every week, [R, W]."""
        done = np.flatnonzero(self.is_done & (self.doer >= 0))
        load = np.zeros((problem.n_reps, problem.n_weeks), dtype=np.int64)
        np.add.at(load, (self.doer[done], self.week[done]), problem.task_load(done, self.doer[done]))
        return load
