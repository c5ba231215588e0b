"""Counterfactual: what it would take to give a customer to a certain rep: the territories around are decided anew."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.evaluation import evaluate
from optimizer.explaining.assignments.alternatives import Alternative, weigh_option
from optimizer.explaining.elsewhere import cut_around
from optimizer.explaining.figures import Figure, compare_figures
from optimizer.messages import Joined, say
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rebalancing.proposing.concern import find_neighbours
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.result import Score, Violation
from optimizer.solving import solve

NEIGHBOURS = 6  # territories besides those of the two reps
EFFORT = 0.025  # of the work a plan deserves
QUICK = 0.01  # the same for whoever waits
GAP = 0.003  # of the part's objective: nearer to the best possible nobody asks
WORTH = 0.01  # of what all changes together bring, that each of them must bring
NO_MORE = 200  # times that changes which bring nothing are taken back


@dataclass(frozen=True)
class Shift:
    """A customer (with those it is decided with) that changes hands because of another; None is nobody.

    ``gain``: what the counterfactual would lose, in milli-hours, if this alone stayed as it was; ``needed``: hours by
    which hard constraints would then be broken more.
    """

    customer_ids: tuple[str, ...]
    from_rep: str | None
    to_rep: str | None
    gain: int
    needed: int

    def sentence(self, lang: str = "") -> str:
        """Who goes from whom to whom, and what that brings."""
        nobody = say("explain.nobody_rep", lang)
        gaps = {"before": self.from_rep or nobody, "after": self.to_rep or nobody}
        code = "shift.needed" if self.needed > 0 else "shift.gains"
        names = Joined(self.customer_ids)
        return say(code, lang, customer=names, hours=self.gain / UNITS_PER_HOUR, **gaps)


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """A plan in which a customer is with the rep it was asked for, and what that changes.

    ``alone``: the change with all else as it is. ``plan`` and ``score``: after the ``n_reps`` territories around were
    decided anew, judged by the checker as any plan. ``difference``: milli-hours that the objective rises by, the sum of
    ``terms``. ``broken``: hard constraints that the plan then breaks and did not before; the asked pair's own barriers
    are among them. ``shifts``: the other customers that change hands. ``figures``: what a planner watches, before and
    after. ``better``: milli-hours by which a short search of the same territories makes the plan cheaper without the
    pair; 0 where it finds nothing, which a longer one might.
    """

    customer_id: str
    customer_ids: tuple[str, ...]
    rep_id: str
    before_rep: str | None
    alone: Alternative
    plan: Plan
    score: Score
    difference: int
    terms: dict[str, int]
    broken: tuple[Violation, ...]
    shifts: tuple[Shift, ...]
    figures: tuple[Figure, ...]
    n_reps: int
    better: int
    seconds: float

    @property
    def hours(self) -> float:
        """The difference in hours."""
        return self.difference / UNITS_PER_HOUR

    @property
    def better_hours(self) -> float:
        """What the plan could be better by anyway, in hours."""
        return self.better / UNITS_PER_HOUR

    def sentence(self, lang: str = "") -> str:
        """What it would take, in a sentence or two, and whether the plan could be better anyway."""
        told = self._say_taken(lang)
        if not self.better:
            return told
        return say("counterfactual.better", lang, told=told, hours=self.better_hours)

    def _say_taken(self, lang: str) -> str:
        gaps = {"customer": self.customer_id, "rep": self.rep_id, "hours": abs(self.hours)}
        gaps |= {"alone": self.alone.sentence(lang), "reps": self.n_reps}
        gaps["shift_count"] = sum(len(shift.customer_ids) for shift in self.shifts)
        if self.before_rep == self.rep_id:
            return say("counterfactual.is_there", lang, **gaps)
        if self.broken:
            gaps["broken"] = " ".join(violation.sentence(lang) for violation in self.broken[:3])
            return say("counterfactual.breaks", lang, broken_count=len(self.broken), **gaps)
        if not self.shifts:
            return say("counterfactual.alone", lang, **gaps)
        code = "costs" if self.difference > 0 else "saves" if self.difference < 0 else "same"
        return say(f"counterfactual.{code}", lang, **gaps)


def explain_why_not(
    problem: Problem,
    plan: Plan,
    customer_id: str,
    rep_id: str,
    *,
    seed: int | None = None,
    effort: float = EFFORT,
) -> Counterfactual:
    """What it would take to give a customer to ``rep_id``: the pair is forced and what it touches is solved again.

    The territories of that rep, of the present owner and of the nearest others are decided anew, at most some twenty,
    with the pair and without, so that it takes a second or two however large the plan is; no full solve. A pair that a
    hard constraint forbids is looked at all the same, and what it breaks is told. ``effort``: of the work that a whole
    plan deserves; with ``QUICK`` an answer takes a third of the time and may cost a hundredth more. KeyError for an
    unknown customer or rep.
    """
    began = time.perf_counter()
    customer, rep = _find(problem.customer_ids, customer_id), _find(problem.rep_ids, rep_id)
    tally, before = Tally(problem, plan.owner), evaluate(problem, plan)
    mates = tally.mates(customer)
    alone = weigh_option(tally, customer, rep)
    forced = plan.owner.copy()
    forced[mates] = rep
    owner, count, better = forced, 0, 0
    if not np.array_equal(forced, plan.owner):
        area = _find_area(problem, plan.owner, forced, mates)
        owner, count = _settle(problem, plan.owner, forced, mates, area, seed, effort)
        better = _find_better(problem, tally, plan.owner, area, seed, effort)
    after = evaluate(problem, Plan(owner))
    broken = {_name_place(v): v.amount for v in before.hard_violations}
    owned = int(plan.owner[customer])
    return Counterfactual(
        customer_id=customer_id,
        customer_ids=tuple(problem.customer_ids[mates]),
        rep_id=rep_id,
        before_rep=None if owned == UNSERVED else str(problem.rep_ids[owned]),
        alone=alone,
        plan=Plan(owner),
        score=after,
        difference=after.objective - before.objective,
        terms={
            name: change
            for name in dict.fromkeys([*before.terms, *after.terms])
            if (change := after.terms.get(name, 0) - before.terms.get(name, 0))
        },
        broken=tuple(v for v in after.hard_violations if v.amount > broken.get(_name_place(v), 0.0) + 1e-9),
        shifts=_list_shifts(problem, plan.owner, owner, mates),
        figures=compare_figures(problem, (plan, before), (Plan(owner), after)),
        n_reps=count,
        better=better,
        seconds=time.perf_counter() - began,
    )


def _find(ids: NDArray[np.object_], name: str) -> int:
    at = np.flatnonzero(ids == name)
    if not len(at):
        raise KeyError(name)
    return int(at[0])


def _name_place(violation: Violation) -> tuple[str | None, ...]:
    return violation.code, violation.customer_id, violation.rep_id, violation.tier, violation.measure


def _find_area(problem: Problem, owner: Ints, forced: Ints, mates: Ints) -> Bools:
    """The reps around a forced pair, [R]."""
    area = np.zeros(problem.n_reps, dtype=bool)
    ends = np.concatenate([owner[mates], forced[mates]])
    area[ends[ends != UNSERVED]] = True
    near: Bools = area | find_neighbours(problem, owner, area, np.zeros(problem.n_reps), NEIGHBOURS)
    return near


def _search(problem: Problem, owner: Ints, area: Bools, seed: int | None, effort: float) -> tuple[Ints, int]:
    """The best plan found from ``owner`` on in which only the reps of an area [R] change, and how many took part."""
    part = cut_around(problem, owner, area)
    answer = solve(  # in a closed part of the plan
        replace(part.problem, effort=effort * problem.effort),
        start=part.take(owner),
        gap=max(GAP, problem.gap),
        seed=seed,
    )
    return part.put_back(owner, answer.plan), int((part.reps < problem.n_reps).sum())


def _find_better(
    problem: Problem, tally: Tally, owner: Ints, area: Bools, seed: int | None, effort: float
) -> int:
    """Milli-hours by which the plan becomes cheaper in an area, and breaks no more, with nothing forced."""
    found, _ = _search(problem, owner, area, seed, min(effort, QUICK))
    (breach, objective), then = tally.total(), Tally(problem, found).total()
    return max(objective - then[1], 0) if then[0] <= breach else 0


def _settle(
    problem: Problem,
    owner: Ints,
    forced: Ints,
    mates: Ints,
    area: Bools,
    seed: int | None,
    effort: float,
) -> tuple[Ints, int]:
    """The best plan around a forced pair, and how many territories took part."""
    allowed = _allow(problem, mates, int(forced[mates[0]]))
    found, taking_part = _search(allowed, forced, area, seed, effort)
    found[mates] = forced[mates]
    if Tally(problem, found).total() >= Tally(problem, forced).total():
        return forced, taking_part
    return _take_back(problem, owner, forced, found, mates), taking_part


def _allow(problem: Problem, mates: Ints, rep: int) -> Problem:
    """The problem in which ``mates`` are with ``rep``, whatever skills, tier rights, distance, locks and pairs say.

    What this breaks is told by the checker of the problem as it is; here it would only hide what else there is to find.
    """
    count = problem.n_reps
    key = mates * count + rep
    named = problem.find_pairs(mates, np.full(len(mates), rep, dtype=np.int64))
    allowed = problem.pair_allowed.copy()
    allowed[named[named >= 0]] = 1
    new = key[named < 0]
    at = np.searchsorted(problem.pair_key, new)
    blank = np.full(len(new), -1, dtype=np.int64)
    lock = ~np.isin(problem.lock_customer, mates)
    requirement = problem.requirement.copy()
    requirement[mates] = len(problem.requirements)
    tier, serves = problem.tier, problem.serves
    if not serves[rep, tier[mates]].all():  # as a tier of its own that everybody may serve
        tier = tier.copy()
        tier[mates] = len(problem.tier_names)
        serves = np.column_stack([serves, np.ones(count, dtype=bool)])
    return replace(
        problem,
        tier=tier,
        tier_names=(*problem.tier_names, "") if tier is not problem.tier else problem.tier_names,
        serves=serves,
        requirement=requirement,
        requirements=np.concatenate(
            [problem.requirements, np.zeros((1, problem.requirements.shape[1]), dtype=np.int64)]
        ),
        pair_key=np.insert(problem.pair_key, at, new),
        pair_hours=np.insert(problem.pair_hours, at, blank),
        pair_travel=np.insert(problem.pair_travel, at, blank),
        pair_cost=np.insert(problem.pair_cost, at, np.zeros(len(new), dtype=np.int64)),
        pair_allowed=np.insert(allowed, at, np.ones(len(new), dtype=np.int64)),
        lock_customer=np.append(problem.lock_customer[lock], mates),
        lock_rep=np.append(problem.lock_rep[lock], np.full(len(mates), rep, dtype=np.int64)),
        lock_forces=np.append(problem.lock_forces[lock], np.ones(len(mates), dtype=bool)),
    )


def _take_back(problem: Problem, owner: Ints, forced: Ints, found: Ints, mates: Ints) -> Ints:
    """The plan found without changes that have nothing to do with the pair, or that bring next to nothing."""
    tally = Tally(problem, found)
    units = _list_changes(tally, forced)
    for unit in _find_unrelated(problem, owner, found, units):
        tally.move_each(unit, forced[unit])
    units = _list_changes(tally, forced)
    near = {int(rep) for rep in (*owner[mates], *forced[mates])}
    waiting = units
    linked: list[Ints] = []
    while True:  # along chains of reps, beginning at the two ends of the asked change
        touched = [
            unit for unit in waiting if {int(found[unit[0]]), int(forced[unit[0]])} & (near - {UNSERVED})
        ]
        if not touched:
            break
        linked += touched
        near |= {int(rep) for unit in touched for rep in (found[unit[0]], forced[unit[0]])}
        waiting = [unit for unit in waiting if not any(unit is other for other in touched)]
    for unit in waiting:
        tally.move_each(unit, forced[unit])
    (breach, objective), now = Tally(problem, forced).total(), tally.total()
    least = int(WORTH * (objective - now[1])) if breach == now[0] else 0
    for _ in range(NO_MORE):
        units = _list_changes(tally, forced)
        if not units:
            break
        option = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
        who = np.concatenate(units)
        back = tally.weigh_apart(option, who, forced[who], len(units))
        worst = int(np.lexsort((back.objective, back.breach))[0])
        if (int(back.breach[worst]), int(back.objective[worst])) > (0, least):
            break
        tally.move_each(units[worst], forced[units[worst]])
    return tally.owner


def _find_unrelated(problem: Problem, owner: Ints, found: Ints, units: list[Ints]) -> list[Ints]:
    """Changes that would make the plan in hand better all by themselves: no consequence of the pair."""
    if not units:
        return []
    option = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    who = np.concatenate(units)
    alone = Tally(problem, owner).weigh_apart(option, who, found[who], len(units))
    better = (alone.breach < 0) | ((alone.breach == 0) & (alone.objective < 0))
    return [units[k] for k in np.flatnonzero(better).tolist()]


def _list_changes(tally: Tally, owner: Ints) -> list[Ints]:
    """The units whose owner is another than in ``owner``."""
    seen: set[int] = set()
    units = []
    for customer in np.flatnonzero(tally.owner != owner).tolist():
        if customer not in seen:
            mates = tally.mates(customer)
            seen |= set(mates.tolist())
            units.append(mates)
    return units


def _list_shifts(problem: Problem, before: Ints, after: Ints, mates: Ints) -> tuple[Shift, ...]:
    """The other customers that change hands, those first without which most would be lost."""
    tally = Tally(problem, after)
    asked = set(mates.tolist())
    units = [unit for unit in _list_changes(tally, before) if int(unit[0]) not in asked]
    if not units:
        return ()
    option = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    who = np.concatenate(units)
    back = tally.weigh_apart(option, who, before[who], len(units))
    names = np.append(problem.rep_ids, [None])
    order = np.lexsort((-back.objective, -back.breach)).tolist()
    return tuple(
        Shift(
            tuple(problem.customer_ids[units[k]]),
            names[before[units[k][0]]],
            names[after[units[k][0]]],
            int(back.objective[k]),
            int(back.breach[k]),
        )
        for k in order
    )
