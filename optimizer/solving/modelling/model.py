"""Model: the problem in a solver's words: units that each take one arc, and rows that arcs add up to.

A unit is a customer, or a group decided as one. Its arcs are the reps it may go to and, first, nobody. An arc
that breaks a hard constraint all by itself (nobody, where somebody must be) stays as a way out for a best effort
and carries a ``breach``. Everything is whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer import constraints, objectives
from optimizer.constraints import locks, together
from optimizer.cores import count_threads
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import NO_LIMIT, Bools, Floats, Ints, Problem
from optimizer.rows import Pairs, Rows

# A breach of a hard row or arc weighs this many times its hours where it must be compared with cost.
BREACH_WEIGHT = 1000.0
# In a best effort a customer whose owner is locked stays where it would break a limit by less than so many times its
# hours: without this, work left out and hours too many weigh the same, and both are broken.
PROMISE = 10
PART = 250_000  # pairs put into words in one go: what they take on the way stays at hand


@dataclass(frozen=True, eq=False)
class Model:
    """U units, K arcs sorted by unit then rep (nobody first), m rows.

    ``by_arc`` [K, m] holds what each arc adds to each row, whole numbers as float64 (exact below 2**53) because
    sparse products are fastest there. ``price`` is milli-hours per unit outside a row; for hard rows it is the
    weight of a unit of breach. ``place`` says where each row lives: which of ``constraints.ON_ROWS``, which of its
    blocks (the problem's corridors, counts or budgets) and which row of that block.
    """

    n_reps: int
    unit_of_customer: Ints  # [n]
    first: Ints  # [U + 1] arcs of unit u are first[u]..first[u+1]-1
    unit: Ints  # [K]
    rep: Ints  # [K]
    cost: Ints  # [K]
    breach: Ints  # [K]
    by_arc: sp.csr_array
    low: Floats  # [m] -inf where open
    high: Floats  # [m]
    num: Ints  # [m] price as a fraction
    den: Ints  # [m]
    hard: Bools  # [m]
    place: Ints  # [m, 3]

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.first) - 1

    @property
    def price(self) -> Floats:
        """Price (or weight) of a unit outside each row."""
        return self.num / self.den

    @property
    def weight(self) -> Floats:
        """The same where a breach of a hard row is compared with cost."""
        return np.where(self.hard, self.price * BREACH_WEIGHT, self.price)

    @property
    def weighed_cost(self) -> Floats:
        """What each arc costs, [K], with its own breach at the same weight."""
        return self.cost + BREACH_WEIGHT * self.breach

    def sum_rows(self, arcs: Ints) -> Floats:
        """What chosen arcs add up to in each row, [m]."""
        return np.asarray(self.by_arc[arcs].sum(axis=0), dtype=np.float64).ravel()

    def count_outside(self, activity: Floats) -> Floats:
        """How far each row is outside its range."""
        return np.maximum(0.0, np.maximum(self.low - activity, activity - self.high))

    def judge(self, arcs: Ints) -> tuple[int, int]:
        """(breach, objective) of choosing ``arcs`` [U]: exact, in milli-hours."""
        return self.judge_activity(arcs, self.sum_rows(arcs))

    def judge_activity(self, arcs: Ints, activity: Floats) -> tuple[int, int]:
        """The same, when the rows' activity is known."""
        return self.judge_paid(self.pay(arcs), activity)

    def pay(self, arcs: Ints) -> tuple[int, int]:
        """(breach, cost) of arcs by themselves, without the rows."""
        return int(self.breach[arcs].sum()), int(self.cost[arcs].sum())

    def judge_paid(self, paid: tuple[int, int], activity: Floats) -> tuple[int, int]:
        """The same, when what the arcs cost by themselves is known too."""
        outside = np.rint(self.count_outside(activity)).astype(np.int64)
        charge = -((-outside * self.num) // self.den)
        return paid[0] + int(charge[self.hard].sum()), paid[1] + int(charge[~self.hard].sum())

    def to_plan(self, arcs: Ints) -> Plan:
        """The plan that choosing ``arcs`` stands for."""
        return Plan(self.rep[arcs][self.unit_of_customer])

    def find_arcs(self, plan: Plan) -> Ints:
        """Arcs [U] nearest to a plan: of each unit its first member's owner if allowed, else nobody."""
        _, member = np.unique(self.unit_of_customer, return_index=True)
        wanted = plan.owner[member]
        arcs = self.first[:-1].copy()  # nobody comes first
        hit = np.flatnonzero(self.rep == wanted[self.unit])
        arcs[self.unit[hit]] = hit
        return arcs

    def weigh_breaches(self, objective: int, breach: int) -> Model:
        """The model in which what is left of ``breach`` counts more than the plan and its dearest arc cost.

        A last milli-hour too many would otherwise stay where mending it costs an hour.
        """
        times = 1 + int(2 * (abs(objective) + self.cost.max(initial=0)) / (breach * BREACH_WEIGHT))
        return replace(self, num=np.where(self.hard, self.num * times, self.num), breach=self.breach * times)

    def restrict(self, keep: Bools) -> tuple[Model, Ints]:
        """The model with only the arcs in ``keep``, and their numbers here. Nobody is always kept."""
        kept = np.flatnonzero(keep | (self.rep == UNSERVED))
        unit = self.unit[kept]
        by_arc = self.by_arc[kept]
        return (
            Model(
                self.n_reps,
                self.unit_of_customer,
                np.searchsorted(unit, np.arange(self.n_units + 1)),
                unit,
                self.rep[kept],
                self.cost[kept],
                self.breach[kept],
                by_arc,
                self.low,
                self.high,
                self.num,
                self.den,
                self.hard,
                self.place,
            ),
            kept,
        )


def label_arcs(n_reps: int, unit: Ints, rep: Ints) -> Ints:
    """One number for each pair of a unit and a rep or nobody, ascending in the order of a model's arcs."""
    label: Ints = unit * (n_reps + 1) + rep + 1
    return label


def build_model(problem: Problem, customer: Ints, rep: Ints, *, whole: bool = True) -> Model:
    """The model over the given pairs of a rep with a customer, which hold all members of a unit alike.

    Pairs come in order of customers, each once, as ``find_candidates`` gives them. Pairs that a hard constraint
    forbids for any member are left out for the whole unit. If these are the ``whole`` pairs and no others will join,
    rows that no choice of them can break are left out too. Built part by part: whatever the size, what is needed on
    the way is a fraction of the model.
    """
    n = problem.n_customers
    unit_of_customer = together.find_units(problem)
    n_units = int(unit_of_customer.max()) + 1 if n else 0
    members = np.argsort(unit_of_customer, kind="stable")
    first_pair = np.searchsorted(customer, np.arange(n + 1))

    def build(some: Ints) -> _Part:
        return _build_part(problem, unit_of_customer, _take_pairs(problem, some, first_pair, rep))

    with ThreadPoolExecutor(count_threads()) as pool:
        parts = list(pool.map(build, _split(unit_of_customer[members], members, 1 + np.diff(first_pair))))
    nothing = np.empty(0, dtype=np.int64)
    blocks = _build_blocks(problem, Pairs(problem, nothing, nothing))  # their limits are those of all parts
    alive = _find_alive(parts, [block for _, block in blocks], whole)
    unit, rep_of_arc, cost, breach = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("unit", "rep", "cost", "breach")
    )
    by_arc = _stack(parts, alive)
    return Model(
        problem.n_reps,
        unit_of_customer,
        np.searchsorted(unit, np.arange(n_units + 1)),
        unit,
        rep_of_arc,
        cost,
        breach,
        by_arc,
        *_build_limits(blocks, alive),
    )


def list_row_prices(problem: Problem, place: Ints) -> tuple[Ints, Ints]:
    """The prices of the rows at ``place`` [m, 3] as num and den."""
    nothing = np.empty(0, dtype=np.int64)
    blocks = _build_blocks(problem, Pairs(problem, nothing, nothing))
    num, den = np.ones(len(place), dtype=np.int64), np.ones(len(place), dtype=np.int64)
    for speaker, block in blocks:
        rows = (place[:, 0] == speaker) & (place[:, 1] == block.number)
        num[rows], den[rows] = block.price.num, block.price.den
    return num, den


def find_row_reps(model: Model) -> Ints:
    """The one rep whose arcs a row speaks of, else nobody (R), [m]."""
    row, n_rows = model.by_arc.indices, len(model.low)
    rep = np.repeat(model.rep.astype(np.float64), np.diff(model.by_arc.indptr))
    count = np.bincount(row, minlength=n_rows)
    total = np.bincount(row, rep, minlength=n_rows)
    rep *= rep
    squares = np.bincount(row, rep, minlength=n_rows)
    # All are one rep exactly when the squares sum to what they do if all are the mean. Whole numbers, so exact.
    one = (count > 0) & (total * total == squares * count) & (total >= 0)
    mean = total / np.maximum(count, 1)
    return np.where(one, mean, model.n_reps).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Part:
    """The arcs of some units, with their entries in all rows."""

    unit: Ints
    rep: Ints
    cost: Ints
    breach: Ints
    by_arc: sp.csr_array


def _split(unit: Ints, members: Ints, pairs: Ints) -> Iterator[Ints]:
    """Customers of whole units, ``PART`` pairs in one go; ``members`` by ``unit``, with ``pairs`` [n] each."""
    total = np.cumsum(pairs[members])
    ends = np.flatnonzero(np.diff(unit, append=-1)) + 1  # where a unit ends
    _, cut = np.unique((total[ends - 1] - 1) // PART, return_index=True)
    starts = [0, *(int(ends[at - 1]) for at in cut[1:]), len(members)]
    for begin, end in pairwise(starts):
        yield members[begin:end]


def _take_pairs(problem: Problem, customers: Ints, first: Ints, rep: Ints) -> Pairs:
    """The pairs of some customers, of each the one with nobody first."""
    count = 1 + first[customers + 1] - first[customers]
    begin = np.cumsum(count) - count
    at = np.repeat(first[customers] - begin - 1, count) + np.arange(int(count.sum()))
    nobody = np.zeros(len(at), dtype=np.bool_)
    nobody[begin] = True
    at[begin] = 0
    with_rep = rep[at] if len(rep) else at
    return Pairs(problem, np.repeat(customers, count), np.where(nobody, UNSERVED, with_rep))


def _build_part(problem: Problem, unit_of_customer: Ints, pairs: Pairs) -> _Part:
    """Arcs and entries of the units that ``pairs`` belong to."""
    cost = np.zeros(len(pairs.rep), dtype=np.int64)
    for term in objectives.ALL:
        cost += term.charge(problem, pairs)
    forbidden = np.zeros(len(pairs.rep), dtype=bool)
    promise = np.ones(len(pairs.rep), dtype=np.int64)
    for constraint in constraints.ON_PAIRS:
        found = constraint.find_forbidden(problem, pairs)
        forbidden |= found
        if constraint is locks:
            promise[found] = PROMISE
        cost += constraint.charge(problem, pairs)

    # Arcs: pairs of one unit with one rep are one arc.
    label = label_arcs(problem.n_reps, unit_of_customer[pairs.customer], pairs.rep)
    if np.all(label[1:] > label[:-1]):
        labels, arc = label, np.arange(len(label))
    else:
        labels, arc = np.unique(label, return_inverse=True)
    whole = np.bincount(arc, weights=forbidden) == 0
    unit, rep = np.divmod(labels, problem.n_reps + 1)
    rep -= 1
    nobody = rep == UNSERVED
    weight = np.where(forbidden, promise * np.maximum(problem.hours[pairs.customer], 1), 0)
    breach = np.where(nobody, _sum(arc, weight, len(labels)), 0)
    kept = np.flatnonzero(whole | nobody)
    number = np.full(len(labels), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    blocks = [block for _, block in _build_blocks(problem, pairs)]
    return _Part(
        unit[kept],
        rep[kept],
        _sum(arc, cost, len(labels))[kept],
        breach[kept],
        _build_entries(blocks, number[arc], len(kept)),
    )


def _build_entries(blocks: list[Rows], arc: Ints, n_arcs: int) -> sp.csr_array:
    """What each arc adds to each row; ``arc`` is the number of each pair's arc, -1 if that is left out."""
    rows, arcs, values = [], [], []
    count = 0
    for block in blocks:
        at = arc[block.pair]
        kept = at >= 0
        # 32-bit indices: half the memory to read in every product
        arcs.append(at[kept].astype(np.int32))
        rows.append((block.row[kept] + count).astype(np.int32))
        values.append(block.coefficient[kept].astype(np.float64))
        count += len(block.low)
    entry = (np.concatenate(arcs), np.concatenate(rows))
    matrix = sp.csr_array(sp.coo_array((np.concatenate(values), entry), shape=(n_arcs, count)))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _build_blocks(problem: Problem, pairs: Pairs) -> list[tuple[int, Rows]]:
    """What all constraints say of some pairs in rows, each with the number of its speaker."""
    return [
        (speaker, block)
        for speaker, constraint in enumerate(constraints.ON_ROWS)
        for block in constraint.build_rows(problem, pairs)
    ]


def _find_alive(parts: list[_Part], blocks: list[Rows], whole: bool) -> Ints:
    """Rows that arcs touch; of the ``whole`` only those that some can break, not "apart" where one of two may go."""
    # Of rows that no arc touches only these can be broken, and are. There may be millions of others.
    alive = np.concatenate([(block.low > 0) | (block.high < 0) for block in blocks])
    for part in parts:
        alive[part.by_arc.indices] = True
    rows = np.flatnonzero(alive)
    if not whole:
        return rows
    number = np.full(len(alive), -1, dtype=np.int32)
    number[rows] = np.arange(len(rows))
    most, least = np.zeros(len(rows)), np.zeros(len(rows))
    for part in parts:
        data, row = part.by_arc.data, number[part.by_arc.indices]
        most += np.bincount(row, np.maximum(data, 0), minlength=len(rows))
        least += np.bincount(row, np.minimum(data, 0), minlength=len(rows))
    low, high = _build_limits([(0, block) for block in blocks], rows)[:2]
    return rows[(most > high) | (low > least)]


def _build_limits(
    blocks: list[tuple[int, Rows]], rows: Ints
) -> tuple[Floats, Floats, Ints, Ints, Bools, Ints]:
    """Of some rows: low, high, the price as num and den, hard, and place."""
    first = np.cumsum([0, *(len(block.low) for _, block in blocks)])
    at = np.searchsorted(rows, first)
    lines = [rows[at[k] : at[k + 1]] - first[k] for k in range(len(blocks))]

    def of_blocks(values: list[Any]) -> Any:
        return np.repeat(np.array(values), np.diff(at), axis=0)

    low = np.concatenate([block.low[line] for (_, block), line in zip(blocks, lines, strict=True)])
    high = np.concatenate([block.high[line] for (_, block), line in zip(blocks, lines, strict=True)])
    place = of_blocks([(speaker, block.number) for speaker, block in blocks])
    return (
        np.where(low == -NO_LIMIT, -np.inf, low),
        np.where(high == NO_LIMIT, np.inf, high),
        of_blocks([block.price.num for _, block in blocks]),
        of_blocks([block.price.den for _, block in blocks]),
        of_blocks([block.hard for _, block in blocks]),
        np.column_stack([place, np.concatenate(lines)]),
    )


def _stack(parts: list[_Part], alive: Ints) -> sp.csr_array:
    """The entries of all parts, in rows that are ``alive``; takes the parts apart to free their memory."""
    column = np.full(parts[0].by_arc.shape[1], -1, dtype=np.int32)
    column[alive] = np.arange(len(alive))
    data, indices, ends = [], [], [np.zeros(1, dtype=np.int64)]
    while parts:
        matrix = parts.pop(0).by_arc
        row = column[matrix.indices]
        kept = row >= 0
        ends.append(ends[-1][-1] + np.concatenate([[0], np.cumsum(kept)])[matrix.indptr[1:]])
        indices.append(row[kept])
        data.append(matrix.data[kept])
    indptr = np.concatenate(ends)
    if indptr[-1] < 2**31:
        indptr = indptr.astype(np.int32)
    size = (len(indptr) - 1, len(alive))
    return sp.csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=size)


def _sum(index: Ints, amount: Ints, size: int) -> Ints:
    # bincount adds in float64: exact, because amounts and their sums stay far below 2**53
    return np.rint(np.bincount(index, weights=amount, minlength=size)).astype(np.int64)
