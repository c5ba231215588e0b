"""Limits: what holds a plan back, by the solver's prices alone; estimates, and told as such.

What planning without a limit really saves is said by ``explain --limits``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.explaining.limits.costs import LimitCost, estimate_limits
from optimizer.messages import say
from optimizer.reports.prices import SHORT_LIST
from optimizer.reports.tables import Column, Table

if TYPE_CHECKING:
    from optimizer.reports.report import Report

MOST_PAIRS = 500_000  # customers x reps priced for one limit: a second
MOST_ROWS = 1_000  # of the sheet


def find_limits(report: Report) -> list[LimitCost]:
    """Every limit that the prices say costs anything, the dearest first; none where there are no prices."""
    worth = None if report.result is None else report.result.prices
    return estimate_limits(report.problem, worth, most_pairs=MOST_PAIRS)


def list_dearest(report: Report) -> list[tuple[str, float]]:
    """The few dearest in words, with hours: steps of limits with a size, and doing without others."""
    steps = [(limit.sentence(report.lang), limit.hours) for limit in report.prices[:SHORT_LIST]]
    others = [
        (say("cost.doing_without", report.lang, limit=cost.sentence(report.lang)), cost.estimated)
        for cost in report.limits
        if cost.step is None
    ]
    return sorted([*steps, *others[:SHORT_LIST]], key=lambda row: -row[1])[:SHORT_LIST]


def list_limits(report: Report) -> Table:
    """The sheet of limits: each with the step that is priced and the hours it may save."""
    shown, lang = report.limits[:MOST_ROWS], report.lang
    frame = pd.DataFrame(
        {
            "limit": np.array([cost.sentence(lang) for cost in shown], dtype=object),
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
