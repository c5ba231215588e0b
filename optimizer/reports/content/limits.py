"""Limits: what holds a plan back, by the solver's prices alone; estimates, and told as such.

What planning without a limit really saves is said by ``explain --limits``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.explaining.limits.costs import LimitCost, estimate_limits
from optimizer.messages import say
from optimizer.reports.content.prices import SHORT_LIST
from optimizer.reports.content.tables import Column, Table, texts

if TYPE_CHECKING:
    from optimizer.reports.content.report import Report

MOST_PAIRS = 500_000  # customers x reps priced for one limit: a second
MOST_ROWS = 1_000  # of the sheet


def find_limits(report: Report) -> list[LimitCost]:
    """Every limit that the prices say costs anything, the dearest first; none where there are no prices."""
    worth = None if report.result is None else report.result.prices
    return estimate_limits(report.problem, worth, most_pairs=MOST_PAIRS)


def list_dearest(report: Report) -> list[tuple[str, float]]:
    """The few dearest in words, with hours: steps of limits with a size, and doing without others."""
    names = _name_reps(report)
    steps = [
        (replace(limit, rep_id=names.get(limit.rep_id, limit.rep_id)).sentence(report.lang), limit.hours)
        for limit in report.prices[:SHORT_LIST]
    ]
    others = [
        (say("cost.doing_without", report.lang, limit=_name(cost, names, report.lang)), cost.estimated)
        for cost in report.limits
        if cost.step is None
    ]
    return sorted([*steps, *others[:SHORT_LIST]], key=lambda row: -row[1])[:SHORT_LIST]


def _name_reps(report: Report) -> dict[str | None, str]:
    """Reps as people know them, by id: ``Anna (R46)``, or the id alone."""
    ids, names = report.problem.rep_ids.tolist(), texts(report.case.records.reps, "name").tolist()
    return {rep: f"{name} ({rep})" if name else rep for rep, name in zip(ids, names, strict=True)}


def _name(cost: LimitCost, names: dict[str | None, str], lang: str) -> str:
    """The limit in words, its rep by name."""
    facts = cost.name.facts
    if "rep" in facts:
        facts = facts | {"rep": names.get(facts["rep"], facts["rep"])}
    return replace(cost.name, facts=facts).sentence(lang)


def list_limits(report: Report) -> Table:
    """The sheet of limits: each with the step that is priced and the hours it may save."""
    shown, lang, names = report.limits[:MOST_ROWS], report.lang, _name_reps(report)
    frame = pd.DataFrame(
        {
            "limit": np.array([_name(cost, names, lang) for cost in shown], dtype=object),
            "step": np.array([cost.step_sentence(lang) for cost in shown], dtype=object),
            "hours": np.array([cost.estimated for cost in shown], dtype=np.float64),
        }
    )
    columns = {
        "limit": Column("text", say("cost.limit_head", lang)),
        "step": Column("text", say("cost.step_head", lang)),
        "hours": Column("number", say("cost.hours_head", lang), 3),
    }
    return Table("limits", frame, columns)
