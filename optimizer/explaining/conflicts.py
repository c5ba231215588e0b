"""Conflicts: of limits that cannot all hold, the few that stand in each other's way; without any one they could.

Limits are let go as long as the rest is still proved impossible (a deletion filter: Chinneck and Dravnieks 1991); what
is left is needed, each limit shown so by a plan that keeps all the others. The search begins where it is cheapest:
single customers, then what locks alone ask for, then customers about whom the best effort failed, then everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from optimizer.certain import Certain, find_certain
from optimizer.constraints import together
from optimizer.evaluation import evaluate
from optimizer.explaining.holding import PLACES, Verdict, find_stuck, forbid_alone, judge_limits, model_limits
from optimizer.explaining.lifting import KINDS, Limit, keep_only, lift, list_hard_limits, split_coverage
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Ints, Problem

MOST = 5  # conflicts looked for
CHECKS = 400  # verdicts asked for one conflict
FEW = 6  # customers up to whom each is named by himself
RECORDS = ("lock", "pair", "apart", "group")  # limits of single customers
LOOSE = ("corridor_low", "count_low", "budget")  # what asks for customers whom nothing else asks for


@dataclass(frozen=True, eq=False)
class Conflict:
    """Limits that cannot all hold, in the order of ``KINDS``.

    ``proved``: that they cannot, whatever else is given up; else they are only what the best effort breaks. ``plans``:
    for each limit a plan that keeps all the others, None where none was found: the limit is then not shown to be
    needed.
    """

    limits: tuple[Limit, ...]
    proved: bool
    plans: tuple[Plan | None, ...] = ()

    @property
    def minimal(self) -> bool:
        """Whether each limit is shown to be needed."""
        return self.proved and all(plan is not None for plan in self.plans)


def find_conflicts(problem: Problem, plan: Plan, most: int = MOST) -> list[Conflict]:
    """Conflicts among the hard limits of ``problem``, one for each cause, up to ``most``.

    ``plan``: the best effort. Empty when some plan keeps everything; ends with one that is not proved when neither a
    conflict nor such a plan is found.
    """
    found: list[Conflict] = []
    left, plans = problem, [plan]
    while len(found) < most:
        if evaluate(left, plan).keeps_all:
            break
        conflict = _find_conflict(left, plan, _Asker(left, plans))
        if conflict is None:
            verdict = judge_limits(left)
            if not verdict.holds:
                found.append(Conflict(tuple(list_broken(left, plan)), proved=False))
            break
        # Numbers are places in ``left``; records that were lifted moved the ones behind them.
        found.append(_renumber(conflict, problem, left))
        left = lift(left, choose_release(left, conflict))
    return found


def choose_release(problem: Problem, conflict: Conflict, kept: Collection[Limit] = ()) -> list[Limit]:
    """What of a conflict is let go to look for others, and hides least of them: one limit, or a whole setting.

    A corridor, count or budget goes whole: that it is too much for one rep after the other is one cause. So does the
    limit that locks are too much for, not one of the locks, without which the others may be too much again. Nothing
    of ``kept`` is let go.
    """
    others = [*RECORDS, *(kind for kind in KINDS if kind not in (*RECORDS, "capacity", "coverage"))]
    if len({limit.kind for limit in conflict.limits} & set(PLACES)) == 1:
        others = [*others[1:], "capacity", "lock"]
    rank = {kind: at for at, kind in enumerate(dict.fromkeys([*others, "capacity", "coverage"]))}
    for first in sorted(conflict.limits, key=lambda limit: rank[limit.kind]):
        whole = list_setting(problem, first) if first.kind != "capacity" else [first]
        if not set(whole) & set(kept):
            return whole
    return []


def list_setting(problem: Problem, limit: Limit) -> list[Limit]:
    """All hard limits that are the same setting of the scenario as ``limit``, which is one rep's end of it."""
    if limit.kind not in PLACES:
        return [limit]
    kind = limit.kind.split("_")[0] if limit.kind.startswith("corridor") else limit.kind
    return [x for x in list_hard_limits(problem) if x.kind.startswith(kind) and x.number == limit.number]


