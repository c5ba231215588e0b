"""Whole schedules from nothing: every unit where it costs least, with or without prices of hours to guide it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator
from scipy.sparse.csgraph import connected_components

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.board import Board, is_linked
from optimizer.scheduling.linked_moves import Family, improve_family, place_family
from optimizer.scheduling.placing import Placing, find_batches, start_placing
from optimizer.scheduling.shaking import shake

SETTLING = 40  # shakes before it is said whether other doers are better


def fill(
    board: Board, families: list[Family], toll: Floats | None = None, option: Ints | None = None
) -> Placing:
    """Every unit where it costs least, those first that cost most to leave out an hour of.

    ``toll`` [R, W]: what an hour costs besides, while choosing. ``option`` [U]: who does what is settled.
    """
    placing = start_placing(board)
    first = board.option_first[:-1]
    density = board.rows.slip[first] / np.maximum(board.hours[first], 1)
    order = np.lexsort((-board.hours[first], -density))
    order = order[~is_linked(board)[order]]
    for family in families:
        place_family(placing, family, toll)
    doer = None
    if option is not None:
        placing.option[order], doer = option[order], board.rep[option]
    for batch in find_batches(board, order, doer):
        placing.place_best(batch, toll, 0.0, stay=option is not None)
    return placing


def sweep(placing: Placing, families: list[Family], rng: Generator) -> None:
    """Every unit once more where it costs least, in an order drawn at random."""
    for family in families:
        improve_family(placing, family)
    order = rng.permutation(np.flatnonzero(~is_linked(placing.board)))
    for batch in find_batches(placing.board, order):
        placing.lift(batch)
        placing.place_best(batch)


def relieve(placing: Placing, price: Floats, reps: Bools, rng: Generator) -> Placing | None:
    """The schedule with units that others may do gone from reps whose work slips, shaken; None: there are none.

    A full week asks nothing of who is in it already. So an hour of a rep whose work slips is charged what an hour of
    that work costs. ``price`` [R, W] of hours, ``reps`` [R] that are shaken.
    """
    board = placing.board
    still = is_linked(board)
    free = np.flatnonzero(board.is_free & ~still)
    slipped = np.flatnonzero(placing.week < 0)
    if not len(free) or not len(slipped):
        return None
    unit = np.searchsorted(board.task_first, slipped, side="right") - 1
    option = placing.option[unit]
    density = board.rows.slip[option] / np.maximum(board.hours[option], 1)
    toll = price.copy()
    np.maximum.at(toll, board.rep[option], density[:, None])
    crowded = np.bincount(board.rep[option], minlength=board.problem.n_reps) > 0
    other = placing.copy()
    moving = free[crowded[board.rep[placing.option[free]]]]
    for batch in find_batches(board, rng.permutation(moving)):
        other.lift(batch)
        other.place_best(batch, toll)
    for _ in range(SETTLING):
        shake(other, still, reps, rng)
    return other


def find_parts(board: Board, option: Ints) -> tuple[Ints, Ints]:
    """Part of each rep [R] and unit [U] when ``option`` [U] is settled but for units that wait for others."""
    rep = board.rep[option]
    loose = np.flatnonzero(is_linked(board)[board.unit])
    one = np.concatenate([rep[board.unit[loose]], rep[board.edge[:, 0]]])
    other = np.concatenate([board.rep[loose], rep[board.edge[:, 1]]])
    n_reps = board.problem.n_reps
    graph = sp.coo_array((np.ones(len(one)), (one, other)), (n_reps, n_reps))
    part = np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
    return part, part[rep]


def take_better(placing: Placing, other: Placing, part: Ints, unit_part: Ints) -> None:
    """Into ``placing``, of each part the better of two schedules."""
    better = other.split(part, unit_part) < placing.split(part, unit_part)
    placing.adopt(other, better[part], better[unit_part])
