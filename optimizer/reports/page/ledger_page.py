"""The ledger of the page: the objective by rep and term in whole milli-hours; everything sums to the total exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.explaining import Ledger
from optimizer.problem import Ints
from optimizer.reports.content.tables import term_label


def name_terms(ledger: Ledger) -> list[str]:
    """The terms of a plan, those of customers first; the page names them by their places here."""
    return list(dict.fromkeys([*ledger.customers, *ledger.limits]))


def list_ledger(ledger: Ledger, lang: str) -> dict[str, Any]:
    """By rep, and last for nobody, what its customers cost; by rep what its own limits cost; and those of all together.

    Amounts are rows of milli-hours, a column a term.
    """
    names, reps = name_terms(ledger), len(ledger.rep_ids)
    owned: Ints = np.zeros((reps + 1, len(names)), dtype=np.int64)
    limits: Ints = np.zeros((reps, len(names)), dtype=np.int64)
    for name, amount in ledger.customers.items():
        np.add.at(owned[:, names.index(name)], ledger.owner, amount)  # -1, nobody, is the last row
    for name, amount in ledger.limits.items():
        limits[:, names.index(name)] += amount
    return {
        "terms": [term_label(name, lang) for name in names],
        "owned": owned.tolist(),
        "limits": limits.tolist(),
        "team": [ledger.team.get(name, 0) for name in names],
        "total": ledger.objective,
    }
