"""Why, on the map: what each customer costs, who would be next best, nearest or before, and what that changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.explaining import explain_score
from optimizer.explaining.assignments.alternatives import ORDER
from optimizer.explaining.assignments.briefs import Others, brief_customers
from optimizer.messages import load_catalogue
from optimizer.problem import UNITS_PER_HOUR, Ints
from optimizer.reports.report import Report
from optimizer.reports.tables import term_label

OWN = 3  # parts of a customer's own cost that are named


def list_why(report: Report, at: Ints) -> dict[str, Any]:
    """What the page needs to say of each of the customers ``at`` why it is where it is; words it has itself."""
    words = load_catalogue(report.lang)
    briefs = brief_customers(report.problem, report.plan, at)
    ledger = explain_score(report.problem, report.plan)
    codes, code = np.unique(report.codes[at].astype(str), return_inverse=True)
    names = (*briefs.term_names, *(name for name in ledger.customers if name not in briefs.term_names))
    cost = np.zeros((len(at), len(names)), dtype=np.int64)
    for name, amount in ledger.customers.items():
        cost[:, names.index(name)] = amount[at]
    order = np.argsort(-np.abs(cost), axis=1, kind="stable")[:, :OWN]
    reasons = dict(zip(report.unserved.frame["customer_id"], report.unserved.frame["reason"], strict=True))
    unserved = report.problem.customer_ids[at[report.after.owner[at] < 0]].tolist()
    return {
        "words": [words[f"why.{name}"] for name in codes.tolist()],
        "code": code.tolist(),
        "terms": [term_label(name, report.lang) for name in names],
        "barriers": [words[f"barrier.{name}"] for name in ORDER],
        "cost": _hours(cost.sum(axis=1)),
        "parts": _list_parts(order, np.take_along_axis(cost, order, axis=1)),
        "best": _list_others(briefs.best),
        "nearest": _list_others(briefs.nearest),
        "before": _list_others(briefs.before),
        "all": briefs.weighs_all,
        "unserved": {name: reasons[name] for name in unserved if name in reasons},
    }


def _list_others(others: Others) -> dict[str, Any]:
    return {
        "rep": others.rep.tolist(),
        "barrier": others.barrier.tolist(),
        "hours": _hours(others.difference),
        "parts": _list_parts(others.terms, others.amounts),
    }


def _list_parts(terms: Ints, amounts: Ints) -> list[list[float]]:
    """Of each customer term, hours, term, hours ...; zeros left out."""
    hours = amounts / UNITS_PER_HOUR
    return [
        [x for term, hour in zip(names, parts, strict=True) if hour for x in (term, hour)]
        for names, parts in zip(terms.tolist(), hours.tolist(), strict=True)
    ]


def _hours(units: Ints) -> list[float]:
    hours: list[float] = (units / UNITS_PER_HOUR).tolist()
    return hours
