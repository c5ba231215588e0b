"""Costs: what each limit costs a plan, by the solver's prices at first, then for the dearest by planning without it.

An estimate of a setting with a size (hours, a corridor, a number of customers, a budget) is what one more step may
save; of a lock, a skill, a tier right or a distance what doing without it may save. What is confirmed is the
difference of two plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.constraints import together
from optimizer.explaining.limits.confirming import Confirmable, Confirmed, Confirmer
from optimizer.explaining.limits.lifting import Limit, lift
from optimizer.explaining.limits.naming import LimitName, call
from optimizer.explaining.limits.pair_prices import MOST_PAIRS, PairPrices, take_units, thin
from optimizer.messages import say
from optimizer.plan import UNSERVED
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Floats, Ints, Measure, Problem
from optimizer.result import Result, Worth

TOP = 20  # limits that are confirmed
SMALLEST = 0.0005  # hours: less is shown as 0.000
PAIRS, SWITCH = (
    200,
    2,
)  # pairs not allowed that are priced, and the cheapest reps who may get whom a record holds


@dataclass(frozen=True, eq=False)
class LimitCost(Confirmable):
    """What one limit costs.

    ``estimated``: hours by the solver's prices, of one ``step`` in ``unit`` (hours, points, customers or the measure's
    own), or of doing without it (step None); ``sampled``: what a part of its customers says of all. ``answer``: what
    planning without it says, with the plans; None where that was not tried.
    """

    limit: Limit
    name: LimitName
    estimated: float
    step: float | None = None
    unit: str = ""
    sampled: bool = False
    answer: Confirmed | None = None

    def sentence(self, lang: str = "") -> str:
        """The limit in words."""
        return self.name.sentence(lang)

    def step_sentence(self, lang: str = "") -> str:
        """What the estimate is for: one more step, or doing without."""
        if self.step is None:
            return say("cost.without", lang)
        known = {"hours": "step_hour", "points": "step_point", "customers": "step_customer"}
        if self.unit in known and self.step == 1:
            return say(f"cost.{known[self.unit]}", lang)
        return say("cost.step_amount", lang, amount=self.step, measure=self.unit)


def estimate_limits(
    problem: Problem, worth: Worth | None, *, most_pairs: int = MOST_PAIRS
) -> list[LimitCost]:
    """Every limit that the prices say costs anything, the dearest first; empty without prices.

    A skill, tier right or the distance that concerns more than ``most_pairs`` pairs of customer and rep is priced by a
    sample of its customers. Of locks those of most work are priced, as many as that, of pairs the first ``PAIRS``.
    """
    if worth is None:
        return []
    found = [*_estimate_steps(problem, worth), *_estimate_pairs(PairPrices(problem, worth), most_pairs)]
    some = [cost for cost in found if cost.estimated >= SMALLEST]
    return sorted(some, key=lambda cost: -cost.estimated)  # equals stay in their order


def explain_limits(
    problem: Problem,
    result: Result,
    *,
    top: int = TOP,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[LimitCost]:
    """The dearest ``top`` limits of a plan by estimate, each confirmed by planning without it; then the dearest first.

    ``result`` is what solving ``problem`` answered; where it breaks hard constraints there are no prices and the list
    is empty. Every limit is confirmed as ``Confirmer`` says: one and the same search with it and without, in large
    problems of the territories around and of few limits of everybody. ``on_progress`` hears how many are done of how
    many; limits not reached when ``should_stop`` says so stay estimates.
    """
    found = estimate_limits(problem, result.prices)[:top]
    confirmer = Confirmer(problem, result)
    for at, cost in enumerate(found):
        if should_stop is not None and should_stop():
            break
        changed = lift(problem, [cost.limit])
        near = find_reps(problem, result, changed, cost.limit)
        found[at] = replace(cost, answer=confirmer.confirm(changed, near))
        if on_progress is not None:
            on_progress(at + 1, len(found))
    return sorted(found, key=lambda c: (c.confirmed is None, -(c.confirmed or 0), -c.estimated))


def find_reps(problem: Problem, result: Result, changed: Problem, limit: Limit) -> Ints | None:
    """The reps whom a limit concerns: by itself, or as owners of its customer, now, before or without it.

    None: everybody.
    """
    if limit.kind == "lock":
        customer, rep = int(problem.lock_customer[limit.number]), int(problem.lock_rep[limit.number])
    elif limit.kind == "pair":
        customer, rep = divmod(int(problem.pair_key[limit.number]), problem.n_reps)
    else:
        whole = limit.kind == "budget" and problem.budgets[limit.number].scope != "rep"
        return None if limit.rep < 0 or whole else np.array([limit.rep])
    near = {rep, int(result.plan.owner[customer]), int(problem.owner[customer])}
    if result.prices is not None:
        unit = take_units(problem, np.array([customer]))
        price = PairPrices(problem, result.prices).price_all(changed, unit)[0, :-1]
        near |= set(np.argsort(price, kind="stable")[:SWITCH].tolist())
    return np.array(sorted(near - {UNSERVED}))


def choose_step(measure: Measure) -> float:
    """An hour, a customer, or else the power of ten nearest to what a customer has on average."""
    if measure.name in ("hours", "customers") or not measure.size.any():
        return 1.0
    return float(10.0 ** round(np.log10(np.abs(measure.size).mean() / measure.scale)))


def _estimate_steps(problem: Problem, worth: Worth) -> Iterator[LimitCost]:
    """Limits with a size: what one more step is worth."""

    def cost(limit: Limit, hours: float, step: float, unit: str) -> LimitCost:
        return LimitCost(limit, call(problem, limit), hours, step, unit)

    for r in np.flatnonzero(worth.hour >= SMALLEST).tolist():
        yield cost(Limit("capacity", rep=r), float(worth.hour[r]), 1.0, "hours")
    for k in range(len(problem.corridors)):
        yield cost(Limit("corridor", k), float(worth.corridors[k]), 1.0, "points")
    for k in range(len(problem.counts)):
        for kind, price in (("count_low", worth.count_low[k]), ("count_high", worth.count_high[k])):
            for r in np.flatnonzero(price >= SMALLEST).tolist():
                yield cost(Limit(kind, k, r), float(price[r]), 1.0, "customers")
    for k, (budget, price) in enumerate(zip(problem.budgets, worth.budgets, strict=True)):
        measure = problem.measures[budget.measure]
        step = choose_step(measure)
        for place in np.flatnonzero(price * step >= SMALLEST).tolist():
            yield cost(Limit("budget", k, place), float(price[place]) * step, step, measure.name)


def _estimate_pairs(prices: PairPrices, most: int) -> Iterator[LimitCost]:
    """Limits that take pairs away: what the cheapest pairs without them would save."""
    problem = prices.problem
    for limit in list_qualifications(problem):
        yield estimate_qualification(prices, limit, most)
    locks = [Limit("lock", k) for k in range(len(problem.lock_customer))]
    yield from _estimate_records(prices, locks, problem.lock_customer, most)
    # a table of thousands is no list of exceptions any more
    number = np.flatnonzero(problem.pair_allowed == 0)[:PAIRS]
    pairs = [Limit("pair", int(k)) for k in number]
    yield from _estimate_records(prices, pairs, problem.pair_key[number] // problem.n_reps, most)


def estimate_qualification(prices: PairPrices, limit: Limit, most: int) -> LimitCost:
    """A skill, a tier right or the distance, by a sample of its customers where these are many."""
    problem = prices.problem
    customers, times = thin(problem, find_asked(problem, limit), most)
    hours = times * estimate_lift(prices, customers, [limit])
    return LimitCost(limit, call(problem, limit), hours, sampled=times > 1)


def list_qualifications(problem: Problem) -> list[Limit]:
    """Skills, tier rights and the distance, as far as they can bind, hard or priced."""
    asked = problem.requirements[np.unique(problem.requirement)].max(axis=0, initial=0)
    skills = np.flatnonzero(asked > problem.skill.min(axis=0, initial=NO_LIMIT))
    tiers = np.flatnonzero(~problem.serves.all(axis=0))
    far = [Limit("distance")] if np.isfinite(problem.distance_limit) else []
    return [*(Limit("skill", int(s)) for s in skills), *(Limit("tier", int(t)) for t in tiers), *far]


def find_asked(problem: Problem, limit: Limit) -> Ints:
    """The customers whom a skill, a tier right or the distance concerns, with those decided with them."""
    if limit.kind == "skill":
        at = np.flatnonzero((problem.requirements[:, limit.number] > 0)[problem.requirement])
    elif limit.kind == "tier":
        at = np.flatnonzero(problem.tier == limit.number)
    else:
        at = np.arange(problem.n_customers)
    return take_units(problem, at)


def estimate_lift(prices: PairPrices, customers: Ints, limits: Sequence[Limit]) -> float:
    """Hours that doing without ``limits`` may save for ``customers`` (groups whole), as prices are now."""
    problem = prices.problem
    return float(_save(prices, customers, lift(problem, limits)).sum()) / UNITS_PER_HOUR


def _save(prices: PairPrices, customers: Ints, without: Problem) -> Floats:
    """Milli-hours that each unit could save in another problem, [units]."""
    now = prices.find_cheapest(prices.problem, customers)
    then = prices.find_cheapest(without, customers)
    known = np.isfinite(now) & np.isfinite(then)
    saved: Floats = np.where(
        known, np.maximum(np.where(known, now, 0.0) - np.where(known, then, 0.0), 0.0), 0.0
    )
    return saved


def _estimate_records(
    prices: PairPrices, records: Sequence[Limit], customer: Ints, most: int
) -> Iterator[LimitCost]:
    """Locks or pairs; where several hold one unit each is lifted by itself, elsewhere all at once."""
    problem = prices.problem
    if not records:
        return
    # beyond what may be priced, customers of least work are left out
    known = np.unique(customer)
    known = known[np.argsort(-problem.hours[known], kind="stable")][: most // max(problem.n_reps, 1)]
    customers = take_units(problem, known)
    _, of_unit = np.unique(together.find_units(problem)[customers], return_inverse=True)
    number = np.full(problem.n_customers, -1, dtype=np.int64)
    number[customers] = of_unit
    unit = number[customer]
    priced = [(limit, u) for limit, u in zip(records, unit.tolist(), strict=True) if u >= 0]
    alone = np.bincount(unit[unit >= 0]) == 1
    saved = _save(prices, customers, lift(problem, [limit for limit, _ in priced])) / UNITS_PER_HOUR
    for limit, u in priced:
        mine = customers[of_unit == u]
        hours = float(saved[u]) if alone[u] else estimate_lift(prices, mine, [limit])
        yield LimitCost(limit, call(problem, limit), hours)
