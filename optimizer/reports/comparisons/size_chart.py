"""size.svg: from headcount to cost, travel, utilization and customers without anybody, one below the other."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from optimizer.comparing.sizing.size_curve import Headcount, Sizing
from optimizer.kpis import Unit
from optimizer.messages import say
from optimizer.reports.book.cell_styles import INK, LINE, SOFT
from optimizer.reports.content.kpi_texts import write_value

ACCENT, BOUND, GOOD, BAD, RULED = "#2b6ca3", "#8a97a5", "#25704f", "#b3261e", "#fbeeec"
WIDE, LEFT, RIGHT, TOP = 860, 190, 30, 66
HIGH, GAP = 122, 22  # of a panel, and between two
MOST_TICKS = 24
Value = Callable[[Headcount], float | None]


def draw_size(sizing: Sizing, lang: str = "") -> str:
    """The picture as SVG: headcounts across; green is enough, red is not; today's and the smallest are marked."""
    counts = sizing.headcounts
    panels: list[tuple[str, Unit, Value]] = [
        ("total_hours", "hours", lambda one: one.best.total_hours),
        ("travel_hours", "hours", lambda one: one.best.kpis.get("travel_hours")),
        ("utilization", "share", lambda one: one.best.kpis.get("utilization")),
        ("unserved", "count", lambda one: one.best.kpis.get("unserved")),
    ]
    high = TOP + len(panels) * (HIGH + GAP) + 54
    sizes = [one.size for one in counts]
    first, last = min(sizes, default=0), max(sizes, default=1)
    step = (WIDE - LEFT - RIGHT) / (last - first + 1)

    def across(size: float) -> float:
        return LEFT + step * (size - first + 0.5)

    foot = TOP + len(panels) * (HIGH + GAP) - GAP
    parts = [f"<rect width='{WIDE}' height='{high}' rx='10' fill='#ffffff'/>"]
    if sizing.lower is None or sizing.lower > first:
        end = min(across(sizing.lower - 0.5), WIDE - RIGHT) if sizing.lower is not None else WIDE - RIGHT
        parts.append(
            f"<rect x='{LEFT}' y='{TOP - 12}' width='{max(end - LEFT, 0):.1f}' height='{foot - TOP + 12}' "
            f"fill='{RULED}'/>"
        )
        parts.append(_text(LEFT + 6, TOP - 18, say("size.chart_impossible", lang), fill=BAD))
    if first <= sizing.today <= last:
        x = across(sizing.today)
        parts.append(
            f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{TOP - 12}' y2='{foot}' stroke='{SOFT}' stroke-dasharray='4 4'/>"
        )
        parts.append(_text(x, TOP - 18, say("size.chart_today", lang), anchor="middle"))
    for row, (name, unit, read) in enumerate(panels):
        parts.append(_draw_panel(sizing, name, unit, read, TOP + row * (HIGH + GAP), across, lang))
    every = max(1, -(-len(sizes) // MOST_TICKS))
    for size in sizes[::every]:
        chosen = sizing.smallest is not None and size == sizing.smallest.size
        fill, weight = (GOOD, "700") if chosen else (INK, "400")
        parts.append(_text(across(size), foot + 18, str(size), fill=fill, anchor="middle", weight=weight))
    parts.append(_text(LEFT, foot + 40, say("size.chart_axis", lang), fill=SOFT))
    parts.append(_text(20, 26, say("size.chart_note", lang), fill=SOFT))
    label = escape(say("size.title", lang, name=sizing.case.name))
    return (
        f"<svg class='size' xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDE} {high}' role='img' "
        f"aria-label='{label}' font-family='system-ui, sans-serif' font-size='12.5'>{''.join(parts)}</svg>\n"
    )


def _draw_panel(
    sizing: Sizing,
    name: str,
    unit: Unit,
    read: Value,
    top: float,
    across: Callable[[float], float],
    lang: str,
) -> str:
    """One figure against the headcount."""
    known = [(one, value) for one in sizing.headcounts if (value := read(one)) is not None]
    bounds = [(one.size, one.bound_hours) for one in sizing.headcounts if one.bound_hours is not None]
    bounds = bounds if name == "total_hours" else []
    values = [value for _, value in known] + [bound for _, bound in bounds]
    low, most = min(values, default=0.0), max(values, default=1.0)
    if unit == "count" or 0 < low < 0.4 * most:
        low = 0.0
    most = most if most > low else low + 1.0
    floor = top + HIGH - 10

    def height(value: float) -> float:
        return floor - (HIGH - 30) * (value - low) / (most - low)

    parts = [f"<line x1='{LEFT}' x2='{WIDE - RIGHT}' y1='{floor}' y2='{floor}' stroke='{LINE}'/>"]
    for line, words in enumerate(_fold(say(f"size.chart_{name}", lang))):
        parts.append(_text(20, top + 26 + 16 * line, words, fill=INK, weight="600" if not line else "400"))
    for value in (low, most):
        parts.append(_text(LEFT - 8, height(value) + 4, write_value(value, unit, lang), anchor="end"))
    if bounds:
        path = " ".join(f"{across(size):.1f},{height(bound):.1f}" for size, bound in bounds)
        parts.append(
            f"<polyline points='{path}' fill='none' stroke='{BOUND}' stroke-dasharray='3 3' stroke-width='1.6'/>"
        )
    path = " ".join(f"{across(one.size):.1f},{height(value):.1f}" for one, value in known)
    parts.append(f"<polyline points='{path}' fill='none' stroke='{ACCENT}' stroke-width='2'/>")
    for one, value in known:
        fill = GOOD if one.state == "enough" else BAD if one.state == "impossible" else "#ffffff"
        chosen = sizing.smallest is not None and one.size == sizing.smallest.size
        told = escape(f"{one.size}: {write_value(value, unit, lang)}")
        parts.append(
            f"<circle cx='{across(one.size):.1f}' cy='{height(value):.1f}' r='{6 if chosen else 4}' fill='{fill}' "
            f"stroke='{GOOD if fill == GOOD else BAD}' stroke-width='1.4'><title>{told}</title></circle>"
        )
    return "".join(parts)


def _text(
    x: float, y: float, text: str, *, fill: str = SOFT, anchor: str = "start", weight: str = "400"
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' fill='{fill}' text-anchor='{anchor}' font-weight='{weight}'>"
        f"{escape(text)}</text>"
    )


def _fold(text: str) -> list[str]:
    """A label in lines, cut where the catalogue has a bar."""
    return [part.strip() for part in text.split("/")]
