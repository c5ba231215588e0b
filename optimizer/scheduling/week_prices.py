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
from optimizer.scheduling.bundle import Bundle, start_bundle
from optimizer.scheduling.chains import Chains, build_chains
from optimizer.scheduling.spreading import Rows, spread_visits, trace_weeks

SLICED = 4000  # rows above which they are asked in two halves side by side
REACH, LEAST_REACH = (
    0.1,
    100.0,
)  # the first step aims at this share of the distance, of so many milli-hours at least
PLANES = 40  # answers that each rep remembers
MOST = 1e6  # milli-hours per milli-hour: no hour is worth more
HALVINGS = 12


@dataclass(frozen=True, eq=False)
class Answer:
    """What units do at given prices.

    ``cost`` [C]: of all units by part. ``own`` [R] and ``load`` [R, W]: what each rep's share of the answer is and the
    hours it asks for. ``option`` [U]: the cheapest.
    """

    cost: Floats
    own: Floats
    load: Floats
    option: Ints


@dataclass(eq=False)
class WeekPrices:
    """Prices ``best`` [R, W] in milli-hours per milli-hour, and the ``bound`` they prove by part [C].

    Reps that share an undecided unit or a dependency are one part; parts do not touch each other. After climbing,
    ``value`` [U] are those at which shared units were offered, and ``share`` [R] what each rep costs at least at them:
    shares and values of a part add up to a bound too.
    """

    board: Board
    part: Ints  # [R]
    unit_part: Ints  # [U]
    chains: Chains
    halves: list[tuple[Ints, Rows]]
    best: Floats
    bound: Floats
    shared: Bools  # [R] reps with units that may go to others
    closed: Bools = field(init=False)
    bundle: Bundle | None = None
    value: Floats = field(init=False)

    def __post_init__(self) -> None:
        problem = self.board.problem
        self.closed = np.zeros((problem.n_reps, problem.n_weeks), dtype=np.bool_)
        self.closed[:, : problem.closed_weeks] = True
        self.value = np.zeros(self.board.n_units)

    @property
    def share(self) -> Floats:
        """What each rep costs at least when shared units are offered at ``value``, [R]."""
        return np.full(len(self.part), -np.inf) if self.bundle is None else self.bundle.value

    @property
    def settled(self) -> int:
        """What is settled and belongs to no part."""
        return self.board.constant

    def ask(self, price: Floats, value: Floats | None = None) -> Answer:
        """What every unit does when an hour costs ``price`` [R, W].

        ``value`` [U]: units that may go to several are offered to each at that value, which makes every rep's share a
        concave function of its own prices alone: a rep takes what costs less, and the sum stays below the true cost.
        None: the cheapest takes them.
        """
        board = self.board
        free = board.is_free

        def ask_half(half: tuple[Ints, Rows]) -> tuple[Ints, Floats, Ints, Ints, Ints, Floats]:
            option, rows = half
            paid = board.price[option] + board.hours[option, None] * price[board.rep[option]]
            spread = spread_visits(rows, paid)
            cost = spread.cost + board.new_person[option]
            unit = board.unit[option]
            first = np.flatnonzero(np.diff(unit, prepend=-1))
            least = np.minimum.reduceat(cost, first) if len(first) else cost
            hit = np.flatnonzero(cost == np.repeat(least, np.diff(np.append(first, len(unit)))))
            chosen = hit[np.flatnonzero(np.diff(unit[hit], prepend=-1))]
            taken, own = chosen, least
            if value is not None:
                offer = np.where(free[unit], value[unit], 0.0)
                taken = np.flatnonzero(~free[unit] | (cost < offer))
                own = (cost - offer)[taken]
            return (
                option[taken],
                own,
                spread.made[taken],
                trace_weeks(rows, spread, taken),
                option[chosen],
                least,
            )

        if len(self.halves) > 1:
            with ThreadPoolExecutor(len(self.halves)) as pool:
                answers = list(pool.map(ask_half, self.halves))
        else:
            answers = [ask_half(half) for half in self.halves]
        linked = self.chains.ask(price)
        answers.append((*linked, linked[0], linked[1]))
        cost, own, load = np.zeros(len(self.bound)), np.zeros(len(self.part)), np.zeros(price.shape)
        choice = np.zeros(board.n_units, dtype=np.int64)
        for option, share, made, week, chosen, least in answers:
            np.add.at(cost, self.unit_part[board.unit[chosen]], least)
            np.add.at(own, board.rep[option], share)
            row, number = np.nonzero(np.arange(week.shape[1]) < made[:, None])
            np.add.at(load, (board.rep[option[row]], week[row, number]), board.hours[option[row]])
            choice[board.unit[chosen]] = chosen
        return Answer(cost, own, load, choice)

    def find_values(self, price: Floats) -> Floats:
        """Whole values [U] half-way between the cheapest and the second cheapest who may do a unit; 0 where one may."""
        board = self.board
        value = np.zeros(board.n_units)
        free = board.is_free
        linked = self.chains.option
        for option, rows in [*self.halves, (linked, board.rows.take(linked))]:
            mine = np.flatnonzero(free[board.unit[option]])
            if not len(mine):
                continue
            option = option[mine]
            paid = board.price[option] + board.hours[option, None] * price[board.rep[option]]
            cost = spread_visits(rows.take(mine), paid).cost + board.new_person[option]
            order = np.lexsort((cost, board.unit[option]))
            first = np.flatnonzero(np.diff(board.unit[option][order], prepend=-1))
            value[board.unit[option][order[first]]] = (cost[order[first]] + cost[order[first + 1]]) / 2
        return np.floor(value)

    def earn(self, price: Floats) -> Floats:
        """What the hours of each rep's weeks take off the bound at ``price``, [R]."""
        problem = self.board.problem
        high = self.board.usable
        low = np.minimum(problem.peak, high)
        slope = problem.peak_price.num / problem.peak_price.den
        kept = np.minimum(-price * low, slope * (high - low) - price * high)
        kept[self.closed] = self.board.charge_load(self.board.base_load)[self.closed]
        earned: Floats = kept.sum(axis=1)
        return earned

    def level(self) -> None:
        """One price a rep for all weeks: halve the range in which hours asked for meet hours there are."""
        board = self.board
        high = np.zeros(len(self.part))
        np.maximum.at(high, board.rep, board.rows.slip / np.maximum(board.hours, 1))
        low = np.zeros(len(self.part))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            price = self._clip(np.repeat(middle[:, None], self.best.shape[1], axis=1))
            over = (self._note(price)[0].load - board.usable).sum(axis=1) > 0
            low, high = np.where(over, middle, low), np.where(over, high, middle)

    def prove(self, price: Floats) -> None:
        """Raise the bound by what ``price`` [R, W] proves."""
        self._note(price)

    def _note(self, price: Floats, value: Floats | None = None) -> tuple[Answer, Floats]:
        """Ask at ``price`` and keep it for the parts whose bound it raises; also each rep's own share, [R]."""
        answer = self.ask(price, value)
        earned = self.earn(price)
        bound = answer.cost + np.bincount(self.part, earned, len(self.bound))
        better = bound > self.bound
        self.best[better[self.part]] = price[better[self.part]]
        self.bound = np.maximum(self.bound, bound)
        return answer, answer.own + earned

    def climb(self, steps: int, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Ask ``steps`` times, each rep by itself where its own bundle of answers promises most.

        The values of units that may go to several are set anew at the start: reps that have such units forget
        what they were answered before.
        """
        low, high = self._clip(np.zeros_like(self.best)), self._clip(np.full_like(self.best, MOST))
        value = self.value = self.find_values(self.best)
        answer, share = self._note(self.best, value)
        slope = self._slope(self.best, answer.load)
        if self.bundle is None:
            length = np.maximum((slope**2).sum(axis=1), 1.0)
            self.bundle = start_bundle(
                self.best, np.maximum(REACH * np.abs(share), LEAST_REACH) / length, PLANES
            )
            self.bundle.add(self.best, share, slope)
        elif self.shared.any():
            self.bundle.forget(self.shared, self.best)
            self.bundle.add(self.best, share, slope)
        for _ in range(steps):
            if should_stop():
                break
            price = self.bundle.ask_next(low, high)
            answer, share = self._note(price, value)
            self.bundle.add(price, share, self._slope(price, answer.load))
        self._note(self.bundle.centre, value)

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


def find_inner(board: Board) -> Bools:
    """Which tasks that wait for another have, like that one, the same rep whatever is decided, [E]."""
    lead = board.rep[board.option_first[:-1]] if len(board.rep) else np.zeros(0, dtype=np.int64)
    one, other = board.edge[:, 0], board.edge[:, 1]
    inner: Bools = ~board.is_free[one] & ~board.is_free[other] & (lead[one] == lead[other])
    return inner


def start_prices(board: Board, across: bool = False) -> WeekPrices:
    """Prices of nothing, ready to climb.

    ``across``: tasks are asked together with those of other reps that they wait for. That proves more at the same
    prices, but a rep's share is then not of its own prices alone, and climbing soon stands still.
    """
    problem = board.problem
    n_reps = problem.n_reps
    lead = board.rep[board.option_first[:-1]] if len(board.rep) else np.zeros(0, dtype=np.int64)
    links = [(lead[board.unit], board.rep)]
    links.append((lead[board.edge[:, 0]], lead[board.edge[:, 1]]))
    one, other = (np.concatenate(side) for side in zip(*links, strict=True))
    graph = sp.coo_array((np.ones(len(one)), (one, other)), (n_reps, n_reps))
    n_parts, label = connected_components(graph, directed=False)
    part: Ints = np.asarray(label, dtype=np.int64)
    asked = np.ones(len(board.edge), dtype=np.bool_) if across else find_inner(board)
    linked = np.zeros(board.n_units, dtype=np.bool_)
    linked[board.edge[asked].ravel()] = True
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
        chains=build_chains(board, asked),
        halves=[(cut, board.rows.take(cut)) for cut in cuts],
        best=zero,
        bound=np.full(n_parts, -np.inf),
        shared=np.isin(np.arange(n_reps), board.rep[board.is_free[board.unit]]),
    )
