"""Proposing: find the smallest change of a plan that is worth it after what happened, or that none is."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.evaluation import evaluate
from optimizer.in_force import PlanInForce
from optimizer.objectives import handover
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rebalancing.proposing.aiming import find_aim
from optimizer.rebalancing.proposing.concern import SMALL, find_concerned, find_neighbours, measure_broken
from optimizer.rebalancing.proposing.curve import (
    CurvePoint,
    choose_steps,
    find_bound,
    join_points,
    measure_balance,
)
from optimizer.rebalancing.proposing.drift import find_rough_bound
from optimizer.rebalancing.proposing.incumbent import Incumbent, overdraws
from optimizer.rebalancing.proposing.moves import explain_moves
from optimizer.rebalancing.proposing.part import Part, cut_part
from optimizer.rebalancing.proposing.proposal import Rebalance
from optimizer.rebalancing.proposing.pruning import find_moved, prune
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.rebalancing.proposing.walking import walk
from optimizer.rebalancing.recipes.limiting import Scope, limit_moves
from optimizer.rebalancing.replay.state import State, apply_progress
from optimizer.result import Progress, Result, Score, Status
from optimizer.solving import solve

WIDENINGS = 8  # times that further neighbours join
WORTH_WIDENING = 0.01  # of the objective: what the last neighbours must have brought for more to be asked
ROUGH = 0.1  # of the work a plan deserves, that a part gets: prices of a few steps, and exchanges
LEFT = 0.01  # of the objective: what a part may leave to be won before it is searched, or widened once
POINT_EFFORT = 0.2  # of the work a plan deserves, that a point of the curve gets
NEAREST = 8  # neighbours whose moves are weighed where none pays: what one would bring shows at once
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
    steps: Sequence[int] | None = None,
    local: bool = True,
    time_limit: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rebalance:
    """The smallest change of ``plan`` that is worth it on the evening of ``as_of``, or none.

    ``max_moves``: the most customers that may leave their owner, besides the scenario's budgets. ``steps``: the numbers
    of moves of the curve (None: such as fit how many pay); none at all saves the time. ``local=False`` lets every
    territory take part at once. ``seed``, ``time_limit`` (seconds in all), ``on_progress`` and ``should_stop`` are as
    in ``solve``; the other arguments and errors as in ``apply_progress``.
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
    steps: Sequence[int] | None = None,
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
    run = _Run(
        state=state,
        problem=problem,
        aim=aim,
        before=before,
        seed=seed,
        began=began,
        time_limit=time_limit,
        on_progress=on_progress,
        should_stop=should_stop,
        scope=scope,
        asked=asked,
    )
    return run.propose(case, max_moves, steps, local)


