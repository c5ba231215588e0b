"""Newcomers: a problem with reps more, who come last; limits, targets and costs of all others stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.problem import NO_LIMIT, Bools, Floats, Ints, Problem


@dataclass(frozen=True, eq=False)
class Newcomers:
    """K reps: ids, hours and the most of them that may be used (milli-hours), homes (NaN: none), skills and tiers."""

    rep_ids: tuple[str, ...]
    capacity: Ints  # [K]
    load_limit: Ints  # [K]
    point: Floats  # [K, 3]
    skill: Ints  # [K, S]
    serves: Bools  # [K, T]


def add_reps(problem: Problem, new: Newcomers) -> Problem:
    """The problem with ``new`` at the end of its reps.

    They may have as much as anybody else may and need not have anything: corridors, counts and budgets of single reps
    are as wide for them as the widest.
    """
    count, more = problem.n_reps, len(new.rep_ids)
    named, rep = np.divmod(problem.pair_key, count)

    def add(values: Ints, value: int) -> Ints:
        return np.append(values, np.full(more, value, dtype=np.int64))

    def widest(values: Ints) -> Ints:
        return add(values, max(int(values.max(initial=0)), 0))

    return replace(
        problem,
        rep_ids=np.append(problem.rep_ids, np.array(new.rep_ids, dtype=object)),
        capacity=np.append(problem.capacity, new.capacity),
        load_limit=np.append(problem.load_limit, new.load_limit),
        rep_point=np.concatenate([problem.rep_point, new.point]),
        skill=np.concatenate([problem.skill, new.skill]),
        serves=np.concatenate([problem.serves, new.serves]),
        pair_key=named * (count + more) + rep,
        corridors=tuple(
            replace(
                c, target=np.append(c.target, np.zeros(more)), low=add(c.low, -NO_LIMIT), high=widest(c.high)
            )
            for c in problem.corridors
        ),
        counts=tuple(replace(c, low=add(c.low, 0), high=widest(c.high)) for c in problem.counts),
        budgets=tuple(replace(b, limit=widest(b.limit)) if b.scope == "rep" else b for b in problem.budgets),
    )
