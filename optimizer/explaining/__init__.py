"""Explaining: why a plan is as it is, why not otherwise, and what it would take; values first, sentences from them.

- ``assignments``: why this rep, why nobody, why not another; ``ledger``: who and what every hour is paid for;
- ``limits``: what each costs, and which skill is scarce; ``conflicts``: which cannot all hold, and the ways out;
- ``fairness``: where the plan lies among others as good; ``idle``: moves that do not pay for themselves.

``elsewhere`` and ``newcomers`` make the problems that are asked, ``figures`` what a planner watches before and after.
"""

from optimizer.explaining.assignments.alternatives import Alternative
from optimizer.explaining.assignments.asked import (
    Asked,
    explain_asked_owner,
    explain_asked_unserved,
    pose_asked,
)
from optimizer.explaining.assignments.counterfactual import Counterfactual, Shift, explain_why_not
from optimizer.explaining.assignments.owners import OwnerReason, Rival, explain_owner
from optimizer.explaining.assignments.tasks import TaskChoice, TaskReason, explain_task
from optimizer.explaining.assignments.unserved import UnservedReason, explain_unserved
from optimizer.explaining.conflicts.impasses import Impasse, explain_conflicts
from optimizer.explaining.conflicts.trying import WayOut
from optimizer.explaining.fairness import Fairness, explain_fairness
from optimizer.explaining.figures import Figure
from optimizer.explaining.idle import find_idle_moves
from optimizer.explaining.ledger import Ledger, explain_score
from optimizer.explaining.limits.changes import Change, apply_changes
from optimizer.explaining.limits.costs import LimitCost, estimate_limits, explain_limits
from optimizer.explaining.limits.naming import LimitName
from optimizer.explaining.limits.skills import SkillBrief, SkillGap, explain_skills

__all__ = [
    "Alternative",
    "Asked",
    "Change",
    "Counterfactual",
    "Fairness",
    "Figure",
    "Impasse",
    "Ledger",
    "LimitCost",
    "LimitName",
    "OwnerReason",
    "Rival",
    "Shift",
    "SkillBrief",
    "SkillGap",
    "TaskChoice",
    "TaskReason",
    "UnservedReason",
    "WayOut",
    "apply_changes",
    "estimate_limits",
    "explain_asked_owner",
    "explain_asked_unserved",
    "explain_conflicts",
    "explain_fairness",
    "explain_limits",
    "explain_owner",
    "explain_score",
    "explain_skills",
    "explain_task",
    "explain_unserved",
    "explain_why_not",
    "find_idle_moves",
    "pose_asked",
]