@dataclass(eq=False)
class _Run:
    """One search for a proposal: for the best plan of ``aim``; ``problem`` says what it is worth."""

    state: State
    problem: Problem
    aim: Problem
    before: Score
    seed: int | None
    began: float
    time_limit: float | None
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    scope: Scope | None = None
    asked: Problem | None = None  # without the limits of the scope
    answer: Result | None = None  # of the last part that was solved
    impossible: bool = False  # whether it is proved that no plan keeps everything
    nearest: Bools | None = None  # whose moves are weighed where none pays; None: of all who take part
    best: Incumbent = field(init=False)

    def __post_init__(self) -> None:
        self.best = Incumbent(self.aim, self.problem)

    def propose(
        self, case: Case, max_moves: int | None, steps: Sequence[int] | None, local: bool
    ) -> Rebalance:
        problem = self.aim
        part, bound = self.find_best(local)
        wanted = int(find_moved(problem, self.best.owner).sum())
        steps = choose_steps(wanted) if steps is None else steps
        allowed = [
            step for step in sorted({*steps, *([] if max_moves is None else [max_moves])}) if step < wanted
        ]
        drawn = self.draw_curve(part, bound, allowed, wanted)
        points = join_points(drawn)
        chosen = [point for point in points if max_moves is None or point.moves <= max_moves][-1]
        limited = limit_moves(self.problem if self.asked is None else self.asked, max_moves)
        aim = limited if self.scope is None and problem is self.problem else limit_moves(problem, max_moves)
        idle_gain, idle_cost = (0, 0) if chosen.moves else self.find_idle(part, chosen.owner, max_moves)
        taking_part = np.zeros(problem.n_reps, dtype=bool)
        taking_part[part.reps] = True
        # Else the bound speaks of less than every plan: of a recipe, of what is aimed at, of a part, of so many moves.
        proves_all = self.scope is None and aim is self.problem and bool(taking_part.all())
        is_judged = max_moves is None and self.scope is None
        score = chosen.score if is_judged else evaluate(limited, Plan(chosen.owner))
        of_all = chosen.bound if proves_all else self.prove_all(score, steps)
        return Rebalance(
            state=self.state,
            case=case,
            problem=limited,
            aim=aim,
            before=self.before,
            result=self.conclude(Plan(chosen.owner), score, of_all),
            aimed=chosen.aimed,
            moves=explain_moves(self.state, aim, chosen.owner, self.problem.handover),
            curve=tuple(points) if steps else (),
            taking_part=taking_part,
            local_bound=find_bound(drawn, chosen, max_moves),
            max_moves=max_moves,
            idle_gain=idle_gain,
            idle_cost=idle_cost,
            seconds=time.perf_counter() - self.began,
        )

    def find_best(self, local: bool) -> tuple[Part, int | None]:
        """The part that was decided, and the bound of such plans; the best one, with all moves that pay, is then
        the plan.
        """  # fmt: skip
        problem = self.aim
        area = np.ones(problem.n_reps, dtype=bool)
        urge = measure_broken(problem, self.before) / UNITS_PER_HOUR
        is_large = local and self.is_large
        if is_large or self.scope is not None:
            urge += VOTES * self.best.place_lost()
        if is_large:
            area = (
                find_concerned(self.state, problem, self.before)
                if self.scope is None
                else self.scope.concerned
            )
            near = partial(find_neighbours, problem, self.best.owner, area, urge)
            area, self.nearest = area | near(), area | near(least=NEAREST)
        thorough = True
        for widening in range(WIDENINGS):
            began, owner = self.best.rank, self.best.owner
            part = cut_part(problem, owner, area)
            found, bound = self.solve_part(part, owner, 1.0 if part.is_whole and thorough else ROUGH)
            self.best.take(self.keep_better(part, owner, found))
            (breach, cost), is_first = self.best.rank, widening == 0
            thorough = began[0] > breach or began[1] - cost > WORTH_WIDENING * abs(cost)
            thorough |= is_first and breach > 0
            unsure = is_first and bound is not None and cost - bound > LEFT * abs(cost)
            if part.is_whole or self.is_over() or not (thorough or unsure):
                break
            area = np.isin(np.arange(problem.n_reps), part.reps)
            area |= find_neighbours(problem, self.best.owner, area, urge)
        last = self.answer
        self.impossible = part.is_whole and last is not None and last.status is Status.INFEASIBLE
        return part, bound

    def solve_part(
        self, part: Part, start: Ints, effort: float = 1.0, *, few_moves: bool = False
    ) -> tuple[Ints, int | None]:
        """The best plan found for the part, in its place in the whole, and a bound of such plans.

        ``start``: the best plan so far. ``few_moves``: fewer are allowed than pay; what these cannot mend of a large
        problem is not shaken at length. Rough parts of large problems are not searched: it takes ten times as long and
        wins next to nothing.
        """
        whole = self.best.rank[1]
        if not part.problem.n_customers or not part.problem.n_reps:
            return start, whole
        plan = part.take(start)
        own = Tally(part.problem, plan.owner).total()[1]
        left = self.aim.gap if part.is_whole else max(self.aim.gap, LEFT)
        result = solve(
            replace(part.problem, effort=effort * part.problem.effort),
            start=plan,
            gap=min(MOST_GAP, left * max(1.0, abs(whole) / max(abs(own), 1))),  # as many hours of the part
            seed=self.seed,
            time_limit=None if self.time_limit is None else max(0.0, self.time_limit - self.elapsed),
            brief=effort <= ROUGH and self.is_large,
            only_whole=few_moves and self.is_large,
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
        ``start``: the best plan so far.
        """
        began, target = part.take(start).owner, part.take(found).owner
        pruned = prune(part.problem, target)
        if overdraws(part.problem, pruned):
            pruned = prune(part.problem, walk(part.problem, began, target))
        then = part.put_back(start, Plan(pruned))
        # What is better for what is aimed at must be worth no less than doing nothing.
        better = Tally(part.problem, began).weigh_plan(pruned) < (0, 0)
        return then if better and self.best.is_no_worse(then) else start

    def draw_curve(
        self, part: Part, bound: int | None, allowed: Sequence[int], wanted: int
    ) -> list[CurvePoint]:
        """The best plan for each number of moves, each warm from the one before, and the best of all last."""
        problem, best, of_best = self.aim, self.best.owner, self.best.rank
        points: list[CurvePoint] = []
        if allowed:
            chosen = np.isin(np.arange(problem.n_reps), part.reps)
            # Those who were placed with reps that take no part are there whatever moves.
            elsewhere = (problem.owner == UNSERVED) & ~np.append(chosen, True)[best]
            self.best.take(np.where(elsewhere, best, problem.owner))
            for most in allowed:
                owner = self.best.owner
                narrow = cut_part(limit_moves(problem, most), owner, chosen)
                # The best of the moves that pay without a limit, then what the solver makes of it.
                walked = walk(narrow.problem, narrow.take(owner).owner, narrow.take(best).owner)
                self.best.take(narrow.put_back(owner, Plan(walked)))
                low = None
                if not self.is_over():  # else the walk is all there is, and nothing is proved of it
                    owner = self.best.owner
                    found, low = self.solve_part(narrow, owner, POINT_EFFORT, few_moves=True)
                    self.best.take(self.keep_better(narrow, owner, found))
                points.append(self.measure_point(most, low))
            if self.best.rank >= of_best:
                self.best.take(best)
        points.append(self.measure_point(wanted, bound))
        return points

    def measure_point(self, most: int, bound: int | None) -> CurvePoint:
        """The best plan so far as a point."""
        plan, aimed = Plan(self.best.owner), self.best.rank[1]
        score = evaluate(self.problem, plan)
        low = None if bound is None or not score.keeps_all else min(bound, aimed)
        outside, deviation = measure_balance(self.problem, plan)
        return CurvePoint(
            allowed=most,
            moves=int(find_moved(self.aim, plan.owner).sum()),
            owner=plan.owner,
            score=score,
            aimed=aimed,
            bound=low,
            optimal=low is not None and low == aimed,
            outside=outside,
            deviation=deviation,
        )

    def find_idle(self, part: Part, owner: Ints, max_moves: int | None) -> tuple[int, int]:
        """What moves would gain if handing over cost nothing, and what it does cost: why none is proposed."""
        if max_moves == 0 or self.is_over():
            return 0, 0
        free = replace(self.aim, handover=np.zeros_like(self.aim.handover))
        area = np.isin(np.arange(free.n_reps), part.reps) if self.nearest is None else self.nearest
        narrow = cut_part(limit_moves(free, max_moves), owner, area)
        found = narrow.take(self.solve_part(narrow, owner, ROUGH)[0]).owner
        tally = Tally(narrow.problem, prune(narrow.problem, found))
        gain = tally.weigh_plan(narrow.take(owner).owner)[1]
        cost = int(handover.measure(self.problem, Plan(narrow.put_back(owner, Plan(tally.owner)))).sum())
        return (gain, cost) if gain > 0 else (0, 0)

    def prove_all(self, score: Score, steps: Sequence[int]) -> int | None:
        """What no plan of the state costs less than, whoever takes part and whatever a move has to bring.

        It is looked for where the curve is: whoever wants the proposal alone does not wait for it.
        """
        problem = self.problem if self.asked is None else self.asked
        if not steps or not score.keeps_all or self.is_over() or not (problem.n_customers and problem.n_reps):
            return None
        bound = find_rough_bound(problem, self.is_over)
        return math.ceil(bound - max(1e-6, 1e-9 * abs(bound))) if math.isfinite(bound) else None

    def conclude(self, plan: Plan, score: Score, bound: int | None) -> Result:
        """The proposal as an answer; ``bound`` speaks of every plan."""
        low = None if bound is None or not score.keeps_all else min(bound, score.objective)
        gap = None if low is None else (score.objective - low) / max(abs(score.objective), 1)
        last = self.answer
        optimal = gap is not None and gap <= 1e-4
        status = Status.NOT_FOUND
        if score.keeps_all:
            status = Status.OPTIMAL if optimal else Status.FEASIBLE
        elif self.impossible and self.scope is None:
            status = Status.INFEASIBLE
        return Result(
            status=status,
            plan=plan,
            score=score,
            bound=low,
            gap=gap,
            method="nothing to decide" if last is None else last.method,
            stopped="work" if last is None else last.stopped,
            seed=self.problem.seed if self.seed is None else self.seed,
            seconds=self.elapsed,
            stages={} if last is None else last.stages,
            notes=[] if last is None else [note for note in last.notes if note[0] != "candidates"],
        )

    @property
    def is_large(self) -> bool:
        """Whether the problem has too many pairs to be searched as a whole for every question."""
        return self.problem.n_customers * self.problem.n_reps > SMALL

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self.began

    def is_over(self) -> bool:
        """Whether the user or the clock ended it."""
        if self.should_stop is not None and self.should_stop():
            return True
        return self.time_limit is not None and self.elapsed >= self.time_limit
