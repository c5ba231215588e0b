"""Certain: hard limits that cannot all hold, seen by adding up before anything is solved; demand above supply.

What customers need flows to the reps who may have them. Where it cannot flow whole, the smallest cut (Ford and
Fulkerson 1956) names customers and reps: these customers can go to nobody else, and these reps have not room enough.
What is found so is added up again in whole units, so that it is certain; what is not found may be impossible all the
same (customers are not divisible), and only solving tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from optimizer import constraints
from optimizer.constraints import together
from optimizer.findings import Finding
from optimizer.messages import Phrase, join
from optimizer.plan import UNSERVED
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rows import Pairs

MOST_PAIRS = 1_000_000  # customers x reps looked at one by one; beyond, by skills, tiers and locks alone
PORTION = 500_000  # of them in one go
LARGEST = 10**9  # what may flow in all: the flow counts in 32 bits


@dataclass(frozen=True, eq=False)
class Certain:
    """One thing that no plan can do: ``asked`` is more than ``there``, both in whole units of the problem.

    ``code``: ``hours`` (of customers who must have an owner, against all reps who may have them), ``most`` (the same
    against upper ends), ``least`` (what reps must have against all customers they may have), ``moves`` (customers who
    cannot stay, against a budget), ``nobody`` (customers whom no rep may have, not even alone). ``kind``, ``number``:
    the limits of the reps, as ``explaining.lifting.Limit`` has them; of a budget ``reps`` are its places.
    """

    code: str
    kind: str
    number: int
    customers: Ints
    reps: Ints
    asked: int = 0
    there: int = 0

    def finding(self, problem: Problem) -> Finding:
        """What the planner is told before anything is solved: a warning, because a best effort can be planned."""
        scale, unit = _find_unit(problem, self)
        reps = [str(problem.rep_ids[r]) for r in self.reps] if self.kind != "budget" else []
        return Finding(
            _FINDINGS[self.code],
            "warning",
            "scenario",
            column=_KEYS[self.kind],
            details={
                "who": _name_customers(problem, self.customers),
                "customers": len(self.customers),
                "reps": join(reps, len(reps)),
                "count": len(reps),
                "unit": unit,
                "asked": self.asked / scale,
                "there": self.there / scale,
                "short": (self.asked - self.there) / scale,
            },
        )


_FINDINGS = {
    "hours": "certain_hours", "most": "certain_most", "least": "certain_least", "moves": "certain_moves",
    "nobody": "certain_nobody",
}  # fmt: skip
_KEYS = {  # where the scenario says it

    "capacity": "capacity", "count_high": "counts", "count_low": "counts", "corridor_high": "corridors",
    "corridor_low": "corridors", "budget": "disruption.budgets", "coverage": "coverage",
}  # fmt: skip


def find_certain(problem: Problem) -> list[Certain]:
    """Everything that is impossible by adding up, each cause once; empty where nothing is seen.

    With more than ``MOST_PAIRS`` pairs of customer and rep, distances, named pairs and groups are left out of account.
    """
    if not problem.n_customers or not problem.n_reps:
        return []
    reach = _find_reach(problem)
    possible: Bools = np.any(reach.able, axis=1)
    alone = reach.must & ~possible[reach.row]
    found = []
    if alone.any():
        customers = np.flatnonzero(alone[reach.unit])
        found.append(Certain("nobody", "coverage", -1, customers, np.empty(0, dtype=np.int64)))
    reach = replace(reach, must=reach.must & ~alone)
    return [*found, *_find_full(problem, reach), *_find_empty(problem, reach), *_find_moves(problem, reach)]


def list_certain(problem: Problem) -> list[Finding]:
    """The same as findings, as ``check`` and ``plan`` tell them before anything is solved."""
    return [found.finding(problem) for found in find_certain(problem)]


@dataclass(frozen=True, eq=False)
class _Reach:
    """Who may have whom: ``unit`` [n] what each customer is decided with, ``must`` [U] units that need an owner,
    ``load`` [U] the least milli-hours each takes, ``row`` [U] its row of ``able`` [K, R]."""  # fmt: skip

    unit: Ints
    must: Bools
    load: Ints
    row: Ints
    able: Bools

    def sum_rows(self, amount: Ints, units: Bools) -> Ints:
        """What customers' amounts [n] come to by row of ``able``, of ``units`` [U] alone, [K]."""
        total = np.zeros(len(self.able), dtype=np.int64)
        at = np.flatnonzero(units[self.unit])
        np.add.at(total, self.row[self.unit[at]], amount[at])
        return total

    def take(self, rows: Bools, units: Bools) -> Ints:
        """The customers of some rows and units."""
        return np.flatnonzero((rows[self.row] & units)[self.unit])


