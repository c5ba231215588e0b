"""Proposing: find the smallest change of a plan that is worth it after what happened, or that none is."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.constraints import disruption
from optimizer.evaluation import evaluate
from optimizer.in_force import PlanInForce
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.rebalancing.aiming import find_aim
from optimizer.rebalancing.concern import SMALL, find_concerned, find_neighbours, measure_broken
from optimizer.rebalancing.curve import STEPS, CurvePoint, mark_knee, measure_balance
from optimizer.rebalancing.limiting import Scope, limit_moves
from optimizer.rebalancing.moves import explain_moves
from optimizer.rebalancing.part import Part, cut_part
from optimizer.rebalancing.proposal import Rebalance
from optimizer.rebalancing.pruning import find_moved, prune
from optimizer.rebalancing.state import State, apply_progress
from optimizer.rebalancing.tally import Tally
from optimizer.rebalancing.walking import place, walk
from optimizer.result import Progress, Result, Score, Status
from optimizer.solving import solve

WIDENINGS = 8  # times that further neighbours join
WORTH_WIDENING = 0.01  # of the objective: what the last neighbours must have brought for more to be asked
ROUGH = 0.1  # of the work a plan deserves, that a part gets: prices of a few steps, and exchanges
LEFT = 0.01  # of the objective: what a part may leave to be won before it is searched
POINT_EFFORT = 0.2  # of the work a plan deserves, that a point of the curve gets
VOTES = 3.0  # of a customer that was placed, for the rep who has it
MOST_GAP = 0.02  # of a part


def rebalance(
    case: Case,
    plan: Plan | PlanInForce,
    events: pd.DataFrame,
    as_of: dt.date | None = None,
    *,
    max_moves: int | None = None,
    seed: int | None = None,
    steps: Sequence[int] = STEPS,
    local: bool = True,
    time_limit: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rebalance:
    """The smallest change of ``plan`` that is worth it on the evening of ``as_of``, or none.

    ``max_moves``: the most customers that may leave their owner, besides the scenario's budgets. ``steps``: the numbers
    of moves of the curve; none saves the time. ``local=False`` lets every territory take part at once. ``seed``,
    ``time_limit`` (seconds in all), ``on_progress`` and ``should_stop`` are as in ``solve``; the other arguments and
    errors as in ``apply_progress``.
    """
    state = apply_progress(case, plan, events, as_of)
    return rebalance_state(
        state,
        max_moves=max_moves,
        seed=seed,
        steps=steps,
        local=local,
        time_limit=time_limit,
        on_progress=on_progress,
        should_stop=should_stop,
    )


def rebalance_state(
    state: State,
    *,
    max_moves: int | None = None,
    seed: int | None = None,
    steps: Sequence[int] = STEPS,
    local: bool = True,
    scope: Scope | None = None,
    time_limit: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rebalance:
    """The same for a state that is known. ``scope``: all that may change; None: everything."""
    began = time.perf_counter()
    case = state.held_case()
    asked = build_problem(case)
    problem = asked if scope is None else scope.limit(asked)
    before = evaluate(problem, Plan(problem.owner))
    # What a recipe asks for is wanted: no more is asked of its moves than that they pay.
    aim = find_aim(state, problem, before) if scope is None else problem
    run = _Run(state, problem, aim, before, seed, began, time_limit, on_progress, should_stop, scope, asked)
    return run.propose(case, max_moves, steps, local)


def overdraws(problem: Problem, owner: Ints) -> bool:
    """Whether a plan moves more than a hard budget allows."""
    return any(violation.hard for violation in disruption.find_violations(problem, Plan(owner)))


@dataclass(eq=False)
class _Run:
    """One search for a proposal: for the best plan of the problem ``aim``, whose worth is said by ``whole``."""

    state: State
    whole: Problem
    problem: Problem
    before: Score
    seed: int | None
    began: float
    time_limit: float | None
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    scope: Scope | None = None
    asked: Problem | None = None  # without the limits of the scope
    answer: Result | None = None  # of the last part that was solved
    stages: dict[str, float] | None = None

    def propose(self, case: Case, max_moves: int | None, steps: Sequence[int], local: bool) -> Rebalance:
        problem = self.problem
        part, owner, bound = self.find_best(self.before, local)
        wanted = int(find_moved(problem, owner).sum())
        allowed = [
            step for step in sorted({*steps, *([] if max_moves is None else [max_moves])}) if step < wanted
        ]
        points = self.draw_curve(part, owner, bound, allowed, wanted)
        chosen = points[-1]
        if max_moves is not None:
            chosen = [point for point in points if point.moves <= max_moves][-1]
        limited, aim = limit_moves(self.whole, max_moves), limit_moves(problem, max_moves)
        idle_gain, idle_cost = (0, 0) if chosen.moves else self.find_idle(part, chosen.owner, max_moves)
        taking_part = np.zeros(problem.n_reps, dtype=bool)
        taking_part[part.reps] = True
        bound_units = None if chosen.bound_hours is None else round(chosen.bound_hours * UNITS_PER_HOUR)
        proves_all = self.scope is None and self.problem is self.whole and bool(taking_part.all())
        result = self.conclude(limited, chosen, bound_units, proves_all)
        if not steps:
            points = []
        return Rebalance(
            state=self.state,
            case=case,
            problem=limited,
            aim=aim,
            before=self.before,
            result=result,
            aimed=chosen.aimed,
            moves=explain_moves(self.state, aim, chosen.owner, self.whole.handover),
            curve=tuple(points),
            taking_part=taking_part,
            local_bound=bound_units,
            max_moves=max_moves,
            idle_gain=idle_gain,
            idle_cost=idle_cost,
            seconds=time.perf_counter() - self.began,
        )

    def find_best(self, before: Score, local: bool) -> tuple[Part, Ints, int | None]:
        """The part that was decided, the best plan with as many moves as pay, and the bound of such plans."""
        problem = self.problem
        start = Tally(problem, problem.owner).total()
        owner, rank = problem.owner.copy(), start
        area = np.ones(problem.n_reps, dtype=bool)
        urge = measure_broken(problem, before) / UNITS_PER_HOUR
        is_large = local and problem.n_customers * problem.n_reps > SMALL
        if is_large or self.scope is not None:
            placed = place(problem, owner)
            given = placed[placed != owner]
            urge += VOTES * np.bincount(given, minlength=problem.n_reps)
            if not overdraws(problem, placed):
                owner, rank = placed, Tally(problem, placed).total()
        if is_large:
            area = find_concerned(self.state, problem, before) if self.scope is None else self.scope.concerned
            area = area | find_neighbours(problem, owner, area, urge)
        for widening in range(WIDENINGS):
            part = cut_part(problem, owner, area)
            found, bound = self.solve_part(part, owner, 1.0 if part.is_whole else ROUGH)
            owner = self.keep_better(part, owner, found)
            reached = Tally(problem, owner).total()
            brought, rank = (rank[0] - reached[0], rank[1] - reached[1]), reached
            enough = WORTH_WIDENING * abs(rank[1])
            little = brought[0] <= 0 and brought[1] <= enough and (widening > 0 or not rank[0])
            if part.is_whole or self.is_over() or little:
                break
            area = np.isin(np.arange(problem.n_reps), part.reps)
            area |= find_neighbours(problem, owner, area, urge)
        return part, owner, bound

    def solve_part(self, part: Part, start: Ints, effort: float = 1.0) -> tuple[Ints, int | None]:
        """The best plan found for the part, in its place in the whole, and a bound of such plans."""
        if not part.problem.n_customers or not part.problem.n_reps:
            return start, Tally(self.problem, start).total()[1]
        plan = part.take(start)
        whole, own = Tally(self.problem, start).total()[1], Tally(part.problem, plan.owner).total()[1]
        left = self.problem.gap if part.is_whole else max(self.problem.gap, LEFT)
        result = solve(
            replace(part.problem, effort=effort * part.problem.effort),
            start=plan,
            gap=min(MOST_GAP, left * max(1.0, abs(whole) / max(abs(own), 1))),  # as many hours of the part
            seed=self.seed,
            time_limit=None if self.time_limit is None else max(0.0, self.time_limit - self.elapsed),
            on_progress=self.on_progress,
            should_stop=self.should_stop,
        )
        self.answer = result
        bound = None if result.bound is None else result.bound + whole - own
        found = part.put_back(start, result.plan)
        if self.scope is not None and self.asked is not None:
            found = self.scope.settle(self.asked, found)
        return found, bound

    def keep_better(self, part: Part, start: Ints, found: Ints) -> Ints:
        """The found plan without moves that bring nothing, or the one it began with if that is as good.

        Where a hard budget is overdrawn (some plans break something whatever they do), as far towards it as allowed.
        """
        began, target = part.take(start).owner, part.take(found).owner
        pruned = prune(part.problem, target)
        if overdraws(part.problem, pruned):
            pruned = prune(part.problem, walk(part.problem, began, target))
        better = Tally(part.problem, pruned).total() < Tally(part.problem, began).total()
        then = part.put_back(start, Plan(pruned))
        return then if better and self.is_no_worse(start, then) else start

    def is_no_worse(self, start: Ints, then: Ints) -> bool:
        """Whether a plan that is better for what is aimed at is no worse for what it is worth."""
        if self.problem is self.whole:
            return True
        return Tally(self.whole, then).total() <= Tally(self.whole, start).total()

    def draw_curve(
        self, part: Part, best: Ints, bound: int | None, allowed: Sequence[int], wanted: int
    ) -> list[CurvePoint]:
        """The best plan for each number of moves, each warm from the one before, and the best of all last."""
        problem = self.problem
        chosen = np.isin(np.arange(problem.n_reps), part.reps)
        # Those who were placed with reps that take no part are there whatever moves.
        elsewhere = (problem.owner == UNSERVED) & ~np.append(chosen, True)[best]
        owner, plans = np.where(elsewhere, best, problem.owner), []
        for most in allowed:
            narrow = cut_part(limit_moves(problem, most), owner, chosen)
            # The best of the moves that pay without a limit, then what the solver makes of it.
            walked = walk(narrow.problem, narrow.take(owner).owner, narrow.take(best).owner)
            owner = narrow.put_back(owner, Plan(walked))
            found, low = self.solve_part(narrow, owner, POINT_EFFORT)
            owner = self.keep_better(narrow, owner, found)
            plans.append((most, owner, low))
        if Tally(problem, owner).total() < Tally(problem, best).total():
            best = owner
        plans.append((wanted, best, bound))
        points = [self.measure_point(*plan) for plan in plans]
        knee = mark_knee(points)
        return [replace(point, knee=k == knee) for k, point in enumerate(points)]

    def measure_point(self, most: int, owner: Ints, bound: int | None) -> CurvePoint:
        plan = Plan(owner)
        score = evaluate(self.whole, plan)
        aimed = score.objective if self.problem is self.whole else Tally(self.problem, owner).total()[1]
        low = None if bound is None or not score.keeps_all else min(bound, aimed)
        outside, deviation = measure_balance(self.whole, plan)
        return CurvePoint(
            allowed=most,
            moves=int(find_moved(self.problem, owner).sum()),
            owner=owner,
            score=score,
            aimed=aimed,
            bound_hours=None if low is None else low / UNITS_PER_HOUR,
            optimal=low is not None and low == aimed,
            outside=outside,
            deviation=deviation,
        )

    def find_idle(self, part: Part, owner: Ints, max_moves: int | None) -> tuple[int, int]:
        """What moves would gain if handing over cost nothing, and what it does cost: why none is proposed."""
        if max_moves == 0 or self.is_over():
            return 0, 0
        free = replace(self.problem, handover=np.zeros_like(self.problem.handover))
        narrow = cut_part(limit_moves(free, max_moves), owner, np.isin(np.arange(free.n_reps), part.reps))
        found = prune(free, self.solve_part(narrow, owner, POINT_EFFORT)[0])
        gain = Tally(free, owner).total()[1] - Tally(free, found).total()[1]
        cost = evaluate(self.whole, Plan(found)).terms["handover"]
        return (gain, cost) if gain > 0 else (0, 0)

    def conclude(self, problem: Problem, point: CurvePoint, bound: int | None, whole: bool) -> Result:
        """The proposal as an answer; its bound speaks of all plans only where all territories took part."""
        score = evaluate(problem, Plan(point.owner))
        low = bound if whole and score.keeps_all else None
        gap = None if low is None else (score.objective - low) / max(abs(score.objective), 1)
        last = self.answer
        optimal = gap is not None and gap <= 1e-4
        status = Status.NOT_FOUND
        if score.keeps_all:
            status = Status.OPTIMAL if optimal else Status.FEASIBLE
        elif whole and last is not None and last.status is Status.INFEASIBLE:
            status = Status.INFEASIBLE
        return Result(
            status=status,
            plan=Plan(point.owner),
            score=score,
            bound=low,
            gap=gap,
            method="nothing to decide" if last is None else last.method,
            stopped="work" if last is None else last.stopped,
            seed=problem.seed if self.seed is None else self.seed,
            seconds=self.elapsed,
            stages={} if last is None else last.stages,
            notes=[] if last is None else [note for note in last.notes if note[0] != "candidates"],
        )

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self.began

    def is_over(self) -> bool:
        """Whether the user or the clock ended it."""
        if self.should_stop is not None and self.should_stop():
            return True
        return self.time_limit is not None and self.elapsed >= self.time_limit


__all__ = ["Rebalance", "limit_moves", "rebalance", "rebalance_state"]
