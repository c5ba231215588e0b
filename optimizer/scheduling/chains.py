"""Tasks that wait for each other, asked together: the cheapest weeks of whole trees of them at given prices.

Each task keeps the first of those it waits for as its parent, which makes trees; what it waits for besides is left
out of the question, which can only make the answer cheaper (a bound stays a bound).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.board import Board
from optimizer.scheduling.task_problem import NOWHERE


@dataclass(frozen=True, eq=False)
class Chains:
    """D linked units; ``levels`` are positions among them from the roots down."""

    board: Board
    unit: Ints  # [D] ascending
    parent: Ints  # [D] position among the linked units, -1: a root
    lag: Ints  # [D] weeks after the parent
    levels: list[Ints]
    option: Ints  # options of the linked units, in their order
    first: Ints  # [D] where each unit's begin

    def ask(self, price: Floats) -> tuple[Ints, Floats, Ints, Ints]:
        """Chosen option, cost (of its tree at roots, 0 elsewhere), tasks made and week of each linked unit."""
        board = self.board
        n_weeks = price.shape[1]
        if not len(self.unit):
            none = np.zeros(0, dtype=np.int64)
            return none, np.zeros(0), none, np.zeros((0, 1), dtype=np.int64)
        paid = board.price[self.option] + board.hours[self.option, None] * price[board.rep[self.option]]
        paid += board.new_person[self.option][:, None]
        idle = np.minimum.reduceat(board.new_person[self.option], self.first)
        # The last column is not doing it.
        own = np.column_stack(
            [np.minimum.reduceat(paid, self.first), board.rows.slip[self.option[self.first]] + idle]
        )
        tree = own.copy()
        for level in reversed(self.levels[1:]):
            np.add.at(tree, self.parent[level], self._pass_up(tree[level], self.lag[level]))
        week = np.full(len(self.unit), n_weeks, dtype=np.int64)
        cost = np.zeros(len(self.unit))
        for depth, level in enumerate(self.levels):
            table = tree[level]
            if depth:
                ready = week[self.parent[level]] + self.lag[level]
                too_soon = np.arange(n_weeks) < ready[:, None]
                table[:, :-1][too_soon] = np.inf
                week[level] = table.argmin(axis=1)
            else:
                week[level] = table.argmin(axis=1)
                cost[level] = table.min(axis=1)
        count = np.diff(np.append(self.first, len(self.option)))
        at = np.repeat(np.minimum(week, n_weeks - 1), count)
        skipped = np.repeat(week == n_weeks, count)
        value = np.where(skipped, board.new_person[self.option], paid[np.arange(len(at)), at])
        least = np.minimum.reduceat(value, self.first)
        hit = np.flatnonzero(value == np.repeat(least, count))
        of = np.repeat(np.arange(len(self.unit)), count)[hit]
        chosen = self.option[hit[np.flatnonzero(np.diff(of, prepend=-1))]]
        made = (week < n_weeks).astype(np.int64)
        return chosen, cost, made, np.where(week < n_weeks, week, NOWHERE)[:, None]

    @staticmethod
    def _pass_up(tree: Floats, lag: Ints) -> Floats:
        """What a child costs at least for each week of its parent (last column: parent not done)."""
        weeks, skip = tree[:, :-1], tree[:, -1]
        onward = np.minimum.accumulate(weeks[:, ::-1], axis=1)[:, ::-1]
        onward = np.column_stack([onward, np.full(len(tree), np.inf)])
        ready = np.minimum(np.arange(weeks.shape[1]) + lag[:, None], weeks.shape[1])
        best = np.minimum(np.take_along_axis(onward, ready, axis=1), skip[:, None])
        return np.column_stack([best, skip])


def build_chains(board: Board, asked: Bools) -> Chains:
    """The trees of the board's units that ``asked`` [E] of its edges link."""
    edge, between = board.edge[asked], board.lag[asked]
    unit = np.unique(edge)
    earlier, later = (np.searchsorted(unit, edge[:, side]) for side in (0, 1))
    parent = np.full(len(unit), -1, dtype=np.int64)
    lag = np.zeros(len(unit), dtype=np.int64)
    parent[later[::-1]], lag[later[::-1]] = earlier[::-1], between[::-1]  # the first of them remains
    levels, level = [], np.flatnonzero(parent < 0)
    while len(level):
        levels.append(level)
        level = np.flatnonzero(np.isin(parent, level))
    wanted = np.zeros(board.n_units, dtype=np.bool_)
    wanted[unit] = True
    option = np.flatnonzero(wanted[board.unit])
    first = np.flatnonzero(np.diff(board.unit[option], prepend=-1))
    return Chains(board, unit, parent, lag, levels, option, first)
