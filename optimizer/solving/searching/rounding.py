"""Rounding: a plan to begin with, from prices at which many customers cost two reps almost the same.

When each unit takes its cheapest arc, those that cost two reps the same all go one way: in a crowded city hours pile
up with some reps while others, streets away, go short. A minimum-cost flow sends such units where there is room, along
chains of any length; reps pass on what they get through a convex chain of arcs, at what their own rows charge for it.
A flow knows one measure, the one that is worst off; all other rows speak by their prices, and what is left to mend is
little enough for exchanges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from optimizer.plan import UNSERVED
from optimizer.problem import Floats, Ints
from optimizer.solving.modelling.model import Model, find_row_reps
from optimizer.solving.pricing.prices import find_usual_regret

TIED = 0.5  # of what second-cheapest arcs are usually dearer: units dearer by less elsewhere may go there
CHOICES = 8  # arcs of a unit at most
MOST = 600_000  # arcs at most: of more, the cheapest
ALIKE = 0.9  # rows that count this share of the arcs the same are taken together: hours, but for named pairs
DEAREST = 1e16  # what a whole flow may cost, in the flow's own small coins; beyond 64 bits there is no answer


def round_by_flow(model: Model, regret: Floats, dual: Floats) -> Ints:
    """A choice of arcs [U]: each unit's cheapest, or one almost as cheap where rows of reps then cost less.

    ``regret`` [K]: how much dearer an arc is than its unit's cheapest at the row prices ``dual`` [m].
    """
    arcs = _find_cheapest(model, regret)
    measure = _pick_measure(model, arcs)
    if measure is None:
        return arcs
    used = _find_tied(model, regret, measure.load)
    if not len(used):
        return arcs
    unit, number = np.unique(model.unit[used], return_inverse=True)
    size = np.zeros(len(unit), dtype=np.int64)
    np.maximum.at(size, number, measure.load[used])
    settled = np.ones(model.n_units, dtype=np.bool_)
    settled[unit] = False
    held = arcs[settled]
    held = held[model.rep[held] != UNSERVED]
    filled = np.bincount(model.rep[held], measure.load[held], model.n_reps).astype(np.int64)
    rep, room, slope = _build_chains(model, dual, measure, filled, int(size.sum()))
    sink = len(unit) + model.n_reps
    flow = SimpleMinCostFlow()
    cost = np.concatenate([regret[used] / size[number], slope])
    coin = DEAREST / max(float(size.sum()) * float(np.abs(cost).max()), 1.0)
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([number, len(unit) + rep]),
        np.concatenate(
            [
                np.where(model.rep[used] == UNSERVED, sink, len(unit) + model.rep[used]),
                np.full(len(rep), sink),
            ]
        ),
        np.concatenate([size[number], room]),
        np.rint(cost * min(coin, 1e5)).astype(np.int64),
    )
    supply = np.concatenate([size, np.zeros(model.n_reps, dtype=np.int64), [-size.sum()]])
    flow.set_nodes_supplies(np.arange(len(supply)), supply)
    if flow.solve() != flow.OPTIMAL:
        return arcs
    sent = flow.flows(np.arange(len(used)))
    order = np.lexsort((-sent, number))  # a unit that was split goes where most of it went
    arcs[unit] = used[order[np.searchsorted(number[order], np.arange(len(unit)))]]
    return arcs


@dataclass(frozen=True, eq=False)
class _Measure:
    """What the flow sends: ``load`` [K] of each arc, as ``rows`` count it, each of which is the rep's own."""

    load: Ints
    rows: Ints
    rep: Ints  # of each of the rows


def _find_cheapest(model: Model, regret: Floats) -> Ints:
    hit = np.flatnonzero(regret == 0.0)
    return hit[np.searchsorted(model.unit[hit], np.arange(model.n_units))]


def _pick_measure(model: Model, arcs: Ints) -> _Measure | None:
    """What the rows count that charge most for ``arcs``, with all that count nearly the same; or None."""
    row_rep = find_row_reps(model)
    own = np.flatnonzero(row_rep < model.n_reps)
    if not len(own):
        return None
    charge = (model.count_outside(model.sum_rows(arcs)) * model.weight)[own]
    blocks, block = np.unique(model.place[own, :2], axis=0, return_inverse=True)
    block = block.ravel()
    total = np.bincount(block, charge)
    worst = int(np.argmax(total))
    if total[worst] <= 0:
        return None
    number = np.full(len(model.low), -1)
    number[own] = block
    entry = number[model.by_arc.indices]
    arc = np.repeat(np.arange(len(model.rep)), np.diff(model.by_arc.indptr))

    def add_up(one: int) -> Floats:
        mine = entry == one
        return np.bincount(arc[mine], model.by_arc.data[mine], len(model.rep)).astype(np.float64)

    load = add_up(worst)
    if load.min() < 0:
        return None
    alike = [one for one in range(len(blocks)) if np.mean(add_up(one) == load) >= ALIKE]
    rows = own[np.isin(block, alike)]
    return _Measure(np.rint(load).astype(np.int64), rows, row_rep[rows])


def _find_tied(model: Model, regret: Floats, load: Ints) -> Ints:
    """Arcs that are nearly their unit's cheapest, of units that have several such; ascending."""
    near = np.flatnonzero(
        (regret <= TIED * find_usual_regret(model)) & ((load > 0) | (model.rep == UNSERVED))
    )
    if len(near) > (most := MOST + model.n_units):
        near = near[regret[near] <= np.partition(regret[near], most)[most]]
    unit = model.unit[near]
    # Of equals each unit looks at others, or all units of a level case would go to the same few reps.
    turn = (model.rep[near] - unit) % (model.n_reps + 1)
    near = near[np.lexsort((turn, regret[near], unit))]
    near = near[np.arange(len(near)) - np.searchsorted(unit, unit) < CHOICES]
    unit = model.unit[near]
    several = np.bincount(unit, minlength=model.n_units) > 1
    several &= np.bincount(unit, load[near], model.n_units) > 0
    return np.sort(near[several[unit]])


def _build_chains(
    model: Model, dual: Floats, measure: _Measure, filled: Ints, total: int
) -> tuple[Ints, Ints, Floats]:
    """(rep, room, slope) of the arcs from reps on: what a unit of load costs the rep's rows beyond their prices.

    ``filled`` [R]: load that the reps have in any case; ``total``: what may come.
    """
    rows, rep = measure.rows, measure.rep
    weight = model.weight[rows]
    below, above = np.isfinite(model.low[rows]), np.isfinite(model.high[rows])
    everybody = np.arange(model.n_reps)
    start = -np.bincount(rep, dual[rows] + weight * below, model.n_reps)
    whose = np.concatenate([everybody, rep[below], rep[above]])
    at = np.concatenate([np.full(model.n_reps, -np.inf), model.low[rows][below], model.high[rows][above]])
    bend = np.concatenate([start, weight[below], weight[above]])
    order = np.lexsort((at, whose))
    whose, at, bend = whose[order], at[order], bend[order]
    first = np.searchsorted(whose, everybody)
    slope = np.cumsum(bend)
    slope -= np.repeat(slope[first] - bend[first], np.diff(first, append=len(whose)))
    begin = np.clip(at, filled[whose], filled[whose] + total)
    last = np.diff(whose, append=-1) != 0
    end = np.where(last, filled[whose] + total, np.append(begin[1:], 0.0))
    room = np.rint(end - begin).astype(np.int64)
    wide = room > 0
    return whose[wide], room[wide], slope[wide]
