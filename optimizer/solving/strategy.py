"""Strategy: one way through every problem, which says what it took and stops where it no longer pays.

All limits are of work, so that the same problem and seed give the same plan on any machine at any load. A time
limit is an extra stop, only if asked for, and the result says when it was used.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Floats, Ints, Problem
from optimizer.result import OPTIMALITY_GAP, Progress, Result, Status
from optimizer.solving.candidates import find_candidates
from optimizer.solving.linear import Work, pick_arcs, solve_part
from optimizer.solving.model import Model, build_model
from optimizer.solving.neighbourhood import SIZES, Search
from optimizer.solving.prices import Prices, cheapest_arcs, find_prices, price_at

SMALL = 50_000  # arcs up to which the search works on all of them
EXACT = 25_000  # arcs up to which one exact model is tried
TINY = 500  # arcs up to which the exact model is tried at once: a neighbourhood would be all of it
PROOF = 5_000  # arcs up to which an exact model is asked whether everything can be kept
PATIENCE = 8  # attempts with broken hard rows before that is asked
LINEAR = 80_000  # arcs up to which the start comes from a linear program


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
        with _Stage(self, "model"):
            full = build_model(problem, *find_candidates(problem, start))
        with _Stage(self, "prices"):
            model, prices = self.find_bound(full, start)
        with _Stage(self, "start"):
            search = Search(model, prices, self.find_start(model, prices, start), self.seed)
            self.tell(search, "start")
        with _Stage(self, "neighbourhoods"):
            self.search_neighbourhoods(full, search)
        with _Stage(self, "exact"):
            self.solve_exactly(full, search)
        self.is_done(search)  # notes why it ended
        plan = search.model.to_plan(search.arcs)
        return self.conclude(full, search, self.never_worse(plan, start))

    def find_bound(self, full: Model, start: Plan | None) -> tuple[Model, Prices]:
        """Prices on the most promising arcs, checked and repaired against all of them."""
        effort, dearest = self.problem.effort, find_dearest(full)
        self.dearest = dearest
        if len(full.rep) <= SMALL:
            prices = find_prices(
                full, np.zeros(len(full.low)), effort=effort, enough=dearest, should_stop=self.is_over
            )
            self.bound = prices.bound
            return full, prices
        keep = _cheapest(full, full.cost.astype(np.float64), self.problem.candidates)
        held = np.zeros(len(full.rep), dtype=bool)
        for plan in (Plan(self.problem.owner), start):
            if plan is not None:
                held[full.find_arcs(plan)] = True
        part, _ = full.restrict(keep | held)
        prices = find_prices(
            part, np.zeros(len(full.low)), effort=effort, enough=dearest, should_stop=self.is_over
        )
        whole = price_at(full, prices.dual)
        keep = _cheapest(full, whole.reduced, self.problem.candidates)
        part, kept = full.restrict(keep | held)
        prices = find_prices(part, prices.dual, effort=effort, enough=dearest, should_stop=self.is_over)
        better = price_at(full, prices.dual)
        if better.bound < whole.bound:
            better = whole
        self.bound = better.bound
        return part, Prices(better.dual, better.bound, better.reduced[kept])

    def find_start(self, model: Model, prices: Prices, start: Plan | None) -> Ints:
        """The best of a few quick plans: the one handed in, the present one, the prices' own, a rounded LP."""
        plans = [model.find_arcs(plan) for plan in (start, Plan(self.problem.owner)) if plan is not None]
        cheapest = cheapest_arcs(model, prices.reduced)
        plans.append(cheapest)
        regret = prices.regret(model)
        limit = min(3 * model.n_units, LINEAR)
        near = regret <= (np.partition(regret, limit)[limit] if limit < len(regret) else np.inf)
        offered = np.flatnonzero(near & (np.add.reduceat(near, model.first[:-1])[model.unit] > 1))
        if 0 < len(offered) <= LINEAR:
            units = np.unique(model.unit[offered])
            rest = np.delete(cheapest, units)
            answer = solve_part(model, offered, model.sum_rows(rest), None)
            if answer.value is not None:
                rounded = cheapest.copy()
                rounded[units] = pick_arcs(model, offered, answer.value)
                plans.append(rounded)
        return min(plans, key=model.judge)

    def search_neighbourhoods(self, full: Model, search: Search) -> None:
        """Improve until the gap is reached, nothing gains at any size, or the work is done.

        Where hard rows stay broken after a few attempts, it is asked whether that can be helped at all; for a mere
        best effort less work will do.
        """
        arcs = len(search.model.rep)
        # Where one exact model follows, a good start is enough; the smaller the problem, the sooner.
        exact = arcs <= EXACT
        limit = self.problem.effort * (
            (arcs > TINY) * min(40, arcs / 40) if exact else 60 + 1.5 * self.problem.n_reps
        )
        sizes = 1 if exact else len(SIZES)
        while search.attempts < limit and not self.is_done(search):
            asked = self.impossible is not None
            if search.score[0] and search.attempts >= PATIENCE and not asked and self.is_impossible(full):
                limit = min(limit, search.attempts + PATIENCE)
            better = search.improve()
            if better:
                self.tell(search, "neighbourhoods")
            elif better is None:
                if search.size + 1 == sizes:
                    break
                search.size += 1
        if search.attempts:
            self.method.append("neighbourhoods")

    def solve_exactly(self, full: Model, search: Search) -> None:
        """One mixed-integer model over every arc that a better plan could use, for plan and bound alike.

        An arc dearer by more than objective - bound than its unit's cheapest is in no better plan.
        """
        if self.is_done(search):
            return
        breach, objective = search.score
        whole = price_at(full, search.prices.dual)
        regret = whole.regret(full)
        usable = np.flatnonzero(regret <= objective - whole.bound) if not breach else np.arange(len(full.rep))
        if len(usable) > EXACT:
            return
        most = 50 if breach and self.is_impossible(full) else 1000
        nodes = int(np.clip(2e9 * self.problem.effort / max(len(usable), 1) ** 2, 8, most))
        start = full.find_arcs(search.model.to_plan(search.arcs))
        usable = np.union1d(usable, start)
        answer = solve_part(
            full,
            usable,
            np.zeros(len(full.low)),
            Work(nodes, self.gap, certain=False),
            start=start,
            seed=self.seed,
            seconds=self.seconds_left(),
            should_stop=self.should_stop,
        )
        if answer.value is None:
            return
        self.method.append("exact")
        arcs = pick_arcs(full, usable, answer.value)
        if full.judge(arcs) < search.score:
            search.model, search.prices = full, whole
            search.take(arcs)
        if not search.score[0]:
            self.bound = max(self.bound, min(answer.bound, search.score[1]))
        self.tell(search, "exact")

    def never_worse(self, plan: Plan, start: Plan | None) -> Plan:
        """The plan handed in, should it be better than what was found."""
        if start is not None:
            ours, theirs = evaluate(self.problem, plan), evaluate(self.problem, start)
            if theirs.keeps_all and not (ours.keeps_all and ours.objective <= theirs.objective):
                return start
        return plan

    def conclude(self, full: Model, search: Search, plan: Plan) -> Result:
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
        if self.score is not None and considered and pairs > 2_000_000:
            self.notes.append(("candidates", {"count": considered, "all": pairs}))
        if self.stopped in ("time_limit", "interrupted"):
            self.notes.append((self.stopped, {}))

    def is_done(self, search: Search) -> bool:
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

    def tell(self, search: Search, stage: str) -> None:
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
    """Adds the seconds of a with-block to the run's stages."""

    def __init__(self, run: _Run, name: str) -> None:
        self.run, self.name = run, name

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.run.stages[self.name] = time.perf_counter() - self.began


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
    if len(model.rep) > EXACT:
        return False
    arcs, nothing = np.arange(len(model.rep)), np.zeros(len(model.low))
    linear = solve_part(only_breach, arcs, nothing, None)
    if linear.dual is not None and price_at(only_breach, linear.dual).bound > 0.5:
        return True
    if len(model.rep) > PROOF:
        return False
    return solve_part(only_breach, arcs, nothing, Work(100, 0.5, certain=False)).bound > 0.5


def _cheapest(model: Model, value: Floats, count: int) -> Bools:
    """The ``count`` arcs of least value of each unit."""
    order = np.lexsort((value, model.unit))
    keep = np.zeros(len(value), dtype=bool)
    keep[order] = np.arange(len(order)) - model.first[model.unit[order]] < count
    return keep
