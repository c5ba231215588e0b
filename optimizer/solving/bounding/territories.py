"""Territories: a stronger bound, from judging every rep's territory whole.

Prices on rows let customers be cut in pieces; a territory of lumpy customers cannot fill its ranges like that. Here
the rows of each rep stay whole and it is the customers that get values v instead (Lagrangian relaxation of "each
customer has one owner"; Fisher, Jaikumar, Van Wassenhove 1986 for the generalized assignment problem):

    L(v) = sum over units of v + sum over reps of min over sets of units S of
           (cost of S + what the rep's rows charge for S - values of S)

No plan beats it, whatever v is: the sets of a plan are among those looked at, and the values cancel out. Rows of
several reps stay in the cost at their prices. Where the ranges of a rep alone decide, a set is cheapest among those
that swap only a few units with the best set at the row prices: an arc whose reduced cost is w cannot be against its
sign in any set that is less than |w| above the bound of the prices, so only arcs below a width w are left free, and
the answer counts up to that width.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from optimizer.cores import count_threads
from optimizer.problem import Floats, Ints
from optimizer.solving.bounding.ascent import Ascent
from optimizer.solving.bounding.knapsacks import Knapsack, find_knapsack
from optimizer.solving.bounding.subsets import find_limit, list_subsets
from optimizer.solving.linear import Range, Work, solve_rows
from optimizer.solving.modelling.model import Model, find_row_reps
from optimizer.solving.pricing.prices import Prices, cheapest_arcs

MOST_VALUE = 1e7  # milli-hours: enough to keep a unit where there is nobody else
SAFETY = 1e-6  # relative tolerance of the solver's bounds
WIDTH, NARROWEST = 120.0, 20.0  # milli-hours of reduced cost below which arcs are left free
WIDEST = 200.0  # the same where pairs were left out of the model
QUICK = 60  # times that values are tried at once where all territories are knapsacks; elsewhere ...
DEEP = 0.05  # ... a bound that falls by so much of what is left to the objective took too long a step, ...
SPENT = 2  # ... and steps made shorter so often without a better bound are the last
LITTLE = 0.15  # of what is left to the objective: where the first values prove no more, others hardly do
LISTED, FARTHEST = 3000, 400.0  # sets listed at most, and how far above the cheapest (milli-hours)
# For 100 territories of 100 customers each, this proves 58 milli-hours a territory beyond the row prices in 24 ms;
# SCIP as it comes proves 54 in 33 ms at the root. These are its slow heuristics.
SLOW = """
    actconsdiving adaptivediving alns bound clique coefdiving completesol conflictdiving crossover dins
    distributiondiving dualval farkasdiving feaspump fixandinfer fracdiving gins guideddiving indicator intdiving
    intshifting linesearchdiving localbranching lpface mpec multistart mutation nlpdiving objpscostdiving octane
    ofins padm pscostdiving randrounding reoptsols rens repair rins rootsoldiving shiftandpropagate subnlp trivial
    trivialnegation trysol undercover vbounds veclendiving zeroobj zirounding
"""
NODES, FEWEST, MOST = 30_000, 20, 1000  # nodes of search times territories, and of each
SLACK, PRECISE = (
    0.5,
    1e-4,
)  # milli-hours of a territory that need not be proved; of the bound, for all together
WORK = Work(
    MOST,
    0.0,
    more="separating/maxrounds = 0\nseparating/maxroundsroot = 0\n"
    + "".join(f"heuristics/{name}/freq = -1\n" for name in SLOW.split()),
)


@dataclass(frozen=True, eq=False)
class Territory:
    """One rep's side of the model: its arcs with their rows, and prices of the rows."""

    arcs: Ints  # [k]
    unit: Ints  # [k]
    cost: Floats  # [k] with the prices of rows of several reps
    priced: Floats  # [k] with the prices of the rep's own rows too
    by_arc: sp.csr_array  # [k, own rows]
    within: Range
    constant: float  # what the row prices charge whatever the set
    knapsack: Knapsack | None  # where its rows all count the same


@dataclass(frozen=True, eq=False)
class Best:
    """The cheapest set of a territory: a lower bound of its cost, and the arcs of the best one found."""

    bound: float
    arcs: Ints
    width: float


