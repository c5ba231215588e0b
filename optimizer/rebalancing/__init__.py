"""Rebalancing: what progress made of a plan, whether a change is worth it, and which."""

from optimizer.rebalancing.covering import Covering
from optimizer.rebalancing.following import follow_recipe
from optimizer.rebalancing.moves import Move
from optimizer.rebalancing.proposal import Rebalance
from optimizer.rebalancing.proposing import rebalance
from optimizer.rebalancing.recipes import Cover, Join, Leave, Merge, Recipe, Split, Won
from optimizer.rebalancing.rescheduling import build_rest_problem
from optimizer.rebalancing.state import State, apply_progress, find_day
from optimizer.rebalancing.suggesting import Desk, Suggestion, suggest_owners
from optimizer.rebalancing.task_desk import TaskDesk, TaskSuggestion, open_task_desk
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
    "TaskDesk",
    "TaskSuggestion",
    "Trigger",
    "Watch",
    "Won",
    "apply_progress",
    "build_rest_problem",
    "find_day",
    "follow_recipe",
    "open_task_desk",
    "rebalance",
    "suggest_owners",
    "watch",
]
