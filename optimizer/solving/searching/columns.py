"""Column generation: territories chosen whole, one of many sets for each rep, so that every unit is in one of them.

A linear program mixes the sets known so far (the restricted master of Dantzig and Wolfe 1960; for the generalized
assignment problem Savelsbergh 1997) and tells what each unit is worth. At these values each rep's cheapest set is a
knapsack, and joins. When no set would better the mixture any more, it is made a plan by diving: the set most wanted
is taken, its rep is done, and sets are asked for again with those left (Sadykov et al. 2019, INFORMS J. Comput. 31).
The last few reps are decided together by a small mixed-integer model.

This sees territories of few and lumpy units whole, where exchanges see a few units. It needs rows that all count the
same in one rep's territory, and are broken by too much only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver import pywraplp

from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.bounding.ascent import Ascent
from optimizer.solving.bounding.knapsacks import Knapsack, find_knapsack
from optimizer.solving.linear import Range, Work, solve_rows
from optimizer.solving.searching.exchanges import Exchanges

ASCENT = 20  # steps of the values before the master is asked: they bring in sets of many kinds
ROUNDS, DIVING = 60, 20  # times that sets join before the dive, and at each of its steps, ...
EARLY = 900  # ... but only so many by units together while half of the reps are still to choose
SMOOTH = 0.5  # share of the values that proved most in those that sets are asked at (Wentges 1997)
NEAR = 0.2  # milli-hours between the mixture and the bound at which it is good enough
SURE = 0.99  # share of a rep at which a set is taken with the one most wanted
LAST = 6  # reps decided together at the end, ...
NODES = 200  # ... and nodes of that search
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Choice:
    """What one rep may have: its arcs with their units, by their number in the part, and what they load."""

    rows: Ints
    arcs: Ints
    unit: Ints
    cost: Floats
    knapsack: Knapsack

    def price(self, taken: Bools) -> float:
        """What a set costs with what rows charge."""
        load = self.knapsack.steps[taken].sum(keepdims=True)
        return float(self.cost[taken].sum() + self.knapsack.charge(load)[0])


@dataclass(eq=False)
class Columns:
    """Some reps with the units they hold between them, and the sets known for them."""

    search: Exchanges
    units: Ints
    choices: list[Choice]

    def __post_init__(self) -> None:
        search, inf = self.search, pywraplp.Solver.infinity()
        self.free = np.ones(len(self.choices), dtype=np.bool_)  # reps not done yet
        self.open = np.ones(len(self.units), dtype=np.bool_)  # units not given yet
        self.known: set[tuple[int, bytes]] = set()
        self.sets: list[tuple[int, Bools]] = []
        self.share: list[pywraplp.Variable] = []
        self.master = pywraplp.Solver.CreateSolver("GLOP")
        self.target = self.master.Objective()
        self.target.SetMinimization()
        # At least once: rows are broken by too much only, so that twice is hardly ever cheaper.
        self.cover = [self.master.Constraint(1.0, inf) for _ in self.units]
        self.one = [self.master.Constraint(1.0, 1.0) for _ in self.choices]
        self.nobody = search.cost[search.model.first[self.units]]
        for row, cost in zip(self.cover, self.nobody.tolist(), strict=True):
            self.add(cost, [row])
        self.now = 0.0
        for at, choice in enumerate(self.choices):
            mine = np.isin(choice.arcs, search.arcs[self.units])
            self.now += choice.price(mine)
            self.join(at, mine)
            self.join(at, np.zeros(len(choice.arcs), dtype=np.bool_))

    def add(self, cost: float, rows: list[pywraplp.Constraint]) -> pywraplp.Variable:
        """A new column of the master, which is in ``rows`` once."""
        share = self.master.NumVar(0.0, pywraplp.Solver.infinity(), "")
        self.target.SetCoefficient(share, cost)
        for row in rows:
            row.SetCoefficient(share, 1.0)
        return share

    def join(self, at: int, taken: Bools) -> bool:
        """Add a set of a rep to those known; False if it is among them."""
        key = (at, np.packbits(taken).tobytes())
        if key in self.known:
            return False
        self.known.add(key)
        self.sets.append((at, taken))
        choice = self.choices[at]
        rows = [self.one[at], *(self.cover[unit] for unit in choice.unit[taken].tolist())]
        self.share.append(self.add(choice.price(taken), rows))
        return True

    def mix(self) -> tuple[float, Floats, Floats] | None:
        """What the best mixture costs, what each unit is worth in it, and what a set may cost to better it, by rep.

        None if the solver fails.
        """
        if self.master.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        worth = np.array([row.dual_value() for row in self.cover])
        place = np.array([row.dual_value() for row in self.one])
        return self.target.Value(), worth, place

    def ask(self, value: Floats, place: Floats | None = None) -> tuple[float, Floats, int]:
        """Let the cheapest set of each free rep at ``value`` join, if it costs less than ``place``.

        What they cost together, how often each unit is wanted, and how many sets are new.
        """
        total, wanted, new = 0.0, np.zeros(len(self.units)), 0
        for at in np.flatnonzero(self.free).tolist():
            choice = self.choices[at]
            cost = np.where(self.open[choice.unit], choice.cost - value[choice.unit], np.inf)
            found = choice.knapsack.find_cheapest(cost)
            if found is None:
                continue
            least, taken = found
            total += least
            wanted[choice.unit[taken]] += 1.0
            if place is None or least < place[at] - TOLERANCE:
                new += self.join(at, taken)
        return total, wanted, new

    def converge(self, value: Floats, should_stop: Callable[[], bool]) -> None:
        """Let sets join until none betters the mixture, from values that are about right."""
        ascent = Ascent(value)
        for _ in range(ASCENT):
            total, wanted, _ = self.ask(ascent.value)
            spare = self.nobody - ascent.value
            bound = total + float(ascent.value.sum() + np.minimum(spare, 0.0).sum())
            ascent.move(bound, np.where(spare < 0, 0.0, 1.0) - wanted, self.now)
        best, centre = ascent.bound, ascent.best_value
        for _ in range(ROUNDS):
            mixture = self.mix()
            if mixture is None or mixture[0] - best < NEAR or should_stop():
                break
            worth = mixture[1]
            for share in (SMOOTH, 0.0):
                tried = share * centre + (1 - share) * worth
                total, _, new = self.ask(tried)
                bound = total + float(tried.sum())
                if bound > best:
                    best, centre = bound, tried
                if new:
                    break
            else:
                break

    def dive(self, should_stop: Callable[[], bool]) -> Ints | None:
        """A plan: the arcs of all units. None if it would be no better than the present one, or when stopped."""
        chosen, given = [], 0.0
        while self.free.sum() > LAST:
            early = 2 * self.free.sum() > len(self.free)
            for _ in range(min(DIVING, 1 + EARLY // len(self.units)) if early else DIVING):
                mixture = self.mix()
                if mixture is None or should_stop():
                    return None
                cost, worth, place = mixture
                if not self.ask(worth, place)[2]:
                    if given + cost > self.now - 1 + TOLERANCE:
                        return None
                    break
            else:
                if self.mix() is None:  # with the last that joined
                    return None
            share = np.array([each.solution_value() for each in self.share])
            share[~self.free[[at for at, _ in self.sets]]] = 0.0
            order = np.argsort(-share, kind="stable")
            for column in order[: max(1, int((share >= SURE).sum()))].tolist():
                at, taken = self.sets[column]
                if not self.free[at]:
                    continue
                choice = self.choices[at]
                taken = taken & self.open[choice.unit]
                chosen.append(choice.arcs[taken])
                given += choice.price(taken)
                self.free[at] = False
                self.open[choice.unit[taken]] = False
                self.one[at].SetBounds(0.0, 0.0)
                for unit in choice.unit[taken].tolist():
                    self.cover[unit].SetLb(0.0)
        return np.concatenate([*chosen, self.finish()])

    def finish(self) -> Ints:
        """The arcs of the units still open, with the reps still free or nobody."""
        model, units = self.search.model, self.units[self.open]
        if not len(units):
            return units
        left = [self.choices[at] for at in np.flatnonzero(self.free)]
        offered = [choice.arcs[self.open[choice.unit]] for choice in left]
        arcs = np.sort(np.concatenate([model.first[units], *offered]))
        rows = np.concatenate([choice.rows for choice in left])
        answer = solve_rows(
            self.search.cost[arcs],
            sp.csr_array(model.by_arc[arcs][:, rows].T),
            Range(model.low[rows], model.high[rows], self.search.weight[rows]),
            Work(NODES, 0.0),
            unit=np.searchsorted(units, model.unit[arcs]),
        )
        return model.first[units] if answer.value is None else arcs[answer.value > 0.5]


def find_columns(search: Exchanges, reps: Ints) -> Columns | None:
    """The territories of some reps as they are, to be chosen anew; None where they are no knapsacks."""
    model = search.model
    # Few reps are for a mixed-integer model; with rows of several reps what a set costs depends on the others.
    if len(reps) <= LAST or (search.row_rep == model.n_reps).any():
        return None
    units = np.sort(np.concatenate([search.units_of[rep] for rep in reps]))
    number = np.full(model.n_units, -1)
    number[units] = np.arange(len(units))
    choices = []
    for rep in reps:
        arcs = search.arcs_of[rep]
        arcs = arcs[number[model.unit[arcs]] >= 0]
        rows = np.flatnonzero(search.row_rep == rep)
        within = Range(model.low[rows], model.high[rows], search.weight[rows])
        knapsack = find_knapsack(sp.csr_array(model.by_arc[arcs][:, rows]), within)
        if knapsack is None or knapsack.is_short():
            return None
        choices.append(Choice(rows, arcs, number[model.unit[arcs]], search.cost[arcs], knapsack))
    return Columns(search, units, choices)


def choose_anew(columns: Columns, value: Floats, should_stop: Callable[[], bool]) -> Ints:
    """The arcs of a better choice of all territories, or none; ``value`` [U]: about what each unit is worth."""
    columns.converge(value[columns.units], should_stop)
    found = columns.dive(should_stop)
    return columns.units[:0] if found is None else np.sort(found)
