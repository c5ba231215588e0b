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
from optimizer.evaluation import evaluate
from optimizer.explaining.elsewhere import cut_around
from optimizer.explaining.lifting import Limit, lift
from optimizer.explaining.naming import LimitName, call
from optimizer.explaining.pair_prices import MOST_PAIRS, PairPrices, take_units
from optimizer.messages import say
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Floats, Ints, Measure, Problem
from optimizer.rebalancing.concern import find_neighbours
from optimizer.result import Result, Status, Worth
from optimizer.solving import solve

TOP = 20  # limits that are confirmed
SMALLEST = 0.0005  # hours: less is shown as 0.000
# Pairs of customer and rep beyond which plans without a limit are searched with less effort, and how much.
EFFORTS = ((0, 1.0), (5_000, 0.1), (50_000, 0.02))
PRICED, PRICING = (
    50_000,
    0.1,
)  # pairs beyond which planning again for the prices takes less effort, and how much
LARGE, NEIGHBOURS = (
    5_000_000,
    6,
)  # pairs beyond which only the territories around are planned again, and how many


class Confirmable:
    """What is estimated by prices at first and then perhaps ``confirmed`` by planning, in milli-hours."""

    confirmed: int | None

    @property
    def confirmed_hours(self) -> float | None:
        """What is confirmed in hours."""
        return None if self.confirmed is None else self.confirmed / UNITS_PER_HOUR


