"""Tally: what a plan adds up to in every limit, so that the difference a single change makes is known at once, exactly.

It speaks with the second voice of constraints and objectives, as the model does: a difference equals
``evaluate(with).objective - evaluate(without).objective`` to the last milli-hour, without judging the plan again.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from itertools import chain

import numpy as np

from optimizer import constraints, objectives
from optimizer.constraints import corridors, together
from optimizer.plan import UNSERVED
from optimizer.problem import Ints, Problem
from optimizer.rows import Pairs, Rows


@dataclass(frozen=True, eq=False)
class Options:
    """What it would change to give some customers to each of K reps (or nobody), against as it is; milli-hours.

    ``terms``: by objective and priced constraint, [K] each, they sum to ``objective``. ``broken``: by hard constraint,
    how much more (or less) it would be broken, weighed in hours; they sum to ``breach``. ``corridors``: what of both
    belongs to the corridors of each measure.
    """

    reps: Ints
    terms: dict[str, Ints]
    broken: dict[str, Ints]
    corridors: dict[str, Ints]

    @property
    def objective(self) -> Ints:
        """Change of the objective, [K]."""
        total: Ints = np.sum(list(self.terms.values()), axis=0, dtype=np.int64)
        return total

    @property
    def breach(self) -> Ints:
        """Change of what hard constraints are broken by, [K]."""
        total: Ints = np.sum(list(self.broken.values()), axis=0, dtype=np.int64)
        return total


class Tally:
    """The sums of a plan's pairs in every row; ``owner`` [n] is the plan, changed by ``move`` alone."""

    def __init__(self, problem: Problem, owner: Ints) -> None:
        self.problem, self.owner = problem, owner.copy()
        unit = together.find_units(problem)
        self._by_unit, self._unit = np.argsort(unit, kind="stable"), unit
        self._first = np.searchsorted(unit[self._by_unit], np.arange(int(unit.max(initial=-1)) + 2))
        blocks = self._build_rows(np.arange(problem.n_customers), self.owner)
        # Zeros that nothing is added to take no memory: rows of "apart" may be millions.
        self._sums = [np.zeros(len(block.low), dtype=np.int64) for block in blocks]
        self._add(blocks, 1)

    def under(self, problem: Problem) -> Tally:
        """The same plan in a problem that differs in prices and limits only; whatever moves in one moves in both."""
        twin = copy(self)
        twin.problem = problem
        return twin

    def mates(self, customer: int) -> Ints:
        """The customers that are decided with this one, itself among them, ascending."""
        unit = self._unit[customer]
        return self._by_unit[self._first[unit] : self._first[unit + 1]]

    def list_units(self, customers: Ints) -> list[Ints]:
        """The customers that are decided with any of these: each set once, in the order in which these name them."""
        _, first = np.unique(self._unit[customers], return_index=True)
        return [self.mates(customer) for customer in customers[np.sort(first)].tolist()]

    def count_mates(self, customers: Ints) -> Ints:
        """How many customers are decided with each, itself counted, [K]."""
        unit = self._unit[customers]
        count: Ints = self._first[unit + 1] - self._first[unit]
        return count

    def weigh(self, customers: Ints, reps: Ints) -> Options:
        """What giving ``customers``, all of them, to each of ``reps`` would change; UNSERVED is a rep too."""
        count, size = len(reps), len(customers)
        option = np.tile(np.arange(count), size)
        found = self._compare(customers, np.repeat(customers, count), np.tile(reps, size), option, count)
        found.broken[together.NAME] = np.full(count, -self._measure_split(customers, self.owner[customers]))
        return found

    def weigh_each(self, customers: Ints, reps: Ints) -> Options:
        """What giving each of ``customers`` to its own rep, all at once, would change: a single option."""
        return self.weigh_apart(np.zeros(len(customers), dtype=np.int64), customers, reps, 1)

    def weigh_apart(self, option: Ints, customers: Ints, reps: Ints, count: int) -> Options:
        """What each of ``count`` changes, made by itself, would bring: change k gives ``customers[e]`` to ``reps[e]``
        wherever ``option[e]`` is k.

        All are weighed at once, in arrays. A change names a customer once. ``Options.reps`` are those of the first
        customer of each change.
        """  # fmt: skip
        problem = self.problem
        pairs = Pairs(
            problem, np.concatenate([customers, customers]), np.concatenate([reps, self.owner[customers]])
        )
        then, sign = len(customers), np.repeat([1, -1], len(customers))
        both = np.concatenate([option, option])

        def add(amount: Ints) -> Ints:
            total = np.zeros(count, dtype=np.int64)
            np.add.at(total, both, sign * amount)
            return total

        terms = {term.NAME: add(term.charge(problem, pairs)) for term in objectives.ALL}
        broken: dict[str, Ints] = {}
        weight = np.maximum(problem.hours[pairs.customer], 1)
        for constraint in constraints.ON_PAIRS:
            terms[constraint.NAME] = add(constraint.charge(problem, pairs))
            broken[constraint.NAME] = add(np.where(constraint.find_forbidden(problem, pairs), weight, 0))
        by_measure: dict[str, Ints] = {}
        for block, sums in zip(_list_rows(problem, pairs), self._sums, strict=True):
            key, at = np.unique(block.row * count + both[block.pair], return_inverse=True)
            amount = np.zeros(len(key), dtype=np.int64)
            np.add.at(amount, at, np.where(block.pair < then, block.coefficient, -block.coefficient))
            row, chosen = np.divmod(key, count) if count else (key, key)
            cost = np.zeros(count, dtype=np.int64)
            np.add.at(cost, chosen, _charge(block, row, sums[row] + amount) - _charge(block, row, sums[row]))
            _book(problem, block, cost, terms, broken, by_measure)
        broken[together.NAME] = self._split_apart(option, customers, reps, count)
        first = np.zeros(count, dtype=np.int64)
        first[option[::-1]] = reps[::-1]
        return Options(first, terms, broken, by_measure)

    def _split_apart(self, option: Ints, customers: Ints, reps: Ints, count: int) -> Ints:
        """How many more milli-hours of customers each change parts from those they are decided with, [count]."""
        order = np.lexsort((customers, self._unit[customers], option))
        customers, reps, option = customers[order], reps[order], option[order]
        unit = self._unit[customers]
        starts = np.flatnonzero((np.diff(option, prepend=-1) != 0) | (np.diff(unit, prepend=-1) != 0))
        size = np.diff(starts, append=len(unit))
        now, weight = self.owner[customers], np.maximum(self.problem.hours[customers], 1)
        parted = (reps != np.repeat(reps[starts], size)).astype(np.int64)
        parted -= now != np.repeat(now[starts], size)
        total = np.zeros(count, dtype=np.int64)
        np.add.at(total, option, parted * weight)
        return total

    def _compare(self, customers: Ints, who: Ints, to: Ints, option: Ints, count: int) -> Options:
        """What each of ``count`` options changes, given as pairs ``who``, ``to`` and the ``option`` they belong to."""
        problem = self.problem
        # The last option is how it is now, whoever owns each of them.
        pairs = Pairs(problem, np.concatenate([who, customers]), np.concatenate([to, self.owner[customers]]))
        option = np.concatenate([option, np.full(len(customers), count)])
        terms: dict[str, Ints] = {}
        broken: dict[str, Ints] = {}
        for term in objectives.ALL:
            terms[term.NAME] = _sum(option, term.charge(problem, pairs), count)
        weight = np.maximum(problem.hours[pairs.customer], 1)
        for constraint in constraints.ON_PAIRS:
            terms[constraint.NAME] = _sum(option, constraint.charge(problem, pairs), count)
            forbidden = constraint.find_forbidden(problem, pairs)
            broken[constraint.NAME] = _sum(option, np.where(forbidden, weight, 0), count)
        by_measure: dict[str, Ints] = {}
        for block, sums in zip(_list_rows(problem, pairs), self._sums, strict=True):
            cost = _weigh_block(block, sums, option, count, len(customers))
            _book(problem, block, cost, terms, broken, by_measure)
        return Options(to[:count], terms, broken, by_measure)

    def total(self) -> tuple[int, int]:
        """(breach of hard constraints, objective) of the whole plan, milli-hours."""
        problem = self.problem
        everybody = np.arange(problem.n_customers)
        pairs = Pairs(problem, everybody, self.owner)
        breach = self._measure_split(everybody, self.owner)
        objective = sum(int(term.charge(problem, pairs).sum()) for term in objectives.ALL)
        for constraint in constraints.ON_PAIRS:
            forbidden = constraint.find_forbidden(problem, pairs)
            breach += int(np.maximum(problem.hours, 1)[forbidden].sum())
            objective += int(constraint.charge(problem, pairs).sum())
        for block, sums in zip(_list_rows(problem, pairs), self._sums, strict=True):
            outside = np.maximum(np.maximum(block.low - sums, sums - block.high), 0)
            cost = int(np.asarray(block.price.of(outside)).sum())
            breach, objective = (breach + cost, objective) if block.hard else (breach, objective + cost)
        return breach, objective

    def weigh_plan(self, owner: Ints) -> tuple[int, int]:
        """(breach, objective) that the plan ``owner`` [n] would add, which only what differs is looked at for."""
        customers = self._find_changes(owner)
        if not len(customers):
            return 0, 0
        found = self.weigh_each(customers, owner[customers])
        return int(found.breach[0]), int(found.objective[0])

    def move_to(self, owner: Ints) -> None:
        """Take over the plan ``owner`` [n]."""
        customers = np.flatnonzero(self.owner != owner)
        if len(customers):
            self.move_each(customers, owner[customers])

    def _find_changes(self, owner: Ints) -> Ints:
        """Customers that differ in the plan ``owner``, with those they are decided with."""
        changed = np.zeros(len(self._first), dtype=bool)
        changed[self._unit[self.owner != owner]] = True
        return np.flatnonzero(changed[self._unit])

    def move(self, customers: Ints, rep: int) -> None:
        """Give ``customers`` to a rep, or to nobody."""
        self.move_each(customers, np.full(len(customers), rep, dtype=np.int64))

    def move_each(self, customers: Ints, reps: Ints) -> None:
        """Give each of ``customers`` to its rep."""
        self._add(self._build_rows(customers, self.owner[customers]), -1)
        self.owner[customers] = reps
        self._add(self._build_rows(customers, self.owner[customers]), 1)

    def _measure_split(self, customers: Ints, owner: Ints) -> int:
        """Milli-hours of customers that are not with the first of those they are decided with."""
        order = np.argsort(customers, kind="stable")
        customers, owner = customers[order], owner[order]
        _, first, unit = np.unique(self._unit[customers], return_index=True, return_inverse=True)
        apart = owner != owner[first][unit]
        return int(np.maximum(self.problem.hours[customers], 1)[apart].sum())

    def _build_rows(self, customer: Ints, rep: Ints) -> list[Rows]:
        return _list_rows(self.problem, Pairs(self.problem, customer, rep))

    def _add(self, blocks: list[Rows], times: int) -> None:
        for block, sums in zip(blocks, self._sums, strict=True):
            np.add.at(sums, block.row, times * block.coefficient)


