"""Rebalancing: what progress made of a plan, whether a change is worth it, and which.

- ``replay``: what events made of the plan; ``watching``: whether something must be done;
- ``proposing``: the smallest change that is worth it; ``recipes``: usual occasions; ``following`` goes through one;
- ``rescheduling`` puts the work that is left into weeks again, under the names of ``visits``;
- ``suggesting`` and ``task_desk``: owners for one customer, doers for one task, at once.
"""

from optimizer.rebalancing.following import follow_recipe
from optimizer.rebalancing.proposing.aiming import aim_at
from optimizer.rebalancing.proposing.moves import Move
from optimizer.rebalancing.proposing.proposal import Rebalance
from optimizer.rebalancing.proposing.rebalance import rebalance
from optimizer.rebalancing.proposing.rejudging import (
    Verdict,
    find_owners,
    rejudge,
    rejudge_state,
    restate,
)
from optimizer.rebalancing.recipes.covering import Covering
from optimizer.rebalancing.recipes.limiting import limit_moves
from optimizer.rebalancing.recipes.occasions import (
    Cover,
    Join,
    Leave,
    Merge,
    Recipe,
    Split,
    Won,
    recall_scope,
)
from optimizer.rebalancing.replay.state import State, apply_progress, find_day
from optimizer.rebalancing.rescheduling import build_rest_problem
from optimizer.rebalancing.suggesting import Desk, Suggestion, suggest_owners
from optimizer.rebalancing.task_desk import TaskDesk, TaskSuggestion, open_task_desk
from optimizer.rebalancing.watching.triggers import Trigger
from optimizer.rebalancing.watching.watch import Watch, watch

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
    "Verdict",
    "Watch",
    "Won",
    "aim_at",
    "apply_progress",
    "build_rest_problem",
    "find_day",
    "find_owners",
    "follow_recipe",
    "limit_moves",
    "open_task_desk",
    "rebalance",
    "recall_scope",
    "rejudge",
    "rejudge_state",
    "restate",
    "suggest_owners",
    "watch",
]
