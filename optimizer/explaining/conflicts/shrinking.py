"""Shrinking: of limits that cannot all hold those that are needed for it, each shown so by a plan.

Limits are let go, many at once as long as that goes well, and kept where the rest could hold without them (a deletion
filter: Chinneck and Dravnieks 1991; by halves as in Junker 2004). The work is limited: a limit that was not tried
stays, and the conflict says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby

import numpy as np

from optimizer.explaining.conflicts.handing import hand_on
from optimizer.explaining.conflicts.holding import PLACES, Verdict, judge_limits
from optimizer.explaining.limits.lifting import KINDS, Limit, keep_only, list_hard_limits, split_coverage
from optimizer.plan import Plan
from optimizer.problem import Problem

CHECKS, FEWEST = 400, 60  # verdicts asked for one conflict at most, and as many where they are dear
WORK = 400_000_000  # verdicts times pairs of customer and rep
KNOWN = 2  # plans found last that are looked at first
FEW = 6  # customers up to whom each is named by himself


@dataclass(frozen=True, eq=False)
class Conflict:
    """Limits that cannot all hold, in the order of ``KINDS``.

    ``proved``: that they cannot, whatever else is given up; else they are only what the best effort breaks. ``plans``:
    for each limit a plan that keeps all the others, None where none was found: the limit is then not shown to be
    needed. ``untried``: of how many of these nothing was asked, because the work was done.
    """

    limits: tuple[Limit, ...]
    proved: bool
    plans: tuple[Plan | None, ...] = ()
    untried: int = 0

    @property
    def minimal(self) -> bool:
        """Whether each limit is shown to be needed."""
        return self.proved and all(plan is not None for plan in self.plans)


@dataclass(eq=False)
class Asker:
    """Verdicts on sets of hard limits of one problem; plans that were found answer for smaller sets too."""

    problem: Problem
    plans: list[Plan]
    every: list[Limit] = field(init=False)
    left: int = field(init=False)  # verdicts that may still be asked
    settled: dict[frozenset[Limit], Verdict] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.every = list_hard_limits(self.problem)
        pairs = max(self.problem.n_customers * self.problem.n_reps, 1)
        self.left = int(np.clip(WORK // pairs, FEWEST, CHECKS))

    def ask(self, limits: Sequence[Limit]) -> Verdict:
        """Whether these hard limits can hold without the others; not tried any more when the work is done.

        The same is not asked twice, least of all what a long search did not settle.
        """
        asked = frozenset(limits)
        if asked in self.settled:
            return self.settled[asked]
        if self.left <= 0:
            return Verdict(None, tried=False)
        self.left -= 1
        problem = keep_only(self.problem, limits, self.every)
        known = self.plans[-KNOWN:]
        near = (hand_on(problem, plan) for plan in dict.fromkeys([known[-1], self.plans[0]]))
        verdict = judge_limits(problem, chain(known, near))
        if verdict.plan is not None and all(verdict.plan is not plan for plan in self.plans):
            self.plans.append(verdict.plan)
        self.settled[asked] = verdict
        return verdict


def shrink(problem: Problem, limits: Sequence[Limit], ask: Callable[[Sequence[Limit]], Verdict]) -> Conflict:
    """The needed ones of ``limits``, which are proved not to hold together."""
    limits, alone = _narrow(limits, ask)
    filtered = _Filter(ask)
    left = filtered.run(limits, _cut(limits, alone))
    plans = filtered.plans
    if any(limit not in plans for limit in left):  # without the others that are gone now it may be plain
        left = filtered.run(left, [[limit] for limit in left if limit not in plans])
    few = [limit for limit in left if limit.kind == "coverage"]
    customers = np.array([i for limit in few for i in limit.customers], dtype=np.int64)
    if len(few) < len(customers) <= FEW:
        each = split_coverage(problem, customers, each=True)
        others = [limit for limit in left if limit.kind != "coverage"]
        left = filtered.run([*others, *each], [[limit] for limit in each])
    left = _merge_coverage(left, plans, ask)
    left = sorted(left, key=lambda limit: KINDS.index(limit.kind))
    shown = tuple(plans.get(limit) for limit in left)
    untried = sum(limit not in plans and limit in filtered.untried for limit in left)
    return Conflict(tuple(left), proved=True, plans=shown, untried=untried)


def _narrow(
    limits: Sequence[Limit], ask: Callable[[Sequence[Limit]], Verdict]
) -> tuple[Sequence[Limit], bool]:
    """Those that a proof speaks of, as long as these are fewer and are proved not to hold together by themselves.

    And whether the last proof was by adding up: it speaks of hardly any row too many then.
    """
    while True:
        verdict = ask(limits)
        if verdict.needed is None:
            return limits, False
        fewer = [limit for limit in limits if limit.kind not in PLACES or limit in verdict.needed]
        if len(fewer) == len(limits) or ask(fewer).holds is not False:
            return limits, verdict.added_up
        limits = fewer


@dataclass(eq=False)
class _Filter:
    """Lets go what is not needed. ``plans``: of each limit that is, one that keeps all the others.

    ``untried``: limits of which nothing was asked any more.
    """

    ask: Callable[[Sequence[Limit]], Verdict]
    plans: dict[Limit, Plan] = field(default_factory=dict)
    untried: set[Limit] = field(default_factory=set)

    def run(self, limits: Sequence[Limit], blocks: list[list[Limit]]) -> list[Limit]:
        """What is left of ``limits`` after each block has been let go, or as much of it as can be."""
        left = list(limits)
        while blocks:
            block = blocks.pop(0)
            gone = set(block)
            rest = [limit for limit in left if limit not in gone]
            verdict = self.ask(rest)
            if not verdict.tried:
                self.untried |= gone
                continue
            self.untried -= gone
            if verdict.holds is False:
                left = rest
            elif len(block) > 1:
                half = len(block) // 2
                blocks[:0] = [block[:half], block[half:]]
            elif verdict.plan is not None:
                self.plans[block[0]] = verdict.plan
        return left


def _merge_coverage(
    limits: list[Limit], plans: dict[Limit, Plan], ask: Callable[[Sequence[Limit]], Verdict]
) -> list[Limit]:
    """Where some customers are not shown to be needed, all of them as one limit; it is needed if some of them are."""
    covered = [limit for limit in limits if limit.kind == "coverage"]
    if len(covered) < 2 or all(limit in plans for limit in covered):
        return limits
    others = [limit for limit in limits if limit.kind != "coverage"]
    every = Limit("coverage", customers=tuple(sorted(i for limit in covered for i in limit.customers)))
    shown = next((plans[limit] for limit in covered if limit in plans), None) or ask(others).plan
    if shown is not None:
        plans[every] = shown
    return [*others, every]


def _cut(limits: Sequence[Limit], alone: bool) -> list[list[Limit]]:
    """Limits of one kind, corridor, count or budget side by side, or rows each ``alone``; in the order given."""
    found: list[list[Limit]] = []
    for (kind, _), some in groupby(limits, key=lambda x: (x.kind, x.number if x.kind in PLACES else -1)):
        rows = list(some)
        found += [[limit] for limit in rows] if alone and kind in PLACES else [rows]
    return found
