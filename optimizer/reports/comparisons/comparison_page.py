"""comparison.html: plans side by side on one page, as charts, small maps and the whole table."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from optimizer.comparing.comparison import Comparison
from optimizer.kpis import Kpi
from optimizer.messages import say, width
from optimizer.problem import Bools
from optimizer.records import positions_of
from optimizer.reports.comparisons.small_maps import draw_map, paint_reps, place
from optimizer.reports.content.kpi_texts import say_guardrail, write_value
from optimizer.reports.page.still_page import write_section, write_still_page

CHARTS = (
    "cost", "travel_hours", "moved", "unserved", "utilization_most", "overloaded", "deviation", "inside",
    "distance_km",
)  # fmt: skip
MOST_MAPS = 12
NAME_LETTERS = 18  # of a plan's name beside a bar


def build_comparison_page(comparison: Comparison, lang: str) -> str:
    """The page, whole."""
    title = say("compare.title", lang, count=len(comparison.plans))
    base = comparison.plans[comparison.baseline]
    parts = [
        f"<p class=overline>{escape(base.entry.case.name)}</p><h1>{escape(title)}</h1>",
        f"<p class=note>{escape(say('compare.note', lang, plan=base.name))}</p>",
        _section("guardrails", _list_guardrails(comparison, lang), lang),
        _section("charts", _draw_charts(comparison, lang), lang),
        _section("maps", _draw_maps(comparison, lang), lang),
        _section("table", _write_table(comparison, lang), lang),
    ]
    return write_still_page(title, "comparison.css", [part for part in parts if part], lang)


def _section(name: str, body: str, lang: str) -> str:
    """A part with its title and note; nothing where there is nothing to show."""
    if not body:
        return ""
    title, note = (escape(say(f"compare.{code}", lang)) for code in (name, f"{name}_note"))
    return write_section(title, note, body)


def _list_guardrails(comparison: Comparison, lang: str) -> str:
    rows = [
        f"<tr><td class=id>{escape(plan.name)}</td>"
        f"<td class='{'kept' if passed.ok else 'unkept'}'>"
        f"{escape(say_guardrail(passed, comparison.kpis, lang))}</td></tr>"
        for plan in comparison.plans
        for passed in plan.guardrails
    ]
    return f"<div class=sheet><table><tbody>{''.join(rows)}</tbody></table></div>" if rows else ""


def _draw_charts(comparison: Comparison, lang: str) -> str:
    """A chart for each of the KPIs most asked for in which the plans differ."""
    drawn = [
        _draw_chart(comparison, kpi, lang)
        for kpi in comparison.kpis
        if kpi.definition.name in CHARTS and kpi.definition.of != "tier" and _differs(comparison, kpi)
    ]
    return f"<div class=charts>{''.join(drawn)}</div>" if drawn else ""


def _differs(comparison: Comparison, kpi: Kpi) -> bool:
    known = [value for value in comparison.values(kpi) if value is not None]
    return bool(known) and max(known) > min(known)


def _draw_chart(comparison: Comparison, kpi: Kpi, lang: str) -> str:
    """Bars from 0, one a plan: green the best, framed the baseline."""
    values, best = comparison.values(kpi), comparison.best(kpi)
    largest = max((abs(value) for value in values if value is not None), default=0.0) or 1.0
    bars = []
    for k, (plan, value) in enumerate(zip(comparison.plans, values, strict=True)):
        top = 24 * k
        name = plan.name if width(plan.name) <= NAME_LETTERS else plan.name[: NAME_LETTERS - 1] + "…"
        bars.append(f"<text x='0' y='{top + 15}' class='name'>{escape(name)}</text>")
        long = 0.0 if value is None else 150 * max(value, 0.0) / largest
        kind = " ".join(w for w, on in (("best", k in best), ("base", k == comparison.baseline)) if on)
        bars.append(f"<rect x='112' y='{top + 4}' width='{long:.1f}' height='15' rx='2' class='{kind}'/>")
        told = escape(write_value(value, kpi.unit, lang))
        bars.append(f"<text x='{118 + long:.1f}' y='{top + 15}' class='value'>{told}</text>")
    label, high = escape(kpi.label(lang)), 24 * len(values)
    way = escape(say(f"kpi_better.{kpi.better}", lang)) if kpi.better else ""
    return (
        f"<div class=chart><h3>{label}</h3><div class=way>{way}</div>"
        f"<svg viewBox='0 0 340 {high}' role='img' aria-label='{label}'>{''.join(bars)}</svg></div>"
    )


def _draw_maps(comparison: Comparison, lang: str) -> str:
    """A map a plan; on those beside the baseline what has another owner than there stands out."""
    plans = comparison.plans[:MOST_MAPS]
    base = comparison.plans[comparison.baseline]
    problems = [plan.entry.problem for plan in plans]
    places, paint = place(problems), paint_reps(problems)
    if places is None:
        return ""
    figures = []
    for plan, where, colour in zip(plans, places, paint, strict=True):
        other = None if plan is base else _find_others(comparison, plan.entry.problem, plan.entry.plan.owner)
        told = (
            say("compare.map_baseline", lang)
            if other is None
            else say("compare.map_others", lang, count=int(other.sum()))
        )
        drawn = draw_map(where, plan.entry.plan.owner, colour, escape(plan.name), other)
        figures.append(
            f"<figure><figcaption><strong>{escape(plan.name)}</strong> <span>{escape(told)}</span>"
            f"</figcaption>{drawn}</figure>"
        )
    return f"<div class=maps>{''.join(figures)}</div>"


def _find_others(comparison: Comparison, problem: Any, owner: Any) -> Bools:
    """Which customers of a plan have another owner, by id, than in the baseline."""
    import pandas as pd

    base = comparison.plans[comparison.baseline].entry
    at = positions_of(pd.Series(base.problem.customer_ids), pd.Series(problem.customer_ids))
    before = np.append(base.problem.rep_ids, "")[np.append(base.plan.owner, -1)[at]]
    other: Bools = before != np.append(problem.rep_ids, "")[owner]
    return other


def _write_table(comparison: Comparison, lang: str) -> str:
    """Every KPI of every plan with its difference from the baseline; the formula is told on its name."""
    base = comparison.baseline
    head = [f"<th>{escape(say('compare.kpi', lang))}</th>"]
    for k, plan in enumerate(comparison.plans):
        mark = say("compare.is_baseline", lang, plan=plan.name) if k == base else plan.name
        head.append(f"<th class='num{' base' if k == base else ''}'>{escape(mark)}</th>")
    rows = []
    for kpi in comparison.kpis:
        best, differences = comparison.best(kpi), comparison.differences(kpi)
        cells = [f"<td title='{escape(kpi.formula(lang))}'>{escape(kpi.label(lang))}</td>"]
        for k, value in enumerate(comparison.values(kpi)):
            kind = " ".join(("num", *(["best"] if k in best else []), *(["base"] if k == base else [])))
            difference = differences[k]
            told = escape(write_value(value, kpi.unit, lang))
            if k != base and difference is not None and difference != 0:
                told += f"<small>{escape(write_value(difference, kpi.unit, lang, signed=True))}</small>"
            cells.append(f"<td class='{kind}'>{told}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f"<div class=sheet><table><thead><tr>{''.join(head)}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
