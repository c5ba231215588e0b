"""From a task problem to a schedule with its bound: prices, a first schedule, shaking, loose parts exactly.

All limits are of work, so that the same problem and seed give the same schedule at any load of the machine. A time
limit is an extra stop, only if asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimizer.problem import Bools, Floats
from optimizer.result import OPTIMALITY_GAP, Progress, Status, find_gap
from optimizer.scheduling.board import Board, is_linked, lay_out
from optimizer.scheduling.filling import fill, find_parts, relieve, sweep, take_better
from optimizer.scheduling.judging import judge_schedule
from optimizer.scheduling.linked_moves import find_families
from optimizer.scheduling.placing import Placing
from optimizer.scheduling.schedule import Schedule
from optimizer.scheduling.schedule_result import ScheduleResult
from optimizer.scheduling.shaking import shake
from optimizer.scheduling.sharpening import Sharpening
from optimizer.scheduling.task_problem import TaskProblem
from optimizer.scheduling.week_prices import find_inner, start_prices
from optimizer.solving.course import Course

CLIMBS, STEPS = 8, 30  # rounds of climbing prices, and questions of a round
LEAST_CLIMB = 5e-4  # of the bound that a round must gain
TOLLS = (0.5, 0.0, 0.8, 0.2)  # shares of the prices that are asked of units besides, once each
SHAKES, ROUND = 1500, 100  # shakes at most, and between two looks at the gap
QUICK = 5  # rounds of shakes for reps that are decided exactly afterwards
LEAST_GAIN = 3e-4  # of the objective that a round of shakes must gain
EXACT = 30.0  # CP-SAT's own seconds for exact work in all


def solve_schedule(
    problem: TaskProblem,
    *,
    seed: int | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ScheduleResult:
    """The best schedule found, with a lower bound that is proved.

    ``seed`` and ``gap`` override the scenario's. ``time_limit``: seconds, an extra stop (the schedule then depends on
    the machine). ``on_progress`` is called with every improvement; when ``should_stop`` says True the best schedule so
    far is returned, within about a second. What cannot be done slips at its price: there is always a schedule.
    """
    course = Course(problem.gap if gap is None else gap, time_limit, on_progress, should_stop)
    run = _Run(problem, problem.seed if seed is None else seed, course)
    if time_limit is None and should_stop is None:
        return run.solve()
    return course.run_aside(run.solve) or run.give_up()


@dataclass(eq=False)
class _Run:
    """One run: the schedule so far and the bound of each part of reps."""

    problem: TaskProblem
    seed: int
    course: Course
    best: Schedule | None = None  # of what was told last
    worth: Floats | None = None
    placing: Placing = field(init=False)

    def solve(self) -> ScheduleResult:
        course = self.course
        with course.stage("layout"):
            board = lay_out(self.problem)
            self.rng = np.random.default_rng(self.seed)
            self.prices = start_prices(board)
            self.trees = self.prices if find_inner(board).all() else start_prices(board, across=True)
            self.families = find_families(board)
            self.still = is_linked(board)
        with course.stage("start"):
            self.prices.level()
            self.bound = self.prices.bound.copy()
            self.placing = fill(board, self.families)
            sweep(self.placing, self.families, self.rng)
            self.tell("start")
        with course.stage("prices"):
            self.climb()
            budget = EXACT * self.problem.effort
            self.sharpening = Sharpening(self.prices, course, self.seed, budget)
        with course.stage("rounding"):
            if not course.is_done():
                self.round_prices()
        with course.stage("shaking"):
            self.shake_all()
        with course.stage("exact"):
            self.sharpen()
        return self.conclude()

    @property
    def board(self) -> Board:
        """What is decided."""
        return self.placing.board

    def climb(self) -> None:
        """Raise the prices until a round gains next to nothing."""
        for _ in range(max(1, round(CLIMBS * self.problem.effort))):
            before = self.proved
            self.prices.climb(STEPS, self.course.is_over)
            if self.trees is not self.prices:
                self.trees.prove(self.prices.best)
            self.bound = np.maximum(self.bound, np.maximum(self.prices.bound, self.trees.bound))
            self.worth = self.prices.best.copy()
            self.tell("prices")
            if self.course.is_done() or self.proved - before < LEAST_CLIMB * abs(self.proved):
                return

    def round_prices(self) -> None:
        """Let the prices say who does what; then of several ways to fill the weeks the best of each rep.

        With doers settled, reps meet only in tasks that wait for each other.
        """
        prices = self.prices.best
        option = self.trees.ask(prices).option
        part, unit_part = find_parts(self.board, option)
        best = fill(self.board, self.families, prices, option)
        for share in TOLLS:
            if self.course.is_over():
                break
            take_better(best, fill(self.board, self.families, share * prices, option), part, unit_part)
        sweep(best, self.families, self.rng)
        if best.objective < self.placing.objective:
            self.placing = best
        self.tell("rounding")

    def shake_all(self) -> None:
        """Shake the reps whose part is not proved good enough, until shaking gains too little."""
        course = self.course
        if course.is_done():
            return
        course.method.append("shaking")
        small = np.array([self.sharpening.can(part) for part in range(len(self.bound))])
        for turn in range(max(1, round(SHAKES * self.problem.effort)) // ROUND):
            before = self.placing.objective
            loose = self.find_loose()
            if turn >= QUICK:
                loose &= ~small
            if not loose.any():
                return
            reps = loose[self.prices.part]
            other = relieve(self.placing, self.prices.best, reps, self.rng)
            if other is not None and other.objective < before:
                self.placing = other
                self.tell("doers")
            for _ in range(ROUND):
                if course.is_over():
                    return
                shake(self.placing, self.still, reps, self.rng)
            sweep(self.placing, self.families, self.rng)
            self.tell("shaking")
            if course.is_done() or before - self.placing.objective < LEAST_GAIN * before:
                return

    def sharpen(self) -> None:
        """Decide the loosest parts exactly, two at a time."""
        if not self.course.is_done() and self.find_loose().any():
            while self.sharpening.sharpen(self.placing, self.bound, np.flatnonzero(self.find_loose())):
                if "exact" not in self.course.method:
                    self.course.method.append("exact")
                self.tell("exact")
                if self.course.is_done():
                    return

    def find_loose(self) -> Bools:
        """Parts whose gap is worth work, [C]."""
        cost = self.split(self.placing)
        loose: Bools = cost - self.bound > 0.25 * self.course.gap * np.maximum(np.abs(cost), 1.0)
        return loose

    def split(self, placing: Placing) -> Floats:
        """What each part of reps costs, [C]."""
        return placing.split(self.prices.part, self.prices.unit_part)

    @property
    def proved(self) -> int:
        """No schedule costs less, in whole milli-hours; no cost is below 0."""
        total = float(self.bound.sum()) + self.prices.settled
        return min(max(0, math.ceil(total - max(1e-6, 1e-9 * abs(total)))), self.placing.objective)

    def tell(self, stage: str) -> None:
        """Keep the schedule so far and what is proved, and pass on where it stands."""
        self.best = self.board.to_schedule(self.placing.option, self.placing.week)
        self.course.bound = max(self.course.bound, self.proved)
        self.course.take_plan((0, self.placing.objective), None, stage)

    def give_up(self) -> ScheduleResult:
        """What was known when the run was stopped and did not end by itself; it is not heard of again."""
        self.course.on_progress = None
        return self.conclude()

    def conclude(self) -> ScheduleResult:
        """Let the checker judge the schedule, and say what is proved."""
        problem, course = self.problem, self.course
        course.is_done()  # notes why it ended
        # Before anything else is known: everything slips but what is published.
        schedule = self.best or Schedule(problem.published_doer, problem.published_week)
        score = judge_schedule(problem, schedule)
        bound = 0 if course.bound == -math.inf else min(int(course.bound), score.objective)
        gap = find_gap(score.objective, bound)
        status = Status.OPTIMAL if gap <= OPTIMALITY_GAP else Status.FEASIBLE
        notes = list(problem.notes)
        if course.stopped in ("time_limit", "interrupted"):
            notes.append((course.stopped, {}))
        return ScheduleResult(
            status=status if score.keeps_all else Status.NOT_FOUND,
            schedule=schedule,
            score=score,
            bound=bound,
            gap=gap,
            method=" + ".join(["prices", *course.method]),
            stopped=course.stopped,
            seed=self.seed,
            seconds=course.seconds,
            worth=np.zeros(problem.available.shape) if self.worth is None else self.worth,
            stages=dict(course.stages),
            notes=notes,
            trace=list(course.trace),
        )
