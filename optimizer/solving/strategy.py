"""Strategy: one way through every problem, which says what it took and stops where it no longer pays.

All limits are of work, so that the same problem and seed give the same plan on any machine at any load. A time
limit is an extra stop, only if asked for, and the result says when it was used.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints, Problem
from optimizer.result import OPTIMALITY_GAP, Progress, Result, Status
from optimizer.solving.candidates import add_pairs, find_candidates, takes_all_pairs
from optimizer.solving.exchanges import Exchanges, Neighbours, find_neighbours, start_exchanges
from optimizer.solving.far_pairs import carry_over, price_far_pairs
from optimizer.solving.linear import Work, pick_arcs, solve_part
from optimizer.solving.model import Model, build_model
from optimizer.solving.prices import Prices, cheapest_arcs, find_prices, price_at
from optimizer.solving.sifting import find_rough_prices, sift_prices
from optimizer.solving.territories import WIDEST, Territories
from optimizer.solving.worth import find_worth

EXACT = 6_000  # arcs up to which one exact model is tried
TINY = 500  # arcs up to which the exact model is tried at once
LINEAR = 25_000  # arcs up to which a linear program is asked whether everything can be kept
PROOF = 5_000  # arcs up to which an exact model is asked whether everything can be kept
PATIENCE = 6  # rounds without a gain, or with broken hard rows, before something else is tried
REP_ROUNDS, MOST_ROUNDS = 2000, 20  # rounds of search times reps, and rounds
MENDING = 20  # rounds of mending broken hard rows
FAR = 400.0  # milli-hours: pairs left out that are this near the cheapest are looked at
JOINING = 2  # times that such pairs join the model
WORTH_IT, NOTHING = (
    1e-4,
    2e-5,
)  # of the bound: what they must cost it before prices are found again, or they join


def solve(
    problem: Problem,
    *,
    start: Plan | None = None,
    seed: int | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Result:
    """The best plan found, with a lower bound that is proved.

    ``start``: a plan to begin with; the result is never worse. ``seed`` and ``gap`` override the scenario's.
    ``time_limit``: seconds, an extra stop (the plan then depends on the machine). ``on_progress`` is called with
    every improvement of plan or bound; when ``should_stop`` says True the best plan so far is returned.
    A problem that cannot be kept whole is an answer (status INFEASIBLE or NOT_FOUND), not an exception.
    """
    run = _Run(
        problem,
        seed=problem.seed if seed is None else seed,
        gap=problem.gap if gap is None else gap,
        time_limit=time_limit,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    # One thread in linear algebra: long sums then do not depend on the number of cores, and threads are ours to use.
    with threadpool_limits(1, user_api="blas"):
        return run.solve(start)


@dataclass(eq=False)
class _Run:
    """One run: its limits, its clock, and the best plan and bound so far."""

    problem: Problem
    seed: int
    gap: float
    time_limit: float | None
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    trace: list[Progress] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    bound: float = -math.inf
    impossible: bool | None = None  # whether it is proved that no plan keeps everything; None: not asked yet
    dearest: float = math.inf  # what a plan that keeps everything costs at most
    score: tuple[int, int] | None = None
    stopped: str = "work"
    method: list[str] = field(default_factory=lambda: ["prices"])

    def solve(self, start: Plan | None) -> Result:
        problem = self.problem
        with _Stage(self, "prices"):
            model, prices, ceiling = self.find_bound(start)
        with _Stage(self, "start"):
            search, kept = self.find_start(model, prices, start)
            self.tell(search, "start")
            search.run(self.is_over)
            if search.score[0]:
                search.mend()
                search.run(self.is_over)
            self.tell(search, "exchanges")
        with _Stage(self, "search"):
            if not self.is_done(search) and len(model.rep) > TINY:
                self.improve(model, prices, search, ceiling)
        arcs = kept[search.arcs]
        with _Stage(self, "exact"):
            arcs = self.solve_exactly(model, prices, search, arcs)
        self.is_done(search)  # notes why it ended
        return self.conclude(model, prices, self.never_worse(model.to_plan(arcs), start))

    def find_bound(self, start: Plan | None) -> tuple[Model, Prices, Floats]:
        """The model with every pair that matters, its row prices, and what units may be valued at most, [U].

        Where pairs were left out, those that are cheap at the prices found join the model, and the prices are found
        again; what pairs still left out could save is taken off the bound, so that it holds for every plan.
        """
        problem = self.problem
        with _Stage(self, "model"):
            pairs = find_candidates(problem, start)
            model = build_model(problem, *pairs)
        self.dearest = find_dearest(model)
        climb = partial(sift_prices, effort=problem.effort, enough=self.dearest, should_stop=self.is_over)
        prices = find_rough_prices(model, should_stop=self.is_over)
        if takes_all_pairs(problem):
            prices = climb(model, prices.dual)
            self.bound = prices.bound
            return model, prices, np.full(model.n_units, np.inf)
        far = price_far_pairs(problem, model, prices.dual, FAR)
        for _ in range(JOINING):
            if far.loss <= NOTHING * abs(prices.bound) or self.is_over():
                break
            dear = far.loss > WORTH_IT * abs(prices.bound)
            dual, place = prices.dual, model.place
            del model, prices  # there may be no room for two large models
            with _Stage(self, "model"):
                pairs = add_pairs(problem, pairs, far.pairs)
                model = build_model(problem, *pairs)
            dual = carry_over(dual, place, model.place)
            prices = climb(model, dual) if dear else price_at(model, dual)
            far = price_far_pairs(problem, model, prices.dual, FAR)
        self.bound = prices.bound - far.loss
        cheapest = np.minimum.reduceat(prices.reduced, model.first[:-1])
        return model, prices, cheapest + far.least - WIDEST

    def find_start(self, model: Model, prices: Prices, start: Plan | None) -> tuple[Exchanges, Ints]:
        """Exchanges from the best of a few plans: the one handed in, the present one, the prices' own."""
        plans = [model.find_arcs(plan) for plan in (start, Plan(self.problem.owner)) if plan is not None]
        plans.append(cheapest_arcs(model, prices.reduced))
        return start_exchanges(model, prices.regret(model), min(plans, key=model.judge), self.seed)

    def improve(self, model: Model, prices: Prices, search: Exchanges, ceiling: Floats) -> None:
        """Shake the plan and tighten the bound side by side, until the gap is reached or neither gains any more.

        Both do a set amount of work a round and meet at its end: what comes out does not depend on which is faster.
        """
        problem = self.problem
        rounds = max(1, round(problem.effort * np.clip(REP_ROUNDS // problem.n_reps, 1, MOST_ROUNDS)))
        shakes = int(np.clip(problem.n_reps // 2, 6, 100))
        neighbours = find_neighbours(search.model, search.regret)
        territories = Territories(model, prices, ceiling, self.seed)
        self.mend(model, search, neighbours, shakes)
        idle = 0
        with ThreadPoolExecutor(1) as aside:
            for _ in range(rounds):
                if self.is_done(search) or idle == PATIENCE or search.score[0]:
                    break
                before = (search.score, self.bound)
                climb = aside.submit(territories.climb, search.score[1], self.is_over)
                self.shake(search, neighbours, shakes)
                if climb.result() > self.bound:
                    self.bound = climb.result()
                    self.tell(search, "bound")
                idle = idle + 1 if (search.score, self.bound) == before else 0
        self.method.append("exchanges")
        if territories.rounds:
            self.method.append("territories")

    def mend(self, model: Model, search: Exchanges, neighbours: Neighbours, shakes: int) -> None:
        """Shake where hard constraints are broken, until none is, it is proved that one must be, or nothing helps."""
        for turn in range(MENDING):
            if not search.score[0] or self.is_over() or (turn == PATIENCE and self.is_impossible(model)):
                break
            self.shake(search, neighbours, shakes)

    def shake(self, search: Exchanges, neighbours: Neighbours, times: int) -> None:
        """Shake the plan some times and tell every gain."""
        for _ in range(times):
            if self.is_over():
                break
            if search.shake(neighbours):
                self.tell(search, "search")

    def solve_exactly(self, model: Model, prices: Prices, search: Exchanges, arcs: Ints) -> Ints:
        """One mixed-integer model over every arc that a better plan could use, for plan and bound alike.

        An arc dearer by more than objective - bound than its unit's cheapest is in no better plan.
        """
        if self.is_done(search):
            return arcs
        breach, objective = search.score
        regret = prices.regret(model)
        usable = (
            np.flatnonzero(regret <= objective - prices.bound) if not breach else np.arange(len(model.rep))
        )
        if len(usable) > EXACT:
            return arcs
        most = 50 if breach and self.is_impossible(model) else 1000
        nodes = int(np.clip(2e9 * self.problem.effort / max(len(usable), 1) ** 2, 8, most))
        usable = np.union1d(usable, arcs)
        answer = solve_part(
            model,
            usable,
            np.zeros(len(model.low)),
            Work(nodes, self.gap, certain=False),
            start=arcs,
            seed=self.seed,
            seconds=self.seconds_left(),
            should_stop=self.should_stop,
        )
        if answer.value is None:
            return arcs
        self.method.append("exact")
        found = pick_arcs(model, usable, answer.value)
        if model.judge(found) < search.score:
            arcs = found
            search.model, search.arcs, search.activity = model, arcs, model.sum_rows(arcs)
            search.paid = model.pay(arcs)
        if not search.score[0]:
            self.bound = max(self.bound, min(answer.bound, search.score[1]))
        self.tell(search, "exact")
        return arcs

    def never_worse(self, plan: Plan, start: Plan | None) -> Plan:
        """The plan handed in, should it be better than what was found."""
        if start is not None:
            ours, theirs = evaluate(self.problem, plan), evaluate(self.problem, start)
            if theirs.keeps_all and not (ours.keeps_all and ours.objective <= theirs.objective):
                return start
        return plan

    def conclude(self, full: Model, prices: Prices, plan: Plan) -> Result:
        """Let the checker judge the plan, and say what is proved."""
        score = evaluate(self.problem, plan)
        # Every plan costs whole milli-hours: a bound between two of them proves the upper one, rounding errors aside.
        proved = math.ceil(self.bound - max(1e-6, 1e-9 * abs(self.bound)))
        bound: int | None = proved
        gap = None
        if score.keeps_all:
            bound = proved = min(proved, score.objective)
            gap = find_gap(score.objective, proved)
            status = Status.OPTIMAL if gap <= OPTIMALITY_GAP else Status.FEASIBLE
        elif self.is_impossible(full):
            status, bound = Status.INFEASIBLE, None
            self.stopped = "proved"
        else:
            status = Status.NOT_FOUND
        self.find_notes(full)
        return Result(
            status=status,
            plan=plan,
            score=score,
            bound=bound,
            gap=gap,
            method=" + ".join(self.method),
            stopped=self.stopped,
            seed=self.seed,
            seconds=time.perf_counter() - self.began,
            stages=self.stages,
            notes=self.notes,
            trace=self.trace,
            prices=find_worth(self.problem, full, prices.dual, prices.bound) if score.keeps_all else None,
        )

    def is_impossible(self, full: Model) -> bool:
        """Whether no plan keeps every hard constraint, asked once and not any more when time is up."""
        if self.impossible is None and not self.is_over():
            self.impossible = self.bound > self.dearest or prove_infeasible(full)
        return bool(self.impossible)

    def find_notes(self, full: Model) -> None:
        """What the planner should know of how this plan came about."""
        problem = self.problem
        no_point = np.isnan(problem.rep_point).any(axis=1)
        if no_point.all() or np.isnan(problem.customer_point).any(axis=1).all():
            self.notes.append(("no_geography", {}))
        elif no_point.any():
            self.notes.append(("no_home", {"count": int(no_point.sum())}))
        pairs = problem.n_customers * problem.n_reps
        considered = int((full.rep >= 0).sum())
        if considered and not takes_all_pairs(problem):
            self.notes.append(("candidates", {"count": considered, "all": pairs}))
        if self.stopped in ("time_limit", "interrupted"):
            self.notes.append((self.stopped, {}))

    def is_done(self, search: Exchanges) -> bool:
        """Whether to stop here, and why."""
        breach, objective = search.score
        if not breach and find_gap(objective, self.bound) <= self.gap:
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

    def tell(self, search: Exchanges, stage: str) -> None:
        """Record an improvement and pass it on."""
        self.score = search.score
        breach, objective = search.score
        bound = self.bound if math.isfinite(self.bound) else None
        glimpse = Progress(
            time.perf_counter() - self.began,
            objective / UNITS_PER_HOUR,
            None if bound is None else bound / UNITS_PER_HOUR,
            None if breach or bound is None else find_gap(objective, bound),
            stage,
            not breach,
        )
        self.trace.append(glimpse)
        if self.on_progress is not None:
            self.on_progress(glimpse)


class _Stage:
    """Adds the seconds of a with-block to the run's stages; a stage within another counts for itself alone."""

    def __init__(self, run: _Run, name: str) -> None:
        self.run, self.name = run, name

    def __enter__(self) -> None:
        self.began, self.others = time.perf_counter(), sum(self.run.stages.values())

    def __exit__(self, *_: object) -> None:
        within = sum(self.run.stages.values()) - self.others
        seconds = time.perf_counter() - self.began - within
        self.run.stages[self.name] = self.run.stages.get(self.name, 0.0) + seconds


def find_gap(objective: float, bound: float) -> float:
    """(objective - bound) / objective: at most this share of the objective could be saved."""
    if objective <= bound:
        return 0.0
    return (objective - bound) / max(abs(objective), 1.0)


def find_dearest(model: Model) -> float:
    """What a plan that keeps every hard constraint costs at most: each unit's dearest arc, each row's worst price.

    A bound above it proves that there is no such plan.
    """
    arcs = np.where(model.breach > 0, -np.inf, model.cost)
    units = np.maximum.reduceat(arcs, model.first[:-1])
    if np.isneginf(units).any():
        return -math.inf  # a unit that has no arc without a breach
    most = np.asarray(model.by_arc.maximum(0).sum(axis=0)).ravel()
    least = np.asarray(model.by_arc.minimum(0).sum(axis=0)).ravel()
    outside = np.maximum(np.maximum(most - model.high, model.low - least), 0.0)
    return float(units.sum() + np.where(model.hard, 0.0, outside * model.price + 1.0).sum())


def prove_infeasible(model: Model) -> bool:
    """Whether even with all prices forgotten no plan avoids a breach of hard constraints.

    The model is asked for the smallest breach alone; a positive lower bound on it is the proof.
    """
    only_breach = replace(
        model,
        cost=model.breach,
        breach=np.zeros_like(model.breach),
        num=np.where(model.hard, model.num, 0),
        hard=np.zeros_like(model.hard),
    )
    if find_prices(only_breach, np.zeros(len(model.low)), enough=0.5).bound > 0.5:
        return True
    if len(model.rep) > LINEAR:
        return False
    arcs, nothing = np.arange(len(model.rep)), np.zeros(len(model.low))
    linear = solve_part(only_breach, arcs, nothing, None)
    if linear.dual is not None and price_at(only_breach, linear.dual).bound > 0.5:
        return True
    if len(model.rep) > PROOF:
        return False
    return solve_part(only_breach, arcs, nothing, Work(100, 0.5, certain=False)).bound > 0.5
