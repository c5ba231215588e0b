"""Misfit: hours lost because an owner lacks a skill the customer prefers."""

from __future__ import annotations

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import Ints, Problem
from optimizer.rows import Pairs

NAME = "misfit"


def measure(problem: Problem, plan: Plan) -> Ints:
    """For each served customer: share of its hours times the number of preferred skills its owner lacks."""
    amount = np.zeros(problem.n_customers, dtype=np.int64)
    wishing = np.any(problem.preferences, axis=1)[problem.preference]
    chosen = np.flatnonzero((plan.owner >= 0) & wishing)
    wanted = problem.preferences[problem.preference[chosen]]
    missing = (wanted > problem.skill[plan.owner[chosen]]).sum(axis=1)
    amount[chosen] = problem.misfit_price.of(problem.hours[chosen] * missing)
    return amount


def charge(problem: Problem, pairs: Pairs) -> Ints:
    """The same for each pair, from the small table of wishes [P, R]."""
    missing = (problem.preferences[:, None, :] > problem.skill[None, :, :]).sum(axis=2)
    count = np.where(pairs.served, missing[problem.preference[pairs.customer], pairs.rep], 0)
    return np.asarray(problem.misfit_price.of(problem.hours[pairs.customer] * count))