def list_broken(problem: Problem, plan: Plan) -> list[Limit]:
    """The hard limits that a plan breaks."""
    violations = evaluate(problem, plan).hard_violations
    reps, customers = (
        {name: at for at, name in enumerate(ids)} for ids in (problem.rep_ids, problem.customer_ids)
    )
    at = {customers[v.customer_id] for v in violations if v.customer_id is not None}
    places = {(v.constraint, reps[v.rep_id]) for v in violations if v.rep_id is not None}
    whole = {v.constraint for v in violations}
    named = {
        "corridor": "corridors", "count": "counts", "budget": "disruption", "pair": "named_pairs", "lock": "locks",
        "group": "together", "tier": "tier_rights", "skill": "skills",
    }  # fmt: skip
    found = []
    for limit in list_hard_limits(problem):
        constraint = named.get(limit.kind.split("_")[0], limit.kind)
        if limit.kind == "coverage":
            some = tuple(i for i in limit.customers if i in at and plan.owner[i] == UNSERVED)
            found += [Limit("coverage", customers=some)] if some and constraint in whole else []
        elif limit.rep >= 0:
            found += [limit] if (constraint, limit.rep) in places else []
        elif constraint in whole and (
            limit.kind == "distance" or at & set(_touched(problem, limit).tolist())
        ):
            found.append(limit)
    return found


def _touched(problem: Problem, limit: Limit) -> Ints:
    """The customers whom a limit without a rep speaks of."""
    if limit.kind == "lock":
        return problem.lock_customer[limit.number : limit.number + 1]
    if limit.kind == "pair":
        return problem.pair_key[limit.number : limit.number + 1] // problem.n_reps
    if limit.kind == "apart":
        couple: Ints = problem.apart[limit.number]
        return couple
    if limit.kind == "group":
        return np.flatnonzero(problem.group == limit.number)
    if limit.kind == "tier":
        return np.flatnonzero(problem.tier == limit.number)
    if limit.kind == "skill":
        return np.flatnonzero((problem.requirements[:, limit.number] > 0)[problem.requirement])
    return np.arange(problem.n_customers)


@dataclass(eq=False)
class _Asker:
    """Verdicts on sets of hard limits of one problem; plans that were found answer for smaller sets too."""

    problem: Problem
    plans: list[Plan]
    every: list[Limit] = field(init=False)
    asked: int = 0

    def __post_init__(self) -> None:
        self.every = list_hard_limits(self.problem)

    def ask(self, limits: Sequence[Limit]) -> Verdict:
        if self.asked >= CHECKS:
            return Verdict(None)
        self.asked += 1
        verdict = judge_limits(keep_only(self.problem, limits, self.every), self.plans[-4:])
        if verdict.plan is not None and all(verdict.plan is not plan for plan in self.plans):
            self.plans.append(verdict.plan)
        return verdict


def _find_conflict(problem: Problem, plan: Plan, asker: _Asker) -> Conflict | None:
    """One conflict of a problem, from where it is cheapest to find."""
    twice = find_locked_twice(problem)
    if twice:
        return shrink(problem, twice, lambda some: Verdict(False) if len(some) == 2 else asker.ask(some))
    stuck = _find_stuck_customers(problem)
    if len(stuck):
        conflict = _explain_stuck(problem, asker, stuck)
        if conflict is not None:
            return conflict
    for limits in _list_suspects(problem, asker.every):
        if asker.ask(limits).holds is False:
            return shrink(problem, limits, asker.ask)
    firm = [limit for limit in asker.every if limit.kind not in (*LOOSE, "coverage")]
    loose = [limit for limit in asker.every if limit.kind in LOOSE]
    covered = [limit for limit in asker.every if limit.kind == "coverage"]
    troubled = _find_troubled(problem, plan)
    wanting = [limit for limit in covered if troubled & set(limit.customers)]
    tries = [firm, firm + wanting, firm + covered, loose + firm + covered]
    for number, limits in enumerate(tries):
        if number and limits == tries[number - 1]:
            continue
        if limits and asker.ask(limits).holds is False:
            return shrink(problem, limits, asker.ask)
    return None


def _list_suspects(problem: Problem, every: Sequence[Limit]) -> Iterator[list[Limit]]:
    """Limits among which adding up says that there is a conflict; then with those that one customer may break alone."""
    high = [x for x in every if x.kind in ("capacity", "corridor_high", "count_high")]
    for found in find_certain(problem):
        if found.code == "nobody":
            continue
        places = set(found.reps.tolist())
        rows = [x for x in every if (x.kind, x.number) == (found.kind, found.number) and x.rep in places]
        rows = _drop_spare(problem, found, rows)
        others = _list_touching(problem, every, found)
        yield [*others, *rows]
        yield [*others, *dict.fromkeys([*rows, *high])]


