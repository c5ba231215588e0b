"""Impossible: the proof that no plan keeps every hard constraint."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from optimizer.problem import Floats
from optimizer.solving.linear import Work, solve_part
from optimizer.solving.modelling.model import Model
from optimizer.solving.pricing.prices import Prices, find_prices, price_at

LINEAR = 25_000  # arcs up to which a linear program is asked
PROOF = 5_000  # arcs up to which an exact model is asked


def find_dearest(model: Model) -> float:
    """What a plan of these arcs that keeps all hard constraints costs at most: each unit's dearest, each row's worst.

    A bound above it proves that there is no such plan, if every pair is an arc.
    """
    arcs = np.where(model.breach > 0, -np.inf, model.cost)
    units = np.maximum.reduceat(arcs, model.first[:-1])
    if np.isneginf(units).any():
        return -math.inf  # a unit that has no arc without a breach
    most = np.asarray(model.by_arc.maximum(0).sum(axis=0)).ravel()
    least = np.asarray(model.by_arc.minimum(0).sum(axis=0)).ravel()
    outside = np.maximum(np.maximum(most - model.high, model.low - least), 0.0)
    return float(units.sum() + np.where(model.hard, 0.0, outside * model.price + 1.0).sum())


def prove_infeasible(model: Model, price_left_out: Callable[[Model, Floats], Floats] | None = None) -> bool:
    """Whether even with all prices forgotten no plan avoids a breach of hard constraints.

    The model is asked for the smallest breach alone; a positive lower bound on it is the proof. Where pairs of
    customer and rep are missing in it, ``price_left_out`` says what they cost each unit at least at given row
    prices, costs of their own aside, [U].
    """
    only_breach = replace(
        model,
        cost=model.breach,
        breach=np.zeros_like(model.breach),
        num=np.where(model.hard, model.num, 0),
        hard=np.zeros_like(model.hard),
    )
    prices = find_prices(only_breach, np.zeros(len(model.low)), enough=0.5)
    if price_left_out is not None:
        return any(
            prices.bound - _find_loss(only_breach, prices, price_left_out) > 0.5
            for prices in (prices, price_at(only_breach, _level(only_breach, prices.dual)))
        )
    if prices.bound > 0.5:
        return True
    if len(model.rep) > LINEAR:
        return False
    arcs = np.arange(len(model.rep))
    linear = solve_part(only_breach, arcs, None)
    if linear.dual is not None and price_at(only_breach, linear.dual).bound > 0.5:
        return True
    if len(model.rep) > PROOF:
        return False
    return solve_part(only_breach, arcs, Work(100, 0.5)).bound > 0.5


def _find_loss(model: Model, prices: Prices, price_left_out: Callable[[Model, Floats], Floats]) -> float:
    """What pairs left out may cost less than their units' cheapest arcs, in all."""
    cheapest = np.minimum.reduceat(prices.reduced, model.first[:-1])
    return float(np.maximum(cheapest - price_left_out(model, prices.dual), 0.0).sum())


def _level(model: Model, dual: Floats) -> Floats:
    """The same price for all rows of a kind: where all reps together have too little room, none is a way out."""
    _, kind = np.unique(model.place[:, :2], axis=0, return_inverse=True)
    kind = kind.ravel()
    mean: Floats = (np.bincount(kind, dual) / np.bincount(kind))[kind]
    return mean
