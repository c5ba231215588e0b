"""Holding: whether the hard limits of a problem can hold all at once, with a plan or a proof; costs play no part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer import constraints
from optimizer.certain import find_certain
from optimizer.constraints import capacity, corridors, counts, disruption, together
from optimizer.evaluation import evaluate
from optimizer.explaining.conflicts.handing import hand_on
from optimizer.explaining.conflicts.packing import pack
from optimizer.explaining.limits.lifting import Limit
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import NO_LIMIT, Bools, Corridor, Ints, Price, Problem
from optimizer.solving.linear import Work, pick_arcs, solve_part
from optimizer.solving.modelling.candidates import ALL_PAIRS, find_candidates
from optimizer.solving.modelling.model import Model, build_model
from optimizer.solving.pricing.prices import Prices, cheapest_arcs, find_prices, price_at
from optimizer.solving.searching.exchanges import start_exchanges

TINY, EXACT = 500, 4_000  # arcs up to which an exact model is asked at once, or when prices prove nothing
NODES = 200  # of its search
BREACHED = 0.5  # milli-hours: a bound above it proves a breach, because breaches are whole


PLACES = {  # of limits that are ends of rows: the constraint that has the rows
    "capacity": capacity,
    "corridor_low": corridors,
    "corridor_high": corridors,
    "count_low": counts,
    "count_high": counts,
    "budget": disruption,
}


@dataclass(frozen=True, eq=False)
class Verdict:
    """``holds``: True with a ``plan`` that keeps every hard limit, False if it is proved that none does, else None.

    ``needed``: limits of ``PLACES`` that a proof by prices speaks of; others of these kinds are hardly needed. None
    where the proof does not say. ``added_up``: the proof is a sum, before anything was solved. ``tried``: whether
    anything was asked at all.
    """

    holds: bool | None
    plan: Plan | None = None
    needed: frozenset[Limit] | None = None
    added_up: bool = False
    tried: bool = True


def judge_limits(problem: Problem, plans: Iterable[Plan] = ()) -> Verdict:
    """Whether some plan keeps every hard limit of ``problem``; one of ``plans`` perhaps does.

    Customers whom nothing asks for are left without an owner in the plan that is found.
    """
    for plan in plans:
        if evaluate(problem, plan).keeps_all:
            return Verdict(True, plan)
    for certain in find_certain(problem):
        rows = [Limit(certain.kind, certain.number, rep) for rep in certain.reps.tolist()]
        return Verdict(False, needed=frozenset(rows) if rows else None, added_up=True)
    verdict = judge_model(model_limits(problem))
    # The checker has the last word: of two locks on one customer solvers hear only one.
    sure = verdict.plan is None or evaluate(problem, verdict.plan).keeps_all
    return verdict if sure else Verdict(None)


@dataclass(frozen=True, eq=False)
class Bare:
    """The hard limits of a ``problem`` in a solver's words. ``whole``: every pair that is allowed is among the arcs."""

    problem: Problem
    model: Model
    whole: bool


def model_limits(problem: Problem) -> Bare:
    """The model of the hard limits alone, over the customers whom they concern."""
    bare = strip_costs(problem)
    concerned = find_concerned(bare)
    whole = len(concerned) * bare.n_reps <= ALL_PAIRS
    if whole:
        customer = np.repeat(concerned, bare.n_reps)
        rep = np.tile(np.arange(bare.n_reps), len(concerned))
    else:
        customer, rep = find_candidates(bare)
        asked = np.isin(customer, concerned)
        customer, rep = customer[asked], rep[asked]
    return Bare(bare, build_model(bare, customer, rep, whole=whole), whole)


def judge_model(bare: Bare) -> Verdict:
    """The same of a model at hand."""
    model, refuted = forbid_alone(bare.model), False if bare.whole else None
    if find_stuck(model).any():
        return Verdict(refuted)
    packed = _accept(bare.problem, model, pack(model))
    if packed.holds:
        return packed
    only = weigh_breach(model)
    prices = None
    if len(model.rep) > TINY:
        prices = find_prices(only, np.zeros(len(model.low)), enough=BREACHED)
        if prices.bound > BREACHED:
            return Verdict(refuted, needed=_find_needed(only, prices))
    if prices is None or len(model.rep) <= EXACT:
        arcs = np.arange(len(model.rep))
        answer = solve_part(only, arcs, Work(NODES, BREACHED))
        if answer.bound > BREACHED:
            return Verdict(refuted)
        return (
            Verdict(None)
            if answer.value is None
            else _accept(bare.problem, model, pick_arcs(model, arcs, answer.value))
        )
    return _accept(bare.problem, *search_plan(model, prices))