def _find_full(problem: Problem, reach: _Reach) -> Iterator[Certain]:
    """Customers who must have an owner against the upper limits of everybody who may have them."""
    if problem.capacity_price is None:
        demand = np.zeros(len(reach.able), dtype=np.int64)
        np.add.at(demand, reach.row[reach.must], reach.load[reach.must])
        for rows, reps in find_overflow(demand, problem.load_limit, reach.able):
            yield _say(
                "hours", "capacity", -1, reach.take(rows, reach.must), reps, demand[rows], problem.load_limit
            )
    for kind, number, size, ends in _list_ends(problem, "high"):
        demand = reach.sum_rows(size, reach.must)
        for rows, reps in find_overflow(demand, ends, reach.able):
            customers = reach.take(rows, reach.must)
            yield _say("most", kind, number, customers[size[customers] > 0], reps, demand[rows], ends)


def _find_empty(problem: Problem, reach: _Reach) -> Iterator[Certain]:
    """Reps who must have something against all customers whom they may have."""
    every = np.ones(len(reach.must), dtype=bool)
    for kind, number, size, ends in _list_ends(problem, "low"):
        there = reach.sum_rows(size, every)
        for reps, rows in find_overflow(np.maximum(ends, 0), there, reach.able.T):
            customers = reach.take(rows, every)
            found = Certain("least", kind, number, customers[size[customers] > 0], np.flatnonzero(reps))
            yield replace(found, asked=int(ends[reps].sum()), there=int(there[rows].sum()))


def _find_moves(problem: Problem, reach: _Reach) -> Iterator[Certain]:
    """Customers whom their owner may not have any more against what may change hands."""
    owned = problem.owner != UNSERVED
    leaves = owned & ~reach.able[reach.row[reach.unit], np.where(owned, problem.owner, 0)]
    for number, budget in enumerate(problem.budgets):
        size = problem.measures[budget.measure].size
        if budget.price is not None or (size < 0).any() or (budget.scope, budget.direction) == ("rep", "in"):
            continue
        counted = leaves & (problem.tier == budget.tier) if budget.scope == "tier" else leaves
        place = problem.owner if budget.scope == "rep" else np.zeros(problem.n_customers, dtype=np.int64)
        asked = np.zeros(len(budget.limit), dtype=np.int64)
        np.add.at(asked, place[counted], size[counted])
        for at in np.flatnonzero(asked > budget.limit).tolist():
            customers = np.flatnonzero(counted & (place == at) & (size > 0))
            yield Certain(
                "moves", "budget", number, customers, np.array([at]), int(asked[at]), int(budget.limit[at])
            )


def _list_ends(problem: Problem, end: str) -> Iterator[tuple[str, int, Ints, Ints]]:
    """Hard counts and corridors with an upper or lower ``end``: kind, number, size [n] and the end for each rep."""
    if problem.count_price is None:
        for number, count in enumerate(problem.counts):
            size = np.ones(problem.n_customers, dtype=np.int64)
            if count.tier is not None:
                size = (problem.tier == count.tier).astype(np.int64)
            yield f"count_{end}", number, size, count.high if end == "high" else count.low
    for number, corridor in enumerate(problem.corridors):
        size = problem.measures[corridor.measure].size
        if corridor.price is None and (size >= 0).all():  # what is negative makes room for others
            yield f"corridor_{end}", number, size, corridor.high if end == "high" else corridor.low


def _say(
    code: str, kind: str, number: int, customers: Ints, reps: Bools, demand: Ints, room: Ints
) -> Certain:
    asked, there = int(demand.sum()), int(np.maximum(room[reps], 0).sum())
    return Certain(code, kind, number, customers, np.flatnonzero(reps), asked, there)


