"""Skills: which skill, tier right or region binds, and whom to train, allow or hire: a brief for training and hiring.

Every idea is priced by the solver's prices, for all reps at once; the best few are confirmed by planning with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.constraints import together
from optimizer.explaining.limits import changes as change
from optimizer.explaining.limits.changes import FINE, Change, apply_changes
from optimizer.explaining.limits.confirming import Confirmable, Confirmed, Confirmer
from optimizer.explaining.limits.costs import (
    SMALLEST,
    LimitCost,
    estimate_qualification,
    find_asked,
    list_qualifications,
)
from optimizer.explaining.limits.lifting import Limit, lift
from optimizer.explaining.limits.pair_prices import MOST_PAIRS, PairPrices, take_units, thin
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints, Problem
from optimizer.result import Result, Worth

TOP = 5  # ideas that are confirmed
REGIONS = 20  # the regions with most work that a rep may be hired for
HIRES = 1_000_000  # pairs of customer and rep looked at for one hire, the customers nearest to it


@dataclass(frozen=True, eq=False)
class SkillGap(Confirmable):
    """One idea: to train a rep, to let a rep serve a tier, or to hire one, by its ``change``.

    ``customers``: how many would gain by it. ``estimated``: hours it saves by the solver's prices, with as many
    customers as the rep's hours hold, which are as dear as they are now; ``sampled``: both are what a part of the
    customers says of all. ``answer``: what planning with it says, with the plans; None where that was not tried. Who is
    hired serves all tiers, may have as much as any other and need not have anything, while the others' limits stay;
    what the rep costs is not counted.
    """

    change: Change
    customers: int
    estimated: float
    sampled: bool = False
    answer: Confirmed | None = None

    def sentence(self, lang: str = "") -> str:
        """The idea in words."""
        return self.change.sentence(lang)


@dataclass(frozen=True, eq=False)
class SkillBrief:
    """A brief for training and hiring.

    ``binding``: skills and tier rights that cost anything by the prices, the dearest first. ``regions``: hours that the
    prices of reps' hours come to by region, the dearest first. ``gaps``: ideas, the most useful first.
    """

    binding: tuple[LimitCost, ...]
    regions: tuple[tuple[str, float], ...]
    gaps: tuple[SkillGap, ...]


def explain_skills(
    case: Case,
    problem: Problem,
    result: Result,
    *,
    top: int = TOP,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SkillBrief:
    """What binds in skills, tier rights and regions, and the ``top`` ideas against it, each confirmed by planning.

    ``problem`` is built from ``case``, ``result`` what solving it answered. Without prices (hard constraints are
    broken) the brief is empty; ask for conflicts then. Ideas not reached when ``should_stop`` says so stay estimates.
    """
    if result.prices is None:
        return SkillBrief((), (), ())
    prices = PairPrices(problem, result.prices)
    limits = [limit for limit in list_qualifications(problem) if limit.kind != "distance"]
    costs = [estimate_qualification(prices, limit, MOST_PAIRS) for limit in limits]
    binding = sorted((c for c in costs if c.estimated >= SMALLEST), key=lambda c: -c.estimated)
    regions = _price_regions(case, prices, result.plan.owner)
    gaps = [gap for limit in limits for gap in _list_gaps(prices, limit)]
    gaps += _list_hires(case, prices, limits)
    gaps = sorted((gap for gap in gaps if gap.estimated >= SMALLEST), key=lambda gap: -gap.estimated)[:top]
    confirmer = Confirmer(problem, result)
    for at, gap in enumerate(gaps):
        if should_stop is not None and should_stop():
            break
        changed = apply_changes(problem, [gap.change])
        reps = gap.change.reps or tuple(range(problem.n_reps, changed.n_reps))
        gaps[at] = replace(gap, answer=confirmer.confirm(changed, np.array(reps, dtype=np.int64)))
        if on_progress is not None:
            on_progress(at + 1, len(gaps))
    ranked = sorted(gaps, key=lambda gap: (gap.confirmed is None, -(gap.confirmed or 0), -gap.estimated))
    return SkillBrief(tuple(binding), regions, tuple(ranked))


def _list_gaps(prices: PairPrices, limit: Limit) -> Iterator[SkillGap]:
    """Each rep who lacks a skill or a tier right, with what having it would save."""
    problem = prices.problem
    customers, times = thin(problem, find_asked(problem, limit), MOST_PAIRS)
    if not len(customers):
        return
    now = prices.find_cheapest(problem, customers)
    # Nobody's price changes but that of the reps who lack it: their columns are what they would cost.
    table = prices.price_all(lift(problem, [limit]), customers)[:, :-1]
    better = np.where(np.isfinite(table), np.maximum(now[:, None] - table, 0.0), 0.0)
    better[~np.isfinite(now)] = 0.0
    level = (
        int(problem.requirements[problem.requirement[customers], limit.number].max())
        if limit.kind == "skill"
        else 0
    )
    lacking = (
        problem.skill[:, limit.number] < level if limit.kind == "skill" else ~problem.serves[:, limit.number]
    )
    for r in np.flatnonzero(lacking & (better.sum(axis=0) >= SMALLEST * UNITS_PER_HOUR)).tolist():
        load = times * problem.pair_load(customers, np.full(len(customers), r)).astype(np.float64)
        gain, fits = _fill(better[:, r], _sum_units(problem, customers, load), int(problem.load_limit[r]))
        hours = times * gain / UNITS_PER_HOUR
        if hours < SMALLEST:
            continue
        rep = np.array([r])
        one = (
            change.train(problem, limit.number, level, rep)
            if limit.kind == "skill"
            else change.permit(problem, limit.number, rep)
        )
        yield SkillGap(one, round(times * fits), hours, sampled=times > 1)


def _fill(gain: Floats, load: Floats, hours: int) -> tuple[float, int]:
    """What units [units] gain, the most an hour first, as many as ``hours`` (milli-hours) hold; and how many."""
    some = np.flatnonzero(gain > 0)
    some = some[np.argsort(-gain[some] / np.maximum(load[some], 1.0), kind="stable")]
    fits = some[np.cumsum(load[some]) <= hours]
    return float(gain[fits].sum()), len(fits)


def _price_regions(case: Case, prices: PairPrices, owner: Ints) -> tuple[tuple[str, float], ...]:
    """By region what the hours of its customers' reps are worth above what they cost, the dearest first."""
    served = np.flatnonzero(owner != UNSERVED)
    paid = np.zeros(prices.problem.n_customers)
    paid[served] = prices.worth.hour[owner[served]] * prices.problem.pair_load(served, owner[served])
    regions = case.records.customers["region"]
    total = (
        pd.Series(paid / UNITS_PER_HOUR).groupby(regions).sum().sort_values(ascending=False, kind="stable")
    )
    return tuple((str(name), float(hours)) for name, hours in total.items() if hours >= SMALLEST)


