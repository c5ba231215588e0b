"""Far pairs: what pairs of unit and rep that were left out of a model could still save at its prices.

The bound of a model speaks of plans made of its arcs. A plan may use other pairs too; it then saves, in each unit,
at most what the cheapest pair left out undercuts the unit's cheapest arc by. Taking these savings off the bound makes
it hold for all plans, and the pairs that save something are worth adding to the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer import constraints, objectives
from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints, Problem
from optimizer.rows import Pairs
from optimizer.solving.candidates import find_able, find_middles, find_promised, merge_members
from optimizer.solving.model import Model
from optimizer.solving.prices import price_at
from optimizer.solving.screening import Found, Lists, Screen
from optimizer.solving.strangers import Strangers, describe_strangers

FEW = 8  # pairs worth adding of a unit
KEPT = 8  # pairs of a unit that are priced exactly
BATCH = 2_000_000  # pairs priced exactly in one go


@dataclass(frozen=True, eq=False)
class FarPairs:
    """What pairs left out could save.

    ``least`` [U]: how much dearer than its unit's cheapest arc every pair left out is at least, up to the margin
    asked for; negative where one saves something.

    ``rep`` [U, FEW]: the reps of the pairs that save most, the best first, -1 where there are no more.
    """

    least: Floats
    rep: Ints

    @property
    def undercut(self) -> Floats:
        """What pairs left out could save of each unit at most, [U]."""
        return np.maximum(-self.least, 0.0)

    @property
    def loss(self) -> float:
        """Milli-hours to take off the model's bound, which then holds for all plans."""
        return float(self.undercut.sum())

    @property
    def pairs(self) -> tuple[Ints, Ints]:
        """(unit, rep) of all pairs in ``rep``: what ``spread_pairs`` takes."""
        unit, column = np.nonzero(self.rep != UNSERVED)
        return unit, self.rep[unit, column]


def price_far_pairs(problem: Problem, model: Model, dual: Floats, margin: float = 0.0) -> FarPairs:
    """What pairs that are not in the model could save at the row prices ``dual`` [m].

    The model is built over candidates that hold ``find_promised`` for all members of a unit, as
    ``find_candidates`` gives them. ``price_at(model, dual).bound - loss`` is then at most what any plan costs that
    keeps every hard constraint: it is a Lagrangian bound of the model over all pairs, rows that are not in this
    model having price zero. Pairs dearer than their unit's cheapest arc by less than ``margin`` (milli-hours) are
    listed too.
    """
    prices = price_at(model, dual)
    n_units = model.n_units
    cheapest = np.minimum.reduceat(prices.reduced, model.first[:-1]) + margin
    strangers = describe_strangers(problem, model, prices.dual)
    unit = model.unit_of_customer
    customers = np.argsort(unit, kind="stable")
    members = Lists(np.searchsorted(unit[customers], np.arange(n_units + 1)), customers)
    hard = {"skills": problem.skill_price is None, "tiers": problem.tier_price is None}
    kind, able = merge_members(unit, n_units, *find_able(problem, **hard))
    free = np.ones(n_units, dtype=np.bool_)
    free[unit[problem.lock_customer[problem.lock_forces]]] = False  # the one rep it may have is promised
    screen = Screen(
        problem,
        members,
        strangers,
        cheapest,
        middle=find_middles(problem, unit, n_units, problem.travel_rate),
        kind=kind,
        able=able,
        ties=(Lists(model.first, model.rep), _tie_promised(problem, unit, n_units)),
        open_units=free,
        keep=KEPT,
    )
    found = screen.run()
    saving = cheapest[found.unit] - _price_exactly(problem, members, strangers, found)
    undercut = np.maximum(-found.rest, 0.0)
    np.maximum.at(undercut, found.unit, saving)
    return FarPairs(margin - undercut, _pick_few(found, saving, n_units))


def _tie_promised(problem: Problem, unit: Ints, n_units: int) -> Lists:
    """Promised pairs of units; those that are not in the model are forbidden, and were not overlooked."""
    customer, rep = find_promised(problem)
    units, rep = np.divmod(np.unique(unit[customer] * problem.n_reps + rep), problem.n_reps)
    return Lists(np.searchsorted(units, np.arange(n_units + 1)), rep)


def _price_exactly(problem: Problem, members: Lists, strangers: Strangers, found: Found) -> Floats:
    """Reduced cost of the pairs found [F] as the model would have it, rows "apart" aside; inf where forbidden."""
    reduced = np.full(len(found.unit), np.inf)
    for begin in range(0, len(found.unit), BATCH):
        unit, rep = found.unit[begin : begin + BATCH], found.rep[begin : begin + BATCH]
        customer, inner = members.of(unit)
        pair = np.repeat(np.arange(len(unit)), np.diff(inner, append=len(customer)))
        pairs = Pairs(problem, customer, rep[pair])
        cost = np.zeros(len(pair), dtype=np.int64)
        forbidden: Bools = np.zeros(len(pair), dtype=np.bool_)
        for term in objectives.ALL:
            cost += term.charge(problem, pairs)
        for constraint in constraints.ON_PAIRS:
            forbidden |= constraint.find_forbidden(problem, pairs)
            cost += constraint.charge(problem, pairs)
        total = np.bincount(pair, cost, minlength=len(unit)) + strangers.shared[unit]
        for size, price in zip(strangers.size.T, strangers.price, strict=True):
            total += size[unit] * price[rep]
        if problem.count_travel:
            charged = strangers.toll[rep] - problem.travel_price.num / problem.travel_price.den
            total += np.bincount(pair, pairs.travel, minlength=len(unit)) * charged
        total[pair[forbidden]] = np.inf
        reduced[begin : begin + BATCH] = total
    return reduced


def _pick_few(found: Found, saving: Floats, n_units: int) -> Ints:
    """The reps of the pairs that save most for each unit, [U, FEW]."""
    rep = np.full((n_units, FEW), UNSERVED, dtype=np.int64)
    good = np.flatnonzero(saving > 0)
    good = good[np.lexsort((found.rep[good], -saving[good], found.unit[good]))]
    unit = found.unit[good]
    rank = np.arange(len(good)) - np.searchsorted(unit, unit)
    few = rank < FEW
    rep[unit[few], rank[few]] = found.rep[good[few]]
    return rep
