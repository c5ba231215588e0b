"""Rebalancing: what progress made of a plan, whether a change is worth it, and which."""

from optimizer.rebalancing.covering import Covering
from optimizer.rebalancing.following import follow_recipe
from optimizer.rebalancing.moves import Move
from optimizer.rebalancing.proposal import Rebalance
from optimizer.rebalancing.proposing import rebalance
from optimizer.rebalancing.recipes import Cover, Join, Leave, Merge, Recipe, Split, Won
from optimizer.rebalancing.state import State, apply_progress
from optimizer.rebalancing.suggesting import Desk, Suggestion, suggest_owners
from optimizer.rebalancing.triggers import Trigger
from optimizer.rebalancing.watching import Watch, watch

__all__ = [
    "Cover",
    "Covering",
    "Desk",
    "Join",
    "Leave",
    "Merge",
    "Move",
    "Rebalance",
    "Recipe",
    "Split",
    "State",
    "Suggestion",
    "Trigger",
    "Watch",
    "Won",
    "apply_progress",
    "follow_recipe",
    "rebalance",
    "suggest_owners",
    "watch",
]
