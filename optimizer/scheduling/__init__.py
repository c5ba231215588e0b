"""Tasks into weeks: who does what, and when. A plan of owners becomes work that fits every rep's weeks."""

from optimizer.scheduling.judging import judge_schedule
from optimizer.scheduling.schedule import Schedule
from optimizer.scheduling.schedule_result import ScheduleResult, ScheduleScore
from optimizer.scheduling.slips import Slip, list_slips
from optimizer.scheduling.strategy import solve_schedule
from optimizer.scheduling.task_building import build_task_problem
from optimizer.scheduling.task_problem import NOWHERE, Barred, TaskProblem
from optimizer.scheduling.tasks import estimate_tasks

__all__ = [
    "NOWHERE",
    "Barred",
    "Schedule",
    "ScheduleResult",
    "ScheduleScore",
    "Slip",
    "TaskProblem",
    "build_task_problem",
    "estimate_tasks",
    "judge_schedule",
    "list_slips",
    "solve_schedule",
]