def split_territories(model: Model, prices: Prices) -> tuple[list[Territory], Floats, float]:
    """Each rep's territory, the cost of leaving a unit to nobody [U], and the constant of rows of several reps."""
    dual, row_rep = prices.dual, find_row_reps(model)
    shared = np.where(row_rep == model.n_reps, dual, 0.0)
    end = np.where(dual > 0, model.high, np.where(dual < 0, model.low, 0.0))
    weight = model.weight
    cost = model.weighed_cost + model.by_arc @ shared
    by_rep = np.argsort(model.rep, kind="stable")
    arc_ends = np.searchsorted(model.rep[by_rep], np.arange(model.n_reps + 1))
    by_row_rep = np.argsort(row_rep, kind="stable")
    row_ends = np.searchsorted(row_rep[by_row_rep], np.arange(model.n_reps + 1))
    own = sp.csc_array(model.by_arc[by_rep])
    territories = []
    for rep in range(model.n_reps):
        arcs = by_rep[arc_ends[rep] : arc_ends[rep + 1]]
        rows = by_row_rep[row_ends[rep] : row_ends[rep + 1]]
        part = sp.csr_array(own[:, rows][arc_ends[rep] : arc_ends[rep + 1]])
        within = Range(model.low[rows], model.high[rows], weight[rows])
        territories.append(
            Territory(
                arcs,
                model.unit[arcs],
                cost[arcs],
                prices.reduced[arcs],
                part,
                within,
                float(dual[rows] @ end[rows]),
                find_knapsack(part, within),
            )
        )
    return territories, cost[model.first[:-1]], float(shared @ end)


def find_best(territory: Territory, value: Floats, width: float, limit: float, work: Work, seed: int) -> Best:
    """The cheapest set of a territory at the given unit values [U], counted up to ``limit`` above the prices."""
    priced = territory.priced - value[territory.unit]
    cost = territory.cost - value[territory.unit]
    floor = float(np.minimum(priced, 0.0).sum()) - territory.constant
    return (
        _fill_best(territory, cost, floor, limit)
        or _list_best(territory, cost, priced, floor, limit)
        or _solve_best(territory, cost, priced, floor, width, limit, work, seed)
    )


def _fill_best(territory: Territory, cost: Floats, floor: float, limit: float) -> Best | None:
    """The same as a knapsack; None if it is none."""
    found = territory.knapsack and territory.knapsack.find_cheapest(cost)
    if not found:
        return None
    bound, taken = found
    bound -= SAFETY * abs(bound)
    return Best(max(min(bound, floor + limit), floor), territory.arcs[taken], NARROWEST)


def _list_best(territory: Territory, cost: Floats, priced: Floats, floor: float, limit: float) -> Best | None:
    """The same by listing the sets next to the cheapest one at the prices; None if there are too many."""
    near = np.flatnonzero(np.abs(priced) <= min(limit, FARTHEST))
    change = np.abs(priced[near])
    reach = find_limit(change, min(limit, FARTHEST), LISTED)
    near, change = near[change < reach], change[change < reach]
    sign = np.where(priced[near] < 0, -1.0, 1.0)
    amount = np.column_stack([territory.by_arc[near].toarray(), cost[near]]) * sign[:, None]
    taken = priced < 0
    sets = list_subsets(change, amount, reach)
    activity = sets.total[:, :-1] + np.asarray(territory.by_arc[np.flatnonzero(taken)].sum(axis=0)).ravel()
    within = territory.within
    outside = np.maximum(within.low - activity, activity - within.high)
    np.maximum(outside, 0.0, out=outside)
    true = float(cost[taken].sum()) + sets.total[:, -1] + outside @ within.weight
    best = int(np.argmin(true))
    bound = float(true[best])
    if bound - floor > reach and reach < limit:
        return None
    taken[near[sets.list_changes(best)]] ^= True
    bound -= SAFETY * abs(bound)
    width = min(max(1.3 * (bound - floor), NARROWEST), limit)
    return Best(max(min(bound, floor + reach), floor), territory.arcs[taken], width)


def _solve_best(
    territory: Territory,
    cost: Floats,
    priced: Floats,
    floor: float,
    width: float,
    limit: float,
    work: Work,
    seed: int,
) -> Best:
    """The same by a small mixed-integer model."""
    within = territory.within
    while True:
        free, taken = np.flatnonzero(np.abs(priced) <= width), np.flatnonzero(priced < -width)
        whole = len(free) == len(priced)
        base = np.asarray(territory.by_arc[taken].sum(axis=0)).ravel()
        left = Range(within.low - base, within.high - base, within.weight)
        if len(free):
            rows = sp.csr_array(territory.by_arc[free].T)
            answer = solve_rows(cost[free], rows, left, work, seed=seed)
            bound = answer.bound
            chosen = free[:0] if answer.value is None else free[answer.value > 0.5]
        else:
            outside = np.maximum(0.0, np.maximum(left.low, -left.high))
            bound, chosen = float(outside @ left.weight), free
        bound += float(cost[taken].sum())
        bound -= SAFETY * abs(bound)
        if whole or bound <= floor + width or width >= limit:
            break
        width = min(max(2 * width, NARROWEST), limit)
    bound = max(min(bound, limit + floor if whole else floor + width), floor)
    return Best(
        bound,
        territory.arcs[np.concatenate([taken, chosen])],
        min(max(1.3 * (bound - floor), NARROWEST), limit),
    )


