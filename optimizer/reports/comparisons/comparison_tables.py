"""Plans beside each other as tables: a row a KPI and plan for programs, and what guardrails say."""

from __future__ import annotations

import numpy as np

from optimizer.comparing.comparison import Comparison
from optimizer.reports.content.kpi_texts import say_guardrail
from optimizer.reports.content.tables import Sheet, Table


def list_comparison(comparison: Comparison, lang: str) -> Table:
    """A row for each KPI of each plan, all plans of a KPI together; six decimals, shares as parts of 1."""
    rows = []
    for kpi in comparison.kpis:
        best = comparison.best(kpi)
        told = zip(comparison.plans, comparison.values(kpi), comparison.differences(kpi), strict=True)
        for k, (plan, value, difference) in enumerate(told):
            marks = ("true" if k == comparison.baseline else "false", "true" if k in best else "false")
            rows.append(
                (kpi.name, kpi.label(lang), plan.name, value, difference, kpi.unit, kpi.better, *marks)
            )
    names = ("kpi", "label", "plan", "value", "difference", "unit", "better", "baseline", "best")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    sheet = Sheet("comparison", lang)
    for name in names:
        if name in ("value", "difference"):
            sheet.add(name, "number", np.array(columns[name], dtype=float), 6)
        else:
            kind = "text" if name in ("label", "plan") else "id"
            sheet.add(name, "text" if kind == "text" else "id", list(columns[name]))
    return sheet.table()


def list_guardrails(comparison: Comparison, lang: str) -> Table:
    """A row for each guardrail of each plan."""
    told = [(plan.name, passed) for plan in comparison.plans for passed in plan.guardrails]
    sheet = Sheet("guardrails", lang)
    sheet.add("plan", "text", [name for name, _ in told])
    sheet.add("kpi", "id", [passed.guardrail.kpi for _, passed in told])
    for end in ("min", "max"):
        ends = [getattr(passed.guardrail, end) for _, passed in told]
        sheet.add(end, "number", np.array(ends, dtype=float), 6)
    sheet.add("value", "number", np.array([passed.value for _, passed in told], dtype=float), 6)
    sheet.add("ok", "id", ["true" if passed.ok else "false" for _, passed in told])
    sheet.add("verdict", "text", [say_guardrail(passed, comparison.kpis, lang) for _, passed in told])
    return sheet.table()
