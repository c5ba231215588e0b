"""Explaining: why a plan is as it is, why not otherwise, and what it would take; values first, sentences from them."""

from optimizer.explaining.alternatives import Alternative
from optimizer.explaining.changes import Change, apply_changes
from optimizer.explaining.costs import LimitCost, estimate_limits, explain_limits
from optimizer.explaining.counterfactual import Counterfactual, Shift, explain_why_not
from optimizer.explaining.fairness import Fairness, explain_fairness
from optimizer.explaining.figures import Figure
from optimizer.explaining.idle import find_idle_moves
from optimizer.explaining.impasses import Impasse, explain_conflicts
from optimizer.explaining.ledger import Ledger, explain_score
from optimizer.explaining.naming import LimitName
from optimizer.explaining.owners import OwnerReason, Rival, explain_owner
from optimizer.explaining.skills import SkillBrief, SkillGap, explain_skills
from optimizer.explaining.tasks import TaskChoice, TaskReason, explain_task
from optimizer.explaining.trying import WayOut
from optimizer.explaining.unserved import UnservedReason, explain_unserved

__all__ = [
    "Alternative",
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
]
