"""The frontier: a handful of plans that nothing dominates over travel, balance and disruption.

Travel is travel_hours, balance outside_hours, disruption moved. Plans are sought at different rates between the three:
first at the ends, where one of them is nearly all that counts, then wherever the plans known are farthest from what a
better one could reach (a sandwich from both sides; Rennen, van Dam, den Hertog 2011; with two objectives Cohon 1978).
One model serves all rates; each run begins with the best plan known at its rates, and with the prices and the bound
that a mixture of earlier runs gives. Why so: docs/decisions/0012-a-frontier-by-rates.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.comparing.frontier.envelope import mix_many, mix_rates
from optimizer.comparing.frontier.trading import Rates, Trade
from optimizer.evaluation import evaluate
from optimizer.kpis import look_at, measure_kpis
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Floats, Problem
from optimizer.result import Progress, Result, Score, find_gap
from optimizer.solving import Footing, mix, solve_near

AIMS = ("travel_hours", "outside_hours", "moved")  # the less of each the better
FEWEST, USUAL, MOST = 5, 7, 9  # points
MORE = 4  # runs beyond the points asked for, where some find nothing new
GAP = 0.01  # near enough to the best to see what a choice costs, where the scenario asks for more
MOST_GAP = 0.02  # where one move is worth much
LITTLE, MUCH = 0.01, 5.0  # hours of travel for an hour outside a corridor, at the ends
MOVE_LITTLE, MOVE_MUCH = 0.002, 3.0  # the same for a move, times an average customer's hours
STEPS = 4  # in which rates go from one end to another
LEAST_TRAVEL = 0.2  # share that travel has at any rates
NEAR = 0.01  # of the ranges: plans nearer than this are one point
SETTLED = (
    0.004  # of the ranges: where plans are nowhere farther from what is proved there is nothing left to find
)

Name = Literal[
    "best",
    "least_travel",
    "best_balance",
    "fewest_moves",
    "knee",
    "more_travel",
    "less_balance",
    "more_moves",
]


@dataclass(frozen=True, eq=False)
class FrontierPoint:
    """One plan of a frontier. ``name``: what it is best at, or else what it gives up; ``number`` among those so named.

    ``aims``: its travel hours, hours outside corridors and moves. ``score`` and ``kpis`` are as the case judges it.
    ``objective`` (hours) is what it costs at its ``rates``: no plan that serves as many costs less than ``bound``.
    ``target``: the gap at which it was good enough.
    """

    name: Name
    number: int
    rates: Rates
    plan: Plan
    score: Score
    aims: tuple[float, ...]
    kpis: dict[str, float | None]
    objective: float
    bound: float
    target: float

    @property
    def gap(self) -> float:
        """The share of the objective that could still be saved at most."""
        return find_gap(self.objective, self.bound)

    @property
    def key(self) -> str:
        """Its name in files: ``less-balance-2``."""
        name = self.name.replace("_", "-")
        return name if self.number == 1 else f"{name}-{self.number}"


@dataclass(frozen=True, eq=False)
class Frontier:
    """Plans that nothing dominates, in the order of their travel; and today's plan, which moves nobody.

    ``problem``: as the scenario says, with today's owners. ``runs``: how many plans were sought. ``stopped``: whether
    the user ended it before all were found; ``broken``: no plan that keeps every hard constraint was found.
    """

    case: Case
    problem: Problem
    trade: Trade
    today: Plan
    today_score: Score
    today_kpis: dict[str, float | None]
    points: tuple[FrontierPoint, ...]
    runs: int
    stopped: bool
    broken: bool = False

    @property
    def today_aims(self) -> tuple[float, ...]:
        """Travel hours, hours outside corridors and moves of today's plan."""
        return _read_aims(self.today_kpis)


