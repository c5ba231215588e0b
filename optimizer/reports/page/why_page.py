"""Why, on the page: who would be next best for each customer, who lives nearest, who had it, and what that changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.constraints import skills
from optimizer.explaining import Ledger
from optimizer.explaining.assignments.alternatives import ORDER
from optimizer.explaining.assignments.briefs import Briefs, Others, brief_customers
from optimizer.messages import load_catalogue
from optimizer.problem import Ints
from optimizer.reports.content.report import Report
from optimizer.reports.page.ledger_page import name_terms


def list_why(report: Report, ledger: Ledger, at: Ints) -> dict[str, Any]:
    """What the page needs to say of the customers ``at`` (indices, ascending) who else might have them.

    Hours are whole milli-hours, ``km`` from the rep's home; words the page has itself.
    """
    words, problem, names = load_catalogue(report.lang), report.problem, name_terms(ledger)
    briefs = brief_customers(problem, report.plan, at)
    names += [name for name in briefs.term_names if name not in names]
    place = np.array([names.index(name) for name in briefs.term_names], dtype=np.int64)
    served = report.after.owner[at]
    by_recipe = report.asked is not None and report.asked.by_recipe
    reasons = dict(zip(report.unserved.frame["customer_id"], report.unserved.frame["reason"], strict=True))
    unserved = problem.customer_ids[at[served < 0]].tolist()

    def list_others(others: Others) -> dict[str, Any]:
        return {
            "rep": others.rep.tolist(),
            "km": _measure_km(report, at, others.rep),
            "barrier": others.barrier.tolist(),
            "change": others.difference.tolist(),
            "parts": _list_parts(place[others.terms], others.amounts),
        }

    return {
        "terms": [words.get(f"term.{name}", name) for name in names],
        "barriers": [words[f"barrier.{name}"] for name in ORDER],
        "skillBarrier": ORDER.index(skills.NAME),
        "km": _measure_km(report, at, served),
        "best": list_others(briefs.best),
        "nearest": list_others(briefs.nearest),
        "before": list_others(briefs.before),
        "all": briefs.weighs_all,
        "left": words[f"page.why_{'not_asked' if by_recipe else 'asked_more'}"],
        "missed": _find_missed(report, at, briefs),
        "unserved": {name: reasons[name] for name in unserved if name in reasons},
    }


def _find_missed(report: Report, customers: Ints, briefs: Briefs) -> list[int]:
    """Places among ``customers`` of those whom the search left with somebody dearer, though all that was asked of a
    move would allow it.
    """  # fmt: skip
    found = np.flatnonzero((briefs.best.rep >= 0) & (briefs.best.difference < 0))
    if report.asked is not None and len(found):
        aimed = brief_customers(report.asked.aim, report.plan, customers[found]).best
        found = found[(aimed.rep >= 0) & (aimed.difference < 0)]
    return [int(k) for k in found]


def _measure_km(report: Report, customers: Ints, rep: Ints) -> list[float | None]:
    """Kilometres from each rep's home to its customer, None where there is no rep or no place."""
    km = np.full(len(rep), np.nan)
    known = np.flatnonzero(rep >= 0)
    km[known] = np.round(report.problem.distance_km(customers[known], rep[known]), 1)
    return [far if far == far else None for far in km.tolist()]


def _list_parts(terms: Ints, amounts: Ints) -> list[list[int]]:
    """Of each customer term, milli-hours, term, milli-hours ...; zeros left out."""
    return [
        [x for term, amount in zip(names, parts, strict=True) if amount for x in (term, amount)]
        for names, parts in zip(terms.tolist(), amounts.tolist(), strict=True)
    ]