def _find_needed(model: Model, prices: Prices) -> frozenset[Limit]:
    """The ends of rows whose prices prove alone that something must be breached, the dearest rows first."""
    dual = prices.dual
    end = np.where(dual > 0, model.high, np.where(dual < 0, model.low, 0.0))
    order = np.argsort(-np.abs(dual * end), kind="stable")[: np.count_nonzero(dual)]
    least, most = 0, len(order)
    while least < most:
        middle = (least + most) // 2
        some = np.zeros(len(dual))
        some[order[:middle]] = dual[order[:middle]]
        if price_at(model, some).bound > BREACHED:
            most = middle
        else:
            least = middle + 1
    names = {(constraints.ON_ROWS.index(w), kind.endswith("_low")): kind for kind, w in PLACES.items()}
    found = set()
    for row in order[:most].tolist():
        speaker, number, rep = model.place[row].tolist()
        kind = names.get((speaker, bool(dual[row] < 0)))
        if kind is not None:
            found.add(Limit(kind, -1 if kind == "capacity" else number, rep))
    return frozenset(found)


def search_plan(model: Model, prices: Prices) -> tuple[Model, Ints]:
    """A good choice of arcs, and the part of the model that they are arcs of."""
    search, _ = start_exchanges(model, prices.regret(model), cheapest_arcs(model, prices.reduced), 0)
    search.run(_never)
    search.sweep(_never)
    if search.score[0]:
        search.mend()
        search.run(_never)
    return search.model, search.arcs


def _never() -> bool:
    return False


def weigh_breach(model: Model) -> Model:
    """The model in which a plan costs what it breaches and nothing else."""
    return replace(
        model,
        cost=model.breach,
        breach=np.zeros_like(model.breach),
        hard=np.zeros_like(model.hard),
    )


def find_stuck(model: Model) -> Bools:
    """Units that may go to nobody at all, not even alone, [U]."""
    stuck: Bools = np.minimum.reduceat(model.breach, model.first[:-1]) > 0
    return stuck


def strip_costs(problem: Problem) -> Problem:
    """The problem with its hard limits alone: nothing costs anything, nothing that is priced remains."""
    free = Price(0)
    nothing = np.zeros(problem.n_customers, dtype=np.int64)
    priced: dict[str, tuple[Price | None, Any]] = {
        "load_limit": (problem.capacity_price, np.full(problem.n_reps, NO_LIMIT)),
        "counts": (problem.count_price, ()),
        "requirements": (problem.skill_price, np.zeros_like(problem.requirements)),
        "serves": (problem.tier_price, np.ones_like(problem.serves)),
        "distance_limit": (problem.distance_price, math.inf),
        "apart": (problem.apart_price, np.empty((0, 2), dtype=np.int64)),
    }
    return replace(
        problem,
        travel_price=free,
        misfit_price=free,
        handover=nothing,
        unserved=nothing,
        pair_cost=np.zeros_like(problem.pair_cost),
        corridors=tuple(_open_corridor(c) for c in problem.corridors),
        budgets=tuple(
            b if b.price is None else replace(b, limit=np.full_like(b.limit, NO_LIMIT), price=None)
            for b in problem.budgets
        ),
        **{name: value for name, (price, value) in priced.items() if price is not None},
    )


def _open_corridor(corridor: Corridor) -> Corridor:
    """A priced corridor as wide as can be, so that the others keep their numbers."""
    if corridor.price is None:
        return corridor
    return replace(
        corridor,
        low=np.full_like(corridor.low, -NO_LIMIT),
        high=np.full_like(corridor.high, NO_LIMIT),
        price=None,
    )


def find_concerned(problem: Problem) -> Ints:
    """Customers whom hard limits ask for: all where territories must not be too small or moves are counted."""
    low = any((c.low > 0).any() for c in problem.corridors) or any((c.low > 0).any() for c in problem.counts)
    counted = any((b.limit < NO_LIMIT).any() for b in problem.budgets)
    relief = any((problem.measures[c.measure].size < 0).any() for c in problem.corridors)
    if low or counted or relief:
        return np.arange(problem.n_customers)
    asked = np.full(problem.n_customers, problem.cover_all)
    asked[problem.excused] = False
    asked[problem.lock_customer[problem.lock_forces]] = True
    unit = together.find_units(problem)
    units = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    units[unit[asked]] = True
    return np.flatnonzero(units[unit])


def forbid_alone(model: Model) -> Model:
    """Without arcs that break a row all by themselves: a customer too big for a rep is no candidate for him."""
    matrix = model.by_arc
    eases = np.zeros(len(model.low), dtype=bool)
    eases[matrix.indices[matrix.data < 0]] = True
    breaks = (matrix.data > model.high[matrix.indices]) & ~eases[matrix.indices]
    arc = np.repeat(np.arange(len(model.rep)), np.diff(matrix.indptr))
    alone = np.zeros(len(model.rep), dtype=bool)
    alone[arc[breaks]] = True
    nobody = model.rep == UNSERVED
    model = replace(model, breach=np.where(alone & nobody, np.maximum(model.breach, 1), model.breach))
    return model.restrict(~alone)[0]


def _accept(problem: Problem, model: Model, arcs: Ints) -> Verdict:
    """The plan of these arcs if it breaches nothing, or does not once what is too much for one rep is handed on."""
    plan = model.to_plan(arcs)
    if model.judge(arcs)[0] == 0:
        return Verdict(True, plan)
    plan = hand_on(problem, plan)
    return Verdict(True, plan) if evaluate(problem, plan).keeps_all else Verdict(None)