def _list_rows(problem: Problem, pairs: Pairs) -> list[Rows]:
    return list(chain.from_iterable(c.build_rows(problem, pairs) for c in constraints.ON_ROWS))


def _sum(option: Ints, amount: Ints, count: int) -> Ints:
    """Sum of the amounts of each option less that of the last one, [count]."""
    total = np.zeros(count + 1, dtype=np.int64)
    np.add.at(total, option, amount)
    change: Ints = total[:count] - total[count]
    return change


def _weigh_block(block: Rows, sums: Ints, option: Ints, count: int, size: int) -> Ints:
    """What the rows of one block charge for each option less what they charge now."""
    chosen, row, amount = option[block.pair], block.row, block.coefficient
    if size > 1:  # several customers of one option add to the same row
        key, at = np.unique(row * (count + 1) + chosen, return_inverse=True)
        total = np.zeros(len(key), dtype=np.int64)
        np.add.at(total, at, amount)
        row, chosen = np.divmod(key, count + 1)
        amount = total
    now = chosen == count
    sums[row[now]] -= amount[now]
    before = sums[row]

    cost = _charge(block, row, before + amount) - _charge(block, row, before)
    sums[row[now]] += amount[now]
    return _sum(chosen, cost, count)


def _charge(block: Rows, row: Ints, activity: Ints) -> Ints:
    """What rows of a block charge when they add up to ``activity``."""
    outside = np.maximum(block.low[row] - activity, activity - block.high[row])
    return np.asarray(block.price.of(np.maximum(outside, 0)))


def _book(
    problem: Problem,
    block: Rows,
    cost: Ints,
    terms: dict[str, Ints],
    broken: dict[str, Ints],
    by_measure: dict[str, Ints],
) -> None:
    """Add what a block costs to its term, or to what is broken, and to its measure."""
    into = broken if block.hard else terms
    into[block.constraint] = into.get(block.constraint, 0) + cost
    if block.constraint == corridors.NAME:
        measure = problem.measures[problem.corridors[block.number].measure].name
        by_measure[measure] = by_measure.get(measure, 0) + cost


def every_rep(problem: Problem) -> Ints:
    """All reps, and nobody last."""
    return np.append(np.arange(problem.n_reps), UNSERVED)
