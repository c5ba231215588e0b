"""frontier.svg: the plans of a frontier and today's, two aims against each other in each of three small pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations

from optimizer.comparing.frontier.frontiers import AIMS, Frontier
from optimizer.kpis import Kpi
from optimizer.messages import say
from optimizer.reports.book.cell_styles import INK, LINE, SOFT
from optimizer.reports.comparisons.sweep_files import find_kpi
from optimizer.reports.content.kpi_texts import write_value

ACCENT, KNEE, ON = "#2b6ca3", "#b4532a", "#ffffff"
WIDE, HIGH, SIDE, FLOOR, TOP = 270, 250, 74, 52, 24  # of a picture: its frame, room at the left, below, above
ROOM = 0.07  # of a range, beyond its ends
FAR = 0.6  # of a range: where today's plan is farther off it stands at the edge, with its figures
STRIP, EDGE = 0.22, 0.075  # of a range, kept for it there; of the picture, between it and the edge


def draw_frontier(found: Frontier, lang: str = "") -> str:
    """The picture as SVG; an aim in which no two plans differ is left out."""
    aims = [point.aims for point in found.points] + [found.today_aims]
    moving = [k for k in range(len(AIMS)) if len({one[k] for one in aims}) > 1]
    parts = []
    pairs = list(combinations(moving, 2))
    for number, (down, along) in enumerate(pairs):
        axes = [_Axis.fit(found, aim) for aim in (along, down)]
        parts.append(_draw_one(found, axes, number * (SIDE + WIDE + 16), lang))
    wide, high = max(1, len(pairs)) * (SIDE + WIDE + 16), TOP + HIGH + FLOOR
    label = escape(say("frontier.chart_label", lang))
    return (
        f"<svg class='frontier' xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide} {high}' role='img' "
        f"aria-label='{label}' font-family='system-ui, sans-serif' font-size='12.5'>"
        f"<rect width='{wide}' height='{high}' rx='10' fill='#ffffff'/>{''.join(parts)}</svg>\n"
    )


@dataclass(frozen=True)
class _Axis:
    """One aim from ``low`` to ``high``: far enough apart to tell the plans from each other.

    ``off``: on which side of it today's plan lies (-1, 1; 0: it lies on it). There a strip is left for it.
    """

    aim: int
    low: float
    high: float
    off: int

    @classmethod
    def fit(cls, found: Frontier, aim: int) -> _Axis:
        """The axis for an aim of these plans."""
        plans, today = [point.aims[aim] for point in found.points], found.today_aims[aim]
        low, high = min(plans), max(plans)
        reach = FAR * (high - low)
        off = (today > high + reach) - (today < low - reach) if reach else 0
        return cls(aim, low, high, off) if off else cls(aim, min(low, today), max(high, today), 0)

    @property
    def kpi(self) -> Kpi:
        """What it shows."""
        return find_kpi(AIMS[self.aim])

    @property
    def ticks(self) -> tuple[float, ...]:
        """Where figures stand."""
        middle = (self.low + self.high) / 2
        return tuple(sorted({self.low, round(middle) if self.kpi.unit == "count" else middle, self.high}))

    def place(self, value: float) -> float:
        """Where a value lies, as a share of the axis; what is off it lies at its edge."""
        span = (self.high - self.low) or 1.0
        below, above = (STRIP if self.off == side else ROOM for side in (-1, 1))
        share = (value - self.low + below * span) / (span * (1 + below + above))
        return min(max(share, EDGE if self.off < 0 else 0.0), 1 - EDGE if self.off > 0 else 1.0)


def _draw_one(found: Frontier, axes: Sequence[_Axis], left: float, lang: str) -> str:
    """Two aims against each other; less of both is at the left and at the bottom."""
    x0, y0 = left + SIDE, TOP
    across, up = axes
    parts = [f"<rect x='{x0}' y='{y0}' width='{WIDE}' height='{HIGH}' fill='none' stroke='{LINE}'/>"]
    for value in across.ticks:
        told = write_value(value, across.kpi.unit, lang)
        parts.append(_text(x0 + WIDE * across.place(value), y0 + HIGH + 17, told, anchor="middle"))
    for value in up.ticks:
        told = write_value(value, up.kpi.unit, lang)
        parts.append(_text(x0 - 7, y0 + HIGH * (1 - up.place(value)) + 4, told, anchor="end"))
    parts.append(_text(x0 + WIDE / 2, y0 + HIGH + 38, across.kpi.label(lang), fill=INK, anchor="middle"))
    turn = f" transform='rotate(-90 {left + 16:.1f} {y0 + HIGH / 2:.1f})'"
    parts.append(_text(left + 16, y0 + HIGH / 2, up.kpi.label(lang), fill=INK, anchor="middle", more=turn))

    def place(aims: Sequence[float]) -> tuple[float, float]:
        return x0 + WIDE * across.place(aims[across.aim]), y0 + HIGH * (1 - up.place(aims[up.aim]))

    parts.append(_draw_today(found, axes, place(found.today_aims), x0, lang))
    for number, point in enumerate(found.points, 1):
        x, y = place(point.aims)
        paint = KNEE if point.name == "knee" else ACCENT
        name = escape(f"{number} {say(f'frontier_name.{point.name}', lang)}")
        parts.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='9.5' fill='{paint}'><title>{name}</title></circle>"
        )
        parts.append(_text(x, y + 4.3, str(number), fill=ON, anchor="middle", more=" font-weight='600'"))
    return "".join(parts)


def _draw_today(
    found: Frontier, axes: Sequence[_Axis], at: tuple[float, float], left: float, lang: str
) -> str:
    """Today's plan: a hollow square where it lies, or at the edge with a tip towards it and its figures above."""
    (x, y), (east, north) = at, (axis.off for axis in axes)
    told = say("frontier_name.today", lang)
    far = [axis for axis in axes if axis.off]
    if far:
        figures = [write_value(found.today_aims[axis.aim], axis.kpi.unit, lang) for axis in far]
        told = say("frontier.today_off", lang, today=told, figures="; ".join(figures))
    parts = [
        f"<rect x='{x - 6:.1f}' y='{y - 6:.1f}' width='12' height='12' fill='{ON}' stroke='{INK}' "
        f"stroke-width='2'><title>{escape(told)}</title></rect>"
    ]
    if far:
        turn = math.degrees(math.atan2(-north, east))
        tip = f"translate({x:.1f} {y:.1f}) rotate({turn:.0f})"
        parts.append(
            f"<path d='M{10 if 0 in (east, north) else 12},-5l7,5l-7,5z' fill='{INK}' transform='{tip}'/>"
        )
        right = x > left + WIDE / 2
        parts.append(_text(left + WIDE * right, TOP - 7, told, fill=INK, anchor="end" if right else "start"))
        return "".join(parts)
    right = x > left + WIDE / 2  # names go where there is room: to the left in the right half
    parts.append(_text(x + (-12 if right else 12), y + 4, told, fill=INK, anchor="end" if right else "start"))
    return "".join(parts)


def _text(x: float, y: float, text: str, *, fill: str = SOFT, anchor: str = "start", more: str = "") -> str:
    kind = {INK: " class='ink'", ON: " class='on'"}.get(fill, "")  # for a page whose style sheet paints texts
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='{fill}' text-anchor='{anchor}'{kind}{more}>{escape(text)}</text>"
