"""Effort: how many tasks are put into weeks on the way to a plan, and how much work and time they get."""

from __future__ import annotations

from dataclasses import replace

from optimizer.scheduling.task_problem import TaskProblem

TERRITORY_SHARE = 0.7  # of a time limit; the schedule has the rest
MOST_TASKS = 300_000  # put into weeks on the way; more take minutes, and `schedule` does it when asked
FULL_EFFORT = 2500  # tasks that deserve all the work the scenario allows
LEAST_EFFORT = 0.13  # of it, that a handful of tasks gets


def lighten(work: TaskProblem) -> TaskProblem:
    """The same tasks with less work for few of them, so that a small case is answered at once."""
    share = min(1.0, max(LEAST_EFFORT, work.n_tasks / FULL_EFFORT))
    return replace(work, effort=share * work.effort)
