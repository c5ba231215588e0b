"""From a task problem to a schedule with its bound: prices, a first schedule, shaking, small parts exactly.

All limits are of work, so that the same problem and seed give the same schedule at any load of the machine. A time
limit is an extra stop, only if asked for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from optimizer.problem import UNITS_PER_HOUR, Bools, Floats, Ints
from optimizer.result import OPTIMALITY_GAP, Progress, Status
from optimizer.scheduling.board import Board, lay_out
from optimizer.scheduling.exact import Exact, solve_exactly
from optimizer.scheduling.judging import judge_schedule
from optimizer.scheduling.linked_moves import find_families, improve_family, place_family
from optimizer.scheduling.placing import Placing, find_batches, start_placing
from optimizer.scheduling.schedule_result import ScheduleResult
from optimizer.scheduling.shaking import shake
from optimizer.scheduling.task_problem import TaskProblem
from optimizer.scheduling.week_prices import start_prices

CLIMBS, STEPS = 8, 30  # rounds of climbing prices, and questions of a round
LEAST_CLIMB = 5e-4  # of the bound that a round must gain
TOLLS = (0.5, 0.0, 0.8, 0.2)  # shares of the prices that are asked of units besides, once each
SHAKES, ROUND = 1500, 100  # shakes at most, and between two looks at the gap
SETTLING = 40  # shakes before it is said whether other doers are better
LEAST_GAIN = 3e-4  # of the objective that a round of shakes must gain
WEEKS_EXACT = 2500  # units x weeks of a part up to which it is tried exactly
WORK_EXACT, WORK_PART = 8.0, 1.0  # CP-SAT's own seconds for all parts, and for one part


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
    far is returned. What cannot be done slips at its price: there is always a schedule.
    """
    run = _Run(
        problem,
        seed=problem.seed if seed is None else seed,
        gap=problem.gap if gap is None else gap,
        time_limit=time_limit,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    return run.solve()


@dataclass(eq=False)
class _Run:
    """One run: its limits, its clock, the schedule so far and the bound of each part of reps."""

    problem: TaskProblem
    seed: int
    gap: float
    time_limit: float | None
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    trace: list[Progress] = field(default_factory=list)
    stopped: str = "work"
    method: list[str] = field(default_factory=lambda: ["prices"])

    def solve(self) -> ScheduleResult:
        with self.stage("layout"):
            board = lay_out(self.problem)
            self.rng = np.random.default_rng(self.seed)
            self.prices = start_prices(board)
            self.families = find_families(board)
            self.still = np.zeros(board.n_units, dtype=np.bool_)
            self.still[board.edge.ravel()] = True
        with self.stage("start"):
            self.prices.level()
            self.bound = self.prices.bound.copy()
            self.placing = self.place_all(None)
            self.tell("start")
        with self.stage("prices"):
            self.climb()
        with self.stage("rounding"):
            if not self.is_done():
                self.round_prices()
        with self.stage("shaking"):
            self.shake_all()
        with self.stage("exact"):
            self.solve_small_parts()
        return self.conclude()

    @property
    def board(self) -> Board:
        """What is decided."""
        return self.placing.board

    def place_all(self, toll: Floats | None, option: Ints | None = None) -> Placing:
        """Every unit where it costs least, those first that cost most to leave out an hour of.

        ``toll`` [R, W]: what an hour costs besides, while choosing. ``option`` [U]: who does what is settled.
        """
        board = self.prices.board
        placing = start_placing(board)
        first = board.option_first[:-1]
        density = board.rows.slip[first] / np.maximum(board.hours[first], 1)
        order = np.lexsort((-board.hours[first], -density))
        order = order[~self.still[order]]
        for family in self.families:
            place_family(placing, family, toll)
        doer = None
        if option is not None:
            placing.option[order], doer = option[order], board.rep[option]
        for batch in find_batches(board, order, doer):
            placing.place_best(batch, toll, 0.0, stay=option is not None)
        if option is None:
            self.sweep(placing)
        return placing

    def sweep(self, placing: Placing) -> None:
        """Every unit once more where it costs least, in an order drawn at random."""
        for family in self.families:
            improve_family(placing, family)
        order = self.rng.permutation(np.flatnonzero(~self.still))
        for batch in find_batches(placing.board, order):
            placing.lift(batch)
            placing.place_best(batch)

    def climb(self) -> None:
        """Raise the prices until a round gains next to nothing."""
        for _ in range(max(1, round(CLIMBS * self.problem.effort))):
            before = self.proved
            self.prices.climb(STEPS, self.is_over)
            self.bound = np.maximum(self.bound, self.prices.bound)
            self.tell("prices")
            if self.is_done() or self.proved - before < LEAST_CLIMB * abs(self.proved):
                return

    def round_prices(self) -> None:
        """Let the prices say who does what; then of several ways to fill the weeks the best of each rep.

        With doers settled, reps meet only in tasks that wait for each other.
        """
        option = self.prices.ask(self.prices.best).option
        part, unit_part = find_parts(self.board, option)
        best = self.place_all(self.prices.best, option)
        for share in TOLLS:
            if self.is_over():
                break
            other = self.place_all(share * self.prices.best, option)
            take_better(best, other, part, unit_part)
        self.sweep(best)
        if best.objective < self.placing.objective:
            self.placing = best
        self.tell("rounding")

    def shake_all(self) -> None:
        """Shake the reps whose part is not proved good enough, until shaking gains too little."""
        if self.is_done():
            return
        self.method.append("shaking")
        for _ in range(max(1, round(SHAKES * self.problem.effort)) // ROUND):
            before = self.objective
            self.relieve()
            reps = self.find_loose()[self.prices.part]
            for _ in range(ROUND):
                if self.is_over():
                    return
                shake(self.placing, self.still, reps, self.rng)
            self.sweep(self.placing)
            self.tell("shaking")
            if self.is_done() or before - self.objective < LEAST_GAIN * before:
                return

    def relieve(self) -> None:
        """Let units that others may do leave reps whose work slips; kept only where all in all it is better.

        A full week asks nothing of who is in it already. So an hour of a rep whose work slips is charged what an
        hour of that work costs.
        """
        board, placing = self.board, self.placing
        free = np.flatnonzero(board.is_free & ~self.still)
        slipped = np.flatnonzero(placing.week < 0)
        if not len(free) or not len(slipped):
            return
        unit = np.searchsorted(board.task_first, slipped, side="right") - 1
        option = placing.option[unit]
        density = board.rows.slip[option] / np.maximum(board.hours[option], 1)
        toll = self.prices.best.copy()
        np.maximum.at(toll, board.rep[option], density[:, None])
        crowded = np.bincount(board.rep[option], minlength=self.problem.n_reps) > 0
        other = placing.copy()
        moving = free[crowded[board.rep[placing.option[free]]]]
        for batch in find_batches(board, self.rng.permutation(moving)):
            other.lift(batch)
            other.place_best(batch, toll)
        reps = self.find_loose()[self.prices.part]
        for _ in range(SETTLING):
            shake(other, self.still, reps, self.rng)
        if other.objective < placing.objective:
            self.placing = other
            self.tell("doers")

    def find_loose(self) -> Bools:
        """Parts whose gap is worth work, [C]."""
        cost = self.split(self.placing)
        loose: Bools = cost - self.bound > 0.25 * self.gap * np.maximum(np.abs(cost), 1.0)
        return loose

    def solve_small_parts(self) -> None:
        """Parts that are small enough as one exact model each, the widest gaps first, two at a time."""
        board, part_of = self.board, self.prices.unit_part
        size = np.bincount(part_of, minlength=len(self.bound)) * self.problem.n_weeks
        distance = self.split(self.placing) - self.bound
        parts = np.argsort(-distance, kind="stable")
        parts = parts[self.find_loose()[parts] & (size[parts] <= WEEKS_EXACT)]
        parts = parts[: int(WORK_EXACT * self.problem.effort / WORK_PART)]
        if self.is_done() or not len(parts):
            return
        self.method.append("exact")

        def ask(part: int) -> tuple[Ints, Exact]:
            units = np.flatnonzero(part_of == part)
            start = self.placing.option[units].copy(), self.placing.weeks_of(units)
            apart = self.placing.copy()
            apart.lift(units)
            return units, solve_exactly(
                apart,
                units,
                work=WORK_PART,
                start=start,
                seed=self.seed,
                seconds=self.seconds_left(),
                should_stop=self.should_stop,
            )

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(ask, parts.tolist()))
        settled = board.charge_load(board.base_load).sum(axis=1)
        for part, (units, exact) in zip(parts.tolist(), answers, strict=True):
            if exact.option is not None and exact.week is not None:
                other = self.placing.copy()
                other.lift(units)
                other.put(units, exact.option, exact.week, other.charge(units, exact.option, exact.week))
                take_better(self.placing, other, self.prices.part, part_of)
            untouched = np.setdiff1d(
                np.flatnonzero(self.prices.part == part), board.rep[np.isin(board.unit, units)]
            )
            cost = self.split(self.placing)[part]
            if math.isfinite(exact.bound):
                self.bound[part] = max(self.bound[part], min(exact.bound + settled[untouched].sum(), cost))
        self.tell("exact")

    def split(self, placing: Placing) -> Floats:
        """What each part of reps costs, [C]."""
        return placing.split(self.prices.part, self.prices.unit_part)

    @property
    def objective(self) -> int:
        """Of the schedule so far, in milli-hours."""
        return self.placing.objective

    @property
    def proved(self) -> int:
        """No schedule costs less, in whole milli-hours; no cost is below 0."""
        total = float(self.bound.sum()) + self.prices.settled
        return min(max(0, math.ceil(total - max(1e-6, 1e-9 * abs(total)))), self.objective)

    def conclude(self) -> ScheduleResult:
        """Let the checker judge the schedule, and say what is proved."""
        self.is_done()  # notes why it ended
        schedule = self.board.to_schedule(self.placing.option, self.placing.week)
        score = judge_schedule(self.problem, schedule)
        bound = min(self.proved, score.objective)
        gap = find_gap(score.objective, bound)
        status = Status.OPTIMAL if gap <= OPTIMALITY_GAP else Status.FEASIBLE
        notes = list(self.problem.notes)
        if self.stopped in ("time_limit", "interrupted"):
            notes.append((self.stopped, {}))
        return ScheduleResult(
            status=status if score.keeps_all else Status.NOT_FOUND,
            schedule=schedule,
            score=score,
            bound=bound,
            gap=gap,
            method=" + ".join(self.method),
            stopped=self.stopped,
            seed=self.seed,
            seconds=time.perf_counter() - self.began,
            worth=self.prices.best,
            stages=self.stages,
            notes=notes,
            trace=self.trace,
        )

    def is_done(self) -> bool:
        """Whether to stop here, and why."""
        if find_gap(self.objective, self.proved) <= self.gap:
            self.stopped = "gap"
            return True
        return self.is_over()

    def is_over(self) -> bool:
        """Whether the user ended it, by a signal or by the time limit."""
        if self.should_stop is not None and self.should_stop():
            self.stopped = "interrupted"
            return True
        left = self.seconds_left()
        if left is not None and left <= 0:
            self.stopped = "time_limit"
            return True
        return False

    def seconds_left(self) -> float | None:
        """Seconds before the time limit, None without one."""
        return None if self.time_limit is None else self.time_limit - (time.perf_counter() - self.began)

    def tell(self, stage: str) -> None:
        """Record where it stands and pass it on."""
        objective, bound = self.objective, self.proved
        seconds = time.perf_counter() - self.began
        progress = Progress(
            seconds,
            objective / UNITS_PER_HOUR,
            bound / UNITS_PER_HOUR,
            find_gap(objective, bound),
            stage,
            keeps_all=True,
        )
        self.trace.append(progress)
        if self.on_progress is not None:
            self.on_progress(progress)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note how long it takes."""
        began = time.perf_counter()
        yield
        self.stages[name] = time.perf_counter() - began


def find_parts(board: Board, option: Ints) -> tuple[Ints, Ints]:
    """Part of each rep [R] and unit [U] when ``option`` [U] is settled but for units that wait for others."""
    rep = board.rep[option]
    linked = np.unique(board.edge)
    loose = np.flatnonzero(np.isin(board.unit, linked))
    one = np.concatenate([rep[board.unit[loose]], rep[board.edge[:, 0]]])
    other = np.concatenate([board.rep[loose], rep[board.edge[:, 1]]])
    n_reps = board.problem.n_reps
    graph = sp.coo_array((np.ones(len(one)), (one, other)), (n_reps, n_reps))
    part = np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
    return part, part[rep]


def take_better(placing: Placing, other: Placing, part: Ints, unit_part: Ints) -> None:
    """Into ``placing``, of each part the better of two schedules."""
    better = other.split(part, unit_part) < placing.split(part, unit_part)
    placing.adopt(other, better[part], better[unit_part])


def find_gap(objective: float, bound: float) -> float:
    """(objective - bound) / objective; 0 where both are 0."""
    return 0.0 if objective <= bound else (objective - bound) / max(abs(objective), 1e-9)
