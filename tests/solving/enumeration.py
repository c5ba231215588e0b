"""All plans of a tiny problem at once, each with its worth: the truth that solving is measured against.

What a pair of customer and rep costs or breaks is asked of the checker, one rep at a time; what adds up over
customers (capacity, corridors, counts, budgets, apart, groups) is said here a third time, for all plans in one
array. ``find_best`` holds the sums against the checker on plans of its choice before it trusts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer import constraints
from optimizer.evaluation import evaluate
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import NO_LIMIT, Bools, Ints, Price, Problem

BY_PAIR = {constraint.NAME for constraint in constraints.ON_PAIRS}


@dataclass(frozen=True, eq=False)
class Enumeration:
    """Every plan ``owner`` [N, n], its ``objective`` [N] and whether it keeps all hard constraints [N]."""

    problem: Problem
    owner: Ints
    objective: Ints
    keeps_all: Bools

    def find_best(self) -> tuple[int, Plan] | None:
        """The least objective of a plan that keeps everything and that plan; None when there is none."""
        kept = np.flatnonzero(self.keeps_all)
        best = int(kept[np.argmin(self.objective[kept])]) if len(kept) else None
        spread = np.linspace(0, len(self.owner) - 1, 6).astype(np.int64)
        for number in (*spread, *kept[:: max(1, len(kept) // 3)], *([] if best is None else [best])):
            score = evaluate(self.problem, Plan(self.owner[number]))
            assert (score.objective, score.keeps_all) == (self.objective[number], self.keeps_all[number])
        return None if best is None else (int(self.objective[best]), Plan(self.owner[best]))


def enumerate_plans(problem: Problem) -> Enumeration:
    """All (R + 1) ** n plans; for problems with up to a few hundred thousand of them."""
    n, n_reps = problem.n_customers, problem.n_reps
    grid = np.indices((n_reps + 1,) * n).reshape(n, -1).T
    owner = np.ascontiguousarray(grid) - 1
    cost, broken, load = _price_pairs(problem)
    who = np.arange(n)
    objective = cost[who, owner].sum(axis=1)
    keeps = ~broken[who, owner].any(axis=1)

    def limit(used: Ints, low: Ints | int, high: Ints | int, price: Price | None) -> None:
        nonlocal objective, keeps
        outside = np.maximum(0, np.maximum(low - used, used - high))
        if price is None:
            keeps &= (outside == 0).all(axis=1)
        else:
            objective = objective + price.of(outside).sum(axis=1)

    held = [owner == r for r in range(n_reps)]

    def by_rep(amount: Ints) -> Ints:
        """Sum of ``amount`` [n] over each rep's customers, [N, R]."""
        return np.stack([own @ amount for own in held], axis=1)

    limit(
        np.stack([held[r] @ load[:, r] for r in range(n_reps)], axis=1),
        0,
        problem.load_limit,
        problem.capacity_price,
    )
    for corridor in problem.corridors:
        limit(by_rep(problem.measures[corridor.measure].size), corridor.low, corridor.high, corridor.price)
    for count in problem.counts:
        counted = (
            np.ones(n, dtype=np.int64)
            if count.tier is None
            else (problem.tier == count.tier).astype(np.int64)
        )
        limit(by_rep(counted), count.low, count.high, problem.count_price)
    moved = (problem.owner != UNSERVED) & (owner != problem.owner)
    for budget in problem.budgets:
        size = problem.measures[budget.measure].size
        if budget.scope == "rep" and budget.direction == "out":
            used = np.stack([(moved & (problem.owner == r)) @ size for r in range(n_reps)], axis=1)
        elif budget.scope == "rep":
            used = np.stack([(moved & held[r]) @ size for r in range(n_reps)], axis=1)
        elif budget.scope == "tier":
            used = (moved @ np.where(problem.tier == budget.tier, size, 0))[:, None]
        else:
            used = (moved @ size)[:, None]
        limit(used, -NO_LIMIT, budget.limit, budget.price)
    for a, b in problem.apart:
        met = (owner[:, a] != UNSERVED) & (owner[:, a] == owner[:, b])
        limit(met[:, None].astype(np.int64), 0, 0, problem.apart_price)
    for group in np.unique(problem.group[problem.group >= 0]):
        members = owner[:, problem.group == group]
        keeps &= (members == members[:, :1]).all(axis=1)
    return Enumeration(problem, owner, objective, keeps)


def _price_pairs(problem: Problem) -> tuple[Ints, Bools, Ints]:
    """Cost, whether forbidden, and load of each customer with each rep; the last column is nobody, [n, R + 1]."""
    n, n_reps = problem.n_customers, problem.n_reps
    number = {customer: i for i, customer in enumerate(problem.customer_ids)}
    cost = np.zeros((n, n_reps + 1), dtype=np.int64)
    broken = np.zeros((n, n_reps + 1), dtype=bool)
    load = np.zeros((n, n_reps + 1), dtype=np.int64)
    for rep in (*range(n_reps), UNSERVED):
        score = evaluate(problem, Plan(np.full(n, rep)))
        cost[:, rep] = sum(score.by_customer.values())
        for violation in score.violations:
            if violation.constraint in BY_PAIR:
                assert violation.customer_id is not None
                cost[number[violation.customer_id], rep] += violation.cost
                broken[number[violation.customer_id], rep] |= violation.hard
        if rep != UNSERVED:
            load[:, rep] = problem.pair_load(np.arange(n), np.full(n, rep))
    return cost, broken, load
