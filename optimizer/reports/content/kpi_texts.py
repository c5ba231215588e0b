"""Figures and guardrails in words: what a KPI is in its unit, and whether a plan is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from optimizer.guardrails import Passed
from optimizer.kpis import Kpi, Unit
from optimizer.messages import say


def write_value(value: float | None, unit: Unit, lang: str = "", *, signed: bool = False) -> str:
    """A figure for people; "-" where there is none. ``signed``: a difference, shares in percentage points."""
    if value is None:
        return "-"
    sign = "+" if signed else ""
    if unit == "share":
        decimals = 1 if abs(value) >= 0.1 else 2
        return f"{100 * value + 0.0:{sign},.{decimals}f}" + ("" if signed else "%")
    if unit in ("hours", "km"):
        return f"{value + 0.0:{sign},.1f}"
    return f"{value + 0.0:{sign},.0f}"


def say_guardrail(passed: Passed, kpis: Iterable[Kpi], lang: str = "") -> str:
    """How a plan stands to a guardrail, with the figure in full: kept: Gap is 0.34%, at most 1%."""
    kpi = next((kpi for kpi in kpis if kpi.name == passed.guardrail.kpi), None)
    unit: Unit = "count" if kpi is None else kpi.unit
    ends = [
        say(f"guardrail.{code}", lang, limit=_write_in_full(limit, unit))
        for code, limit in (("at_least", passed.guardrail.min), ("at_most", passed.guardrail.max))
        if limit is not None
    ]
    gaps = {"name": passed.guardrail.kpi if kpi is None else kpi.label(lang), "ends": "".join(ends)}
    if passed.value is None:
        return say("guardrail.line_unknown", lang, **gaps)
    code = "line_ok" if passed.ok else "line_bad"
    return say(f"guardrail.{code}", lang, value=_write_in_full(passed.value, unit), **gaps)


def say_verdict(passed: Sequence[Passed], lang: str = "") -> str:
    """Whether all guardrails are kept, in a sentence."""
    broken = sum(not one.ok for one in passed)
    return say("guardrail.failed" if broken else "guardrail.passed", lang, count=broken or len(passed))


def _write_in_full(value: float, unit: Unit) -> str:
    return f"{100 * value:.6g}%" if unit == "share" else f"{round(value, 3):,.12g}"
