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
from optimizer.solving.modelling.candidates import find_able, find_middles, find_promised, merge_members
from optimizer.solving.modelling.model import Model
from optimizer.solving.modelling.strangers import Strangers, describe_strangers
from optimizer.solving.modelling.widening import carry_over
from optimizer.solving.pricing.prices import price_at
from optimizer.solving.pricing.screening import Found, Lists, Screen

FEW = 8  # pairs worth adding of a unit
KEPT = 8  # pairs of a unit that are priced exactly
BATCH = 2_000_000  # pairs priced exactly in one go


@dataclass(frozen=True, eq=False)
class FarPairs:
    """What pairs left out could save.

    ``least`` [U]: how much dearer than its unit's cheapest arc every pair left out is at least, up to the margin
    asked for; negative where one saves something.

    ``rep`` [U, FEW]: the reps of the pairs that save most, the best first, -1 where there are no more.

    ``rest`` [U]: what every pair that is not in ``rep`` costs its unit at least, at the prices ``dual`` [m] of rows at
    ``place`` [m, 3].
    """

    least: Floats
    rep: Ints
    rest: Floats
    dual: Floats
    place: Ints

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


def price_far_pairs(
    problem: Problem, model: Model, dual: Floats, margin: float = 0.0, *, before: FarPairs | None = None
) -> FarPairs:
    """What pairs that are not in the model could save at the row prices ``dual`` [m].

    The model is built over candidates that hold ``find_promised`` for all members of a unit, as
    ``find_candidates`` gives them. ``price_at(model, dual).bound - loss`` is then at most what any plan costs that
    keeps every hard constraint: it is a Lagrangian bound of the model over all pairs, rows that are not in this
    model having price zero. Pairs dearer than their unit's cheapest arc by less than ``margin`` (milli-hours) are
    listed too.

    ``before``: what was found at other prices, whose pairs the model has by now. Units in which no other pair can
    have become cheap enough to save anything since are not looked at again, and nothing is listed for them.
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
    free = _find_free(problem, unit, n_units)
    rest = np.full(n_units, -np.inf) if before is None else _find_rest(problem, model, prices.dual, before)
    known = free & (rest >= cheapest - margin)
    screen = Screen(
        problem,
        members,
        strangers,
        cheapest,
        middle=find_middles(problem, unit, n_units, problem.travel_rate),
        kind=kind,
        able=able,
        ties=(Lists(model.first, model.rep), _tie_promised(problem, unit, n_units)),
        open_units=free & ~known,
        keep=KEPT,
    )
    found = screen.run()
    saving = cheapest[found.unit] - _price_exactly(problem, members, strangers, found)
    rep, left = _pick_few(found, saving, n_units)
    rest = cheapest - np.where(known, np.maximum(cheapest - rest, 0.0), np.maximum(left, -found.rest))
    undercut = cheapest - rest
    np.maximum.at(undercut, found.unit, saving)
    return FarPairs(margin - undercut, rep, rest, prices.dual, model.place)


def _find_rest(problem: Problem, model: Model, dual: Floats, before: FarPairs) -> Floats:
    """What pairs that were left out ``before``, and are still, cost each unit at least at other prices, [U].

    What a stranger costs is linear in the prices: the change of prices says how much cheaper each may have become.
    """
    change = dual - carry_over(before.dual, before.place, model.place)
    return before.rest + price_rows(problem, model, change)


def price_rows(problem: Problem, model: Model, dual: Floats) -> Floats:
    """What rows at prices ``dual`` [m] make each unit pay at least with any rep whom nothing ties to it, [U].

    Infinite where no such rep may have it; below everything, so no bound at all, where an hour on the road is worth
    less than nothing.
    """
    paid = describe_strangers(problem, model, dual)
    if (paid.toll < problem.travel_price.num / problem.travel_price.den).any():
        return np.full(model.n_units, -np.inf)  # how much less depends on each road
    least = np.zeros(model.n_units)
    step = max(1, BATCH // problem.n_reps)
    for begin in range(0, model.n_units if len(paid.price) else 0, step):
        least[begin : begin + step] = (paid.size[begin : begin + step] @ paid.price).min(axis=1)
    free = _find_free(problem, model.unit_of_customer, model.n_units)
    return np.where(free, paid.shared + least, np.inf)


def _find_free(problem: Problem, unit: Ints, n_units: int) -> Bools:
    """Units that nothing forces to one rep; the one rep that another may have is promised, [U]."""
    free = np.ones(n_units, dtype=np.bool_)
    free[unit[problem.lock_customer[problem.lock_forces]]] = False
    return free


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


def _pick_few(found: Found, saving: Floats, n_units: int) -> tuple[Ints, Floats]:
    """The reps of the pairs that save most for each unit, [U, FEW], and what others found would save, [U]."""
    rep = np.full((n_units, FEW), UNSERVED, dtype=np.int64)
    good = np.flatnonzero(saving > 0)
    good = good[np.lexsort((found.rep[good], -saving[good], found.unit[good]))]
    unit = found.unit[good]
    rank = np.arange(len(good)) - np.searchsorted(unit, unit)
    few = rank < FEW
    rep[unit[few], rank[few]] = found.rep[good[few]]
    left = np.zeros(n_units)
    np.maximum.at(left, unit[~few], saving[good[~few]])
    return rep, left
