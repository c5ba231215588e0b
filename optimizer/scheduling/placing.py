"""A schedule in the making: units are lifted out of the weeks and put back where they cost least.

Putting a unit back is exact given everything else: hours above a peak, overtime, spacing, lateness, travel and people
are all weighed at what they really cost. Units that share no rep are put back side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimizer.problem import Bools, Floats, Ints
from optimizer.scheduling.board import Board
from optimizer.scheduling.spreading import spread_visits, trace_weeks
from optimizer.scheduling.task_problem import NOWHERE

EVEN = 0.002  # hours per hour of work in a full week rather than an empty one: decides between equals


@dataclass(eq=False)
class Placing:
    """``option`` [U], ``week`` [O], the ``load`` [R, W] they make, and what each unit costs by itself, ``cost`` [U].

    ``people`` counts the units of each (customer, rep); entry 0 is for units without a customer.
    """

    board: Board
    option: Ints
    week: Ints
    load: Ints
    cost: Floats
    people: Ints
    person: Ints  # [K] entry of people
    person_rep: Ints  # rep of each entry, -1: the entry for no customer
    is_known: Bools  # entries that are people of the customer whatever is decided
    place: Ints  # [R, W] what the load must not pass: capacity, endless where overtime is priced
    room: Floats = field(init=False)  # [R, W] capacity, nowhere 0

    def __post_init__(self) -> None:
        self.room = np.maximum(self.board.problem.capacity, 1.0)

    def copy(self) -> Placing:
        """The same schedule, to be changed apart."""
        return Placing(
            self.board, self.option.copy(), self.week.copy(), self.load.copy(), self.cost.copy(),
            self.people.copy(), self.person, self.person_rep, self.is_known, self.place,
        )  # fmt: skip

    @property
    def known(self) -> int:
        """People that customers have whatever is decided."""
        return int(self.is_known.sum())

    @property
    def objective(self) -> int:
        """The objective in milli-hours, when nothing is lifted out."""
        board = self.board
        extra = int(((self.people > 0) & (self.person_rep >= 0)).sum()) - self.known
        total = self.cost.sum() + board.charge_load(self.load).sum() + board.constant
        return int(np.rint(total)) + extra * board.problem.continuity_price

    def split(self, part: Ints, unit_part: Ints) -> Floats:
        """The objective without what is settled by part of reps, [C]; people settled beforehand count too."""
        size = int(part.max(initial=-1)) + 1
        total: Floats = np.bincount(unit_part, self.cost, size).astype(np.float64)
        total += np.bincount(part, self.board.charge_load(self.load).sum(axis=1), size)
        held = self.person_rep[(self.people > 0) & ~self.is_known & (self.person_rep >= 0)]
        total += np.bincount(part[held], minlength=size) * self.board.problem.continuity_price
        return total

    def adopt(self, other: Placing, reps: Bools, units: Bools) -> None:
        """Take over what ``other`` does with some ``reps`` [R] and the ``units`` [U] that are theirs alone."""
        task, _ = self.tasks_of(np.flatnonzero(units))
        self.week[task], self.option[units] = other.week[task], other.option[units]
        self.cost[units] = other.cost[units]
        self.load[reps] = other.load[reps]
        theirs = np.append(reps, False)[self.person_rep]
        self.people[theirs] = other.people[theirs]

    def tasks_of(self, units: Ints) -> tuple[Ints, Ints]:
        """Positions of the open tasks of ``units`` and the row of each."""
        first, count = self.board.task_first[units], np.diff(self.board.task_first)[units]
        row = np.repeat(np.arange(len(units)), count)
        return first[row] + np.arange(len(row)) - (np.cumsum(count) - count)[row], row

    def lift(self, units: Ints) -> None:
        """Take ``units`` out of the weeks."""
        task, row = self.tasks_of(units)
        made = self.week[task] >= 0
        option = self.option[units][row[made]]
        np.subtract.at(self.load, (self.board.rep[option], self.week[task[made]]), self.board.hours[option])
        np.subtract.at(self.people, self.person[self.option[units]], 1)
        self.week[task] = NOWHERE
        self.cost[units] = 0.0

    def put(self, units: Ints, option: Ints, week: Ints, cost: Floats) -> None:
        """Put ``units`` back with ``option`` and ``week`` [units, most visits] at ``cost``."""
        board = self.board
        task, row = self.tasks_of(units)
        number = task - board.task_first[units][row]
        at = np.where(number < week.shape[1], week[row, np.minimum(number, week.shape[1] - 1)], NOWHERE)
        self.week[task] = at
        self.option[units], self.cost[units] = option, cost
        made = at >= 0
        np.add.at(self.load, (board.rep[option[row[made]]], at[made]), board.hours[option[row[made]]])
        np.add.at(self.people, self.person[option], 1)

    def weeks_of(self, units: Ints) -> Ints:
        """Weeks of the tasks of ``units``, [units, most visits], ``NOWHERE`` behind."""
        task, row = self.tasks_of(units)
        number = task - self.board.task_first[units][row]
        week = np.full((len(units), int(number.max(initial=0)) + 1), NOWHERE, dtype=np.int64)
        week[row, number] = self.week[task]
        return week

    def weigh(self, option: Ints) -> Floats:
        """What a task of each ``option`` costs in each week on top of what is there, [B, W]; infinite: no room."""
        board = self.board
        rep, hours = board.rep[option], board.hours[option, None]
        load = self.load[rep]
        price = board.price[option] + (board.charge_load(load + hours, rep) - board.charge_load(load, rep))
        price[load + hours > self.place[rep]] = np.inf
        return price

    def place_best(
        self, units: Ints, toll: Floats | None = None, even: float = EVEN, stay: bool = False
    ) -> None:
        """Put lifted ``units`` (ascending, no two with a rep or a customer's people in common) where they cost least.

        ``toll`` [R, W] is added for every hour while choosing, and ``even`` times the part of a week that is taken, so
        that of equal weeks the emptiest is chosen. ``stay``: with the doers they have.
        """
        board = self.board
        if stay:
            row = np.arange(len(units))
            option = self.option[units]
        else:
            count = np.diff(board.option_first)[units]
            row = np.repeat(np.arange(len(units)), count)
            option = board.option_first[units][row] + np.arange(len(row)) - (np.cumsum(count) - count)[row]
        rows = board.rows.take(option)
        rep, hours = board.rep[option], board.hours[option, None]
        price = self.weigh(option) + hours * (even * self.load[rep] / self.room[rep])
        if toll is not None:
            price += hours * toll[rep]
        spread = spread_visits(rows, price)
        if stay:
            chosen = row
        else:
            is_new = (self.people[self.person[option]] == 0) & (self.person[option] > 0)
            total = spread.cost + np.where(is_new, board.problem.continuity_price, 0)
            first = np.flatnonzero(np.diff(row, prepend=-1))
            least = np.minimum.reduceat(total, first)
            hit = np.flatnonzero(total == least[row])
            chosen = hit[np.flatnonzero(np.diff(row[hit], prepend=-1))]
        week = trace_weeks(rows, spread, chosen)
        self.put(units, option[chosen], week, self.charge(units, option[chosen], week))

    def charge(self, units: Ints, option: Ints, week: Ints) -> Floats:
        """What ``units`` cost by themselves (travel, lateness, spacing, slipping) at the given weeks."""
        rows = self.board.rows.take(option)
        made = (week >= 0).sum(axis=1)
        cost = rows.none.copy()
        some = np.flatnonzero(made > 0)
        cost[some] = rows.start[some, week[some, 0]] + rows.end[some, week[some, made[some] - 1]]
        line, number = np.nonzero(week >= 0)
        np.add.at(cost, line, self.board.price[option[line], week[line, number]])
        later = number > 0
        line, number = line[later], number[later]
        np.add.at(cost, line, rows.gap[line, week[line, number] - week[line, number - 1]])
        total: Floats = cost + (rows.count - made) * rows.slip
        return total


def start_placing(board: Board) -> Placing:
    """Nothing in any week, every unit lifted out."""
    problem = board.problem
    key = np.where(board.customer >= 0, board.customer, -1)[board.unit] * problem.n_reps + board.rep
    key[board.customer[board.unit] < 0] = -1
    told = (problem.published_doer >= 0) & (problem.customer >= 0)
    sure = key[~board.is_free[board.unit] & (key >= 0)]
    held = np.unique(
        np.concatenate([problem.customer[told] * problem.n_reps + problem.published_doer[told], sure])
    )
    names = np.unique(np.concatenate([[-1], key, held]))
    is_known = np.isin(names, held)
    place = problem.capacity
    if problem.capacity_price is not None:
        place = np.full(problem.capacity.shape, 2**62)
    return Placing(
        board=board,
        option=board.option_first[:-1].copy(),
        week=np.full(len(board.task), NOWHERE, dtype=np.int64),
        load=board.base_load.copy(),
        cost=np.zeros(board.n_units),
        people=is_known.astype(np.int64),
        person=np.searchsorted(names, key),
        person_rep=np.where(names >= 0, names % problem.n_reps, -1),
        is_known=is_known,
        place=place,
    )


def find_batches(board: Board, order: Ints, doer: Ints | None = None) -> list[Ints]:
    """``order`` of units cut in batches, ascending each: in one no two share a rep or, if undecided, a customer.

    A unit comes after every earlier one of the order that it shares something with. ``doer`` [U]: the only rep of
    each unit that counts.
    """
    n_reps = board.problem.n_reps
    turn = [0] * n_reps
    turn_of_customer: dict[int, int] = {}
    batch = np.zeros(len(order), dtype=np.int64)
    first, rep = board.option_first.tolist(), board.rep.tolist()
    customer = board.customer.tolist()
    for at, unit in enumerate(order.tolist()):
        begin, end = first[unit], first[unit + 1]
        if doer is not None or end - begin == 1:
            only = rep[begin] if doer is None else int(doer[unit])
            now = turn[only]
            turn[only] = now + 1
        else:
            mine = rep[begin:end]
            now = max(max(turn[r] for r in mine), turn_of_customer.get(customer[unit], 0))
            for r in mine:
                turn[r] = now + 1
            turn_of_customer[customer[unit]] = now + 1
        batch[at] = now
    by_batch = np.argsort(batch, kind="stable")
    cuts = np.flatnonzero(np.diff(batch[by_batch])) + 1
    return [np.sort(part) for part in np.split(order[by_batch], cuts)] if len(order) else []
