"""What a plan is measured by and held to: measures, corridors, counts, budgets, and their prices.

Targets and limits are computed as fractions of whole numbers and rounded once, so that a territory exactly on
the edge of a corridor or budget is inside it.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from optimizer.problem import (
    NO_LIMIT,
    UNITS_PER_HOUR,
    Budget,
    Corridor,
    CountLimit,
    Floats,
    Ints,
    Measure,
    Price,
)
from optimizer.scenario import Scenario

MOST_DECIMALS = 3
LARGEST_TOTAL = 10**13  # sums of a measure stay exact in float64 too, with room for prices in int64
SHOWN = ("potential", "revenue")  # measures that reports show whenever the records have them


def exact(number: float) -> Fraction:
    """The decimal that was written, as a fraction: 0.1 is one tenth."""
    return Fraction(repr(float(number)))


def to_price(price: float, most: int, per: Fraction | int = 1) -> Price:
    """``price`` x ``per`` as a fraction whose numerator times ``most`` units stays below 2**62.

    ``most`` is the largest amount ever charged at once. The fraction is exact where that is possible
    (decimal prices on any usual problem), else the nearest with a small enough numerator; a price so high
    that charging ``most`` would pass 2**62 milli-hours is lowered to the highest that does not.
    """
    limit = (2**62 - 1) // max(most, 1)
    value = (exact(price) * per).limit_denominator(2**61)
    if value == 0:
        return Price(0)
    if value.numerator > limit:
        upside_down = (1 / value).limit_denominator(limit)
        value = 1 / upside_down if upside_down else Fraction(limit)
    return Price(value.numerator, value.denominator)


def limit_load(capacity: Ints, share: float) -> Ints:
    """Capacity x largest utilisation, rounded down, [R]."""
    return _scale([(int(c), 1) for c in capacity], exact(share), math.floor)


def build_measures(customers: pd.DataFrame, hours: Ints, scenario: Scenario) -> tuple[Measure, ...]:
    """Hours, customers, potential and revenue where given, then all that a corridor or budget names."""
    named = [c.measure for c in scenario.corridors] + [b.measure for b in scenario.disruption.budgets]
    shown = [name for name in SHOWN if customers[name].notna().any()]
    rest = [name for name in dict.fromkeys(shown + named) if name not in ("hours", "customers")]
    return (
        Measure("hours", hours, float(UNITS_PER_HOUR)),
        Measure("customers", np.ones(len(customers), dtype=np.int64), 1.0),
        *(scale_measure(name, customers[name].to_numpy(np.float64)) for name in rest),
    )


def scale_measure(name: str, values: Floats) -> Measure:
    """A column as whole multiples of 1 / scale; missing values are 0.

    ``scale`` is the power of ten that keeps all decimals present, up to three; coarser (below 1 if need be)
    where the total would pass ``LARGEST_TOTAL`` units.
    """
    known = np.nan_to_num(values, nan=0.0)
    total = float(np.abs(known).sum())
    decimals = 0
    while decimals < MOST_DECIMALS and not _are_whole(known * 10.0**decimals):
        decimals += 1
    while total * 10.0**decimals > LARGEST_TOTAL:
        decimals -= 1
    scale = 10.0**decimals
    return Measure(name, np.rint(known * scale).astype(np.int64), scale)


def build_corridors(
    reps: pd.DataFrame, scenario: Scenario, measures: tuple[Measure, ...], capacity: Ints
) -> tuple[Corridor, ...]:
    """Target of each rep: the total of the measure x the rep's share.

    Shares go by capacity, equally among the reps that have any, or by a numeric column of reps (missing: 0);
    where all of these are zero they are equal. The corridor is low = ceil((1 - tolerance) target) to high =
    floor((1 + tolerance) target).
    """
    corridors = []
    for wish in scenario.corridors:
        index, measure = _find_measure(measures, wish.measure)
        weights = _target_weights(reps, wish.target, capacity)
        unit = Fraction(int(measure.size.sum())) / sum(weights, start=Fraction(0))
        shares = [weight.as_integer_ratio() for weight in weights]
        edges = [unit * (1 + side * exact(wish.tolerance)) for side in (-1, 1)]
        corridors.append(
            Corridor(
                measure=index,
                tolerance=wish.tolerance,
                target=np.array([unit.numerator * a / (unit.denominator * b) for a, b in shares], np.float64),
                low=np.minimum(*(_scale(shares, edge, math.ceil) for edge in edges)),
                high=np.maximum(*(_scale(shares, edge, math.floor) for edge in edges)),
                price=price_measure(wish.price, measure, measures[0]),
            )
        )
    return tuple(corridors)


def build_counts(reps: pd.DataFrame, scenario: Scenario, capacity: Ints) -> tuple[CountLimit, ...]:
    """Fewest and most customers of each rep, in all and by tier.

    A rep's own ``max_customers`` overrides the scenario's maximum and, where it is lower, its minimum. Nobody
    without capacity is asked for a minimum.
    """
    wishes: list[tuple[int | None, int | None, int | None]] = [
        (None, scenario.counts.min, scenario.counts.max)
    ]
    for name, span in scenario.counts.tiers.items():
        wishes.append((list(scenario.tiers).index(name), span.min, span.max))
    counts = []
    for tier, fewest, most in wishes:
        low = np.where(capacity > 0, fewest or 0, 0).astype(np.int64)
        high = np.full(len(reps), NO_LIMIT if most is None else most, dtype=np.int64)
        if tier is None:
            own = reps["max_customers"].to_numpy(np.float64)
            high = np.where(np.isnan(own), high, np.nan_to_num(own).astype(np.int64))
            low = np.minimum(low, high)
        if (low > 0).any() or (high < NO_LIMIT).any():
            counts.append(CountLimit(tier, low, high))
    return tuple(counts)


def build_budgets(
    scenario: Scenario, measures: tuple[Measure, ...], tier: Ints, owner: Ints, n_reps: int
) -> tuple[Budget, ...]:
    """The most that may change hands: a share, rounded down, of what the scope owns now, or an amount.

    Of all: everything owned. Of a tier: what is owned of it. Of each rep, out: the rep's present territory;
    in: the average present territory of reps that have one, so that a new rep can be given as much as any
    other.
    """
    budgets = []
    for wish in scenario.disruption.budgets:
        index, measure = _find_measure(measures, wish.measure)
        tier_index = None if wish.tier is None else list(scenario.tiers).index(wish.tier)
        counted = owner >= 0 if tier_index is None else (owner >= 0) & (tier == tier_index)
        owned = np.zeros(n_reps, dtype=np.int64)
        np.add.at(owned, owner[counted], measure.size[counted])
        total = int(owned.sum())
        holders = max(len(np.unique(owner[counted])), 1)
        if wish.scope != "rep":
            base = [Fraction(total)]
        elif wish.direction == "out":
            base = [Fraction(int(size)) for size in owned]
        else:
            base = [Fraction(total, holders)] * n_reps
        if wish.amount is not None:
            limit = [exact(wish.amount) * exact(measure.scale)] * len(base)
        else:
            limit = [exact(wish.share or 0.0) * size for size in base]
        budgets.append(
            Budget(
                measure=index,
                scope=wish.scope,
                direction=wish.direction,
                tier=tier_index,
                limit=np.minimum(_round(limit, math.floor), NO_LIMIT),
                price=price_measure(wish.price, measure, measures[0]),
            )
        )
    return tuple(budgets)


def _find_measure(measures: tuple[Measure, ...], name: str) -> tuple[int, Measure]:
    return next((at, measure) for at, measure in enumerate(measures) if measure.name == name)


def _target_weights(reps: pd.DataFrame, target: str, capacity: Ints) -> list[Fraction]:
    """What shares of a total are proportional to, exactly, [R]."""
    if target == "capacity":
        weights = [Fraction(int(c)) for c in capacity]
    elif target == "equal":
        weights = [Fraction(int(c > 0)) for c in capacity]
    else:
        weights = [exact(value) for value in reps[target].fillna(0.0).to_numpy(np.float64)]
    return weights if sum(weights) else [Fraction(1)] * len(weights)


def price_measure(price: float | None, measure: Measure, hours: Measure) -> Price | None:
    """Price per unit of a measure: the whole of it is worth the total hours."""
    if price is None:
        return None
    total, all_hours = int(np.abs(measure.size).sum()), int(hours.size.sum())
    return to_price(price, total, Fraction(all_hours, total) if total else 0)


def _are_whole(values: Floats) -> bool:
    return bool((np.abs(values - np.rint(values)) <= 1e-6 + 1e-15 * np.abs(values)).all())


def _scale(ratios: list[tuple[int, int]], factor: Fraction, to_whole: Any) -> Ints:
    """Each of the ratios x factor, rounded: a thousand fractions multiplied one by one take a tenth of a second."""
    over, under = factor.as_integer_ratio()
    if to_whole is math.ceil:
        return _round([-(-over * a // (under * b)) for a, b in ratios], int)
    return _round([over * a // (under * b) for a, b in ratios], int)


def _round(values: list[Any], to_whole: Any) -> Ints:
    return np.array([min(to_whole(value), NO_LIMIT) for value in values], dtype=np.int64)
