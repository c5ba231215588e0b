"""Exchanges: improve a plan by moving a few customers at a time around one rep, and by shaking it now and then.

Around a rep its most movable customers are listed: its own that could go elsewhere, and others' that could come.
Thousands of ways to move a few of them together are weighed at once, with the true cost of every row, and the best
is taken: a shift, a swap or a longer exchange (cyclic transfers, Thompson and Psaraftis 1993, found by weighing all
of them instead of walking a graph). A few milliseconds a rep, so that a million customers are within reach.

Where no exchange gains any more, the costs around a few reps are disturbed, the exchanges that then look good are
made, and those that are good follow at the true costs; what came out worse is taken back (iterated local search,
Lourenço, Martin, Stützle 2003; disturbing the costs: Codenotti and others 1996).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.random import PCG64, Generator

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.linear import Range
from optimizer.solving.modelling.model import Model, find_row_reps
from optimizer.solving.searching.near_arcs import find_light, find_near, list_by_label
from optimizer.solving.searching.neighbours import Neighbours
from optimizer.solving.searching.ways import list_ways
from optimizer.solving.searching.weighing import Around, weigh_ways

ROUNDS = 60  # of visiting reps; usually 5 to 10
NARROW = (50, 60, 70, 80)  # reach of the ways weighed in the first rounds, when good exchanges are plenty
RARE = 40  # reps for one gain in a round where it no longer pays
URGENT = 1e12  # milli-hours by which arcs that change a broken hard row stand before others ...
FIRST = 8  # ... and how many of them
OFTEN = 4  # arcs of one unit in line, usually fewer
SWEEPS = 10  # times that all moves of one unit are looked at
CASCADE = 60  # visits that follow at most


@dataclass(eq=False)
class Exchanges:
    """A plan under improvement: ``arcs`` [U] chosen in ``model``, with what its rows add up to.

    ``model`` holds only arcs worth moving along; ``regret`` [K] says how much dearer each is than its unit's
    cheapest at the prices found.
    """

    model: Model
    regret: Floats
    arcs: Ints
    seed: int = 0

    def __post_init__(self) -> None:
        model = self.model
        self.ways = list_ways()
        self.activity = model.sum_rows(self.arcs)
        self.price(model)
        self.pressed = 0  # the breach that weights were last made for
        self.arcs_of = list_by_label(model.rep, model.n_reps)
        self.units_of = list_by_label(model.rep[self.arcs], model.n_reps)
        self.paid = model.pay(self.arcs)
        self.row_rep = find_row_reps(model)
        self.log: list[Ints] = []  # arcs left, in the order of leaving
        self.rng = Generator(PCG64(self.seed))
        self.mending = False
        self.lead = np.zeros(len(model.rep))  # how far before others arcs stand in line

    def restart(self, arcs: Ints) -> Exchanges:
        """Exchanges from another plan."""
        return Exchanges(self.model, self.regret, arcs, self.seed)

    @property
    def score(self) -> tuple[int, int]:
        """(breach, objective) of the plan."""
        return self.model.judge_paid(self.paid, self.activity)

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Visit every rep, then those whose territory changed, and so on, until next to nothing gains.

        Few ways are weighed at first, 151 to 2,197: the many that gain then leave a better plan than the best of many
        more.
        """
        everybody = np.arange(self.model.n_reps)
        waiting = everybody
        for turn in range(ROUNDS):
            self.ways = list_ways(NARROW[turn]) if turn < len(NARROW) else list_ways()
            changed = np.zeros(self.model.n_reps + 1, dtype=bool)  # the last: nobody
            gains = 0
            for visit, rep in enumerate(waiting):
                if visit % 16 == 0 and should_stop():
                    return
                touched = self.visit(int(rep))
                changed[touched] = True
                gains += len(touched) > 0
            few = gains * RARE < len(everybody) and (gains or len(waiting) == len(everybody))
            if few and turn >= len(NARROW):
                return
            waiting = np.flatnonzero(changed[:-1]) if gains else everybody

    def mend(self) -> None:
        """Visit the reps whose hard rows are broken, with what could mend them first in line."""
        self.mending = True
        self.press()
        for rep in self.find_broken():
            self.visit(int(rep))
        self.mending = False

    def press(self) -> None:
        """Weigh breaches the more the less of them is left."""
        breach, objective = self.score
        if breach and not self.pressed / 2 < breach < 2 * self.pressed:
            self.price(self.model.weigh_breaches(objective, breach))
            self.pressed = breach
        elif self.pressed and not breach:
            self.price(self.model)
            self.pressed = 0

    def price(self, model: Model) -> None:
        """Take what arcs and rows cost from a model."""
        self.weight = model.weight
        self.cost = model.weighed_cost

    def sweep(self, should_stop: Callable[[], bool]) -> None:
        """Make every move of one unit that gains, wherever it would stand in line.

        The line goes by prices. They do not tell that a customer larger than a corridor is better left out, or that
        somebody has become the only one with room.
        """
        for _ in range(SWEEPS):
            gain = self.price_moves()
            arcs = np.flatnonzero(gain < -0.5)
            arcs = arcs[np.argsort(gain[arcs], kind="stable")]
            self.lead[:] = 0.0
            self.lead[arcs] = gain[arcs] - URGENT
            at = self.model.rep[arcs]
            reps = np.where(at == UNSERVED, self.model.rep[self.arcs[self.model.unit[arcs]]], at)
            _, first = np.unique(reps, return_index=True)
            gains = 0
            for rep in reps[np.sort(first)]:
                if should_stop():
                    return
                gains += len(self.visit(int(rep))) > 0
            if not gains:
                break
        self.lead[:] = 0.0

    def price_moves(self) -> Floats:
        """What choosing each arc instead of its unit's present one costs more, [K]."""
        model, now = self.model, self.activity
        held = model.by_arc[self.arcs]
        own = self.row_rep < model.n_reps

        def change(entries: sp.csr_array, sign: float, some: Bools) -> Floats:
            arc = np.repeat(np.arange(entries.shape[0]), np.diff(entries.indptr))
            count = some[entries.indices]
            row, arc = entries.indices[count], arc[count]
            low, high, weight = model.low[row], model.high[row], self.weight[row]
            then = now[row] + sign * entries.data[count]
            cost = np.maximum(np.maximum(low - then, then - high), 0.0)
            cost -= np.maximum(np.maximum(low - now[row], now[row] - high), 0.0)
            return np.bincount(arc, cost * weight, entries.shape[0]).astype(np.float64)

        leave = change(held, -1.0, own) - self.cost[self.arcs]
        gain: Floats = self.cost + change(model.by_arc, 1.0, own) + leave[model.unit]
        if not own.all():  # rows of several reps may count both arcs
            gain += change(sp.csr_array(model.by_arc - held[model.unit]), 1.0, ~own)
        gain[self.arcs] = 0.0
        return gain

    def shake(self, neighbours: Neighbours) -> bool:
        """Disturb the costs around a few reps, exchange, and keep the plan if it is no worse; whether it is better."""
        before, activity, paid = self.score, self.activity, self.paid
        self.mending = before[0] > 0
        self.press()
        reps = neighbours.pick(self.rng, self.find_broken() if before[0] else neighbours.everybody)
        self.log.clear()
        arcs = np.concatenate([self.arcs_of[rep] for rep in reps])
        true = self.cost[arcs]
        self.cost[arcs] += self.rng.normal(0.0, neighbours.spread, len(arcs))
        for rep in reps:
            self.visit(int(rep))
        self.cost[arcs] = true
        waiting = deque(reps)
        for _ in range(CASCADE):
            if not waiting:
                break
            for rep in self.visit(int(waiting.popleft())):
                if rep != UNSERVED and rep not in waiting:
                    waiting.append(rep)
        if self.score <= before:
            return self.score < before
        for arcs in reversed(self.log.copy()):
            self.move(arcs)
        self.activity, self.paid = activity, paid
        return False

    def try_out(self, arcs: Ints) -> bool:
        """Choose ``arcs``, whatever they are chosen instead of, and keep them if the plan is no worse."""
        arcs = arcs[self.arcs[self.model.unit[arcs]] != arcs]
        before, activity, paid = self.score, self.activity, self.paid
        held = self.arcs[self.model.unit[arcs]]
        self.activity = activity + self.model.sum_rows(arcs) - self.model.sum_rows(held)
        self.move(arcs)
        if self.score <= before:
            return True
        self.move(held)
        self.activity, self.paid = activity, paid
        return False

    def find_broken(self) -> Ints:
        """Reps whose hard rows are broken, and those that could best take units that must not stay where they are."""
        model = self.model
        broken = model.hard & (model.count_outside(self.activity) > 0)
        concerned = np.zeros(model.n_reps + 1, dtype=bool)
        concerned[self.row_rep[broken]] = True
        shared = np.flatnonzero(broken & (self.row_rep == model.n_reps))
        concerned[model.rep[np.unique(model.by_arc[:, shared].nonzero()[0])]] = True
        stuck = np.zeros(model.n_units, dtype=bool)
        stuck[model.breach[self.arcs] > 0] = True
        concerned[model.rep[stuck[model.unit]]] = True
        reps = np.flatnonzero(concerned[:-1])
        return reps if len(reps) else np.arange(model.n_reps)

    def visit(self, rep: int) -> Ints:
        """Take the best exchange around a rep; the reps it touches, none if nothing gains."""
        line = self.find_line(rep)
        if not len(line):
            return line
        held = self.arcs[self.model.unit[line]]
        around = self.look_around(rep, line, held)
        gain = weigh_ways(self.ways, around)
        way = int(np.argmin(gain))
        if gain[way] >= 0:
            return line[:0]
        places = self.ways.places[:, way]
        places = places[places < len(line)]
        self.activity = self.activity.copy()
        self.activity[around.rows] += around.amount[places].sum(axis=0)
        return self.move(line[places])

    def look_around(self, rep: int, line: Ints, held: Ints) -> Around:
        """What moving each unit in line changes."""
        model, by_arc = self.model, self.model.by_arc
        entry, arc = _list_entries(by_arc, np.concatenate([line, held]))
        value = by_arc.data[entry]
        value[arc >= len(line)] *= -1.0
        rows, column = np.unique(by_arc.indices[entry].astype(np.int64), return_inverse=True)
        place = arc % len(line) * len(rows) + column
        amount = np.bincount(place, value, minlength=len(line) * len(rows)).astype(np.float64)
        whose = self.row_rep[rows]
        return Around(
            rep,
            rows,
            amount.reshape(len(line), len(rows)),
            self.cost[line] - self.cost[held],
            np.where(model.rep[line] == rep, model.rep[held], model.rep[line]),
            self.activity[rows],
            Range(model.low[rows], model.high[rows], self.weight[rows]),
            (whose == rep) | (whose == model.n_reps),
        )

    def find_line(self, rep: int) -> Ints:
        """Arcs that bring a unit to the rep or take one away, a unit once, the cheapest to move first.

        While hard rows are mended, a few that change a broken one stand before them; those that lead always do.
        """
        model = self.model
        units = self.units_of[rep]
        count = model.first[units + 1] - model.first[units]
        start = np.repeat(model.first[units] - np.cumsum(count) + count, count)
        arcs = np.concatenate([self.arcs_of[rep], start + np.arange(len(start))])
        held = self.arcs[model.unit[arcs]]
        ease = self.regret[arcs] - self.regret[held]
        if self.mending:
            urgent = np.flatnonzero((model.breach[held] > 0) | self.find_mending(arcs, held))
            ease[urgent[np.argsort(ease[urgent], kind="stable")[:FIRST]]] -= URGENT
        ease += self.lead[arcs]
        order = np.argsort(ease, kind="stable")
        arcs = arcs[order[arcs[order] != held[order]]]
        for some in (arcs[: OFTEN * self.ways.length], arcs):  # most often the first are enough
            _, first = np.unique(model.unit[some], return_index=True)
            if len(first) >= self.ways.length:
                break
        line: Ints = some[np.sort(first)[: self.ways.length]]
        return line

    def find_mending(self, arcs: Ints, held: Ints) -> Bools:
        """Which arcs change a broken hard row, if chosen instead of those held."""
        model = self.model
        broken = model.hard & (model.count_outside(self.activity) > 0)
        others = np.flatnonzero(broken & (self.row_rep == model.n_reps))
        broken[others] = False
        hits = np.zeros(len(arcs), dtype=np.bool_)
        for some in (arcs, held):
            entry, arc = _list_entries(model.by_arc, some)
            hits[arc[broken[model.by_arc.indices[entry]]]] = True
        hits &= arcs != held
        if len(others):  # rows of several reps may count both arcs the same
            change = sp.csr_array(model.by_arc[arcs] - model.by_arc[held])
            hits |= np.diff(change[:, others].indptr) > 0
        return hits

    def move(self, arcs: Ints) -> Ints:
        """Choose ``arcs`` and keep the lists of each rep's units; the reps concerned."""
        units = self.model.unit[arcs]
        held = self.arcs[units]
        self.log.append(held)
        gone, come = self.model.pay(held), self.model.pay(arcs)
        self.paid = (self.paid[0] - gone[0] + come[0], self.paid[1] - gone[1] + come[1])
        before, after = self.model.rep[held], self.model.rep[arcs]
        self.arcs[units] = arcs
        for unit, loses, wins in zip(units, before, after, strict=True):
            if loses != UNSERVED:
                self.units_of[loses] = self.units_of[loses][self.units_of[loses] != unit]
            if wins != UNSERVED:
                self.units_of[wins] = np.append(self.units_of[wins], unit)
        return np.concatenate([before, after])


def start_exchanges(
    model: Model, regret: Floats, arcs: Ints, seed: int, *, light: bool = False
) -> tuple[Exchanges, Ints]:
    """Exchanges on the arcs worth moving along, and the numbers of these arcs in ``model``.

    ``light``: with those too that take least of what is short.
    """
    near = find_near(model, regret, arcs)
    if light:
        near |= find_light(model)
    part, kept = model.restrict(near)
    return Exchanges(part, regret[kept], np.searchsorted(kept, arcs), seed), kept


def _list_entries(by_arc: sp.csr_array, arcs: Ints) -> tuple[Ints, Ints]:
    """Where the entries of some arcs stand, and the number among these arcs that each belongs to."""
    begin, count = by_arc.indptr[arcs], by_arc.indptr[arcs + 1] - by_arc.indptr[arcs]
    arc = np.repeat(np.arange(len(arcs)), count)
    return np.repeat(begin - np.cumsum(count) + count, count) + np.arange(len(arc)), arc
