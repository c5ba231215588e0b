"""Probing: where customers larger than a limit cannot go in any better plan.

Prices spread such a customer thinly over many reps. Given to one rep whole it fills that rep's ranges, and whoever
else is there pays for it. So each of its arcs is tried: it is put there, the rep's own rows are priced anew (a small
linear program), and where even the bound is then above what the plan at hand costs, the arc is in no better plan
(probing; Savelsbergh 1994). Where that does not settle it, all rows are priced anew, and the other large customers
are tried in turn, as far as a set amount of work goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp

from optimizer.plan import UNSERVED
from optimizer.problem import Floats, Ints
from optimizer.solving.linear import Range, solve_rows
from optimizer.solving.modelling.model import Model, find_row_reps
from optimizer.solving.pricing.prices import Prices, cheapest_arcs
from optimizer.solving.pricing.sifting import sift_prices

WORK, MOST = (
    3_000_000,
    150,
)  # arcs times the number of times that all rows may be priced anew, and that number
HASTE = 0.3  # effort of it on the way; in the end it is done with all


@dataclass(eq=False)
class Probing:
    """What is known of the arcs of large customers: those ruled out cost ``objective`` more than they did.

    The lesser of ``objective``, which is what the plan at hand costs, and any bound of ``model`` is a bound for all
    plans. ``open`` are the arcs of large customers that are not ruled out.
    """

    model: Model
    prices: Prices
    open: Ints
    objective: int
    effort: float
    should_stop: Callable[[], bool]
    shared: Shared = field(default_factory=lambda: Shared())

    def settle(self) -> float:
        """Rule out what can be, and a bound for all plans."""
        self.shared.turns = min(WORK // max(len(self.model.rep), 1), MOST)
        self.narrow()
        bound = self.prices.bound
        for unit in self.find_undecided():
            if self.shared.turns <= 0:
                break
            arcs = self.open[self.model.unit[self.open] == unit]
            left = np.array([self.take(arc).explore() for arc in arcs])
            bound = max(bound, float(left.min()))
            if (left >= self.objective).any():
                self.rule_out(arcs[left >= self.objective])
        self.climb(self.effort)
        return min(max(bound, self.prices.bound), float(self.objective))

    def explore(self) -> float:
        """A bound for the plans left; ``objective`` where none of them is better than the plan at hand."""
        if not self.climb(HASTE * self.effort):
            return self.prices.bound
        if self.prices.bound <= self.objective:
            self.narrow()
        bound = self.prices.bound
        if bound > self.objective:
            return self.objective
        undecided = self.find_undecided()
        if not len(undecided):
            self.shared.see(self.prices)
            return bound
        if self.shared.turns <= 0:
            return bound
        arcs = self.open[self.model.unit[self.open] == undecided[0]]
        return max(bound, min(self.take(arc).explore() for arc in arcs))

    def narrow(self) -> None:
        """Rule out arcs that are hopeless by themselves, as long as prices then change."""
        while len(
            arcs := find_hopeless(self.model, self.prices, self.open, self.objective, self.should_stop)
        ):
            self.rule_out(arcs)
            if not self.climb(HASTE * self.effort):
                break

    def take(self, arc: int) -> Probing:
        """The same with one arc for its unit."""
        mine = self.model.unit[self.open] == self.model.unit[arc]
        part = replace(self)
        part.rule_out(self.open[mine & (self.open != arc)])
        return part

    def rule_out(self, arcs: Ints) -> None:
        """These arcs are in no better plan."""
        cost = self.model.cost.copy()
        cost[arcs] += self.objective
        self.model = replace(self.model, cost=cost)
        self.open = np.setdiff1d(self.open, arcs)

    def climb(self, effort: float) -> bool:
        """Price all rows anew, unless the work is done."""
        if self.shared.turns <= 0 or self.should_stop():
            return False
        self.shared.turns -= 1
        self.prices = sift_prices(
            self.model, self.prices.dual, effort=effort, enough=self.objective, should_stop=self.should_stop
        )
        return True

    def find_undecided(self) -> Ints:
        """Large customers that have a choice left, those with the fewest arcs first."""
        units, count = np.unique(self.model.unit[self.open], return_counts=True)
        order = np.argsort(count, kind="stable")
        return units[order][count[order] > 1]


@dataclass(eq=False)
class Shared:
    """What all parts of a probing share: how often rows may still be priced anew, and where to look for a plan."""

    turns: int = 0
    best: Prices | None = None  # with every large customer in one place, the prices with the lowest bound

    def see(self, prices: Prices) -> None:
        """Prices with every large customer in one place."""
        if self.best is None or prices.bound < self.best.bound:
            self.best = prices


def find_hopeless(
    model: Model, prices: Prices, large: Ints, objective: int, should_stop: Callable[[], bool]
) -> Ints:
    """Arcs among ``large`` that no plan of at most ``objective`` uses.

    If they are made as dear as one likes, the lesser of any bound found then and ``objective`` is a bound still.
    """
    reduced, first = prices.reduced, model.first[:-1]
    best = cheapest_arcs(model, reduced)
    others = reduced.copy()
    others[best] = np.inf
    second = np.minimum.reduceat(others, first)
    row_rep = find_row_reps(model)
    large = large[(model.rep[large] != UNSERVED) & (model.breach[large] == 0)]
    hopeless = []
    for rep in np.unique(model.rep[large]):
        mine = np.flatnonzero(model.rep == rep)
        unit = model.unit[mine]
        elsewhere = np.where(best[unit] == mine, second[unit], reduced[best[unit]])
        side = _Side(model, prices, np.flatnonzero(row_rep == rep), mine, elsewhere)
        tried = np.flatnonzero(np.isin(mine, large))
        if should_stop():
            break
        hopeless.append(mine[tried[side.probe(tried, objective) > objective]])
    return np.concatenate(hopeless) if hopeless else large[:0]


class _Side:
    """One rep's arcs against what their units cost elsewhere."""

    def __init__(self, model: Model, prices: Prices, rows: Ints, arcs: Ints, elsewhere: Floats) -> None:
        self.by_arc = sp.csr_array(sp.csc_array(model.by_arc[arcs])[:, rows])
        self.within = Range(model.low[rows], model.high[rows], model.weight[rows])
        dual = prices.dual[rows]
        self.saved = prices.reduced[arcs] - self.by_arc @ dual - elsewhere  # without the rep's own rows
        self.rest = prices.bound - self.bound(dual)

    def bound(self, dual: Floats) -> float:
        """What the rep's part of the bound comes to at prices of its own rows."""
        end = np.where(dual > 0, self.within.high, np.where(dual < 0, self.within.low, 0.0))
        return float(np.minimum(self.saved + self.by_arc @ dual, 0.0).sum() - dual @ end)

    def probe(self, tried: Ints, objective: int) -> Floats:
        """A bound for plans in which the unit of an arc is here, for each of ``tried``."""
        known = np.full(len(tried), -np.inf)
        for number, arc in enumerate(tried):
            if known[number] > objective:
                continue
            held = self.by_arc[[arc]].toarray().ravel()
            free = np.delete(np.arange(len(self.saved)), arc)
            left = Range(self.within.low - held, self.within.high - held, self.within.weight)
            dual = solve_rows(self.saved[free], sp.csr_array(self.by_arc[free].T), left, None).dual
            if dual is None:
                continue
            dual = self.clip(dual)
            whole = self.rest + self.bound(dual)
            known = np.maximum(known, whole + np.maximum(self.saved[tried] + self.by_arc[tried] @ dual, 0.0))
        return known

    def clip(self, dual: Floats) -> Floats:
        """The nearest prices that prove anything."""
        most = np.where(np.isfinite(self.within.high), self.within.weight, 0.0)
        least = np.where(np.isfinite(self.within.low), -self.within.weight, 0.0)
        return np.clip(dual, least, most)
