"""Prices of hours: what one more hour of each rep's week is worth, and the bound they prove.

With the hours of every rep's week at a price instead of a limit, units do not meet any more and each finds its
cheapest weeks by itself. For any prices the sum is a number that no schedule can beat (Lagrangian relaxation,
Geoffrion 1974), and where nothing crosses between reps it is a sum over them: each climbs by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.board import Board
from optimizer.scheduling.chains import Chains, build_chains
from optimizer.scheduling.spreading import Rows, spread_visits, trace_weeks

SLICED = 4000  # rows above which they are asked in two halves side by side
KEEP = 0.7  # of the last direction
HALVINGS = 12
GROW = 1.5
LEAST_EAGER = 1e-4
PATIENCE = 10  # steps without a gain before steps get half as long


@dataclass(frozen=True, eq=False)
class Answer:
    """What units do at given prices: their cost by part [C], the hours they ask for [R, W], and their options."""

    cost: Floats
    load: Floats
    option: Ints  # [U]
    week: Ints  # [O]


@dataclass(eq=False)
class WeekPrices:
    """Prices ``best`` [R, W] in milli-hours per milli-hour, and the ``bound`` they prove by part [C].

    Reps that share an undecided unit or a dependency are one part; parts do not touch each other.
    """

    board: Board
    part: Ints  # [R]
    unit_part: Ints  # [U]
    chains: Chains
    halves: list[tuple[Ints, Rows]]
    best: Floats
    bound: Floats
    eager: Floats
    stale: Ints
    direction: Floats
    here: Floats
    closed: Bools = field(init=False)

    def __post_init__(self) -> None:
        problem = self.board.problem
        self.closed = np.zeros((problem.n_reps, problem.n_weeks), dtype=np.bool_)
        self.closed[:, : problem.closed_weeks] = True

    @property
    def settled(self) -> int:
        """What is settled and belongs to no part."""
        return self.board.constant

    def ask(self, price: Floats) -> Answer:
        """What every unit does when an hour costs ``price`` [R, W]."""
        board = self.board

        def ask_half(half: tuple[Ints, Rows]) -> tuple[Ints, Floats, Ints, Ints]:
            option, rows = half
            paid = board.price[option] + board.hours[option, None] * price[board.rep[option]]
            spread = spread_visits(rows, paid)
            cost = spread.cost + board.new_person[option]
            unit = board.unit[option]
            first = np.flatnonzero(np.diff(unit, prepend=-1))
            least = np.minimum.reduceat(cost, first) if len(first) else cost
            hit = np.flatnonzero(cost == np.repeat(least, np.diff(np.append(first, len(unit)))))
            chosen = hit[np.flatnonzero(np.diff(unit[hit], prepend=-1))]
            return option[chosen], least, spread.made[chosen], trace_weeks(rows, spread, chosen)

        if len(self.halves) > 1:
            with ThreadPoolExecutor(len(self.halves)) as pool:
                answers = list(pool.map(ask_half, self.halves))
        else:
            answers = [ask_half(half) for half in self.halves]
        answers.append(self.chains.ask(price))
        cost = np.zeros(len(self.bound))
        load = np.zeros(price.shape)
        choice = np.zeros(board.n_units, dtype=np.int64)
        when = np.full(len(board.task), -1, dtype=np.int64)
        for option, least, made, week in answers:
            unit = board.unit[option]
            np.add.at(cost, self.unit_part[unit], least)
            row, number = np.nonzero(np.arange(week.shape[1]) < made[:, None])
            at = week[row, number]
            np.add.at(load, (board.rep[option[row]], at), board.hours[option[row]])
            choice[unit] = option
            when[board.task_first[unit[row]] + number] = at
        return Answer(cost, load, choice, when)

    def value(self, price: Floats, answer: Answer) -> Floats:
        """The bound of each part at ``price``, [C]."""
        problem = self.board.problem
        high = self.board.usable
        low = np.minimum(problem.peak, high)
        slope = problem.peak_price.num / problem.peak_price.den
        kept = np.minimum(-price * low, slope * (high - low) - price * high)
        kept[self.closed] = self.board.charge_load(self.board.base_load)[self.closed]
        return answer.cost + np.bincount(self.part, kept.sum(axis=1), len(self.bound))

    def level(self) -> None:
        """One price a part for all its weeks: halve the range in which hours asked for meet hours there are."""
        board = self.board
        density = board.rows.slip / np.maximum(board.hours, 1)
        high = np.zeros(len(self.bound))
        np.maximum.at(high, self.unit_part[board.unit], density)
        low = np.zeros(len(self.bound))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            price = self._clip(np.repeat(middle[self.part][:, None], self.best.shape[1], axis=1))
            answer = self._note(price)
            # Every crowded week counts in full: a part that is not overloaded as a whole ends near 0.
            over = np.bincount(self.part, (answer.load - board.usable).sum(axis=1), len(self.bound)) > 0
            low, high = np.where(over, middle, low), np.where(over, high, middle)
        self.here = self.best.copy()

    def _note(self, price: Floats) -> Answer:
        """Ask at ``price``, and keep it for the parts whose bound it raises."""
        answer = self.ask(price)
        value = self.value(price, answer)
        better = value > self.bound
        self.best[better[self.part]] = price[better[self.part]]
        self.bound = np.maximum(self.bound, value)
        return answer

    def climb(self, steps: int, target: Floats, should_stop: Callable[[], bool] = lambda: False) -> None:
        """``steps`` of the deflected subgradient method with Polyak's step towards ``target`` [C], part by part."""
        for _ in range(steps):
            if should_stop():
                break
            answer = self.ask(self.here)
            value = self.value(self.here, answer)
            better = value > self.bound
            self.best[better[self.part]] = self.here[better[self.part]]
            self.stale = np.where(better, 0, self.stale + 1)
            self.bound = np.maximum(self.bound, value)
            tired = self.stale >= PATIENCE
            self.eager = np.where(better, np.minimum(self.eager * GROW, 1.0), self.eager)
            self.eager[tired] = np.maximum(self.eager[tired] / 2, LEAST_EAGER)
            self.stale[tired] = 0
            back = tired[self.part]
            slope = self._slope(self.here, answer.load)
            self.direction = np.where(back[:, None], 0.0, slope + KEEP * self.direction)
            length = np.bincount(self.part, (self.direction**2).sum(axis=1), len(self.bound))
            reach = np.maximum(target - value, 0.0)
            step = np.divide(self.eager * reach, length, out=np.zeros(len(length)), where=length > 0)
            step[tired] = 0.0
            self.here = np.where(back[:, None], self.best, self.here)
            self.here = self._clip(self.here + step[self.part][:, None] * self.direction)

    def _slope(self, price: Floats, load: Floats) -> Floats:
        """Hours asked for beyond those that are worth giving at ``price``, [R, W]."""
        problem = self.board.problem
        slope = problem.peak_price.num / problem.peak_price.den
        most, crowded = self.board.usable, np.minimum(problem.peak, self.board.usable)
        low = np.where(price > slope, most, np.where(price > 0, crowded, 0))
        high = np.where(price >= slope, most, crowded)
        beyond = np.where(load > high, load - high, np.where(load < low, load - low, 0.0))
        beyond[self.closed] = 0.0
        return beyond

    def _clip(self, price: Floats) -> Floats:
        problem = self.board.problem
        most = np.inf
        if problem.capacity_price is not None:
            most = problem.peak_price.num / problem.peak_price.den
            most += problem.capacity_price.num / problem.capacity_price.den
        price = np.clip(price, 0.0, most)
        price[self.closed] = 0.0
        return price


