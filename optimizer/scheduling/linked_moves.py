"""Tasks that wait for each other, placed together: each where it leaves room for those that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from optimizer.problem import Floats, Ints
from optimizer.scheduling.board import Board
from optimizer.scheduling.placing import Placing
from optimizer.scheduling.task_problem import NOWHERE


@dataclass(frozen=True, eq=False)
class Family:
    """Units that hang together, ``members`` from the first to the last; edges as (earlier, lag) and (later, lag)."""

    members: list[int]
    before: dict[int, list[tuple[int, int]]]
    behind: dict[int, list[tuple[int, int]]]
    reps: Ints


def find_families(board: Board) -> list[Family]:
    """All families of linked units, in the order of their first units."""
    if not len(board.edge):
        return []
    graph = sp.coo_array((np.ones(len(board.edge)), tuple(board.edge.T)), (board.n_units, board.n_units))
    _, label = connected_components(graph, directed=False)
    linked = np.unique(board.edge)
    groups: dict[int, list[int]] = {}
    for unit in linked.tolist():
        groups.setdefault(int(label[unit]), []).append(unit)
    before: dict[int, list[tuple[int, int]]] = {unit: [] for unit in linked.tolist()}
    behind: dict[int, list[tuple[int, int]]] = {unit: [] for unit in linked.tolist()}
    for (one, other), lag in zip(board.edge.tolist(), board.lag.tolist(), strict=True):
        before[other].append((one, lag))
        behind[one].append((other, lag))
    families = []
    for units in groups.values():
        waits = {unit: len(before[unit]) for unit in units}
        members, ready = [], [unit for unit in units if not waits[unit]]
        while ready:
            unit = ready.pop(0)
            members.append(unit)
            for other, _ in behind[unit]:
                waits[other] -= 1
                if not waits[other]:
                    ready.append(other)
        options = np.concatenate([np.arange(*board.option_first[u : u + 2]) for u in members])
        families.append(Family(members, before, behind, np.unique(board.rep[options])))
    return families


def place_family(placing: Placing, family: Family, toll: Floats | None = None) -> None:
    """Put a lifted family where it costs little; what is there never becomes dearer (without a toll).

    From the last to the first each learns what its week costs those behind it; from the first to the last each then
    takes its cheapest week.
    """
    board = placing.board
    n_weeks = board.problem.n_weeks
    weeks = np.arange(n_weeks + 1)
    wish: dict[int, Floats] = {}
    for unit in reversed(family.members):
        table, _ = _weigh(placing, unit, toll)
        wish[unit] = table + _ask_behind(family, unit, wish, n_weeks)
    when: dict[int, int] = {}
    for unit in family.members:
        table, option = _weigh(placing, unit, toll)
        total = table + _ask_behind(family, unit, wish, n_weeks)
        ready = max((when[one] + lag for one, lag in family.before[unit]), default=0)
        total[(weeks < ready) & (weeks < n_weeks)] = np.inf
        week = int(total.argmin())
        when[unit] = week
        units, chosen = np.array([unit]), option[week : week + 1]
        at = np.array([[week if week < n_weeks else NOWHERE]])
        placing.put(units, chosen, at, placing.charge(units, chosen, at))


def improve_family(placing: Placing, family: Family) -> None:
    """Place the family anew; back to where it was if that is dearer."""
    board = placing.board
    units = np.array(sorted(family.members))
    tasks, row = placing.tasks_of(units)
    week, option = placing.week[tasks].copy(), placing.option[units].copy()
    before = _cost(placing, units, family.reps)
    placing.lift(units)
    place_family(placing, family)
    if _cost(placing, units, family.reps) > before + 1e-6:
        placing.lift(units)
        placing.put(units, option, week[:, None], placing.charge(units, option, week[:, None]))
    assert len(row) == len(board.task[tasks])


def _cost(placing: Placing, units: Ints, reps: Ints) -> float:
    people = np.unique(placing.person[placing.option[units]])
    alone = (placing.people[people] > 0) & ~placing.is_known[people] & (placing.person_rep[people] >= 0)
    return float(
        placing.cost[units].sum()
        + placing.board.charge_load(placing.load[reps], reps).sum()
        + alone.sum() * placing.board.problem.continuity_price
    )


def _weigh(placing: Placing, unit: int, toll: Floats | None) -> tuple[Floats, Ints]:
    """What the unit's task costs in each week, last of all not doing it, and by which option, [W + 1] each."""
    board = placing.board
    option = np.arange(board.option_first[unit], board.option_first[unit + 1])
    price = placing.weigh(option)
    if toll is not None:
        price = price + board.hours[option, None] * toll[board.rep[option]]
    person = placing.person[option]
    is_new = (placing.people[person] == 0) & (person > 0)
    fee = np.where(is_new, float(board.problem.continuity_price), 0.0)
    table = np.column_stack([price, board.rows.slip[option]]) + fee[:, None]
    best = table.argmin(axis=0)
    return table[best, np.arange(table.shape[1])], option[best]


def _ask_behind(family: Family, unit: int, wish: dict[int, Floats], n_weeks: int) -> Floats:
    """What each week of ``unit`` costs those that wait for it, [W + 1]; shared where they wait for several."""
    total = np.zeros(n_weeks + 1)
    for other, lag in family.behind[unit]:
        ahead = np.minimum.accumulate(wish[other][:-1][::-1])[::-1]
        ready = np.arange(n_weeks) + lag
        onward = np.append(ahead, np.inf)[np.minimum(ready, n_weeks)]
        skip = wish[other][-1]
        cost = np.append(np.minimum(onward, skip), skip)
        total += cost / len(family.before[other])
    return total