def find_values(model: Model, prices: Prices) -> Floats:
    """Values [U] half-way between each unit's cheapest and second cheapest arc at the row prices.

    At any value in between the sum over territories proves what the row prices prove; half-way, territories neither
    drop a unit that is clearly theirs nor grab one that is clearly another's.
    """
    first = model.first[:-1]
    cheapest = np.minimum.reduceat(prices.reduced, first)
    others = prices.reduced.copy()
    others[cheapest_arcs(model, prices.reduced)] = np.inf  # of equals only one: the other is then the second
    second = np.minimum.reduceat(others, first)
    return cheapest + np.minimum((second - cheapest) / 2, MOST_VALUE)


class Territories:
    """The bound under ascent: unit values, and the territories they are tried on."""

    def __init__(self, model: Model, prices: Prices, ceiling: Floats, seed: int) -> None:
        self.n_units, self.unit, self.seed = model.n_units, model.unit, seed
        self.territories, self.nobody, self.constant = split_territories(model, prices)
        self.widths = [WIDTH] * len(self.territories)
        nodes = int(np.clip(NODES // max(len(self.territories), 1), FEWEST, MOST))
        slack = min(SLACK, PRECISE * abs(prices.bound) / max(len(self.territories), 1))
        self.work = replace(WORK, nodes=nodes, more=f"limits/absgap = {slack:.3g}\n{WORK.more}")
        self.ceiling = ceiling  # values above it would make pairs count that are not in the model
        self.quick = all(territory.knapsack for territory in self.territories)
        value = np.minimum(find_values(model, prices), ceiling)
        self.ascent = Ascent(value, deep=np.inf if self.quick else DEEP)
        self.limited = bool(np.isfinite(ceiling).any())
        self.plain = prices.bound  # what the row prices prove by themselves
        self.promising: bool | None = None  # whether more values are worth their time; None: none was tried

    def climb(self, objective: float, should_stop: Callable[[], bool] = lambda: False) -> float:
        """Try values a few times, as often as they are quickly tried, and return the best bound so far."""
        for _ in range(QUICK if self.quick else 1):
            self.step(objective, should_stop)
        return self.bound

    def step(self, objective: float, should_stop: Callable[[], bool] = lambda: False) -> float:
        """Try the values, move them towards a bound of ``objective``, and return the best bound so far."""
        answers = self._ask(should_stop)
        if answers is None:
            return self.bound
        value = self.ascent.value
        self.widths = [answer.width for answer in answers]
        spare = self.nobody - value
        bound = float(value.sum() + np.minimum(spare, 0.0).sum()) - self.constant
        bound += sum(answer.bound for answer in answers)
        wanted = np.bincount(
            self.unit[np.concatenate([answer.arcs for answer in answers])], minlength=self.n_units
        )
        slope: Floats = np.where(spare < 0, 0.0, 1.0) - wanted
        if self.promising is None:
            self.promising = bound - self.plain > LITTLE * (objective - self.plain)
        self.ascent.move(bound, slope, objective)
        self.ascent.value = np.minimum(self.ascent.value, self.ceiling)
        return self.bound

    @property
    def bound(self) -> float:
        """The best bound so far."""
        return self.ascent.bound

    @property
    def is_spent(self) -> bool:
        """Whether more tries are not worth their time: the first won little, or shorter steps win no more either."""
        return not self.quick and (self.promising is False or self.ascent.shortened >= SPENT)

    def _ask(self, should_stop: Callable[[], bool]) -> list[Best] | None:
        """The cheapest set of every territory, worked out side by side; None when stopped."""
        limit = WIDEST if self.limited else np.inf
        with ThreadPoolExecutor(count_threads()) as pool:
            jobs = [
                pool.submit(find_best, territory, self.ascent.value, width, limit, self.work, self.seed)
                for territory, width in zip(self.territories, self.widths, strict=True)
            ]
            for job in jobs:
                while not job.done():
                    wait([job], timeout=0.1)
                    if should_stop():
                        pool.shutdown(wait=False, cancel_futures=True)
                        return None
            return [job.result() for job in jobs]
