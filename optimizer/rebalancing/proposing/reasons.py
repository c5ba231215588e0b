"""Reasons: why a change of owner is made, by what happened before it, else by what it brings most of.

A reason is a code ``move.<code>`` of the catalogue and its gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.rebalancing.proposing.tally import Options
from optimizer.rebalancing.replay.state import State
from optimizer.records import positions_of

Reason = tuple[str, dict[str, Any]]
# A pair breaks these by itself.
ON_ONE = ("skills", "tier_rights", "distance", "locks", "named_pairs", "together")
AS_THEY_ARE = ("travel", "misfit", "pair_cost", "capacity", "disruption")  # terms that are codes


class Reasons:
    """The reasons of K changes, prepared once for all of them.

    ``customers``: the first customer of each change, an index in ``problem``. ``state``: what happened, None: nothing.
    ``loss``: what taking each change back alone would lose.
    """

    def __init__(self, state: State | None, problem: Problem, customers: Ints, loss: Options) -> None:
        self._problem, self._customers = problem, customers
        self._past = _Past(state, problem.customer_ids[customers].tolist())
        self._objective = loss.objective
        self._broken, self._terms = _find_largest(loss.broken), _find_largest(loss.terms)
        self._measure = _find_largest(loss.corridors)[0]

    def find(self, k: int, to: int, helps: bool) -> Reason:
        """Why change ``k`` is made; ``to``: the rep who is given the customer, ``helps``: whether others lean on it."""
        problem = self._problem
        customer = int(self._customers[k])
        giver = int(problem.owner[customer])
        if giver == UNSERVED:
            return self._find_placing(problem.customer_ids[customer])
        if self._past.rep(problem.rep_ids[giver], "leaving"):
            day = self._past.rep(problem.rep_ids[giver], "ends").date().isoformat()
            return ("nobody_follows" if to == UNSERVED else "owner_leaves"), {"day": day}
        return ("given_up", {}) if to == UNSERVED else self._find_benefit(k, helps)

    def _find_placing(self, customer: str) -> Reason:
        """Why somebody has no owner yet."""
        past, planned = self._past, self._past.customer(customer, "plan_owner")
        if isinstance(planned, str):
            here = past.rep(planned, "here")
            if here is not None and not here:
                return "owner_left", {"rep": planned}
            if here and planned not in self._problem.rep_ids:
                return "owner_away", {"rep": planned}
            if past.rep(planned, "hands_over"):
                day = past.rep(planned, "ends").date().isoformat()
                return "owner_leaves", {"from_rep": planned, "day": day}
        won_on = past.customer(customer, "won_on")
        if won_on is not None and not pd.isna(won_on):
            return "new_customer", {"day": won_on.date().isoformat()}
        return "was_unserved", {}

    def _find_benefit(self, k: int, helps: bool) -> Reason:
        """What taking the change back would lose most of."""
        constraint, amount = self._broken[0][k], self._broken[1][k]
        if amount > 0:
            return ("not_allowed" if constraint in ON_ONE else "limit"), {"constraint": constraint}
        if self._objective[k] <= 0:
            return "makes_room" if helps else "chain", {}
        term, gain = self._terms[0][k], int(self._terms[1][k])
        share = {"share": gain / UNITS_PER_HOUR, "constraint": term}
        if term == "corridors":
            return "balance", share | {"measure": self._measure[k]}
        return (term if term in AS_THEY_ARE else "limit_cost"), share


class _Past:
    """What is known of some customers and of all reps by id; nothing where there is no state."""

    def __init__(self, state: State | None, customer_ids: Sequence[object]) -> None:
        self._customers: dict[str, dict[object, Any]] = {}
        self._reps: dict[str, dict[object, Any]] = {}
        if state is None:
            return
        at = positions_of(state.customers["customer_id"], pd.Series(customer_ids, dtype="str"))
        self._customers = _by_id(state.customers.iloc[at[at >= 0]], "customer_id", ("plan_owner", "won_on"))
        self._reps = _by_id(state.reps, "rep_id", ("here", "leaving", "hands_over", "ends"))

    def customer(self, name: object, column: str) -> Any:
        """What the state says of a customer, None where it knows none."""
        return self._customers.get(column, {}).get(name)

    def rep(self, name: object, column: str) -> Any:
        """The same of a rep."""
        return self._reps.get(column, {}).get(name)


def _by_id(frame: pd.DataFrame, key: str, columns: Sequence[str]) -> dict[str, dict[object, Any]]:
    return {column: dict(zip(frame[key], frame[column], strict=True)) for column in columns}


def _find_largest(parts: dict[str, Ints]) -> tuple[list[str], Ints]:
    """Of each option the part that is largest, and how large it is."""
    if not parts:
        return [], np.empty(0, dtype=np.int64)
    names, amounts = list(parts), np.array(list(parts.values()))
    at = np.argmax(amounts, axis=0)
    return [names[k] for k in at.tolist()], amounts[at, np.arange(amounts.shape[1])]
