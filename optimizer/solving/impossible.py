"""Impossible: the proof that no plan keeps every hard constraint."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from optimizer.solving.linear import Work, solve_part
from optimizer.solving.model import Model
from optimizer.solving.prices import find_prices, price_at

LINEAR = 25_000  # arcs up to which a linear program is asked
PROOF = 5_000  # arcs up to which an exact model is asked


def find_dearest(model: Model) -> float:
    """What a plan that keeps every hard constraint costs at most: each unit's dearest arc, each row's worst price.

    A bound above it proves that there is no such plan.
    """
    arcs = np.where(model.breach > 0, -np.inf, model.cost)
    units = np.maximum.reduceat(arcs, model.first[:-1])
    if np.isneginf(units).any():
        return -math.inf  # a unit that has no arc without a breach
    most = np.asarray(model.by_arc.maximum(0).sum(axis=0)).ravel()
    least = np.asarray(model.by_arc.minimum(0).sum(axis=0)).ravel()
    outside = np.maximum(np.maximum(most - model.high, model.low - least), 0.0)
    return float(units.sum() + np.where(model.hard, 0.0, outside * model.price + 1.0).sum())


def prove_infeasible(model: Model) -> bool:
    """Whether even with all prices forgotten no plan avoids a breach of hard constraints.

    The model is asked for the smallest breach alone; a positive lower bound on it is the proof.
    """
    only_breach = replace(
        model,
        cost=model.breach,
        breach=np.zeros_like(model.breach),
        num=np.where(model.hard, model.num, 0),
        hard=np.zeros_like(model.hard),
    )
    if find_prices(only_breach, np.zeros(len(model.low)), enough=0.5).bound > 0.5:
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