@dataclass(frozen=True, eq=False)
class LimitCost(Confirmable):
    """What one limit costs.

    ``estimated``: hours by the solver's prices, of one ``step`` in ``unit`` (hours, points, customers or the measure's
    own), or of doing without it (step None). ``confirmed``: milli-hours by which the plan found without it is better;
    None where nothing was planned again. ``proved``: both plans are the best possible, so that the difference is exact;
    else it is what two searches found.
    """

    limit: Limit
    name: LimitName
    estimated: float
    step: float | None = None
    unit: str = ""
    confirmed: int | None = None
    proved: bool = False

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

    A lock, skill, tier right, pair or the distance is priced where it concerns up to ``most_pairs`` pairs of customer
    and rep; where it concerns more, it is left out.
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
    is empty. For every limit a plan is searched without it, beginning with the plan at hand: small problems with all
    effort, larger ones with less (``EFFORTS``). With more than ``LARGE`` pairs of customer and rep no plan is made
    whole: for limits of single reps the territories around are decided anew, all others stay estimates.
    ``on_progress`` hears how many are done of how many; limits not reached when ``should_stop`` says so stay estimates.
    """
    found = estimate_limits(problem, result.prices)[:top]
    for at, cost in enumerate(found):
        if should_stop is not None and should_stop():
            break
        found[at] = confirm(problem, result, cost)
        if on_progress is not None:
            on_progress(at + 1, len(found))
    return sorted(found, key=lambda c: (c.confirmed is None, -(c.confirmed or 0), -c.estimated))


def solve_for_prices(problem: Problem, plan: Plan) -> Result:
    """What solving answers from ``plan`` on, for its prices; with more than ``PRICED`` pairs with less effort."""
    large = problem.n_customers * problem.n_reps > PRICED
    return solve(replace(problem, effort=PRICING * problem.effort) if large else problem, start=plan)


def confirm(problem: Problem, result: Result, cost: LimitCost) -> LimitCost:
    """The same with what the plan without the limit saves."""
    near = find_reps(problem, result.plan, cost.limit)
    found = plan_without(lift(problem, [cost.limit]), result.plan, near)
    if found is None:
        return cost
    exact = found.proved and result.status is Status.OPTIMAL
    return replace(cost, confirmed=result.objective - found.objective, proved=exact)


def find_reps(problem: Problem, plan: Plan, limit: Limit) -> Ints | None:
    """The reps whom a limit concerns, by it or by the customer it is about; None: everybody."""
    if limit.kind == "lock":
        customer, rep = int(problem.lock_customer[limit.number]), int(problem.lock_rep[limit.number])
    elif limit.kind == "pair":
        customer, rep = divmod(int(problem.pair_key[limit.number]), problem.n_reps)
    else:
        whole = limit.kind == "budget" and problem.budgets[limit.number].scope != "rep"
        return None if limit.rep < 0 or whole else np.array([limit.rep])
    near = {rep, int(plan.owner[customer]), int(problem.owner[customer])}
    return np.array(sorted(near - {UNSERVED}))


@dataclass(frozen=True)
class Without:
    """What the best plan found for a changed problem costs, milli-hours, and whether none is better."""

    objective: int
    proved: bool


def plan_without(changed: Problem, start: Plan, near: Ints | None = None) -> Without | None:
    """The best plan found for a changed problem, from ``start`` on. ``near``: the reps whom the change concerns.

    Of a problem with more than ``LARGE`` pairs only the territories of these reps and around them are decided anew, a
    hundred times faster; None where the change concerns everybody.
    """
    pairs = changed.n_customers * changed.n_reps
    effort = changed.effort * next(share for most, share in reversed(EFFORTS) if pairs >= most)
    if pairs <= LARGE:
        result = solve(replace(changed, effort=effort), start=start)
        return Without(evaluate(changed, result.plan).objective, result.status is Status.OPTIMAL)
    if near is None:
        return None
    area = np.zeros(changed.n_reps, dtype=bool)
    area[near] = True
    area |= find_neighbours(changed, start.owner, area, np.zeros(changed.n_reps), NEIGHBOURS)
    part = cut_around(changed, start.owner, area)
    answer = solve(replace(part.problem, effort=effort), start=part.take(start.owner))
    plans = (start, Plan(part.put_back(start.owner, answer.plan)))
    judged = [score for score in (evaluate(changed, plan) for plan in plans) if score.keeps_all]
    return Without(min(score.objective for score in judged), proved=False) if judged else None


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
    for limit in [*list_qualifications(problem), *_list_pairs(problem)]:
        customers = find_asked(problem, limit)
        if len(customers) * problem.n_reps <= most:
            yield LimitCost(limit, call(problem, limit), estimate_lift(prices, customers, [limit]))
    yield from _estimate_locks(prices, most)


def list_qualifications(problem: Problem) -> list[Limit]:
    """Skills, tier rights and the distance, as far as they can bind, hard or priced."""
    asked = problem.requirements[np.unique(problem.requirement)].max(axis=0, initial=0)
    skills = np.flatnonzero(asked > problem.skill.min(axis=0, initial=NO_LIMIT))
    tiers = np.flatnonzero(~problem.serves.all(axis=0))
    far = [Limit("distance")] if np.isfinite(problem.distance_limit) else []
    return [*(Limit("skill", int(s)) for s in skills), *(Limit("tier", int(t)) for t in tiers), *far]


def find_asked(problem: Problem, limit: Limit) -> Ints:
    """The customers whom a skill, a tier right, a pair or the distance concerns, with those decided with them."""
    if limit.kind == "skill":
        at = np.flatnonzero((problem.requirements[:, limit.number] > 0)[problem.requirement])
    elif limit.kind == "tier":
        at = np.flatnonzero(problem.tier == limit.number)
    elif limit.kind == "pair":
        at = problem.pair_key[[limit.number]] // problem.n_reps
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


def _list_pairs(problem: Problem) -> list[Limit]:
    """The first pairs that are not allowed; a table of thousands is no list of exceptions any more."""
    return [Limit("pair", int(k)) for k in np.flatnonzero(problem.pair_allowed == 0)[:200]]


def _estimate_locks(prices: PairPrices, most: int) -> Iterator[LimitCost]:
    """Every lock; where several hold one unit each is lifted by itself, elsewhere all at once."""
    problem = prices.problem
    locks = [Limit("lock", k) for k in range(len(problem.lock_customer))]
    customers = take_units(problem, np.unique(problem.lock_customer))
    if not locks or len(customers) * problem.n_reps > most:
        return
    _, first, of_unit = np.unique(
        together.find_units(problem)[customers], return_index=True, return_inverse=True
    )
    number = np.full(problem.n_customers, -1, dtype=np.int64)
    number[customers] = of_unit
    unit = number[problem.lock_customer]
    alone = np.bincount(unit, minlength=len(first)) == 1
    saved = _save(prices, customers, lift(problem, locks)) / UNITS_PER_HOUR
    for limit, u in zip(locks, unit.tolist(), strict=True):
        mine = customers[of_unit == u]
        hours = float(saved[u]) if alone[u] else estimate_lift(prices, mine, [limit])
        yield LimitCost(limit, call(problem, limit), hours)