def start_prices(board: Board) -> WeekPrices:
    """Prices of nothing, ready to climb."""
    problem = board.problem
    n_reps = problem.n_reps
    lead = board.rep[board.option_first[:-1]] if len(board.rep) else np.zeros(0, dtype=np.int64)
    links = [(lead[board.unit], board.rep)]
    links.append((lead[board.edge[:, 0]], lead[board.edge[:, 1]]))
    one, other = (np.concatenate(side) for side in zip(*links, strict=True))
    graph = sp.coo_array((np.ones(len(one)), (one, other)), (n_reps, n_reps))
    n_parts, label = connected_components(graph, directed=False)
    part: Ints = np.asarray(label, dtype=np.int64)
    linked = np.zeros(board.n_units, dtype=np.bool_)
    linked[board.edge.ravel()] = True
    alone = np.flatnonzero(~linked[board.unit])
    cuts = [alone]
    if len(alone) > SLICED:
        odd = board.unit[alone] % 2 == 1
        cuts = [alone[~odd], alone[odd]]
    zero = np.zeros((n_reps, problem.n_weeks))
    return WeekPrices(
        board=board,
        part=part,
        unit_part=part[lead],
        chains=build_chains(board),
        halves=[(cut, board.rows.take(cut)) for cut in cuts],
        best=zero.copy(),
        bound=np.full(n_parts, -np.inf),
        eager=np.ones(n_parts),
        stale=np.zeros(n_parts, dtype=np.int64),
        direction=zero.copy(),
        here=zero.copy(),
    )