def _drop_spare(problem: Problem, found: Certain, rows: list[Limit]) -> list[Limit]:
    """Without minimums that the others are too much without."""
    if found.code != "least":
        return rows
    ends = (problem.counts if found.kind == "count_low" else problem.corridors)[found.number].low
    spare, left = found.asked - found.there, []
    for row in sorted(rows, key=lambda row: int(ends[row.rep])):
        if int(ends[row.rep]) < spare:
            spare -= int(ends[row.rep])
        else:
            left.append(row)
    return sorted(left, key=lambda row: row.rep)


def _list_touching(problem: Problem, every: Sequence[Limit], found: Certain) -> list[Limit]:
    """The limits besides those of reps that have to do with what is certain."""
    inside = set(found.customers.tolist())
    whole = found.code == "least"  # whoever is not among the customers is kept away by a limit, too
    return [
        limit
        for limit in every
        if limit.kind not in PLACES
        and (limit.kind != "coverage" or inside & set(limit.customers))
        and (whole or limit.kind not in RECORDS or inside & set(_touched(problem, limit).tolist()))
    ]


def shrink(problem: Problem, limits: Sequence[Limit], ask: Callable[[Sequence[Limit]], Verdict]) -> Conflict:
    """The needed ones of ``limits``, which are proved not to hold together."""
    limits = _narrow(limits, ask)
    left, plans = _filter(limits, ask, _cut(limits))
    if any(limit not in plans for limit in left):  # without the others that are gone now it may be plain
        left, more = _filter(left, ask, [[limit] for limit in left if limit not in plans])
        plans |= more
    few = [limit for limit in left if limit.kind == "coverage"]
    customers = np.array([i for limit in few for i in limit.customers], dtype=np.int64)
    if len(few) < len(customers) <= FEW:
        each = split_coverage(problem, customers, each=True)
        others = [limit for limit in left if limit.kind != "coverage"]
        left, more = _filter([*others, *each], ask, [[limit] for limit in each])
        plans |= more
    left = _merge_coverage(left, plans, ask)
    left = sorted(left, key=lambda limit: KINDS.index(limit.kind))
    return Conflict(tuple(left), proved=True, plans=tuple(plans.get(limit) for limit in left))


def _narrow(limits: Sequence[Limit], ask: Callable[[Sequence[Limit]], Verdict]) -> Sequence[Limit]:
    """Those that a proof speaks of, as long as these are fewer and are proved not to hold together by themselves."""
    while True:
        needed = ask(limits).needed
        if needed is None:
            return limits
        fewer = [limit for limit in limits if limit.kind not in PLACES or limit in needed]
        if len(fewer) == len(limits) or ask(fewer).holds is not False:
            return limits
        limits = fewer


def _filter(
    limits: Sequence[Limit], ask: Callable[[Sequence[Limit]], Verdict], blocks: list[list[Limit]]
) -> tuple[list[Limit], dict[Limit, Plan]]:
    """Let go block by block what is not needed; of what is, a plan that keeps all the others."""
    left, plans = list(limits), {}
    while blocks:
        block = blocks.pop(0)
        gone = set(block)
        rest = [limit for limit in left if limit not in gone]
        verdict = ask(rest)
        if verdict.holds is False:
            left = rest
        elif len(block) > 1:
            half = len(block) // 2
            blocks[:0] = [block[:half], block[half:]]
        elif verdict.plan is not None:
            plans[block[0]] = verdict.plan
    return left, plans


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


def _cut(limits: Sequence[Limit]) -> list[list[Limit]]:
    """Limits of one kind, corridor, count or budget side by side; in the order given."""
    numbered = ("corridor_low", "corridor_high", "count_low", "count_high", "budget")
    return [
        list(some)
        for _, some in groupby(limits, key=lambda x: (x.kind, x.number if x.kind in numbered else -1))
    ]