def find_overflow(demand: Ints, room: Ints, link: Bools) -> Iterator[tuple[Bools, Bools]]:
    """Those who ask together for more than there is where they may go: which of D, and all places they have, of P.

    ``demand`` [D], ``room`` [P], ``link`` [D, P]. Each pair that is given is one cause; its sums are exact. Whoever has
    no place at all is passed over.
    """
    total = int(demand.sum())
    if not total:
        return
    room = np.clip(room, 0, total)
    asking = np.flatnonzero((demand > 0) & link.any(axis=1))
    coarse = -(
        -total // LARGEST
    )  # demand is rounded down and room up, so that nothing is found that is not there
    asked, there = demand[asking] // coarse, -(-room // coarse)
    count, places = len(asking), len(room)
    first, second = np.nonzero(link[asking])
    sink = 1 + count + places
    begin = np.concatenate([np.zeros(count, dtype=np.int64), 1 + first, 1 + count + np.arange(places)])
    end = np.concatenate([1 + np.arange(count), 1 + count + second, np.full(places, sink)])
    most = np.concatenate([asked, asked[first], there]).astype(np.int32)
    network = sp.csr_array((most, (begin.astype(np.int32), end.astype(np.int32))), shape=(sink + 1, sink + 1))
    flow = maximum_flow(network, 0, sink)
    if flow.flow_value >= int(asked.sum()):
        return
    left = sp.csr_array(network - flow.flow)
    left.eliminate_zeros()
    reached = np.zeros(sink + 1, dtype=bool)
    reached[breadth_first_order(left, 0, return_predecessors=False)] = True
    stuck = np.zeros(len(demand), dtype=bool)
    stuck[asking[reached[1 : 1 + count]]] = True
    yield from _part(demand, room, link, stuck)


