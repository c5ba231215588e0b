"""Shaking: a few units of every rep are lifted out at once and put back in another order, rep beside rep.

What came out dearer for a rep is taken back for that rep. Who does what stays; ``Placing.place_best`` decides that.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.placing import EVEN, Placing

MOST = 9  # units of a rep lifted out at once
EVENS = (
    -1.0,
    1.0,
)  # sometimes the fullest of equal weeks is chosen, which leaves room for larger tasks elsewhere
FOCUS = 3  # weeks that they have in common


def shake(placing: Placing, still: Bools, reps: Bools, rng: Generator) -> int:
    """One shake of some ``reps`` [R]; ``still`` [U] units are left alone. How many reps gained."""
    board = placing.board
    units, turn = _pick(placing, still, reps, rng)
    if not len(units):
        return 0
    rep = board.rep[placing.option[units]]
    before = _cost(placing, units, rep)
    task, _ = placing.tasks_of(units)
    week = placing.week[task].copy()
    option = placing.option[units].copy()
    own = placing.cost[units].copy()
    placing.lift(units)
    even = EVEN * float(rng.choice(EVENS))
    for step in range(int(turn.max()) + 1):
        placing.place_best(units[turn == step], even=even, stay=True)
    after = _cost(placing, units, rep)
    worse = (after > before + 1e-6)[rep]
    if worse.any():
        _take_back(placing, units[worse], option[worse], own[worse], week[worse[_row(placing, units)]])
    return int((after < before - 1e-6).sum())


def _row(placing: Placing, units: Ints) -> Ints:
    return placing.tasks_of(units)[1]


def _take_back(placing: Placing, units: Ints, option: Ints, own: Floats, week: Ints) -> None:
    board = placing.board
    placing.lift(units)
    task, row = placing.tasks_of(units)
    placing.week[task] = week
    placing.option[units], placing.cost[units] = option, own
    made = week >= 0
    chosen = option[row[made]]
    np.add.at(placing.load, (board.rep[chosen], week[made]), board.hours[chosen])
    np.add.at(placing.people, placing.person[option], 1)


def _cost(placing: Placing, units: Ints, rep: Ints) -> Floats:
    """What each rep's ``units`` and weeks cost, [R]."""
    n_reps = placing.board.problem.n_reps
    total: Floats = np.bincount(rep, placing.cost[units], n_reps).astype(np.float64)
    total += placing.board.charge_load(placing.load).sum(axis=1)
    return total


def _pick(placing: Placing, still: Bools, reps: Bools, rng: Generator) -> tuple[Ints, Ints]:
    """Units to lift out, ascending, and the turn in which each goes back: one of a rep at each turn.

    Of each rep those come first that have a task in one of a few weeks drawn at random, or that slips.
    """
    board = placing.board
    n_weeks = board.problem.n_weeks
    rep = board.rep[placing.option]
    focus = np.zeros((len(reps), n_weeks + 1), dtype=np.bool_)
    drawn = rng.integers(board.problem.closed_weeks, n_weeks, (len(reps), FOCUS)) if n_weeks else None
    if drawn is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    np.put_along_axis(focus, drawn, True, axis=1)
    focus[:, -1] = True  # the column of tasks that slip
    count = np.diff(board.task_first)
    touched = np.logical_or.reduceat(focus[np.repeat(rep, count), placing.week], board.task_first[:-1])
    eager = rng.random(board.n_units) + touched
    able = np.flatnonzero(~still & reps[rep])
    order = able[np.lexsort((-eager[able], rep[able]))]
    place = np.arange(len(order)) - _starts(rep[order])
    most = rng.integers(2, MOST + 1, len(reps))
    taken = place < most[rep[order]]
    units, turn = order[taken], place[taken]
    back = np.argsort(units)
    return units[back], turn[back]


def _starts(sorted_numbers: Ints) -> Ints:
    """Position at which the run of equal numbers begins that each entry belongs to."""
    first = np.flatnonzero(np.diff(sorted_numbers, prepend=-1))
    return np.repeat(first, np.diff(np.append(first, len(sorted_numbers))))
