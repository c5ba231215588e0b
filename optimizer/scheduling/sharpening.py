"""The loosest parts of a schedule decided exactly: single reps and small parts, each proved as well as it can be.

A part of several reps is taken rep by rep. Its bound: each rep alone, what several may do being offered at a value. Its
schedule: a share of a rep's units anew while all else stays, and other doers where one may be found.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from optimizer.problem import Floats, Ints
from optimizer.scheduling.exact import bound_rep, solve_exactly
from optimizer.scheduling.filling import take_better
from optimizer.scheduling.placing import Placing, start_placing
from optimizer.scheduling.task_problem import NOWHERE
from optimizer.scheduling.week_prices import WeekPrices
from optimizer.scheduling.weeks_model import count_arcs
from optimizer.solving.course import Course

TURN = 12  # reps of a larger part asked in one turn
EASY = 0.5  # of the work: what took less was decided to the end
WHOLE = 12_000  # arcs up to which a part of several reps is one model
ALONE = 20_000  # arcs up to which a rep is
WORKS = (0.2, 0.6, 1.8)  # CP-SAT's own seconds for one model, the first time and later
ARC_WORK = 2e-4  # of them for each arc of a part of several reps at least: with less its linear program is not solved
MOST_ASKED = 8  # turns of a part
LEAST_GAIN = 2e-3  # of the bound; who gains less is not asked for bounds again
SHARE, FEWEST = 0.3, 3  # of a rep's units decided anew at once, and how many at least
PIECE, LEAST_WORK = 0.15, 0.02  # work for them at most, and what each asking costs besides
ASKING = 0.05  # work that building a model of a rep costs
IDLE = 15  # askings in vain after which a rep is left
POLISH = 2.0  # work for a rep's shares, by that for the whole model
ENOUGH = 0.5  # of the gap to stop at: where a rep is that near, other reps deserve the work
TRIES, TRIAL = 6, 0.3  # other doers tried in a part of several reps, and the share of work for each


@dataclass(eq=False)
class Sharpening:
    """Exact work on the parts of ``prices``; ``budget`` is what is left of it, in seconds of CP-SAT's own clock."""

    prices: WeekPrices
    course: Course
    seed: int
    budget: float
    arcs: dict[int, int] = field(default_factory=dict)  # of parts that were looked at
    asked: dict[int, int] = field(default_factory=dict)  # how often a part had its turn
    asked_rep: dict[int, int] = field(default_factory=dict)  # how often a rep of a larger part was asked
    proved_reps: set[int] = field(default_factory=set)  # the same of reps of larger parts
    share: Floats = field(init=False)  # [R] what each rep costs at least, as ``prices.share``
    proved: set[int] = field(default_factory=set)  # parts of which no more is proved with so little work

    def __post_init__(self) -> None:
        self.share = self.prices.share.copy()

    def sharpen(self, placing: Placing, bound: Floats, loose: Ints) -> bool:
        """Better ``placing`` and ``bound`` [C] of two of the ``loose`` parts, side by side; False: not worth more work.

        The widest gap comes first; one that was asked for before comes later, and then gets more work.
        """
        unit_part = self.prices.unit_part
        gap = placing.split(self.prices.part, unit_part) - bound
        able = [p for p in loose.tolist() if self.can(p) and self.asked.get(p, 0) < MOST_ASKED]
        able.sort(key=lambda p: (-gap[p] / (1 + self.asked.get(p, 0)) ** 2, p))
        if not able or self.budget <= 0:
            return False
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda part: self._sharpen_part(placing, part), able[:2]))
        for part, (other, proved, spent) in zip(able[:2], answers, strict=True):
            self.asked[part] = self.asked.get(part, 0) + 1
            self.budget -= spent + LEAST_WORK
            before = self._cost(placing, part)
            take_better(placing, other, self.prices.part, unit_part)
            if part in self.proved and self._cost(placing, part) >= before:
                self.asked[part] = MOST_ASKED
            if math.isfinite(proved):
                if self.asked[part] > 1 and proved - bound[part] < LEAST_GAIN * abs(bound[part]):
                    self.proved.add(part)
                cost = placing.split(self.prices.part, unit_part)[part]
                bound[part] = max(bound[part], min(proved, cost))
        return True

    def can(self, part: int) -> bool:
        """Whether the reps of ``part`` have little enough to decide."""
        return self._count(part) <= ALONE * int((self.prices.part == part).sum())

    def _count(self, part: int) -> int:
        """Arcs of the model of the whole ``part``."""
        if part not in self.arcs:
            self.arcs[part] = count_arcs(self.prices.board, np.flatnonzero(self.prices.unit_part == part))
        return self.arcs[part]

    def _sharpen_part(self, placing: Placing, part: int) -> tuple[Placing, float, float]:
        """A schedule that is no worse in ``part``, what is proved for it, and the work it took."""
        board, placing = self.prices.board, placing.copy()
        units = np.flatnonzero(self.prices.unit_part == part)
        reps = np.flatnonzero(self.prices.part == part)
        work = WORKS[min(self.asked.get(part, 0), len(WORKS) - 1)]
        if len(reps) > 1:
            if self._count(part) > WHOLE:
                return self._go_rep_by_rep(placing, part, units, reps, work)
            work = max(work, ARC_WORK * self._count(part))
        there = np.isin(reps, board.rep[np.isin(board.unit, units)])
        proved, spent = -math.inf, 0.0
        if part not in self.proved:
            proved, spent = self._decide(placing, units, None, work)
            proved += self._settled(reps[~there])
        if self._is_loose(self._cost(placing, part), proved):
            spent += self._polish(placing, units, reps, work)
        return placing, proved, spent

    def _is_loose(self, cost: float, proved: float) -> bool:
        return cost - proved > ENOUGH * self.course.gap * cost

    def _cost(self, placing: Placing, part: int) -> float:
        return float(placing.split(self.prices.part, self.prices.unit_part)[part])

    def _settled(self, reps: Ints) -> float:
        """What the weeks of ``reps`` cost with nothing but what is settled in them."""
        return float(self.prices.board.charge_load(self.prices.board.base_load).sum(axis=1)[reps].sum())

    def _decide(
        self, placing: Placing, units: Ints, options: Ints | None, work: float
    ) -> tuple[float, float]:
        """Put ``units`` where they cost least, by ``options`` alone if given; their bound, and the work it took."""
        board = placing.board
        allowed = None
        if options is not None:
            allowed = np.zeros(len(board.rep), dtype=np.bool_)
            allowed[options] = True
        option, week = placing.option[units].copy(), placing.weeks_of(units)
        placing.lift(units)
        exact = solve_exactly(
            placing, units, work=work, allowed=allowed, start=(option, week), seed=self.seed,
            seconds=self.course.seconds_left, should_stop=self.course.should_stop,
        )  # fmt: skip
        if exact.option is not None and exact.week is not None:
            option, week = exact.option, exact.week
        placing.put(units, option, week, placing.charge(units, option, week))
        return exact.bound, exact.spent

    def _polish(self, placing: Placing, units: Ints, reps: Ints, work: float) -> float:
        """A third of each rep's units anew, drawn at random, again and again; the work it took."""
        board, spent = placing.board, 0.0
        for rep in reps.tolist():
            rng = np.random.default_rng([self.seed, rep, round(1000 * work)])
            left, idle = POLISH * min(work, WORKS[1]), 0
            while left > 0 and idle < IDLE and not self.course.is_over():
                mine = units[board.rep[placing.option[units]] == rep]
                if not len(mine):
                    break
                made = np.add.reduceat(placing.week >= 0, board.task_first[:-1])[mine]
                slips = made < np.diff(board.task_first)[mine]
                eager = rng.random(len(mine)) + slips
                some = np.sort(mine[np.argsort(-eager)[: max(FEWEST, round(SHARE * len(mine)))]])
                before = placing.objective
                _, took = self._decide(placing, some, placing.option[some], min(PIECE, left))
                idle = 0 if placing.objective < before else idle + 1
                left, spent = left - took - LEAST_WORK, spent + took + LEAST_WORK
        return spent

    def _go_rep_by_rep(
        self, placing: Placing, part: int, units: Ints, reps: Ints, work: float
    ) -> tuple[Placing, float, float]:
        """Some of the loosest reps of ``part``, each alone; other doers once no rep has to be asked."""
        board, spent = placing.board, 0.0
        turn = [
            rep
            for rep in self._list_loose(placing, reps)
            if self.asked_rep.get(rep, 0) <= self.asked.get(part, 0)
        ]
        for rep in turn[:TURN]:
            if self.course.is_over() or spent > self.budget:
                break
            spent += self._sharpen_rep(placing, rep, units, work)
        if len(turn) > TURN:
            self.asked[part] = self.asked.get(part, 0) - 1  # its turn goes on
        best, cost = placing, self._cost(placing, part)
        loose = self._list_loose(placing, reps)
        for unit, option in self._list_other_doers(placing, units, loose) if len(turn) <= TURN else ():
            if self.course.is_over():
                break
            other = best.copy()
            both = np.unique(board.rep[[other.option[unit], option]])
            other.lift(np.array([unit]))
            nowhere = np.full((1, 1), NOWHERE, dtype=np.int64)
            at = np.array([unit]), np.array([option])
            other.put(*at, nowhere, other.charge(*at, nowhere))
            spent += self._polish(other, units, both, TRIAL * work)
            if self._cost(other, part) < cost:
                best, cost = other, self._cost(other, part)
        value = self.prices.value[units[board.is_free[units]]]
        return best, float(self.share[reps].sum() + value.sum()), spent

    def _list_loose(self, placing: Placing, reps: Ints) -> list[int]:
        """Those of ``reps`` that cost clearly more than is proved for them, the loosest first."""
        board = placing.board
        n_reps, doer = board.problem.n_reps, board.rep[placing.option]
        own = placing.split(np.arange(n_reps), doer)
        proved = self.share + np.bincount(doer, np.where(board.is_free, self.prices.value, 0.0), n_reps)
        loose = [rep for rep in reps.tolist() if self._is_loose(own[rep], proved[rep])]
        return sorted(loose, key=lambda rep: proved[rep] - own[rep])

    def _sharpen_rep(self, placing: Placing, rep: int, units: Ints, work: float) -> float:
        """Better what ``rep`` has of ``units``, then ask what it alone costs at least; the work it took."""
        board, only = placing.board, np.array([rep])
        self.asked_rep[rep] = self.asked_rep.get(rep, 0) + 1
        theirs = np.unique(board.unit[board.rep == rep])
        if not len(theirs) or count_arcs(board, theirs) > ALONE:
            return 0.0
        mine = units[board.rep[placing.option[units]] == rep]
        _, took = self._decide(placing, mine, placing.option[mine], work)
        spent = took + ASKING
        if took >= EASY * work and self._list_loose(placing, only):
            spent += self._polish(placing, units, only, work)
        if rep not in self.proved_reps and self._list_loose(placing, only):
            offer = bound_rep(
                start_placing(board), rep, self.prices.value, work=work, seed=self.seed,
                seconds=self.course.seconds_left, should_stop=self.course.should_stop,
            )  # fmt: skip
            gain = offer.bound - self.share[rep]
            self.share[rep] += max(gain, 0.0)
            spent += offer.spent + ASKING
            if offer.spent < EASY * work or (
                self.asked_rep[rep] > 1 and gain < LEAST_GAIN * abs(self.share[rep])
            ):
                self.proved_reps.add(rep)
        return spent

    def _list_other_doers(self, placing: Placing, units: Ints, reps: list[int]) -> list[tuple[int, int]]:
        """Some units of ``reps`` that another might do, and by which option; none that others wait for."""
        board = placing.board
        free = units[board.is_free[units] & ~np.isin(units, board.edge[:, 0])]
        free = free[np.isin(board.rep[placing.option[free]], reps)]
        free = free[np.diff(board.task_first)[free] == 1]
        found = [
            (unit, option)
            for unit in free.tolist()
            for option in range(*board.option_first[unit : unit + 2].tolist())
            if option != placing.option[unit]
        ]
        return found[:TRIES]
