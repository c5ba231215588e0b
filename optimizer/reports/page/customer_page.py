"""Customers of the page: who they are, whom they are decided with, which locks hold them, what each costs by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.explaining import Ledger
from optimizer.explaining.assignments.promises import list_promises
from optimizer.messages import load_catalogue
from optimizer.problem import Ints
from optimizer.reports.content.report import Report
from optimizer.reports.content.sampling import draw_sample
from optimizer.reports.content.tables import texts
from optimizer.reports.page.ledger_page import name_terms

MOST_TOLD = 20_000  # customers whose other owners are weighed, and who are drawn on the map
MOST_LISTED = 100_000  # customers that can be found at all: some 10 MB of the page


def choose_told(report: Report) -> Ints:
    """The customers of whom all is told, by index: everybody, or a sample of those on the map, then of the others."""
    on_map = np.isfinite(report.unwrapped)
    drawn = draw_sample(np.flatnonzero(on_map), MOST_TOLD)
    others = draw_sample(np.flatnonzero(~on_map), MOST_TOLD - len(drawn))
    return np.sort(np.concatenate([drawn, others]))


def choose_listed(report: Report, told: Ints) -> Ints:
    """The customers that stand on the page, by index: everybody, or those of whom all is ``told``."""
    count = report.problem.n_customers
    return np.arange(count) if count <= MOST_LISTED else told


def list_customers(report: Report, ledger: Ledger, at: Ints) -> dict[str, Any]:
    """The customers ``at`` (indices, ascending), each with what it costs by itself in whole milli-hours by term."""
    problem, words = report.problem, load_catalogue(report.lang)
    codes, code = np.unique(report.codes[at].astype(str), return_inverse=True)
    requires = texts(report.case.records.customers, "requires")[at]
    return {
        "all": problem.n_customers,
        "id": problem.customer_ids[at].tolist(),
        "name": texts(report.case.records.customers, "name")[at].tolist(),
        "tier": problem.tier[at].tolist(),
        "tiers": list(problem.tier_names),
        "before": report.before.owner[at].tolist(),
        "after": report.after.owner[at].tolist(),
        "words": [words[f"why.{name}"] for name in codes.tolist()],
        "code": code.tolist(),
        "costs": list_costs(ledger, at),
        "group": [[k, int(problem.group[at[k]])] for k in np.flatnonzero(problem.group[at] >= 0).tolist()],
        "requires": [[k, requires[k]] for k in np.flatnonzero(requires != "").tolist()],
        "locks": _list_locks(report, at),
    }


def list_costs(ledger: Ledger, at: Ints) -> list[list[int]]:
    """Of each customer term, milli-hours, term, milli-hours ...; zeros left out."""
    names = name_terms(ledger)
    found: list[list[int]] = [[] for _ in range(len(at))]
    for name, amounts in ledger.customers.items():
        term, mine = names.index(name), amounts[at]
        some = np.flatnonzero(mine)
        for k, amount in zip(some.tolist(), mine[some].tolist(), strict=True):
            found[k] += (term, amount)
    return found


def _list_locks(report: Report, at: Ints) -> list[list[Any]]:
    """Every lock in force: place among ``at``, whether it forces (else forbids), rep, reason, last day."""
    promises = list_promises(report.case, report.problem, at)
    place = dict(zip(at.tolist(), range(len(at)), strict=True))
    return [[place[p.customer], p.forces, p.rep, p.reason, p.until] for p in promises]
