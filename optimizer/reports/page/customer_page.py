"""Customers of the page: who they are, whom they are decided with, which locks hold them, what each costs by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.explaining import Ledger
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
    records, problem = report.case.records, report.problem
    locks, start = records.locks, report.case.scenario.horizon.start
    if start is not None:
        locks = locks[~(locks["until"] < pd.Timestamp(start))]
    customer = pd.Index(problem.customer_ids).get_indexer(pd.Index(locks["customer_id"]))
    keeps = (locks["kind"] == "keep").to_numpy(dtype=bool)
    rep = np.where(
        keeps, problem.owner[customer], pd.Index(problem.rep_ids).get_indexer(pd.Index(locks["rep_id"]))
    )
    place = pd.Index(at).get_indexer(pd.Index(customer))
    told = (place >= 0) & (rep >= 0)
    rows = zip(
        place.tolist(),
        (locks["kind"] != "forbid").tolist(),
        rep.tolist(),
        locks["reason"].fillna("").tolist(),
        locks["until"].dt.strftime("%Y-%m-%d").fillna("").tolist(),
        strict=True,
    )
    return [list(row) for row, shown in zip(rows, told.tolist(), strict=True) if shown]