def _list_hires(case: Case, prices: PairPrices, limits: list[Limit]) -> Iterator[SkillGap]:
    """One rep more in the middle of each region's work, and of that of each skill; with usual hours."""
    problem = prices.problem
    regions = case.records.customers["region"]
    biggest = (
        pd.Series(problem.hours).groupby(regions).sum().sort_values(ascending=False, kind="stable")[:REGIONS]
    )
    groups = [
        (str(name), "", np.flatnonzero((regions == name).to_numpy(dtype=bool))) for name in biggest.index
    ]
    if not groups:
        groups = [("", "", np.arange(problem.n_customers))]
    groups += [
        ("", problem.skill_names[limit.number], find_asked(problem, limit))
        for limit in limits
        if limit.kind == "skill"
    ]
    for region, skill, customers in groups:
        if len(customers):
            hired = change.hire(problem, take_units(problem, customers), region=region, skill=skill)
            if hired is not None:
                gap = _price_hire(prices, hired, _take_nearest(problem, hired, customers))
                if gap is not None:
                    yield gap


def _take_nearest(problem: Problem, hired: Change, customers: Ints) -> Ints:
    """Of many customers those who live nearest to a rep who is hired for them, units whole."""
    most = max(HIRES // max(problem.n_reps, 1), 1)
    if len(customers) > most:
        home = np.array(hired.amounts[-3:], dtype=np.float64) / FINE
        far = ((problem.customer_point[customers] - home) ** 2).sum(axis=1)  # whoever has no place comes last
        customers = customers[np.argsort(far, kind="stable")[:most]]
    return take_units(problem, customers)


def _price_hire(prices: PairPrices, hired: Change, at: Ints) -> SkillGap | None:
    """What a rep would save with those of ``at`` (units whole) who gain most an hour, as many as his hours hold."""
    problem = prices.problem
    wider = apply_changes(problem, [hired])
    now = prices.find_cheapest(problem, at)
    new = np.full(len(at), problem.n_reps)
    own = _sum_units(problem, at, PairPrices(wider, _add_rep(prices.worth)).price(wider, at, new))
    load = _sum_units(problem, at, wider.pair_load(at, new).astype(np.float64))
    gain = np.where(np.isfinite(now) & np.isfinite(own), now - np.where(np.isfinite(own), own, 0.0), 0.0)
    saved, fits = _fill(gain, load, hired.given)
    return SkillGap(hired, fits, saved / UNITS_PER_HOUR) if fits else None


def _add_rep(worth: Worth) -> Worth:
    """The prices with one rep more, whose limits are worth nothing."""

    def widen(price: Floats) -> Floats:
        wider: Floats = np.concatenate([price, np.zeros((*price.shape[:-1], 1))], axis=-1)
        return wider

    return replace(
        worth,
        hour=widen(worth.hour),
        corridor_low=widen(worth.corridor_low),
        corridor_high=widen(worth.corridor_high),
        count_low=widen(worth.count_low),
        count_high=widen(worth.count_high),
        budgets=tuple(price if len(price) == 1 else widen(price) for price in worth.budgets),
    )


def _sum_units(problem: Problem, order: Ints, amount: Floats) -> Floats:
    """Sums over customers that are decided as one, [units]; ``order`` holds them side by side."""
    unit = together.find_units(problem)[order]
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
    total: Floats = np.add.reduceat(amount, starts)
    return total
