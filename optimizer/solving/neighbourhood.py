"""Neighbourhoods: improve a plan where the bound says it loses most.

With prices d, objective - bound splits exactly into losses with a place: a unit's arc dearer than its cheapest,
a row paying a penalty or not used up although it has a price. The search goes to the rep with the largest loss,
frees the most movable customers of that rep and of the reps it shares candidates with, and lets a small
mixed-integer program place them again, everything else held fast (large neighbourhood search, Shaw 1998).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from optimizer.plan import UNSERVED
from optimizer.problem import Floats, Ints
from optimizer.solving.linear import Work, pick_arcs, solve_part
from optimizer.solving.model import BREACH_WEIGHT, Model
from optimizer.solving.prices import Prices


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
        self.activity = np.asarray(self.model.by_arc[arcs].sum(axis=0)).ravel()
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
        losses = np.bincount(rep, weights=unit_loss, minlength=self.n_reps + 1)
        return losses + np.bincount(self.row_rep, weights=row_loss, minlength=self.n_reps + 1)

    def improve(self) -> bool | None:
        """Try one neighbourhood: True when the plan got better, None when none is left to try at this size."""
        losses = self.find_losses()
        waiting = np.where(self.tried <= self.size, losses, -1.0)
        centre = int(np.argmax(waiting))
        if waiting[centre] <= 0:
            return None
        self.attempts += 1
        self.tried[centre] = self.size + 1
        size = SIZES[self.size]
        reps = self.find_reps(centre, size)
        offered = self.offer(reps, size)
        if offered is None:
            return False
        units = np.unique(self.model.unit[offered])
        current = self.arcs[units]
        base = self.activity - np.asarray(self.model.by_arc[current].sum(axis=0)).ravel()
        answer = solve_part(
            self.model, offered, base, Work(size.nodes, 1e-5), start=current, seed=self.seed
        )
        if answer.value is None:
            return False
        chosen = pick_arcs(self.model, offered, answer.value)
        arcs = self.arcs.copy()
        arcs[units] = chosen
        activity = base + np.asarray(self.model.by_arc[chosen].sum(axis=0)).ravel()
        score = self.model.judge_activity(arcs, activity)
        if score >= self.score:
            return False
        self.arcs, self.activity, self.score = arcs, activity, score
        self.tried[reps] = 0
        self.tried[-1] = 0
        return True

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

    def offer(self, reps: Ints, size: Size) -> Ints | None:
        """Arcs of the most movable units of these reps: among themselves, and nobody where that is near."""
        model = self.model
        inside = np.zeros(self.n_reps + 1, dtype=bool)
        inside[reps] = True
        rep_now = model.rep[self.arcs]
        lost = rep_now == UNSERVED
        free = inside[rep_now] | lost
        here = free[model.unit] & (inside[model.rep] | (model.rep == UNSERVED))
        arcs = np.flatnonzero(here)
        chosen = np.zeros(len(model.rep), dtype=bool)
        chosen[self.arcs] = True
        # A unit is as movable as its best other arc is cheap; regret of the chosen arc speaks for moving it.
        other = arcs[~chosen[arcs]]
        if not len(other):
            return None
        ease = self.regret[other] - self.regret[self.arcs[model.unit[other]]]
        order = np.argsort(ease, kind="stable")
        best = other[order][: size.arcs]
        _, first = np.unique(model.unit[best], return_index=True)
        units = model.unit[best[np.sort(first)]][: size.units]
        wanted = np.zeros(model.n_units, dtype=bool)
        wanted[units] = True
        best = best[wanted[model.unit[best]]]
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
