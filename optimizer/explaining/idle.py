"""Idle: moves that do not pay for themselves, neither alone nor with their chain; a plan should have none."""

from __future__ import annotations

from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.rebalancing.proposing.moves import Move, explain_moves


def find_idle_moves(problem: Problem, plan: Plan) -> tuple[Move, ...]:
    """Moves of a plan that could be taken back at no cost: the objective would not rise and nothing more be broken.

    ``gain`` of each, not above zero, is what the plan would lose by that. Every other move brings something by itself,
    or makes room for one that does.
    """
    return tuple(move for move in explain_moves(None, problem, plan.owner) if move.is_move and not move.pays)
