"""Strategy: one way through every problem, which says what it took and stops where it no longer pays.

All limits are of work, so that the same problem and seed give the same plan on any machine at any load. A time
limit is an extra stop, only if asked for, and the result says when it was used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from optimizer.cores import count_threads
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Floats, Problem
from optimizer.result import Progress, Result, find_gap
from optimizer.solving.bounding.first_bound import find_bound, find_bound_again
from optimizer.solving.bounding.impossible import prove_infeasible
from optimizer.solving.bounding.probing import Probing
from optimizer.solving.bounding.territories import Territories, find_values
from optimizer.solving.concluding import conclude
from optimizer.solving.course import Course
from optimizer.solving.exact import solve_exactly
from optimizer.solving.modelling.candidates import takes_all_pairs
from optimizer.solving.modelling.footing import Footing
from optimizer.solving.modelling.model import Model
from optimizer.solving.modelling.tightening import Tight
from optimizer.solving.pricing.far_pairs import price_rows
from optimizer.solving.pricing.prices import Prices, cheapest_arcs, price_at
from optimizer.solving.searching.exchanges import Exchanges, start_exchanges
from optimizer.solving.searching.neighbours import Neighbours, find_neighbours
from optimizer.solving.searching.repacking import repack
from optimizer.solving.searching.rounding import round_by_flow

TINY = 500  # arcs up to which the exact model is tried at once
PATIENCE = 6  # rounds that must mend all hard rows, or take ...
GAIN = 0.02  # ... this share off the gap, or search ends
REP_ROUNDS, MOST_ROUNDS = 990, 40  # rounds of search times reps, and rounds
HOPE = 100.0  # milli-hours a rep that territories may win; where low values cost more, they are not asked
REP_SHAKES = 30_000  # shakes of a round times reps, where reps are many
MENDING = 20  # rounds of mending broken hard rows, ...
BRIEFLY = 2  # ... and for who has no use for a plan that breaks some
LOOKS = 2  # times that the bound is tightened before a plan from nearby is bettered


def solve(
    problem: Problem,
    *,
    start: Plan | None = None,
    seed: int | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
    only_whole: bool = False,
    brief: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Result:
    """The best plan found, with a lower bound that is proved.

    ``start``: a plan to begin with; the result is never worse. ``seed`` and ``gap`` override the scenario's.
    ``time_limit``: seconds, an extra stop (the plan then depends on the machine). ``only_whole``: a plan that breaks a
    hard constraint is of no use; so it is asked sooner whether each must, and little is mended. ``brief``: prices and
    exchanges alone; a plan that breaks nothing hard is not searched for a better one. ``on_progress`` is called with
    every improvement of plan or bound; when ``should_stop`` says True the best plan so far is returned, within a
    second. A problem that cannot be kept whole is an answer (status INFEASIBLE or NOT_FOUND), no exception.
    """
    course = Course(problem.gap if gap is None else gap, time_limit, on_progress, should_stop)
    seed = problem.seed if seed is None else seed
    return _conduct(_Run(problem, seed, start, course, only_whole=only_whole, brief=brief))


def solve_near(
    problem: Problem,
    near: Footing | None,
    *,
    start: Plan | None = None,
    bound: float = -math.inf,
    seed: int | None = None,
    gap: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Result, Footing | None]:
    """As ``solve``, beginning with what runs of problems like this one left; and what this one leaves.

    ``near``: of a problem that differs in hand-over, the price of the unserved and prices of corridors only. ``bound``
    (milli-hours): proved already. Nothing is left by a run that was stopped.
    """
    course = Course(problem.gap if gap is None else gap, None, on_progress, should_stop)
    course.bound = bound
    run = _Run(problem, problem.seed if seed is None else seed, start, course, near=near)
    return _conduct(run), run.left


def _conduct(run: _Run) -> Result:
    course = run.course
    # One thread in linear algebra: long sums then do not depend on the number of cores, and threads are ours to use.
    with threadpool_limits(1, user_api="blas"):
        if course.time_limit is None and course.should_stop is None:
            return run.solve()
        # Single steps take up to half a minute at a million customers; who stops a run does not wait for them.
        return course.run_aside(run.solve) or run.give_up()


@dataclass(eq=False)
class _Run:
    """One run through a problem."""

    problem: Problem
    seed: int
    start: Plan | None
    course: Course
    impossible: bool | None = None  # whether it is proved that no plan keeps everything; None: not asked yet
    tight: Tight | None = None  # the model as prices and proofs see it; None: not built yet
    dearest: float = math.inf  # what a plan that keeps everything costs at most
    near: Footing | None = None  # of a problem like this one
    only_whole: bool = False  # whether a plan that breaks something is of no use
    brief: bool = False  # whether prices and exchanges are all
    left: Footing | None = None  # for the next

    def solve(self) -> Result:
        course = self.course
        with course.stage("prices"):
            model, tight, prices, ceiling = self.find_bound()
            self.left = None if course.is_over() else Footing(self.problem, model, prices.dual)
            plain = (
                prices if tight.model is model else price_at(model, tight.merge(prices.dual, len(model.low)))
            )
        with course.stage("start"):
            search = self.find_start(model, prices, plain.dual)
            self.take(search, "start")
            search.run(course.is_over)
            search.sweep(course.is_over)
            for light in (False, True):
                if search.score[0]:
                    if light:
                        arcs = model.find_arcs(search.model.to_plan(search.arcs))
                        search, _ = start_exchanges(model, prices.regret(model), arcs, self.seed, light=True)
                    search.mend()
                    search.run(course.is_over)
            search = self.try_start(search)
            self.take(search, "exchanges")
        with course.stage("search"):
            if not course.is_done() and len(model.rep) > TINY:
                tight, prices, search = self.settle(model, tight, prices, search)
                self.improve(tight.model, prices, search, ceiling)
        with course.stage("exact"):
            solve_exactly(self.problem, course, model, tight.model, prices, self.seed, self.is_impossible)
        course.is_done()  # notes why it ended
        return self.conclude(model, plain)

    def find_bound(self) -> tuple[Model, Tight, Prices, Floats]:
        """The model, the same said tightly, its prices, and what units may be valued at most, [U]."""
        near = self.near and find_bound_again(self.problem, self.near, self.course)
        first = near or find_bound(self.problem, self.start, self.course, brief=self.brief)
        self.tight, self.dearest = first.tight, first.dearest
        self.course.raise_bound(first.bound, "prices")
        return first.model, first.tight, first.prices, first.ceiling

    def find_start(self, model: Model, prices: Prices, dual: Floats) -> Exchanges:
        """Exchanges from the best of a few plans: the one handed in, the present one, the prices' own."""
        start = self.start if self.near is None else None
        plans = [model.find_arcs(plan) for plan in (start, Plan(self.problem.owner)) if plan is not None]
        # Nobody's customers break no limit of a rep: by breaches alone a plan of them could pass for a good one.
        plans = [arcs for arcs in plans if 2 * (model.rep[arcs] == UNSERVED).sum() < len(arcs)]
        plans.append(cheapest_arcs(model, prices.reduced))
        regret = prices.regret(model)
        search, _ = start_exchanges(model, regret, min(plans, key=model.judge), self.seed)
        rounded = round_by_flow(search.model, search.regret, dual)
        return search if search.score <= search.model.judge(rounded) else search.restart(rounded)

    def try_start(self, search: Exchanges) -> Exchanges:
        """Exchanges from the plan of a problem like this one, where that is better than what the prices led to.

        Where it is not, what exchanges make of it hardly ever is: it comes from a dead end.
        """
        if self.near is None or self.start is None:
            return search
        other = search.restart(search.model.find_arcs(self.start))
        if other.score >= search.score:
            return search
        other.run(self.course.is_over)
        return other

    def take(self, search: Exchanges, stage: str) -> None:
        """The plan of the exchanges is the best so far."""
        self.course.take_plan(search.score, search.model.to_plan(search.arcs), stage)

    def settle(
        self, model: Model, tight: Tight, prices: Prices, search: Exchanges
    ) -> tuple[Tight, Prices, Exchanges]:
        """Find out where customers larger than a limit go in a better plan: prices by themselves cut them in pieces.

        The plan is begun anew where the bound is lowest with each of them in one place, as long as that betters it.
        """
        course = self.course
        while len(tight.large) and not search.score[0] and not course.is_done():
            probing = Probing(
                tight.model, prices, tight.large, search.score[1], self.problem.effort, course.is_over
            )
            course.raise_bound(probing.settle(), "bound")
            tight, prices = replace(tight, model=probing.model, large=probing.open), probing.prices
            best = probing.shared.best
            if best is None:
                break
            again, _ = start_exchanges(
                model, best.regret(model), cheapest_arcs(model, best.reduced), self.seed
            )
            rounded = round_by_flow(again.model, again.regret, tight.merge(best.dual, len(model.low)))
            again = min(again, again.restart(rounded), key=lambda way: way.score)
            again.run(course.is_over)
            again.sweep(course.is_over)
            if again.score >= search.score:
                break
            search = again
            self.take(search, "exchanges")
        return tight, prices, search

    def improve(self, model: Model, prices: Prices, search: Exchanges, ceiling: Floats) -> None:
        """Shake the plan and tighten the bound side by side, until the gap is reached or neither gains any more.

        Both do a set amount of work a round and meet at its end: what comes out does not depend on which is faster.
        """
        problem, course = self.problem, self.course
        rounds = 0 if self.brief else int(problem.effort * min(REP_ROUNDS / problem.n_reps, MOST_ROUNDS))
        if not rounds and not search.score[0]:
            return
        shakes = int(np.clip(min(problem.n_reps // 2, REP_SHAKES // problem.n_reps), 6, 100))
        neighbours = find_neighbours(search.model, search.regret)
        cheapest = np.minimum.reduceat(prices.reduced, model.first[:-1])
        lost = float(np.maximum(cheapest - ceiling, 0.0).sum())
        self.mend(search, neighbours, int(np.clip(problem.n_reps // 2, 6, 100)))
        territories = None
        # Where no plan keeps everything there is no bound to raise.
        if rounds and lost <= HOPE * problem.n_reps and not (search.score[0] and self.impossible):
            territories = Territories(model, prices, ceiling, self.seed)
            course.method.append("territories")
        if territories and self.near is not None and self.look_first(territories, search):
            return
        gaps: list[float] = []
        with ThreadPoolExecutor(1) as aside:
            first = territories and aside.submit(territories.climb, search.score[1], course.is_over)
            self.repack(search, neighbours, find_values(model, prices), first or None)
            if first:
                course.raise_bound(first.result(), "bound")
            for turn in range(rounds):
                gaps.append(find_gap(search.score[1], course.bound))
                slow = turn >= PATIENCE and gaps[-1] > (1 - GAIN) * gaps[-1 - PATIENCE]
                if course.is_done() or slow or search.score[0]:
                    break
                climb = None
                if territories and not territories.is_spent:
                    climb = aside.submit(territories.climb, search.score[1], course.is_over)
                self.shake(search, neighbours, shakes)
                if climb:
                    course.raise_bound(climb.result(), "bound")

    def look_first(self, territories: Territories, search: Exchanges) -> bool:
        """Tighten the bound by itself, for a plan from nearby is good already; whether that was all it took."""
        for _ in range(LOOKS):
            if search.score[0] or self.course.is_done():
                break
            self.course.raise_bound(territories.climb(search.score[1], self.course.is_over), "bound")
        return self.course.is_done()

    def mend(self, search: Exchanges, neighbours: Neighbours, shakes: int) -> None:
        """Shake where hard constraints are broken, until none is, or it is proved that one must be.

        That is asked as soon as a turn mends next to nothing, and after a few in any case.
        """
        turns, asked = (BRIEFLY, 0) if self.only_whole else (MENDING, PATIENCE)
        mended = True
        for turn in range(turns):
            before = search.score[0]
            if not before or self.course.is_over():
                break
            if (turn == asked or not mended) and self.is_impossible():
                break
            self.shake(search, neighbours, shakes)
            mended = search.score[0] <= (1 - GAIN) * before

    def repack(
        self, search: Exchanges, neighbours: Neighbours, value: Floats, climb: Future[float] | None
    ) -> None:
        """Decide territories anew, a few together, as long as that gains; tell the bound as soon as it is there."""
        if self.course.is_done():
            return

        def tell(method: str) -> None:
            if method not in self.course.method:
                self.course.method.append(method)
            self.take(search, "search")
            if climb and climb.done():
                self.course.raise_bound(climb.result(), "bound")

        with ThreadPoolExecutor(count_threads()) as pool:
            repack(
                search,
                neighbours,
                pool,
                value,
                effort=self.problem.effort,
                on_gain=tell,
                should_stop=self.course.is_over,
            )

    def shake(self, search: Exchanges, neighbours: Neighbours, times: int) -> None:
        """Shake the plan some times and tell every gain."""
        for _ in range(times):
            if self.course.is_over():
                break
            if search.shake(neighbours):
                self.take(search, "search")

    def give_up(self) -> Result:
        """What is known when the run was stopped and does not end by itself; it is not heard of again."""
        self.course.on_progress = None
        return self.conclude(None, None)

    def conclude(self, model: Model | None, prices: Prices | None) -> Result:
        """Let the checker judge the plan, and say what is proved."""
        return conclude(self.problem, self.course, self.start, self.seed, model, prices, self.is_impossible)

    def is_impossible(self) -> bool:
        """Whether no plan keeps every hard constraint, asked once and not any more when time is up."""
        if self.impossible is None and self.tight is not None and not self.course.is_over():
            whole = takes_all_pairs(self.problem)
            left_out = None if whole else partial(price_rows, self.problem)
            self.impossible = self.course.bound > self.dearest or prove_infeasible(self.tight.model, left_out)
        return bool(self.impossible)
