"""Repacking: a few neighbouring territories decided anew, whole, by a small mixed-integer model.

Where customers are large against what a rep has room for, a better plan may be many exchanges away, each of which by
itself would break a limit. Small models see all of them at once (large neighbourhood search; Shaw 1998). Several are
solved side by side, none of which has a rep in common, and the gains are taken one by one, as the exact score says.
Where territories are knapsacks of few units, more of them are first chosen together, set by set (``columns``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.sparse as sp

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.linear import Range, Work, solve_rows
from optimizer.solving.searching.columns import choose_anew, find_columns
from optimizer.solving.searching.exchanges import Exchanges
from optimizer.solving.searching.neighbours import Neighbours

UNITS, FEWEST = 120, 3  # units decided together, and reps at least
OTHERS = 300  # arcs offered besides those of nobody and the present ones: the cheapest
NODES = 80
FULL = 1.5  # times that many units in the fewest territories: exchanges find as much, in a tenth of the time
LARGER = (1.0, 1.5)  # times that, where the smaller ones have gained and gain no more
ASIDE = 4  # models side by side, whatever the number of cores: what comes out depends on it
COVER = 2.0  # times that every rep has had its turn without a gain, and it ends
ROUNDS = 200  # of either kind and size, however much they gain
LUMPY = 16  # units a rep up to which territories are chosen set by set, ...
TOGETHER = 200  # ... so many units together, ...
NEARLY_ALL, WHOLE = 300, 400  # ... and first so many where there are no more than these in all
SETS_ASIDE, FRUITLESS = 2, 2  # choices side by side, and rounds of them without a gain

_Job = Callable[[], Ints]  # gives the arcs to be chosen


@dataclass(frozen=True, eq=False)
class _Part:
    """Units to be decided anew: the arcs offered, which of them are chosen now, and the rows' ranges for the rest."""

    arcs: Ints
    cost: Floats
    rows: sp.csr_array
    within: Range
    unit: Ints
    start: Bools


def repack(
    search: Exchanges,
    neighbours: Neighbours,
    pool: Executor,
    value: Floats,
    *,
    effort: float = 1.0,
    on_gain: Callable[[str], None] = lambda method: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Decide territories anew, a few at a time, until next to nothing gains.

    ``value`` [U]: about what each unit is worth (``territories.find_values``). ``on_gain`` hears the method of a gain.
    """
    model = search.model
    if FEWEST * model.n_units > FULL * UNITS * model.n_reps:
        return
    most = math.ceil(effort * ROUNDS)
    go_on = partial(_go_on, search, neighbours, pool, most, should_stop)
    share = model.n_reps / max(model.n_units, 1)

    def take_sets(reps: Ints) -> _Job | None:
        columns = find_columns(search, reps)
        return None if columns is None else partial(choose_anew, columns, value, should_stop)

    if model.n_units <= LUMPY * model.n_reps:
        whole = model.n_units <= WHOLE
        for reps in [round(NEARLY_ALL * share)] * whole + [round(TOGETHER * share)]:
            # All together once more would be the same again.
            rounds = math.ceil(effort * FRUITLESS) if reps < model.n_reps else 1
            go_on(partial(on_gain, "columns"), take_sets, reps, SETS_ASIDE, rounds)
            if reps >= model.n_reps:
                break
    for times in LARGER:
        start = search.score
        reps = max(FEWEST, round(times * UNITS * share))
        patience = max(1, round(COVER * effort * model.n_reps / (reps * ASIDE)))
        go_on(partial(on_gain, "repacking"), partial(_take_part, search, times), reps, ASIDE, patience)
        if search.score == start:
            break


def _go_on(
    search: Exchanges,
    neighbours: Neighbours,
    pool: Executor,
    most: int,
    should_stop: Callable[[], bool],
    on_gain: Callable[[], None],
    take: Callable[[Ints], _Job | None],
    reps: int,
    aside: int,
    patience: int,
) -> None:
    """Decide ``reps`` at a time, so many ``aside``, until nothing gains ``patience`` times, ``most`` times at most."""
    dry = 0
    for _ in range(most):
        if dry == patience or should_stop():
            break
        before = search.score
        search.press()
        centres = search.find_broken() if before[0] else neighbours.everybody
        jobs = [take(some) for some in _pick(search, neighbours, centres, reps, aside)]
        for chosen in pool.map(lambda job: job(), [job for job in jobs if job]):
            search.try_out(chosen)
        dry += 1
        if search.score < before:
            dry = 0
            on_gain()


def _pick(search: Exchanges, neighbours: Neighbours, centres: Ints, reps: int, aside: int) -> list[Ints]:
    """Reps with those that share most with them, no rep twice."""
    taken = np.zeros(search.model.n_reps, dtype=bool)
    sets = []
    for _ in range(aside):
        left = centres[~taken[centres]]
        if not len(left):
            break
        picked = neighbours.pick(search.rng, left, reps, taken)
        taken[picked] = True
        sets.append(picked)
    return sets


def _take_part(search: Exchanges, times: float, reps: Ints) -> _Job | None:
    """The model of the units of some reps, and of the arcs that keep them among these."""
    model, others = search.model, round(times * OTHERS)
    units = np.sort(np.concatenate([search.units_of[rep] for rep in reps]))
    stuck = np.flatnonzero(model.breach[search.arcs] > 0) if search.score[0] else units[:0]
    units = np.union1d(units, stuck)
    count = model.first[units + 1] - model.first[units]
    arcs = np.repeat(model.first[units] - np.cumsum(count) + count, count) + np.arange(count.sum())
    here = np.zeros(model.n_reps + 1, dtype=bool)
    here[reps] = here[UNSERVED] = True
    held = np.zeros(len(model.rep), dtype=bool)
    held[search.arcs[units]] = True
    arcs = arcs[here[model.rep[arcs]] | held[arcs]]
    other = np.flatnonzero(~held[arcs] & (model.rep[arcs] != UNSERVED))
    if len(other) > others:
        regret = search.regret[arcs[other]]
        arcs = np.delete(arcs, other[np.argsort(regret, kind="stable")[others:]])
    entries = sp.csc_array(model.by_arc[arcs])
    touched = np.flatnonzero(np.diff(entries.indptr))
    base = search.activity[touched] - entries[held[arcs]][:, touched].sum(axis=0)
    if not len(arcs):
        return None
    part = _Part(
        arcs,
        search.cost[arcs],
        sp.csr_array(entries[:, touched].T),
        Range(model.low[touched] - base, model.high[touched] - base, search.weight[touched]),
        np.searchsorted(units, model.unit[arcs]),
        held[arcs],
    )
    return partial(_decide, part, Work(round(times * NODES), 0.0))


def _decide(part: _Part, work: Work) -> Ints:
    """The arcs that cost least together, as far as the work goes."""
    answer = solve_rows(part.cost, part.rows, part.within, work, unit=part.unit, start=part.start)
    return part.arcs[part.start if answer.value is None else answer.value > 0.5]