def _part(demand: Ints, room: Ints, link: Bools, stuck: Bools) -> Iterator[tuple[Bools, Bools]]:
    """Those who are stuck, by what they share: who has no place in common has another cause."""
    at = np.flatnonzero(stuck)
    first, second = np.nonzero(link[at])
    size = len(at) + len(room)
    graph = sp.csr_array((np.ones(len(first)), (first, len(at) + second)), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    for name in np.unique(part[: len(at)]):
        mine = np.zeros(len(demand), dtype=bool)
        mine[at[part[: len(at)] == name]] = True
        places: Bools = part[len(at) :] == name
        if demand[mine].sum() > room[places].sum():
            yield mine, places


# Who may have whom ------------------------------------------------------------------------------------------------


def _find_reach(problem: Problem) -> _Reach:
    """By looking at every pair that matters; with very many by what customers and reps have in common."""
    must = np.full(problem.n_customers, problem.cover_all)
    must[problem.excused] = False
    must[problem.lock_customer[problem.lock_forces]] = True
    if problem.n_customers * problem.n_reps > MOST_PAIRS:
        return _reach_by_kind(problem, must)
    order = np.argsort(unit := together.find_units(problem), kind="stable")
    starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    asked = np.logical_or.reduceat(must[order], starts)
    looked = asked | _is_everybody_counted(problem)
    if not looked.any():
        nothing = np.zeros(len(asked), dtype=np.int64)
        return _Reach(unit, asked, nothing, nothing, np.zeros((1, problem.n_reps), dtype=bool))
    order = order[looked[unit[order]]]
    starts = np.flatnonzero(np.diff(unit[order], prepend=-1))
    able, load = _look_at_pairs(problem, order, starts)
    for _, _, size, high in _list_ends(problem, "high"):
        able &= np.add.reduceat(size[order], starts)[:, None] <= high
    least = np.where(able, load, NO_LIMIT).min(axis=1)
    rows, row = np.unique(np.packbits(able, axis=1), axis=0, return_inverse=True)
    return _Reach(
        unit,
        asked,
        _spread(np.where(least < NO_LIMIT, least, 0), looked),
        _spread(row.ravel(), looked),
        np.unpackbits(rows, axis=1, count=problem.n_reps).astype(bool),
    )


def _is_everybody_counted(problem: Problem) -> bool:
    """Whether what is certain may speak of customers who need no owner: minimums and budgets ask for them, too."""
    low = any((ends > 0).any() for _, _, _, ends in _list_ends(problem, "low"))
    return low or any(budget.price is None for budget in problem.budgets)


def _spread(amount: Ints, looked: Bools) -> Ints:
    """The amounts of those units that were looked at, nothing of the others."""
    found = np.zeros(len(looked), dtype=np.int64)
    found[looked] = amount
    return found


def _look_at_pairs(problem: Problem, order: Ints, starts: Ints) -> tuple[Bools, Ints]:
    """Of each unit and rep: whether it may be, as far as pairs and hours say, and the hours it takes, [U, R] each."""
    n_reps = problem.n_reps
    able = np.empty((len(order), n_reps), dtype=bool)
    load = np.empty((len(order), n_reps), dtype=np.int64)
    step = max(1, PORTION // n_reps)
    for at in range(0, len(order), step):
        some = order[at : at + step]
        pairs = Pairs(problem, np.repeat(some, n_reps), np.tile(np.arange(n_reps), len(some)))
        barred = np.zeros(len(pairs.rep), dtype=bool)
        for constraint in constraints.ON_PAIRS:
            barred |= constraint.find_forbidden(problem, pairs)
        able[at : at + step] = ~barred.reshape(len(some), n_reps)
        load[at : at + step] = pairs.load.reshape(len(some), n_reps)
    able, load = np.logical_and.reduceat(able, starts), np.add.reduceat(load, starts)
    if problem.capacity_price is None:
        able &= load <= problem.load_limit
    return able, load


def _reach_by_kind(problem: Problem, must: Bools) -> _Reach:
    """Customers one by one, by their skills, their tier and the lock that forces them."""
    lacking = np.any(problem.skill[None, :, :] < problem.requirements[:, None, :], axis=2)
    wish, tiers, n_reps = problem.requirement, len(problem.tier_names), problem.n_reps
    _, first, kind = np.unique(wish * tiers + problem.tier, return_index=True, return_inverse=True)
    able = np.ones((len(first), n_reps), dtype=bool)
    if problem.skill_price is None:
        able &= ~lacking[wish[first]]
    if problem.tier_price is None:
        able &= problem.serves[:, problem.tier[first]].T
    rep = np.full(problem.n_customers, UNSERVED)
    rep[problem.lock_customer[problem.lock_forces]] = problem.lock_rep[problem.lock_forces]
    held, of_held = np.unique(np.where(rep == UNSERVED, 0, 1 + rep * len(first) + kind), return_inverse=True)
    rows = np.concatenate([able, np.zeros((len(held), n_reps), dtype=bool)])
    who, what = np.divmod(held[held > 0] - 1, len(first))
    rows[len(first) + np.flatnonzero(held > 0), who] = able[what, who]
    load = problem.hours.copy()
    named = problem.pair_hours >= 0
    np.minimum.at(load, problem.pair_key[named] // n_reps, problem.pair_hours[named])
    row = np.where(rep == UNSERVED, kind, len(first) + of_held.ravel())
    # of a pair that is allowed by name, too, skills and tiers have the last word
    return _Reach(np.arange(problem.n_customers), must, load, row, rows)


# What is said -------------------------------------------------------------------------------------------------------


def _find_unit(problem: Problem, found: Certain) -> tuple[float, str]:
    """How many of a problem's units one of the sentence's is, and its name."""
    if found.kind.startswith("corridor"):
        measure = problem.measures[problem.corridors[found.number].measure]
        return measure.scale, measure.name
    if found.kind == "budget":
        measure = problem.measures[problem.budgets[found.number].measure]
        return measure.scale, measure.name
    return (1, "customers") if found.kind.startswith("count") else (UNITS_PER_HOUR, "hours")


def _name_customers(problem: Problem, customers: Ints) -> Phrase:
    """All, those of a tier, those who require a skill; else the first few by their ids."""
    gaps = {"count": len(customers)}
    if len(customers) == problem.n_customers:
        return Phrase("certain.everybody", gaps)
    inside = np.zeros(problem.n_customers, dtype=bool)
    inside[customers] = True
    for tier in np.unique(problem.tier[customers])[:1]:
        if np.array_equal(inside, problem.tier == tier):
            return Phrase("certain.of_tier", {**gaps, "tier": problem.tier_names[tier]})
    asked = (problem.requirements > 0)[problem.requirement]
    for skill in np.flatnonzero(asked[customers].all(axis=0)):
        if np.array_equal(inside, asked[:, skill]):
            return Phrase("certain.of_skill", {**gaps, "skill": problem.skill_names[skill]})
    return Phrase(
        "certain.some",
        {**gaps, "names": join([str(i) for i in problem.customer_ids[customers]], len(customers))},
    )
