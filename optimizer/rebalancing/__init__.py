"""Rebalancing: what progress made of a plan, whether a change is worth it, and which."""

from optimizer.rebalancing.moves import Move
from optimizer.rebalancing.proposal import Rebalance
from optimizer.rebalancing.proposing import rebalance
from optimizer.rebalancing.state import State, apply_progress
from optimizer.rebalancing.suggesting import Desk, Suggestion, suggest_owners
from optimizer.rebalancing.triggers import Trigger
from optimizer.rebalancing.watching import Watch, watch

__all__ = [
    "Desk",
    "Move",
    "Rebalance",
    "State",
    "Suggestion",
    "Trigger",
    "Watch",
    "apply_progress",
    "rebalance",
    "suggest_owners",
    "watch",
]
