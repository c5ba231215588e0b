"""TaskProblem: which task, done by whom, in which week: what must be decided, as arrays of whole numbers.

Tasks, series, customers, reps and weeks are indices here; ids appear only in messages. Hours and costs are whole
milli-hours (``UNITS_PER_HOUR`` to the hour), so that sums are exact.

A *series* is what is decided as one: a task given, or all the visits that a customer's cadence asks for (they are
alike, have one doer, and no two share a week). Tasks of a series stand together: those of series s are
``series_first[s]`` to ``series_first[s + 1]``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optimizer.problem import Bools, Floats, Ints, Price

NOWHERE = -1  # the week of a task that slips, the doer of a task that nobody can do
FORBIDDEN = -1  # in tables of costs


class Barred(StrEnum):
    """Why a task cannot be scheduled at all; the code of the reason in the slip list."""

    NO = ""
    NO_SKILL = "no_skill"  # nobody has the skills it requires
    AFTER_HORIZON = "after_horizon"  # it may begin only after the last week
    CIRCLE = "circle"  # it waits for itself, through other tasks
    TOO_LONG = "too_long"  # longer than any week of anybody who could do it, in its window
    NO_WEEK = "no_week"  # nobody who could do it works in its window
    STRETCHED = "stretched"  # the intervals between visits were stretched, as the scenario asks
    WAITS = "waits"  # a task that must come first is barred


@dataclass(frozen=True, eq=False)
class TaskProblem:
    """One scheduling problem: T tasks in S series, n customers, R reps, W weeks.

    Customers, reps and tiers are numbered as in the ``Problem`` of the territories. Weeks are calendar weeks from
    Monday; the first and the last may be cut by the horizon. A price that is None makes the constraint hard.
    """

    task_ids: NDArray[np.object_]  # [T]
    customer_ids: NDArray[np.object_]  # [n]
    rep_ids: NDArray[np.object_]  # [R]
    tier_names: tuple[str, ...]
    kind_names: tuple[str, ...]  # "" is the kind of tasks that name none
    week_names: tuple[str, ...]  # [W] 2027-W03; without a first day of the horizon 1, 2, 3 ...
    week_starts: (
        NDArray[np.datetime64] | None
    )  # [W] first day of each week within the horizon; None: no dates

    # tasks
    series: Ints  # [T] its series
    visit: Ints  # [T] number of the visit in its series, from 1; 0: a task given
    customer: Ints  # [T] or -1: for no customer
    owner: Ints  # [T] rep who owns the customer in the plan (is accountable), or -1
    tier: Ints  # [T] the customer's, or -1
    kind: Ints  # [T] index into kind_names
    given_doer: Ints  # [T] rep named by the task, or -1
    hours: Ints  # [T] hours of work, without travel
    earliest: Ints  # [T] first week in which it can be done
    due: Ints  # [T] last week in which it is not late; may be below 0 (late already) or above W - 1
    due_day: NDArray[np.datetime64]  # [T] the day as given, NaT: none
    priority: Floats  # [T] weight of lateness and of slipping
    late_cost: Ints  # [T] per week late
    slip_cost: Ints  # [T] of not being done in the horizon; never below the cost of any week
    published_doer: Ints  # [T] who was told to do it, or -1
    published_week: Ints  # [T] week in which it stays whatever it costs, or -1
    barred: NDArray[np.object_]  # [T] Barred: why it cannot be scheduled at all

    # series
    series_first: Ints  # [S + 1]
    spacing: Ints  # [S] row of the spacing tables, -1: a task given
    span: Ints  # [S, 2] first and last week over which its visits are spread; the owner's last one, a successor's first
    option_first: Ints  # [S + 1] who may do series s: options option_first[s] to option_first[s + 1]
    option_rep: Ints  # [K] reps; none for a series that is barred whole
    option_hours: Ints  # [K] hours each task of the series takes of the rep's week, with travel if it counts
    option_last: Ints  # [K] last week in which the rep holds the skills
    option_travel: (
        Ints  # [K] cost of travel for each task done (0 for the owner: that is the territories' travel)
    )

    # spacing, one row a policy
    ideal_gap: Floats  # [G] weeks
    min_gap: Ints  # [G] weeks, 1 at least
    gap_cost: Ints  # [G, W + 1] cost of so many weeks between two visits, FORBIDDEN below min_gap
    end_cost: Ints  # [G, W + 1] cost of so many weeks of the span before the first visit, or after the last

    # dependencies: week[after[e, 1]] >= week[after[e, 0]] + after_lag[e]
    after: Ints  # [E, 2] earlier task, later task
    after_lag: Ints  # [E] 0: one rep does both and orders them within the week; 1: a later week

    # weeks of reps
    available: Ints  # [R, W] selling hours by calendar, absences, holidays, ramp, seasons; 0: nobody is there
    capacity: Ints  # [R, W] those x the largest utilisation of a week
    peak: Ints  # [R, W] load above which a week is crowded, at most capacity

    # what the planner wants
    capacity_price: Price | None  # per milli-hour above capacity
    peak_price: Price  # per milli-hour above peak
    continuity_price: int  # per person beyond the first who works for one customer
    closed_weeks: int  # weeks at the beginning that are published: nothing enters or leaves them
    publish_window: int  # weeks ahead that a rep is shown

    # search
    seed: int
    gap: float
    effort: float
    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)  # note.<code> with its gaps

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.task_ids)

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.series_first) - 1

    @property
    def n_reps(self) -> int:
        """Number of reps."""
        return len(self.rep_ids)

    @property
    def n_weeks(self) -> int:
        """Number of weeks."""
        return len(self.week_names)

    @property
    def is_published(self) -> Bools:
        """Which tasks stay where they were published, [T]."""
        published: Bools = self.published_week >= 0
        return published

    @property
    def is_barred(self) -> Bools:
        """Which tasks cannot be scheduled at all, [T]."""
        barred: Bools = self.barred != Barred.NO
        return barred

    @cached_property
    def option_series(self) -> Ints:
        """Series of each option, [K], ascending."""
        return np.repeat(np.arange(self.n_series), np.diff(self.option_first))

    def find_option(self, task: Ints, rep: Ints) -> Ints:
        """Option by which each task would be done by each rep; -1 where the rep may not do it."""
        key = self.option_series * self.n_reps + self.option_rep
        order = np.argsort(key, kind="stable")
        if not len(key):
            return np.full(len(task), -1, dtype=np.int64)
        wanted = self.series[task] * self.n_reps + rep
        at = order[np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)]
        return np.where((key[at] == wanted) & (rep >= 0), at, -1)

    def task_load(self, task: Ints, rep: Ints) -> Ints:
        """Milli-hours each task takes of the week of each rep; its bare hours where the rep may not do it."""
        option = self.find_option(task, rep)
        hours = self.option_hours[option] if len(self.option_hours) else self.hours[task]
        return np.where(option >= 0, hours, self.hours[task])