def frontier(
    case: Case,
    today: Plan | None = None,
    *,
    points: int = USUAL,
    seed: int | None = None,
    gap: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_run: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Frontier:
    """Five to nine plans of ``case`` that nothing dominates over travel, balance and moves.

    ``today``: the plan that moves are counted from; the records' owners unless given. ``points``: how many plans, as
    far as there are so many. ``seed`` and ``gap`` override the scenario's. ``on_progress`` hears of each run as in
    ``solve``, ``on_run`` its number when it begins; when ``should_stop`` says so the points found so far are given.
    ValueError when ``points`` are not 5 to 9.
    """
    if not FEWEST <= points <= MOST:
        raise ValueError(f"a frontier has {FEWEST} to {MOST} points, not {points}")
    if today is not None:
        case = _settle(case, today)
    problem = build_problem(case)
    problem = replace(problem, seed=problem.seed if seed is None else seed)
    search = _Search(problem, gap, on_progress, on_run, should_stop)
    search.run(points)
    present = Plan(problem.owner)
    score = evaluate(problem, present)
    return Frontier(
        case=case,
        problem=problem,
        trade=search.trade,
        today=present,
        today_score=score,
        today_kpis=measure_kpis(look_at(problem, present, score)),
        points=search.list_points(),
        runs=len(search.found),
        stopped=search.stopped,
        broken=search.broken,
    )


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether a plan is nowhere worse than another, and somewhere better, by the aims of both."""
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@dataclass(frozen=True, eq=False)
class _Found:
    """What a run came to: the plan, its figures, what it costs besides (hours), and what is proved at its rates."""

    rates: Rates
    plan: Plan
    score: Score
    kpis: dict[str, float | None]
    rest: float
    bound: float
    target: float

    @cached_property
    def aims(self) -> tuple[float, ...]:
        """Its travel hours, hours outside corridors and moves."""
        return _read_aims(self.kpis)

    def cost(self, rates: Rates) -> float:
        """What the plan costs at any rates, in hours."""
        return self.rest + rates.balance * self.aims[1] + rates.move * self.aims[2]


@dataclass(eq=False)
class _Search:
    """The runs so far, and what the next one begins with."""

    problem: Problem
    gap: float | None
    on_progress: Callable[[Progress], None] | None
    on_run: Callable[[int], None] | None
    should_stop: Callable[[], bool] | None
    found: list[_Found] = field(default_factory=list)
    footings: list[Footing] = field(default_factory=list)
    stopped: bool = False
    broken: bool = False

    def __post_init__(self) -> None:
        self.trade = Trade(self.problem)
        size = self.problem.hours.mean() / UNITS_PER_HOUR if self.problem.n_customers else 1.0
        self.size = max(float(size), 1.0)

    def run(self, points: int) -> None:
        """Seek plans at the ends, then between them, until there are enough or nothing is left to find."""
        few, many = MOVE_LITTLE * self.size, MOVE_MUCH * self.size
        for balance, move in ((LITTLE, few), (MUCH, few), (LITTLE, many)):
            if not self.seek(_round(balance, move)):
                return
            if len(self.found) == 1:
                self.trade = replace(self.trade, served=self.found[0].plan.owner != UNSERVED)
        while len(self.pick()) < points and len(self.found) < points + MORE:
            rates, hope = self.choose()
            if hope < SETTLED or not self.seek(rates):
                return

    def seek(self, rates: Rates) -> bool:
        """Look for the best plan at some rates; whether the search may go on."""
        if self.should_stop is not None and self.should_stop():
            self.stopped = True
            return False
        if self.on_run is not None:
            self.on_run(len(self.found) + 1)
        low, shares = self.mix(rates)
        start = min(self.found, key=lambda one: one.cost(rates)).plan if self.found else None
        target = self.find_target(rates)
        result, footing = solve_near(
            self.trade.at(rates),
            self.find_footing(shares),
            start=start,
            bound=UNITS_PER_HOUR * low,
            gap=target,
            on_progress=self.on_progress,
            should_stop=self.should_stop,
        )
        if footing is None or result.stopped == "interrupted":
            self.stopped = True
            return False
        self.broken = not result.ok
        if self.broken:
            return False
        self.footings.append(footing)
        self.found.append(self.understand(rates, result, target))
        return True

    def find_target(self, rates: Rates) -> float:
        """The gap at which a run is good enough: as far as a choice can be seen, and not less than one move."""
        if self.gap is not None:
            return self.gap
        low = self.mix(rates)[0]
        one_move = min(rates.move / low, MOST_GAP) if low > 0 else 0.0
        return max(self.problem.gap, GAP, one_move)

    def find_footing(self, shares: Floats) -> Footing | None:
        """What earlier runs leave for one at a mixture of their rates."""
        return mix(self.footings, shares) if self.footings else None

    def mix(self, rates: Rates) -> tuple[float, Floats]:
        """What is proved at some rates by earlier runs, in hours, and their shares in it."""
        slack = self.trade.slack
        return mix_rates([one.rates for one in self.found], [one.bound - slack for one in self.found], rates)

    def understand(self, rates: Rates, result: Result, target: float) -> _Found:
        bound = -np.inf if result.bound is None else result.bound / UNITS_PER_HOUR
        score = evaluate(self.problem, result.plan)
        kpis = measure_kpis(look_at(self.problem, result.plan, score))
        return _Found(rates, result.plan, score, kpis, self.trade.find_rest(result.plan), bound, target)

    def choose(self) -> tuple[Rates, float]:
        """The rates at which a better plan may be farthest from those known, and how far, in shares of the ranges.

        As near as the mixture of what the runs came to, were each of them the best: at rates of a run that is nothing.
        """
        spans = self.find_spans()
        shares = _list_shares([k for k in range(len(AIMS)) if spans[k] > 0])
        asked, reached = [one.rates for one in self.found], [self.find_best(one.rates) for one in self.found]
        weights = [share / np.where(spans > 0, spans, 1.0) for share in shares]
        every = [
            _round(
                np.clip(weight[1] / weight[0], LITTLE, MUCH),
                np.clip(weight[2] / weight[0], MOVE_LITTLE * self.size, MOVE_MUCH * self.size),
            )
            for weight in weights
        ]
        reach = mix_many(asked, reached, every)[0]
        apart = [(self.find_best(r) - low) * w[0] for r, low, w in zip(every, reach, weights, strict=True)]
        best = int(np.argmax(apart))
        return every[best], float(apart[best])

    def find_best(self, rates: Rates) -> float:
        """What the best plan known costs at some rates, in hours."""
        return min(one.cost(rates) for one in self.found)

    def find_spans(self) -> Floats:
        """How far the plans found are apart in each aim; travel's is that of all costs besides balance and moves."""
        aims = np.array([(one.rest, *one.aims[1:]) for one in self.found])
        return np.asarray(aims.max(axis=0) - aims.min(axis=0))

    def pick(self) -> list[tuple[_Found, _Found]]:
        """Runs and the best plan known at the rates of each: those that no other dominates, near ones once."""
        best = [(one, min(self.found, key=lambda other: other.cost(one.rates))) for one in self.found]
        every = [one.aims for one in self.found]
        kept: list[tuple[_Found, _Found]] = []
        spans = np.ptp(np.array(every), axis=0)
        for one, plan in best:
            near = any(
                (np.abs(np.subtract(plan.aims, other.aims)) <= NEAR * spans).all() for _, other in kept
            )
            if not near and not any(dominates(other, plan.aims) for other in every):
                kept.append((one, plan))
        return kept

    def list_points(self) -> tuple[FrontierPoint, ...]:
        """The points with their names, by travel."""
        kept = sorted(self.pick(), key=lambda pair: pair[1].aims) if self.found else []
        names = name_plans([plan.aims for _, plan in kept])
        points = []
        for k, (run, plan) in enumerate(kept):
            points.append(
                FrontierPoint(
                    name=names[k],
                    number=1 + names[:k].count(names[k]),
                    rates=run.rates,
                    plan=plan.plan,
                    score=plan.score,
                    aims=plan.aims,
                    kpis=plan.kpis,
                    objective=plan.cost(run.rates),
                    target=run.target,
                    bound=min(max(run.bound, self.mix(run.rates)[0]), plan.cost(run.rates)),
                )
            )
        return tuple(points)


def name_plans(aims: Sequence[Sequence[float]]) -> list[Name]:
    """A name for each plan: the best of each aim, the knee, and for all others what they give up most of.

    The knee loses least of all ranges together (the point farthest from the plane through the ends; Das 1999).
    """
    if len(aims) < 2:
        return ["best"] * len(aims)
    table = np.array(aims, dtype=float)
    span = np.ptp(table, axis=0)
    lost = (table - table.min(axis=0)) / np.where(span > 0, span, 1.0)
    names: list[Name] = [("more_travel", "less_balance", "more_moves")[k] for k in lost.argmax(axis=1)]
    free = set(range(len(names)))
    best: tuple[Name, ...] = ("least_travel", "best_balance", "fewest_moves")
    for k, name in enumerate(best):
        if span[k] > 0 and free:
            first = min(free, key=lambda p: (lost[p, k], lost[p].sum()))
            if lost[first, k] == 0:
                names[first] = name
                free.discard(first)
    if free and len(names) > 2:
        names[min(free, key=lambda p: lost[p].sum())] = "knee"
    return names


def _list_shares(aims: Sequence[int]) -> list[Floats]:
    """Shares of each aim in what counts, from one end to the other; travel always has a little."""
    grid = [
        np.array([a, b, STEPS - a - b], dtype=float) / STEPS
        for a in range(STEPS, -1, -1)
        for b in range(STEPS - a, -1, -1)
    ]
    shares = [np.maximum(one, [LEAST_TRAVEL, 0.0, 0.0]) for one in grid]
    return [one for one in shares if all(one[k] == 0 for k in range(1, len(AIMS)) if k not in aims)]


def _settle(case: Case, today: Plan) -> Case:
    """The case with the owners of a plan."""
    reps = np.append(case.records.reps["rep_id"].to_numpy(dtype=object), [None])
    customers = case.records.customers
    owner = pd.Series(reps[today.owner], index=customers.index, dtype=customers["owner"].dtype)
    return replace(case, records=replace(case.records, customers=customers.assign(owner=owner)))


def _round(balance: float, move: float) -> Rates:
    """Rates of four digits, a move's in whole milli-hours."""
    return Rates(float(f"{balance:.4g}"), max(round(float(f"{move:.4g}"), 3), 0.001))


def _read_aims(kpis: dict[str, float | None]) -> tuple[float, ...]:
    return tuple(kpis[name] or 0.0 for name in AIMS)
