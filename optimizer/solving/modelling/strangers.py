"""Strangers: what a rep whom nothing ties to a unit would cost it at given prices, said for all reps at once.

A stranger owns no member of the unit and no lock or named pair names the two. Its cost differs from that of any
other stranger only by the road, by the prices of its own rows and by the skills and tiers it lacks. So U x R reduced
costs come down to a few vectors: ``fixed + size . price[:, rep] + toll[rep] x travel + fees``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer import constraints
from optimizer.constraints import apart, capacity
from optimizer.objectives import handover
from optimizer.problem import Bools, Floats, Ints, Price, Problem
from optimizer.rows import Pairs
from optimizer.solving.modelling.model import Model

NOTHING = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Fee:
    """Milli-hours ``burden`` [n] x ``lacking`` [kinds, R] of the customer's ``kind`` [n]; never below zero."""

    kind: Ints
    lacking: Floats
    burden: Floats


@dataclass(frozen=True, eq=False)
class Strangers:
    """Reduced costs of U units with reps they have no tie to, in milli-hours.

    ``handover`` [U]: what leaving the present owners costs. ``shared`` [U]: prices of rows that count the unit
    whoever the new rep is. ``size`` [U, B] and ``price`` [B, R]: coefficient of the unit in each rep's own row of a
    block, and the price of that row. ``toll`` [R]: what a milli-hour on the road costs, capacity included.
    """

    handover: Floats
    shared: Floats
    size: Floats
    price: Floats
    toll: Floats
    fees: tuple[Fee, ...]


def describe_strangers(problem: Problem, model: Model, dual: Floats) -> Strangers:
    """What strangers cost at admissible row prices ``dual`` [m] of a model of the problem.

    The constraints themselves are asked, about a rep with the number R that no record knows: a row with that number
    is the rep's own, any other is shared. That a stranger's coefficient is the same for all reps, the road aside, is
    what a new constraint on rows must keep or be told apart here as "apart" is: its rows, one a couple and rep, can
    only add to the cost and are left out.
    """
    n, n_reps, unit = problem.n_customers, problem.n_reps, model.unit_of_customer
    unnamed = dict.fromkeys(("pair_key", "pair_hours", "pair_travel", "pair_cost", "pair_allowed"), NOTHING)
    plain = replace(problem, **unnamed, count_travel=False)  # type: ignore[arg-type]
    pairs = Pairs(plain, np.arange(n), np.full(n, n_reps, dtype=np.int64))
    shared = np.zeros(n)
    toll = np.full(n_reps, _per_unit(problem.travel_price))
    sizes, prices = [], []
    speaker, number, line = model.place.T
    for speaks, constraint in enumerate(constraints.ON_ROWS):
        if constraint is apart:
            continue
        for block in constraint.build_rows(plain, pairs):
            here = np.flatnonzero((speaker == speaks) & (number == block.number))
            price = np.zeros(max(len(block.low), n_reps + 1))
            price[line[here]] = dual[here]
            own = block.row == n_reps
            at = block.pair[~own]
            shared += np.bincount(at, price[block.row[~own]] * block.coefficient[~own], minlength=n)
            if constraint is capacity and problem.count_travel:
                toll += price[:n_reps]
            if own.any() and price[:n_reps].any():
                amount = np.bincount(unit[block.pair[own]], block.coefficient[own], minlength=model.n_units)
                sizes.append(amount)
                prices.append(price[:n_reps])
    left = np.bincount(unit, handover.charge(plain, pairs), minlength=model.n_units)
    return Strangers(
        handover=left.astype(np.float64),
        shared=np.bincount(unit, shared, minlength=model.n_units).astype(np.float64),
        size=np.array(sizes, dtype=np.float64).reshape(len(sizes), model.n_units).T,
        price=np.array(prices).reshape(len(prices), n_reps),
        toll=toll,
        fees=tuple(_find_fees(problem)),
    )


def _find_fees(problem: Problem) -> list[Fee]:
    """Misfit, and skills and tier rights where lacking them has a price; each rounded up, so never less than this."""
    fees = []
    hours = problem.hours.astype(np.float64)
    if problem.preferences.any() and problem.misfit_price.num:
        missing = [(wanted > problem.skill).sum(axis=1) for wanted in problem.preferences]
        fees.append(_fee(problem.preference, np.array(missing), hours * _per_unit(problem.misfit_price)))
    if problem.skill_price is not None and problem.requirements.any():
        lacking = np.array([(problem.skill < required).any(axis=1) for required in problem.requirements])
        fees.append(_fee(problem.requirement, lacking, hours * _per_unit(problem.skill_price)))
    if problem.tier_price is not None:
        fees.append(_fee(problem.tier, ~problem.serves.T, hours * _per_unit(problem.tier_price)))
    return fees


def _fee(kind: Ints, lacking: Ints | Bools, burden: Floats) -> Fee:
    table = lacking.astype(np.float64)
    asks: Bools = table.max(axis=1) > 0
    return Fee(kind, table, np.where(asks[kind], burden, 0.0))


def _per_unit(price: Price) -> float:
    return price.num / price.den
