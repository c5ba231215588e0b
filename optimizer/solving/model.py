"""Model: the problem in a solver's words: units that each take one arc, and rows that arcs add up to.

A unit is a customer, or a group decided as one. Its arcs are the reps it may go to and, first, nobody. An arc
that breaks a hard constraint all by itself (nobody, where somebody must be) stays as a way out for a best effort
and carries a ``breach``. Everything is whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer import constraints, objectives
from optimizer.constraints import together
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import NO_LIMIT, Bools, Floats, Ints, Problem
from optimizer.rows import Pairs, Rows

# A breach of a hard row or arc weighs this many times its hours where it must be compared with cost.
BREACH_WEIGHT = 1000.0


@dataclass(frozen=True, eq=False)
class Model:
    """U units, K arcs sorted by unit then rep (nobody first), m rows.

    ``rows`` [m, K] holds whole numbers as float64 (exact below 2**53) because sparse products are fastest there;
    ``by_arc`` is its transpose [K, m]. ``price`` is milli-hours per unit outside a row; for hard rows it is the
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
    rows: sp.csr_array
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
        outside = np.rint(self.count_outside(activity)).astype(np.int64)
        cost = -((-outside * self.num) // self.den)
        breach = int(cost[self.hard].sum() + self.breach[arcs].sum())
        return breach, int(cost[~self.hard].sum() + self.cost[arcs].sum())

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
                sp.csr_array(by_arc.T.tocsr()),
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


def build_model(problem: Problem, customer: Ints, rep: Ints) -> Model:
    """The model over the given pairs of a rep with a customer, which hold all members of a unit alike.

    Pairs that a hard constraint forbids for any member are left out for the whole unit.
    """
    n = problem.n_customers
    unit_of_customer = together.find_units(problem)
    n_units = int(unit_of_customer.max()) + 1 if n else 0
    everybody = np.arange(n)
    pairs = Pairs(
        problem,
        np.concatenate([everybody, customer]),
        np.concatenate([np.full(n, UNSERVED, dtype=np.int64), rep]),
    )
    cost = np.zeros(len(pairs.rep), dtype=np.int64)
    for term in objectives.ALL:
        cost += term.charge(problem, pairs)
    forbidden = np.zeros(len(pairs.rep), dtype=bool)
    for constraint in constraints.ON_PAIRS:
        forbidden |= constraint.find_forbidden(problem, pairs)
        cost += constraint.charge(problem, pairs)

    # Arcs: pairs of one unit with one rep are one arc.
    label = unit_of_customer[pairs.customer] * (problem.n_reps + 1) + pairs.rep + 1
    labels, arc = np.unique(label, return_inverse=True)
    whole = np.bincount(arc, weights=forbidden) == 0
    unit, rep_of_arc = np.divmod(labels, problem.n_reps + 1)
    rep_of_arc -= 1
    nobody = rep_of_arc == UNSERVED
    weight = np.where(forbidden, np.maximum(problem.hours[pairs.customer], 1), 0)
    breach = _sum(arc, weight, len(labels))
    keep = whole | nobody
    number = np.cumsum(keep) - 1

    entries = _Entries()
    for speaker, constraint in enumerate(constraints.ON_ROWS):
        for block in constraint.build_rows(problem, pairs):
            kept = keep[arc[block.pair]]
            entries.add(block, speaker, number[arc[block.pair[kept]]], kept)
    kept_arcs = np.flatnonzero(keep)
    by_arc, limits = _drop_idle(entries.build(len(kept_arcs)), *entries.limits())
    unit = unit[kept_arcs]
    return Model(
        problem.n_reps,
        unit_of_customer,
        np.searchsorted(unit, np.arange(n_units + 1)),
        unit,
        rep_of_arc[kept_arcs],
        _sum(arc, cost, len(labels))[kept_arcs],
        np.where(nobody, breach, 0)[kept_arcs],
        sp.csr_array(by_arc.T.tocsr()),
        by_arc,
        *limits,
    )


def _drop_idle(by_arc: sp.csr_array, *limits: Any) -> tuple[sp.csr_array, tuple[Any, ...]]:
    """Leave out rows that no choice of arcs can break, such as "apart" where only one of two may go."""
    low, high = limits[:2]
    most = np.asarray(by_arc.maximum(0).sum(axis=0)).ravel()
    least = np.asarray(by_arc.minimum(0).sum(axis=0)).ravel()
    alive = np.flatnonzero((most > high) | (low > least))
    return sp.csr_array(sp.csc_array(by_arc)[:, alive]), tuple(limit[alive] for limit in limits)


def _sum(index: Ints, amount: Ints, size: int) -> Ints:
    # bincount adds in float64: exact, because amounts and their sums stay far below 2**53
    return np.rint(np.bincount(index, weights=amount, minlength=size)).astype(np.int64)


class _Entries:
    """Collects blocks of rows into one sparse matrix."""

    def __init__(self) -> None:
        self.row: list[Ints] = []
        self.arc: list[Ints] = []
        self.value: list[Ints] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.num: list[Ints] = []
        self.den: list[Ints] = []
        self.hard: list[Bools] = []
        self.place: list[Ints] = []
        self.count = 0

    def add(self, block: Rows, speaker: int, arc: Ints, kept: Bools) -> None:
        size = len(block.low)
        self.row.append(block.row[kept] + self.count)
        self.arc.append(arc)
        self.value.append(block.coefficient[kept])
        self.low.append(np.where(block.low == -NO_LIMIT, -np.inf, block.low))
        self.high.append(np.where(block.high == NO_LIMIT, np.inf, block.high))
        self.num.append(np.full(size, block.price.num))
        self.den.append(np.full(size, block.price.den))
        self.hard.append(np.full(size, block.hard))
        self.place.append(
            np.column_stack([np.full(size, speaker), np.full(size, block.number), np.arange(size)])
        )
        self.count += size

    def build(self, n_arcs: int) -> sp.csr_array:
        value = np.concatenate(self.value).astype(np.float64)
        # 32-bit indices: half the memory to read in every product
        entry = (np.concatenate(self.arc).astype(np.int32), np.concatenate(self.row).astype(np.int32))
        matrix = sp.csr_array(sp.coo_array((value, entry), shape=(n_arcs, self.count)))
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        return matrix

    def limits(self) -> tuple[Floats, Floats, Ints, Ints, Bools, Ints]:
        join = np.concatenate
        return (
            join(self.low),
            join(self.high),
            join(self.num),
            join(self.den),
            join(self.hard),
            join(self.place),
        )
