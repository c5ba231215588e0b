"""Rejudging: a rebalanced plan judged anew, by what was known on the evening it was made."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.evaluation import evaluate
from optimizer.in_force import PlanInForce
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.rebalancing.proposing.aiming import find_aim
from optimizer.rebalancing.proposing.moves import Move, explain_moves
from optimizer.rebalancing.replay.state import State, apply_progress
from optimizer.records import positions_of
from optimizer.result import Score


@dataclass(frozen=True, eq=False)
class Verdict:
    """``score`` of a rebalanced plan and its ``idle`` moves, by the ``state`` of its evening.

    Idle is what brings nothing, alone or with its chain, neither for what the plan is worth nor for what it aimed at.
    """

    score: Score
    idle: tuple[Move, ...]
    state: State


def rejudge(case: Case, plan: PlanInForce, events: pd.DataFrame) -> Verdict:
    """Judge ``plan``, which was made on the evening of ``plan.since``; ``events`` are those it was made with.

    Its moves count from the owners before it; where these are not known it has none. What happened after that evening
    is left out. Errors as for ``apply_progress``; ValueError for a plan that knows of no evening.
    """
    return rejudge_state(restate(case, plan, events), plan)


def rejudge_state(state: State, plan: PlanInForce) -> Verdict:
    """The same for a ``state`` that ``restate`` gave."""
    problem = build_problem(state.case)
    owner = find_owners(problem, plan).owner
    aim = find_aim(state, problem, evaluate(problem, Plan(problem.owner)))
    aimed = {m.customers for m in explain_moves(state, aim, owner, problem.handover) if m.pays}
    idle = [m for m in explain_moves(state, problem, owner) if m.is_move and not m.pays]
    return Verdict(evaluate(problem, Plan(owner)), tuple(m for m in idle if m.customers not in aimed), state)


def restate(case: Case, plan: PlanInForce, events: pd.DataFrame) -> State:
    """The state of which the rebalanced ``plan`` was made, with the owners before it; as for ``rejudge``."""
    if plan.since is None:
        raise ValueError("no rebalanced plan: its evening is missing")
    before = plan.owners if plan.previous is None else plan.previous
    # Whom it moved was not protected; whom it left has been with the owner since some plan before.
    moved_on = None if plan.moved_on is None else plan.moved_on.where(~_differ(plan.owners, before))
    former = replace(plan, owners=before, previous=None, since=None, moved_on=moved_on)
    return apply_progress(case, former, events, plan.since)


def _differ(owners: pd.Series[str], before: pd.Series[str]) -> pd.Series[bool]:
    """Whose owner is another than before, or somebody at last, or nobody any more."""
    return owners.fillna("") != before.reindex(owners.index).fillna("")


def find_owners(problem: Problem, plan: PlanInForce) -> Plan:
    """The plan by indices of ``problem``, which is of the same state; nobody where it knows of none."""
    named = plan.owners.reindex(pd.Index(problem.customer_ids))
    return Plan(
        positions_of(pd.Series(problem.rep_ids, dtype="str"), pd.Series(named.to_numpy(), dtype="str"))
    )