def find_locked_twice(problem: Problem) -> list[Limit]:
    """Two locks that force different reps on one customer, the first there are; solvers hear only the last."""
    first: dict[int, int] = {}
    for k in np.flatnonzero(problem.lock_forces).tolist():
        before = first.setdefault(int(problem.lock_customer[k]), k)
        if problem.lock_rep[before] != problem.lock_rep[k]:
            return [Limit("lock", before), Limit("lock", k)]
    return []


def _find_troubled(problem: Problem, plan: Plan) -> set[int]:
    """Customers about whom a plan breaks hard limits, or whose rep does."""
    violations = evaluate(problem, plan).hard_violations
    customers = {v.customer_id for v in violations if v.customer_id is not None}
    reps = {v.rep_id for v in violations if v.customer_id is None and v.rep_id is not None}
    at = np.isin(problem.customer_ids.astype(str), [str(c) for c in customers])
    with_rep = np.isin(problem.rep_ids.astype(str), [str(r) for r in reps])
    at |= np.append(with_rep, False)[plan.owner]
    return set(np.flatnonzero(at).tolist())


def _find_stuck_customers(problem: Problem) -> Ints:
    """Customers who may go to nobody even if they were alone."""
    model = forbid_alone(model_limits(problem).model)
    return np.flatnonzero(find_stuck(model)[model.unit_of_customer])


def _explain_stuck(problem: Problem, asker: _Asker, stuck: Ints) -> Conflict | None:
    """Why the first of these customers can go to nobody, with all others for whom the same is why."""
    unit = together.find_units(problem)
    mine = set(np.flatnonzero(unit == unit[stuck[0]]).tolist())
    every = [
        limit
        for limit in asker.every
        if limit.kind not in (*LOOSE, "coverage")
        and (limit.kind not in RECORDS or mine & set(_touched(problem, limit).tolist()))
    ]
    budgets = [limit for limit in asker.every if limit.kind == "budget"]
    cover = split_coverage(problem, np.array(sorted(mine)), each=True) if problem.cover_all else []
    for limits in ([*every, *cover], [*budgets, *every, *cover]):
        if asker.ask(limits).holds is False:
            conflict = shrink(problem, limits, asker.ask)
            return _generalise(problem, conflict, stuck, asker)
    return None


def _generalise(problem: Problem, conflict: Conflict, stuck: Ints, asker: _Asker) -> Conflict:
    """The same conflict for everybody who is stuck by it alone, and would not be without any one of its limits."""
    covered = [limit for limit in conflict.limits if limit.kind == "coverage"]
    if (
        len(covered) != 1
        or not conflict.minimal
        or any(x.kind in ("lock", "pair", "group") for x in conflict.limits)
    ):
        return conflict
    others = [limit for limit in conflict.limits if limit.kind != "coverage"]
    alone = stuck[problem.group[stuck] < 0]

    def remain_stuck(limits: Sequence[Limit]) -> Ints:
        everybody = Limit("coverage", customers=tuple(alone.tolist()))
        asked = keep_only(problem, [*limits, everybody], asker.every)
        return np.intersect1d(_find_stuck_customers(asked), alone)

    alike = remain_stuck(others)
    for limit in others:
        alike = np.setdiff1d(alike, remain_stuck([x for x in others if x is not limit]))
    if len(alike) <= 1:
        return conflict
    limits = (*others, Limit("coverage", customers=tuple(alike.tolist())))
    plans = [asker.ask([x for x in limits if x is not limit]).plan for limit in limits]
    if any(plan is None for plan in plans):
        return conflict  # single customers could, but not all of them at once
    return Conflict(limits, proved=True, plans=tuple(plans))


def _renumber(conflict: Conflict, problem: Problem, left: Problem) -> Conflict:
    """The conflict with records by their places in ``problem``, of which ``left`` has lost some."""

    def find(limit: Limit) -> Limit:
        if limit.kind == "lock":
            k = limit.number
            same = (
                (problem.lock_customer == left.lock_customer[k])
                & (problem.lock_rep == left.lock_rep[k])
                & (problem.lock_forces == left.lock_forces[k])
            )
            return Limit("lock", int(np.flatnonzero(same)[0]))
        if limit.kind == "apart":
            same = (problem.apart == left.apart[limit.number]).all(axis=1)
            return Limit("apart", int(np.flatnonzero(same)[0]))
        return limit

    return Conflict(tuple(find(limit) for limit in conflict.limits), conflict.proved, conflict.plans)
