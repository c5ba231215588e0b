"""Neighbourhoods: improve a plan where the bound says it loses most.

With prices d, objective - bound splits exactly into losses with a place: a unit's arc dearer than its cheapest,
a row paying a penalty or not used up although it has a price. The search goes to the rep with the largest loss,
frees the most movable customers of that rep and of the reps it shares candidates with, and lets a small
mixed-integer program place them again, everything else held fast (large neighbourhood search, Shaw 1998).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.linear import Work, pick_arcs, solve_part
from optimizer.solving.model import BREACH_WEIGHT, Model
from optimizer.solving.prices import Prices

BATCH = 4  # neighbourhoods picked at a time


@dataclass(frozen=True)
class Size:
    """How large a neighbourhood is and how much work it may cost."""

    reps: int
    units: int
    arcs: int
    nodes: int


SIZES = (
    Size(reps=4, units=60, arcs=240, nodes=60),
    Size(reps=6, units=100, arcs=500, nodes=120),
    Size(reps=9, units=160, arcs=900, nodes=200),
)


@dataclass(frozen=True, eq=False)
class Urgent:
    """Arcs that may mend a broken hard row, the reps they concern, and how many such rows there are."""

    arcs: Ints
    reps: Ints
    count: int


@dataclass(frozen=True, eq=False)
class Pick:
    """A neighbourhood: its reps and the arcs its units may take."""

    reps: Ints
    offered: Ints


@dataclass(eq=False)
class Search:
    """A plan under improvement: chosen ``arcs`` [U], the rows' ``activity`` [m] and its ``score``."""

    model: Model
    prices: Prices
    arcs: Ints
    seed: int
    activity: Floats = field(init=False)
    score: tuple[int, int] = field(init=False)  # (breach, objective), compared in this order
    regret: Floats = field(init=False)  # [K]
    tried: Ints = field(init=False)  # [R + 1] neighbourhoods around each rep since the last gain there
    size: int = field(init=False, default=0)
    attempts: int = field(init=False, default=0)
    failures: int = field(init=False, default=0)  # of mending hard rows, in a row

    def __post_init__(self) -> None:
        self.n_reps = self.model.n_reps
        self.tried = np.zeros(self.n_reps + 1, dtype=np.int64)
        self.row_rep = _find_row_reps(self.model)
        self.take(self.arcs)
        self.use(self.prices)

    def use(self, prices: Prices) -> None:
        """Take better prices as guide."""
        self.prices = prices
        self.regret = prices.regret(self.model)
        self.near = _find_neighbours(self.model, self.regret, self.n_reps)

    def take(self, arcs: Ints) -> None:
        """Replace the plan, whatever it is worth."""
        self.arcs = arcs
        self.activity = self.model.sum_rows(arcs)
        self.score = self.model.judge_activity(arcs, self.activity)

    def find_losses(self) -> Floats:
        """Share of objective - bound (and of breaches) that lies with each rep; the last entry is nobody's, [R + 1]."""
        model, dual = self.model, self.prices.dual
        outside = model.count_outside(self.activity)
        paid = outside * np.where(model.hard, model.price * BREACH_WEIGHT, model.price)
        end = np.where(dual > 0, model.high, np.where(dual < 0, model.low, 0.0))
        unused = np.where(dual != 0, dual * (end - self.activity), 0.0)
        row_loss = np.maximum(paid + unused, 0.0)
        rep = np.where(model.rep[self.arcs] == UNSERVED, self.n_reps, model.rep[self.arcs])
        unit_loss = self.regret[self.arcs] + model.breach[self.arcs] * BREACH_WEIGHT
        losses: Floats = np.bincount(rep, weights=unit_loss, minlength=self.n_reps + 1).astype(np.float64)
        return losses + np.bincount(self.row_rep, weights=row_loss, minlength=self.n_reps + 1)

    def improve(self) -> bool | None:
        """Try a batch of neighbourhoods: True when the plan got better, None when none is left at this size.

        Those of a batch share no rep and no unit. They are solved side by side (SCIP runs outside the interpreter's
        lock) and taken one after another, each only if it still makes the plan better: what comes out does not
        depend on how many cores there are.
        """
        urgent = self.find_urgent()
        mending = urgent is not None and self.failures <= 2 * urgent.count
        if mending:
            assert urgent is not None
            self.attempts += 1
            batch = [Pick(urgent.reps, self.offer(urgent.reps, SIZES[self.size], urgent.arcs))]
        else:
            batch = self.pick_batch()
            self.attempts += len(batch)
            if not batch:
                self.failures = 0
                return None
        with ThreadPoolExecutor(min(len(batch), os.cpu_count() or 1)) as pool:
            answers = list(pool.map(self.place_again, batch))
        gains = [
            self.accept(pick, chosen)
            for pick, chosen in zip(batch, answers, strict=True)
            if chosen is not None
        ]
        if mending:
            self.failures = 0 if any(gains) else self.failures + 1
        return any(gains)

    def pick_batch(self) -> list[Pick]:
        """Neighbourhoods around the reps with the largest losses, apart from each other."""
        losses = self.find_losses()
        waiting = np.where(self.tried <= self.size, losses, -1.0)
        taken = np.zeros(self.model.n_units, dtype=bool)
        batch: list[Pick] = []
        while len(batch) < BATCH:
            centre = int(np.argmax(waiting))
            if waiting[centre] <= 0:
                break
            waiting[centre] = -1.0
            reps = self.find_reps(centre, SIZES[self.size])
            if batch and np.isin(reps, np.concatenate([pick.reps for pick in batch])).any():
                continue
            self.tried[centre] = self.size + 1
            offered = self.offer(reps, SIZES[self.size], taken=taken)
            taken[self.model.unit[offered]] = True
            batch.append(Pick(reps, offered))
        return batch

    def place_again(self, pick: Pick) -> Ints | None:
        """What a small program chooses among the offered arcs, a unit an arc; None when it has no answer."""
        if not len(pick.offered):
            return None
        current = self.arcs[np.unique(self.model.unit[pick.offered])]
        base = self.activity - self.model.sum_rows(current)
        work = Work(SIZES[self.size].nodes, 1e-5, certain=True)
        answer = solve_part(self.model, pick.offered, base, work, start=current, seed=self.seed)
        return None if answer.value is None else pick_arcs(self.model, pick.offered, answer.value)

    def accept(self, pick: Pick, chosen: Ints) -> bool:
        """Take the ``chosen`` arcs if the plan as it stands now gets better by them."""
        model = self.model
        units = model.unit[chosen]
        activity = self.activity - model.sum_rows(self.arcs[units]) + model.sum_rows(chosen)
        arcs = self.arcs.copy()
        arcs[units] = chosen
        score = model.judge_activity(arcs, activity)
        if score >= self.score:
            return False
        self.arcs, self.activity, self.score = arcs, activity, score
        self.tried[pick.reps] = 0
        self.tried[-1] = 0
        return True

    def find_urgent(self) -> Urgent | None:
        """A broken hard row in turn, with the units in it and where else they could best go."""
        if not self.score[0]:
            return None
        model, size = self.model, SIZES[self.size]
        broken = np.flatnonzero(model.hard & (model.count_outside(self.activity) > 0))
        stuck = np.flatnonzero(model.breach[self.arcs])
        count = len(broken) + bool(len(stuck))
        turn = self.attempts % count
        if turn == len(broken):
            units = stuck
        else:
            row = broken[turn]
            entries = model.rows.indices[model.rows.indptr[row] : model.rows.indptr[row + 1]]
            above = self.activity[row] > model.high[row]
            inside = np.isin(entries, self.arcs)
            # Too much: those in the row may leave. Too little: those outside may come.
            units = np.unique(model.unit[entries[inside if above else ~inside]])
        free = np.zeros(model.n_units, dtype=bool)
        free[units] = True
        other = np.flatnonzero(free[model.unit])
        other = other[self.arcs[model.unit[other]] != other]
        if turn < len(broken) and not above:
            other = np.intersect1d(other, entries)
        ease = self.regret[other] - self.regret[self.arcs[model.unit[other]]]
        best = other[np.argsort(ease, kind="stable")][: size.arcs // 3]
        places = np.concatenate([model.rep[best], model.rep[self.arcs[model.unit[best]]]])
        reps, first = np.unique(places[places != UNSERVED], return_index=True)
        reps = np.sort(reps[np.argsort(first, kind="stable")][: 2 * size.reps])
        return Urgent(best, reps, count)

    def find_reps(self, centre: int, size: Size) -> Ints:
        """The centre and the reps that share most near-equal candidates with it."""
        if centre == self.n_reps:  # nobody: the reps that the unserved would least regret
            lost = np.flatnonzero(self.model.rep[self.arcs] == UNSERVED)
            mine = np.isin(self.model.unit, lost) & (self.model.rep != UNSERVED)
            wish = np.bincount(
                self.model.rep[mine], weights=1.0 / (1.0 + self.regret[mine]), minlength=self.n_reps
            )
            return np.sort(np.argsort(-wish, kind="stable")[: size.reps])
        shared = self.near[[centre]].toarray().ravel()
        shared[centre] = np.inf
        others = np.argsort(-shared, kind="stable")[: size.reps]
        return np.sort(others[shared[others] > 0])

    def offer(self, reps: Ints, size: Size, urgent: Ints | None = None, taken: Bools | None = None) -> Ints:
        """Arcs of the most movable units of these reps among themselves, and the ``urgent`` ones; none ``taken``."""
        model = self.model
        inside = np.zeros(self.n_reps + 1, dtype=bool)
        inside[reps] = True
        rep_now = model.rep[self.arcs]
        free = inside[rep_now] | (rep_now == UNSERVED)
        if taken is not None:
            free &= ~taken
        here = free[model.unit] & (inside[model.rep] | (model.rep == UNSERVED))
        here[self.arcs] = False
        other = np.flatnonzero(here)
        # A unit is as movable as its best other arc is cheap; regret of the chosen arc speaks for moving it.
        ease = self.regret[other] - self.regret[self.arcs[model.unit[other]]]
        best = other[np.argsort(ease, kind="stable")][: size.arcs]
        _, first = np.unique(model.unit[best], return_index=True)
        units = model.unit[best[np.sort(first)]][: size.units]
        wanted = np.zeros(model.n_units, dtype=bool)
        wanted[units] = True
        best = best[wanted[model.unit[best]]]
        if urgent is not None:
            best = np.concatenate([best, urgent])
            units = np.unique(np.concatenate([units, model.unit[urgent]]))
        if not len(best):
            return best
        nobody = model.first[:-1][units] if self.score[0] else np.empty(0, dtype=np.int64)
        return np.unique(np.concatenate([best, self.arcs[units], nobody]))


def _find_row_reps(model: Model) -> Ints:
    """The one rep whose arcs a row speaks of, else nobody (R), [m]."""
    n_reps = model.n_reps
    row = np.repeat(np.arange(len(model.low)), np.diff(model.rows.indptr))
    rep = model.rep[model.rows.indices]
    least, most = np.full(len(model.low), n_reps), np.full(len(model.low), -1)
    np.minimum.at(least, row, rep)
    np.maximum.at(most, row, rep)
    return np.where((least == most) & (least >= 0), least, n_reps)


def _find_neighbours(model: Model, regret: Floats, n_reps: int) -> sp.csr_array:
    """How strongly reps share units they are near-equal candidates for, [R, R]."""
    served = model.rep != UNSERVED
    typical = max(float(np.median(np.abs(model.cost[served]))) if served.any() else 1.0, 1.0)
    close = np.flatnonzero(served & (regret < 2 * typical))
    weight = 1.0 / (1.0 + regret[close] / (0.1 * typical))
    likes = sp.csr_array((weight, (model.unit[close], model.rep[close])), shape=(model.n_units, n_reps))
    return sp.csr_array(likes.T @ likes)
