"""Near arcs: those worth moving along, a small part of all."""

from __future__ import annotations

import numpy as np

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.modelling.model import Model

NEAR = 200  # arcs to each rep, besides every unit's cheapest
LIGHT = 3  # arcs of each unit that take least, where hard rows are broken


def find_near(model: Model, regret: Floats, arcs: Ints) -> Bools:
    """Arcs worth moving along: those of least regret to each rep, each unit's two cheapest, and the chosen.

    Without a second, a unit that must leave its rep could only go to nobody.
    """
    near: Bools = regret == 0.0
    others = np.where(near | (model.rep == UNSERVED), np.inf, regret)
    second = np.minimum.reduceat(others, model.first[:-1])
    near |= np.isfinite(others) & (others == second[model.unit])
    other = np.flatnonzero(~near & (model.rep != UNSERVED))
    for of_rep in list_by_label(model.rep[other], model.n_reps):
        value = regret[other[of_rep]]
        if len(value) > NEAR:
            of_rep = of_rep[value <= np.partition(value, NEAR - 1)[NEAR - 1]]
        near[other[of_rep]] = True
    near[arcs] = True
    return near


def find_light(model: Model) -> Bools:
    """The arcs of each unit that take least of what there is in hard rows: the way out of a plan that breaks them."""
    rows = np.flatnonzero(model.hard & np.isfinite(model.high) & (model.high > 0))
    share = model.by_arc[:, rows] @ (1.0 / model.high[rows])
    share[model.rep == UNSERVED] = np.inf
    light = np.zeros(len(share), dtype=np.bool_)
    for _ in range(LIGHT):
        hit = (share == np.minimum.reduceat(share, model.first[:-1])[model.unit]) & np.isfinite(share)
        light |= hit
        share[hit] = np.inf
    return light


def list_by_label(label: Ints, count: int) -> list[Ints]:
    """Where each label 0..count-1 stands."""
    if count < 2**15:
        label = label.astype(np.int16)  # sorted by radix, a tenth of the time
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(count + 1)))[1:-1]
