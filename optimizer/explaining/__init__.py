"""Explaining: why a plan is as it is, why not otherwise, and what it would take; values first, sentences from them."""

from optimizer.explaining.alternatives import Alternative
from optimizer.explaining.counterfactual import Counterfactual, Shift, explain_why_not
from optimizer.explaining.figures import Figure
from optimizer.explaining.ledger import Ledger, explain_score
from optimizer.explaining.owners import OwnerReason, Rival, explain_owner
from optimizer.explaining.unserved import UnservedReason, explain_unserved

__all__ = [
    "Alternative",
    "Counterfactual",
    "Figure",
    "Ledger",
    "OwnerReason",
    "Rival",
    "Shift",
    "UnservedReason",
    "explain_owner",
    "explain_score",
    "explain_unserved",
    "explain_why_not",
]
