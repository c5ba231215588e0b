"""Asked: why a rebalance left alone what would be cheaper; it asks more of a move than that it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from optimizer.explaining.assignments.owners import OwnerReason, explain_owner
from optimizer.explaining.assignments.unserved import UnservedReason, explain_unserved
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.rebalancing.proposing.aiming import aim_at
from optimizer.rebalancing.recipes.limiting import Scope, limit_moves
from optimizer.scenario import Scenario

Reason = TypeVar("Reason", OwnerReason, UnservedReason)

CHEAPER = ("missed", "used_up")  # codes of those who would be cheaper with another


@dataclass(frozen=True, eq=False)
class Asked:
    """What a rebalance asked of its moves: they were sought in ``aim``, where hand-over counts ``hurdle`` times and
    corridors have ``calm`` of their width where something had to be mended. ``by_recipe``: all else had to stay.
    """  # fmt: skip

    aim: Problem
    hurdle: float
    calm: float
    by_recipe: bool = False


def pose_asked(
    problem: Problem,
    scenario: Scenario,
    hurdle: float | None,
    calm: float | None,
    most: int | None,
    scope: Scope | None = None,
) -> tuple[Problem, Asked]:
    """``problem`` with at most so many moves (None: any), and what was asked of them, as ``rebalance.json`` tells it.

    What an older release did not tell (None) the ``scenario`` says. ``scope``: what a recipe allowed to change.
    """
    hurdle = scenario.disruption.hurdle if hurdle is None else hurdle
    calm = scenario.watch.calm if calm is None else calm
    aim = aim_at(problem, hurdle, calm) if scope is None else scope.limit(problem)
    return limit_moves(problem, most), Asked(limit_moves(aim, most), hurdle, calm, scope is not None)


def explain_asked_owner(problem: Problem, plan: Plan, customer_id: str, asked: Asked | None) -> OwnerReason:
    """As ``explain_owner``; the search did not miss what would be cheaper but is not by what was asked.

    ``asked`` None: nothing was, the plan is no rebalance. KeyError for an unknown customer.
    """
    reason = explain_owner(problem, plan, customer_id)
    if asked is None:
        return reason
    (reason,) = _blame(asked, (reason,), (explain_owner(asked.aim, plan, customer_id),))
    if reason.unserved is not None:
        aimed = explain_unserved(asked.aim, plan, np.array(reason.unserved.customers))
        (unserved,) = _blame(asked, (reason.unserved,), aimed)
        reason = replace(reason, unserved=unserved)
    return reason


def explain_asked_unserved(problem: Problem, plan: Plan, asked: Asked | None) -> tuple[UnservedReason, ...]:
    """As ``explain_unserved``, likewise."""
    reasons = explain_unserved(problem, plan)
    return reasons if asked is None else _blame(asked, reasons, explain_unserved(asked.aim, plan))


def _blame(asked: Asked, reasons: Sequence[Reason], aimed: Sequence[Reason]) -> tuple[Reason, ...]:
    told = {"hurdle": asked.hurdle, "calm": asked.calm}
    code = "not_asked" if asked.by_recipe else "asked_more"
    return tuple(
        replace(reason, code=code, details=reason.details | told)
        if reason.code in CHEAPER and reason.code != by_aim.code
        else reason
        for reason, by_aim in zip(reasons, aimed, strict=True)
    )
