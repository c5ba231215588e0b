"""Prices: the limits of a plan by what one more step of each would save, the dearest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.explaining.limits.costs import SMALLEST, choose_step
from optimizer.messages import say
from optimizer.problem import Problem
from optimizer.result import Worth

SHORT_LIST = 10  # limits shown to people at once


@dataclass(frozen=True)
class LimitPrice:
    """What widening one limit by ``step`` (in ``unit``: hours, customers, points, or the measure's own) may save.

    ``code`` is an entry ``price.<code>`` of the catalogue and says which limit and which end of it; ``rep_id`` is
    None for a limit of all reps together.
    """

    code: str
    constraint: str
    hours: float
    step: float
    unit: str
    rep_id: str | None = None
    tier: str | None = None
    measure: str | None = None
    tolerance: float | None = None

    def sentence(self, lang: str = "") -> str:
        """The step in words."""
        named = self.unit if self.unit in ("hours", "customers") else "other"
        return say(
            f"price.{self.code}",
            lang,
            what=say(f"price_step.{named}", lang, step=self.step, measure=self.measure),
            rep=self.rep_id,
            tier=self.tier,
            measure=self.measure,
            tolerance=self.tolerance,
        )


def list_prices(problem: Problem, worth: Worth | None) -> list[LimitPrice]:
    """Every limit whose next step is worth anything, the dearest first; none without prices.

    A corridor stands there as a whole (a point for every rep) and with each end of each rep that is worth a step.
    """
    if worth is None:
        return []
    # sorted() keeps the order of equals, so the same plan gives the same list
    return sorted(_find_prices(problem, worth), key=lambda limit: -limit.hours)


def _find_prices(problem: Problem, worth: Worth) -> Iterator[LimitPrice]:
    reps = problem.rep_ids
    for r in np.flatnonzero(worth.hour >= SMALLEST):
        yield LimitPrice("capacity", "capacity", float(worth.hour[r]), 1.0, "hours", reps[r])
    for k, corridor in enumerate(problem.corridors):
        name, span = problem.measures[corridor.measure].name, corridor.tolerance
        total = float(worth.corridors[k])
        if total >= SMALLEST:
            yield LimitPrice("corridor", "corridors", total, 1.0, "points", measure=name, tolerance=span)
        for code, price in (
            ("corridor_low", worth.corridor_low[k]),
            ("corridor_high", worth.corridor_high[k]),
        ):
            for r in np.flatnonzero(price >= SMALLEST):
                yield LimitPrice(
                    code, "corridors", float(price[r]), 1.0, "points", reps[r], measure=name, tolerance=span
                )
    for k, count in enumerate(problem.counts):
        tier = None if count.tier is None else problem.tier_names[count.tier]
        for code, price in (("count_low", worth.count_low[k]), ("count_high", worth.count_high[k])):
            for r in np.flatnonzero(price >= SMALLEST):
                yield LimitPrice(
                    code + ("" if tier is None else "_tier"),
                    "counts",
                    float(price[r]),
                    1.0,
                    "customers",
                    reps[r],
                    tier,
                )
    for budget, price in zip(problem.budgets, worth.budgets, strict=True):
        measure = problem.measures[budget.measure]
        step = choose_step(measure)
        of_rep = budget.scope == "rep"
        for place in np.flatnonzero(price * step >= SMALLEST):
            yield LimitPrice(
                f"budget_{budget.direction if of_rep else budget.scope}",
                "disruption",
                float(price[place]) * step,
                step,
                measure.name,
                reps[place] if of_rep else None,
                None if budget.tier is None else problem.tier_names[budget.tier],
                measure.name,
            )
