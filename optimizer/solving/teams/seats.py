"""Seats: who may be on a team, and what each of them could take on; the people and places that sizing chooses from.

A seat is a rep who is there today, or a place at which one or several could be hired. The problem is built with a rep
for every seat; what depends on who else is there (corridors, budgets, fewest customers, promises to an owner who
may leave) is left out, so that whatever cannot be done here cannot be done with the whole of the wishes either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.constraints import together
from optimizer.plan import UNSERVED
from optimizer.problem import NO_LIMIT, Bools, Floats, Ints, Problem
from optimizer.solving.modelling.candidates import ALL_PAIRS, find_able, merge_members
from optimizer.solving.modelling.model import build_model


@dataclass(frozen=True, eq=False)
class Seats:
    """S seats: ``problem`` has a rep for each, ``fixed`` [S] sit there whatever is chosen, at most ``most`` [S] may."""

    problem: Problem
    fixed: Ints
    most: Ints


@dataclass(frozen=True, eq=False)
class Offers:
    """What each unit costs and takes with each seat that may have it: K offers, ascending by unit, then seat.

    ``cost`` in milli-hours without what ranges charge, ``load`` in milli-hours of the seat's ``limit`` [S]. ``alone``
    [U] is what it costs that a unit has nobody; ``size`` [U] counts its customers.
    """

    unit: Ints
    seat: Ints
    cost: Floats
    load: Ints
    limit: Ints
    alone: Floats
    size: Ints

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.alone)

    @property
    def n_seats(self) -> int:
        """Number of seats."""
        return len(self.limit)


def relax(problem: Problem) -> Problem:
    """The problem without what depends on who else is on the team, everybody served and all hours within limits.

    Corridors and budgets follow from who is there; a promise to an owner ends when the owner leaves. What is left can
    only become easier with one rep more.
    """
    counts = tuple(replace(c, low=np.zeros_like(c.low)) for c in problem.counts)
    forbids = ~problem.lock_forces
    return replace(
        problem,
        corridors=(),
        budgets=(),
        counts=counts if problem.count_price is None else (),
        lock_customer=problem.lock_customer[forbids],
        lock_rep=problem.lock_rep[forbids],
        lock_forces=problem.lock_forces[forbids],
        capacity_price=None,
        cover_all=True,
        excused=np.empty(0, dtype=np.int64),
    )


def are_few(problem: Problem) -> bool:
    """Whether every pair of customer and seat can be looked at."""
    return problem.n_customers * problem.n_reps <= ALL_PAIRS


def list_offers(problem: Problem) -> Offers:
    """Every offer of a relaxed problem, what pairs cost as they are charged for it."""
    n, n_seats = problem.n_customers, problem.n_reps
    customer, seat = np.divmod(np.arange(n * n_seats, dtype=np.int64), n_seats)
    model = build_model(problem, customer, seat)
    unit = model.unit_of_customer
    load = np.zeros(model.n_units * n_seats, dtype=np.int64)
    np.add.at(load, unit[customer] * n_seats + seat, problem.pair_load(customer, seat))
    kept = np.flatnonzero(model.rep != UNSERVED)
    alone = np.bincount(unit, problem.unserved, model.n_units)
    return Offers(
        model.unit[kept],
        model.rep[kept],
        model.cost[kept].astype(np.float64),
        load[model.unit[kept] * n_seats + model.rep[kept]],
        problem.load_limit,
        alone.astype(np.float64),
        np.bincount(unit, minlength=model.n_units).astype(np.int64),
    )


@dataclass(frozen=True, eq=False)
class Kinds:
    """Units by who may have them: ``able`` [Q, S] of each kind, ``kind`` [U].

    ``load`` [U] is what a unit takes at least, ``customers`` [U] how many it is; ``member`` [n]: a customer's unit.
    """

    kind: Ints
    able: Bools
    load: Ints
    customers: Ints
    member: Ints


MOST_KINDS = 300


def find_kinds(problem: Problem) -> Kinds:
    """The kinds of a relaxed problem's units.

    Where all pairs can be looked at these are the seats that hard limits leave each unit, as long as these are not
    different for nearly every unit; else those with the skills and the right to serve the tier, who are more.
    """
    member = together.find_units(problem)
    n_units = int(member.max()) + 1
    customers = np.bincount(member, minlength=n_units).astype(np.int64)
    if are_few(problem):
        offers = list_offers(problem)
        able = np.zeros((n_units, offers.n_seats), dtype=np.bool_)
        able[offers.unit, offers.seat] = offers.load <= offers.limit[offers.seat]
        load = np.full(n_units, NO_LIMIT)
        np.minimum.at(load, offers.unit, offers.load)
        load[load == NO_LIMIT] = 0  # nobody may have it, whatever it takes
        rows, kind = np.unique(np.packbits(able, axis=1), axis=0, return_inverse=True)
        if len(rows) <= MOST_KINDS:
            sets = np.unpackbits(rows, axis=1, count=offers.n_seats).astype(np.bool_)
            return Kinds(kind.ravel(), sets, load, customers, member)
    else:
        hours = problem.hours.copy()
        given = problem.pair_hours >= 0
        np.minimum.at(hours, problem.pair_key[given] // problem.n_reps, problem.pair_hours[given])
        load = np.bincount(member, hours, n_units).astype(np.int64)
    allowed = find_able(problem, skills=problem.skill_price is None, tiers=problem.tier_price is None)
    kind, sets = merge_members(member, n_units, *allowed)
    used, kind = np.unique(kind, return_inverse=True)
    return Kinds(kind.ravel(), sets[used], load, customers, member)
