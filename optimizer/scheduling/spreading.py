"""The cheapest weeks for the visits of many series at once, at any price a week.

A row is a series with somebody who may do it. Rows are independent: an exact shortest path over (visits made, week of
the last) for all of them side by side. A task given is a row of one visit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.task_problem import NOWHERE


@dataclass(frozen=True, eq=False)
class Rows:
    """B rows in descending order of visits.

    ``count`` [B] visits asked for, ``slip`` [B] cost of each left out, ``start`` [B, W] of making the first in a
    week, ``gap`` [B, W] of so many weeks between two, ``end`` [B, W] of making the last in a week, ``none`` [B] of
    making none (beside slip).
    """

    count: Ints
    slip: Floats
    start: Floats
    gap: Floats
    end: Floats
    none: Floats

    def take(self, rows: Ints) -> Rows:
        """Some of the rows."""
        return Rows(*(values[rows] for values in vars(self).values()))


@dataclass(frozen=True, eq=False)
class Spread:
    """The cheapest way of each row: what it costs, how many visits are made, and what it took to find it."""

    cost: Floats  # [B]
    made: Ints  # [B]
    tables: list[
        Floats
    ]  # [k][B of those with k + 1 visits, W]: cheapest k + 1 visits with the last in week w


def spread_visits(rows: Rows, price: Floats) -> Spread:
    """``price`` [B, W]: what a visit costs in a week, infinite where it may not be."""
    n_weeks = price.shape[1]
    asked = np.searchsorted(-rows.count, -np.arange(1, int(rows.count.max(initial=0)) + 1), side="right")
    cost = rows.none + rows.count * rows.slip
    made = np.zeros(len(cost), dtype=np.int64)
    nearest = _nearest(rows)
    tables: list[Floats] = []
    for k, active in enumerate(asked):
        if k == 0:
            table = price[:active] + rows.start[:active]
        else:
            before, gap = tables[-1][:active], rows.gap[:active]
            table = np.full((active, n_weeks), np.inf)
            for weeks in range(nearest, n_weeks):
                way = before[:, :-weeks] + gap[:, weeks, None]
                np.minimum(table[:, weeks:], way, out=table[:, weeks:])
            table += price[:active]
        tables.append(table)
        closed = (table + rows.end[:active]).min(axis=1) + (rows.count[:active] - (k + 1)) * rows.slip[
            :active
        ]
        better = closed < cost[:active]
        cost[:active] = np.where(better, closed, cost[:active])
        made[:active] = np.where(better, k + 1, made[:active])
    return Spread(cost, made, tables)


def trace_weeks(rows: Rows, spread: Spread, chosen: Ints) -> Ints:
    """Week of each visit of the ``chosen`` rows, [C, most visits], ``NOWHERE`` behind those that are made."""
    most = len(spread.tables)
    made = spread.made[chosen]
    week = np.full((len(chosen), most), NOWHERE, dtype=np.int64)
    columns = np.arange(rows.end.shape[1])
    for k in range(most - 1, -1, -1):
        at = np.flatnonzero(made > k)
        if not len(at):
            continue
        row = chosen[at]
        last = made[at] == k + 1
        onward = rows.end[row]
        if not last.all():
            ahead = week[at, min(k + 1, most - 1)][:, None] - columns
            gaps = np.take_along_axis(rows.gap[row], np.clip(ahead, 0, len(columns) - 1), axis=1)
            onward = np.where(last[:, None], onward, np.where(ahead > 0, gaps, np.inf))
        week[at, k] = (spread.tables[k][row] + onward).argmin(axis=1)
    return week


def _nearest(rows: Rows) -> int:
    """The fewest weeks that any row allows between two visits."""
    finite: Bools = np.asarray(np.isfinite(rows.gap).any(axis=0))
    finite[0] = False
    return int(finite.argmax()) if finite.any() else rows.gap.shape[1]
