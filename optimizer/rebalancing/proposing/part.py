"""Part: some territories of a problem as a problem of their own, while all others stay as they are.

Targets, corridors, counts and capacity keep the absolute numbers they have. Budgets are lowered by what moves
elsewhere use up. So every plan of the part costs what the whole plan costs, less the same fixed amount.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.plan import UNSERVED, Plan
from optimizer.problem import NO_LIMIT, Bools, Budget, Ints, Problem


@dataclass(frozen=True, eq=False)
class Part:
    """``customers`` and ``reps`` are those of the whole that are in it, ascending; ``problem`` is theirs alone."""

    whole: Problem
    customers: Ints
    reps: Ints
    problem: Problem

    @property
    def is_whole(self) -> bool:
        """Whether nobody is left out."""
        return len(self.customers) == self.whole.n_customers and len(self.reps) == self.whole.n_reps

    def take(self, owner: Ints) -> Plan:
        """The part of a plan of the whole."""
        return Plan(_renumber(self.reps, self.whole.n_reps)[owner[self.customers]])

    def put_back(self, owner: Ints, part: Plan) -> Ints:
        """The owners of the whole, with those of the part in their places."""
        result = owner.copy()
        result[self.customers] = np.append(self.reps, UNSERVED)[part.owner]
        return result


def cut_part(problem: Problem, owner: Ints, reps: Bools) -> Part:
    """The part of ``problem`` in which the territories of ``reps`` [R] under the plan ``owner`` are decided.

    Reps are added until it is closed: groups are whole; the present owner of each of its customers and the rep whom a
    lock asks for are in it. Customers without an owner are in every part. Rivals outside belong to reps
    outside, so nobody in the part can meet them.
    """
    chosen = close_reps(problem, owner, reps)
    inside = np.append(chosen, True)[owner]  # whoever has no owner may go to anybody
    at, kept = np.flatnonzero(inside), np.flatnonzero(chosen)
    if len(at) == problem.n_customers and len(kept) == problem.n_reps:
        return Part(problem, at, kept, problem)
    row, number = _renumber(at, problem.n_customers), _renumber(kept, problem.n_reps)
    lock = (row[problem.lock_customer] >= 0) & (number[problem.lock_rep] >= 0)
    named, named_rep = np.divmod(problem.pair_key, problem.n_reps)
    pair = (row[named] >= 0) & (number[named_rep] >= 0)
    couple = (row[problem.apart] >= 0).all(axis=1)
    return Part(
        problem,
        at,
        kept,
        replace(
            problem,
            customer_ids=problem.customer_ids[at],
            rep_ids=problem.rep_ids[kept],
            tier=problem.tier[at],
            hours=problem.hours[at],
            travel_rate=problem.travel_rate[at],
            customer_point=problem.customer_point[at],
            nearest_km=problem.nearest_km[at],
            owner=number[problem.owner[at]],
            handover=problem.handover[at],
            unserved=problem.unserved[at],
            group=problem.group[at],
            requirement=problem.requirement[at],
            preference=problem.preference[at],
            measures=tuple(replace(m, size=m.size[at]) for m in problem.measures),
            capacity=problem.capacity[kept],
            load_limit=problem.load_limit[kept],
            rep_point=problem.rep_point[kept],
            skill=problem.skill[kept],
            serves=problem.serves[kept],
            lock_customer=row[problem.lock_customer[lock]],
            lock_rep=number[problem.lock_rep[lock]],
            lock_forces=problem.lock_forces[lock],
            pair_key=row[named[pair]] * len(kept) + number[named_rep[pair]],
            pair_hours=problem.pair_hours[pair],
            pair_travel=problem.pair_travel[pair],
            pair_cost=problem.pair_cost[pair],
            pair_allowed=problem.pair_allowed[pair],
            apart=row[problem.apart[couple]],
            corridors=tuple(
                replace(c, target=c.target[kept], low=c.low[kept], high=c.high[kept])
                for c in problem.corridors
            ),
            counts=tuple(replace(c, low=c.low[kept], high=c.high[kept]) for c in problem.counts),
            budgets=tuple(_cut_budget(problem, owner, budget, ~inside, kept) for budget in problem.budgets),
            excused=row[problem.excused[inside[problem.excused]]],
        ),
    )


def close_reps(problem: Problem, owner: Ints, reps: Bools) -> Bools:
    """The reps, and all whom customers of theirs cannot be decided without, [R]."""
    chosen = np.append(reps, True)  # nobody's customers are always among them
    forced = np.full(problem.n_customers, UNSERVED, dtype=np.int64)
    forced[problem.lock_customer[problem.lock_forces]] = problem.lock_rep[problem.lock_forces]
    while True:
        inside = chosen[owner]
        groups = np.zeros(int(problem.group.max(initial=-1)) + 2, dtype=bool)
        groups[problem.group[inside]] = True
        groups[-1] = False
        inside |= groups[problem.group]
        before = int(chosen.sum())
        for rep in (owner, problem.owner, forced):
            chosen[rep[inside]] = True
        if int(chosen.sum()) == before:
            return chosen[:-1]


def _renumber(kept: Ints, size: int) -> Ints:
    """Number of each of ``size`` among the kept, -1 for others; one more entry, so that -1 stays -1."""
    number = np.full(size + 1, -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    return number


def _cut_budget(problem: Problem, owner: Ints, budget: Budget, outside: Bools, kept: Ints) -> Budget:
    """The budget less what customers outside the part use of it."""
    moved = Plan(owner).moved(problem) & outside
    size = problem.measures[budget.measure].size
    if budget.scope == "rep":
        place = problem.owner if budget.direction == "out" else owner
        counted = moved & (place != UNSERVED)
        used = np.zeros(problem.n_reps, dtype=np.int64)
        np.add.at(used, place[counted], size[counted])
        limit, used = budget.limit[kept], used[kept]
    else:
        counted = moved if budget.scope == "all" else moved & (problem.tier == budget.tier)
        limit, used = budget.limit, size[counted].sum(keepdims=True)
    return replace(budget, limit=np.where(limit >= NO_LIMIT, limit, limit - used))
