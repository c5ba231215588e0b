"""What slips and why: every task that is not done in the horizon, by rep and tier, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.messages import say
from optimizer.problem import UNITS_PER_HOUR, Ints
from optimizer.scheduling.schedule import Schedule
from optimizer.scheduling.task_problem import Barred, TaskProblem

NO_ROOM = "no_room"  # no week of its window has room: they hold work that costs more to leave out
COSTS_MORE = (
    "costs_more"  # a week has room, but it would be too near another visit, or cost more than leaving it out
)


@dataclass(frozen=True)
class Slip:
    """Tasks of one rep and one tier that slip for one reason.

    ``rep_id``: who would have done them, None where nobody can; ``tasks`` [.] their numbers, ``hours`` in all.
    """

    rep_id: str | None
    tier: str | None
    reason: str
    tasks: Ints
    hours: float

    def sentence(self, lang: str = "") -> str:
        """Why, and what can be done about it."""
        return say(f"slip.{self.reason}", lang)


def find_slip_reasons(problem: TaskProblem, schedule: Schedule) -> NDArray[np.object_]:
    """Reason of every task that slips, [T]: a ``Barred``, waits, no_room or costs_more; "" where it is done."""
    reason = problem.barred.copy()
    reason[schedule.is_done] = Barred.NO
    open_task = np.flatnonzero(~schedule.is_done & (reason == Barred.NO))
    doer, hours = schedule.doer[open_task], problem.task_load(open_task, schedule.doer[open_task])
    room = (problem.capacity - schedule.load(problem))[np.maximum(doer, 0)]
    limited = problem.capacity_price is None
    week = np.arange(problem.n_weeks)
    fits = (room >= hours[:, None]) | (not limited)
    fits &= (week >= problem.earliest[open_task][:, None]) & (problem.available[np.maximum(doer, 0)] > 0)
    option = problem.find_option(open_task, doer)
    last = np.where(option >= 0, np.append(problem.option_last, -1)[option], problem.n_weeks)
    fits &= week <= last[:, None]
    reason[open_task] = np.where(fits.any(axis=1) & (doer >= 0), COSTS_MORE, NO_ROOM)
    held = ~schedule.is_done[problem.after[:, 0]]
    later = problem.after[held, 1]
    later = later[~schedule.is_done[later] & (problem.barred[later] == Barred.NO)]
    reason[later] = Barred.WAITS
    return reason


def list_slips(problem: TaskProblem, schedule: Schedule) -> list[Slip]:
    """Everything that slips, by rep, tier and reason, in the order of reps and tiers; nobody's comes last."""
    reason = find_slip_reasons(problem, schedule)
    task = np.flatnonzero(~schedule.is_done)
    code = np.array([str(r) for r in reason[task]], dtype=object)
    order = np.lexsort((task, code.astype(str), problem.tier[task] % (len(problem.tier_names) + 1),
                        schedule.doer[task] % (problem.n_reps + 1)))  # fmt: skip
    task, code = task[order], code[order]
    doer, tier = schedule.doer[task], problem.tier[task]
    changes = (np.diff(doer) != 0) | (np.diff(tier) != 0) | (code[1:] != code[:-1])
    found = []
    for part in np.split(np.arange(len(task)), np.flatnonzero(changes) + 1) if len(task) else []:
        r, t = int(doer[part[0]]), int(tier[part[0]])
        found.append(
            Slip(
                problem.rep_ids[r] if r >= 0 else None,
                problem.tier_names[t] if t >= 0 else None,
                code[part[0]],
                task[part],
                int(problem.hours[task[part]].sum()) / UNITS_PER_HOUR,
            )
        )
    return found
