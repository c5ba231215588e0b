"""Tasks: why somebody does a task in that week, and what another week, another doer or leaving it out would change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.explaining.assignments.alternatives import say_terms
from optimizer.messages import say
from optimizer.problem import UNITS_PER_HOUR, Ints
from optimizer.result import Violation
from optimizer.scheduling.judging import judge_schedule
from optimizer.scheduling.schedule import Schedule
from optimizer.scheduling.schedule_result import ScheduleScore
from optimizer.scheduling.slips import find_slip_reasons
from optimizer.scheduling.task_problem import NOWHERE, TaskProblem


@dataclass(frozen=True)
class TaskChoice:
    """Another week or another doer of a task, all else staying as it is; ``week`` None: left out.

    Another doer does all tasks of its series, in their weeks. ``difference``: milli-hours that the schedule's objective
    would rise by, the sum of ``terms``. ``barrier``: the first hard constraint that would be broken and is not now.
    """

    rep_id: str | None
    week: str | None
    difference: int
    terms: dict[str, int]
    barrier: Violation | None

    @property
    def hours(self) -> float:
        """The difference in hours."""
        return self.difference / UNITS_PER_HOUR

    def sentence(self, lang: str = "") -> str:
        """What stands in the way, or what it would cost."""
        if self.barrier is not None:
            return self.barrier.sentence(lang)
        code = "dearer" if self.difference > 0 else "cheaper" if self.difference < 0 else "same"
        return say(f"alternative.{code}", lang, hours=abs(self.hours), terms=say_terms(self.terms, lang))


@dataclass(frozen=True)
class TaskReason:
    """Why one task is where it is.

    ``code`` says why this doer: named (the task names somebody), published (told already), owner (of the customer),
    only_one (nobody else may), chosen (of those who may), nobody. ``slip``: why it is not done (a code
    ``slip.<slip>``), None where it is. ``terms``: what it costs by itself, milli-hours. ``weeks`` and ``doers``: what
    else could be, the best first.
    """

    task_id: str
    customer_id: str | None
    rep_id: str | None
    week: str | None
    code: str
    slip: str | None
    terms: dict[str, int]
    weeks: tuple[TaskChoice, ...]
    doers: tuple[TaskChoice, ...]

    def sentence(self, lang: str = "") -> str:
        """Why this doer, and why this week or none."""
        gaps = {"rep": self.rep_id, "week": self.week, "customer": self.customer_id}
        doer = say(f"task.{self.code}", lang, **gaps)
        if self.slip is not None:
            return f"{doer} {say(f'slip.{self.slip}', lang)}"
        free = [choice for choice in self.weeks if choice.barrier is None and choice.week is not None]
        if not free:
            return f"{doer} {say('task.only_week', lang, **gaps)}"
        best = free[0]
        code = "best_week" if best.difference > 0 else "missed_week" if best.difference else "equal_week"
        return f"{doer} {say(f'task.{code}', lang, other=best.week, hours=abs(best.hours), **gaps)}"


def explain_task(work: TaskProblem, schedule: Schedule, task_id: str) -> TaskReason:
    """Why a task of the schedule has its doer and its week; every other choice is judged by the checker.

    KeyError for an unknown task.
    """
    at = np.flatnonzero(work.task_ids == task_id)
    if not len(at):
        raise KeyError(task_id)
    task = int(at[0])
    now = judge_schedule(work, schedule)
    doer, week, customer = int(schedule.doer[task]), int(schedule.week[task]), int(work.customer[task])
    names = (*work.week_names, None)  # -1 is the last: none
    weeks = []
    for other in [*range(work.n_weeks), NOWHERE]:
        if other != week and doer >= 0 and not work.is_barred[task]:
            changed = schedule.week.copy()
            changed[task] = other
            found = judge_schedule(work, Schedule(schedule.doer, changed))
            weeks.append(_compare(work, now, found, doer, names[other]))
    doers = []
    first, last = work.option_first[work.series[task] : work.series[task] + 2]
    mates = np.flatnonzero(work.series == work.series[task])
    for rep in work.option_rep[first:last].tolist():
        if rep != doer and doer >= 0:
            who = schedule.doer.copy()
            who[mates] = rep
            found = judge_schedule(work, Schedule(who, schedule.week))
            doers.append(_compare(work, now, found, rep, names[week]))
    slip = str(find_slip_reasons(work, schedule)[task])
    return TaskReason(
        task_id=task_id,
        customer_id=None if customer < 0 else str(work.customer_ids[customer]),
        rep_id=None if doer < 0 else str(work.rep_ids[doer]),
        week=names[week],
        code=_find_code(work, task, doer, work.option_rep[first:last]),
        slip=slip or None,
        terms={name: int(cost[task]) for name, cost in now.by_task.items() if cost[task]},
        weeks=_sort(weeks),
        doers=_sort(doers),
    )


def _find_code(work: TaskProblem, task: int, doer: int, options: Ints) -> str:
    if doer < 0:
        return "nobody"
    if work.is_published[task]:
        return "published"
    if work.given_doer[task] == doer:
        return "named"
    if work.owner[task] == doer:
        return "owner"
    return "only_one" if len(options) == 1 else "chosen"


def _compare(
    work: TaskProblem, now: ScheduleScore, then: ScheduleScore, rep: int, week: str | None
) -> TaskChoice:
    known = {(v.code, v.task_id, v.rep_id, v.week): v.amount for v in now.hard_violations}
    new = (
        v
        for v in then.hard_violations
        if v.amount > known.get((v.code, v.task_id, v.rep_id, v.week), 0.0) + 1e-9
    )
    terms = {
        name: change
        for name in dict.fromkeys([*now.terms, *then.terms])
        if (change := then.terms.get(name, 0) - now.terms.get(name, 0))
    }
    difference = then.objective - now.objective
    return TaskChoice(str(work.rep_ids[rep]), week, difference, terms, next(new, None))


def _sort(choices: list[TaskChoice]) -> tuple[TaskChoice, ...]:
    return tuple(sorted(choices, key=lambda choice: (choice.barrier is not None, choice.difference)))
