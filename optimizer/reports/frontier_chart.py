"""frontier.svg: the plans of a frontier and today's, two aims against each other in each of three small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import combinations

from optimizer.comparing.frontiers import AIMS, Frontier
from optimizer.messages import say
from optimizer.reports.cell_styles import INK, LINE, SOFT
from optimizer.reports.kpi_texts import write_value
from optimizer.reports.sweep_files import find_kpi

ACCENT, KNEE, ON = "#2b6ca3", "#b4532a", "#ffffff"
WIDE, HIGH, SIDE, FLOOR, TOP = 270, 250, 74, 52, 16  # of a picture: its frame, room at the left, below, above
ROOM = 0.07  # of a range, beyond its ends


def draw_frontier(found: Frontier, lang: str = "") -> str:
    """The picture as SVG; an aim in which no two plans differ is left out."""
    aims = [point.aims for point in found.points] + [found.today_aims]
    moving = [k for k in range(len(AIMS)) if len({one[k] for one in aims}) > 1]
    parts = []
    pairs = list(combinations(moving, 2))
    for number, (down, along) in enumerate(pairs):
        parts.append(_draw_one(found, aims, along, down, number * (SIDE + WIDE + 16), lang))
    wide, high = max(1, len(pairs)) * (SIDE + WIDE + 16), TOP + HIGH + FLOOR
    label = escape(say("frontier.chart_label", lang))
    return (
        f"<svg class='frontier' xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide} {high}' role='img' "
        f"aria-label='{label}' font-family='system-ui, sans-serif' font-size='12.5'>"
        f"<rect width='{wide}' height='{high}' rx='10' fill='#ffffff'/>{''.join(parts)}</svg>\n"
    )


def _draw_one(
    found: Frontier, aims: Sequence[Sequence[float]], along: int, down: int, left: float, lang: str
) -> str:
    """Two aims against each other; less of both is at the left and at the bottom."""
    x0, y0 = left + SIDE, TOP
    ends = []
    for aim in (along, down):
        values = [one[aim] for one in aims]
        room = ROOM * (max(values) - min(values))
        ends.append((min(values) - room, max(values) + room))

    def place(one: Sequence[float]) -> tuple[float, float]:
        (west, east), (low, high) = ends
        return (
            x0 + WIDE * (one[along] - west) / (east - west),
            y0 + HIGH * (1 - (one[down] - low) / (high - low)),
        )

    kpis = [find_kpi(AIMS[aim]) for aim in (along, down)]
    parts = [f"<rect x='{x0}' y='{y0}' width='{WIDE}' height='{HIGH}' fill='none' stroke='{LINE}'/>"]
    for aim, (kpi, end) in enumerate(zip(kpis, ends, strict=True)):
        span = end[1] - end[0]
        for share in (0.0, 0.5, 1.0):
            value = end[0] + span * (ROOM + share) / (1 + 2 * ROOM)
            told = write_value(max(value, 0.0), kpi.unit, lang)
            if aim == 0:
                at = x0 + WIDE * (value - end[0]) / span
                parts.append(_text(at, y0 + HIGH + 17, told, anchor="middle"))
            else:
                at = y0 + HIGH * (1 - (value - end[0]) / span)
                parts.append(_text(x0 - 7, at + 4, told, anchor="end"))
    parts.append(_text(x0 + WIDE / 2, y0 + HIGH + 38, kpis[0].label(lang), fill=INK, anchor="middle"))
    turn = f" transform='rotate(-90 {left + 16:.1f} {y0 + HIGH / 2:.1f})'"
    parts.append(_text(left + 16, y0 + HIGH / 2, kpis[1].label(lang), fill=INK, anchor="middle", more=turn))
    x, y = place(found.today_aims)
    today = escape(say("frontier_name.today", lang))
    parts.append(
        f"<rect x='{x - 6:.1f}' y='{y - 6:.1f}' width='12' height='12' fill='#ffffff' stroke='{INK}' "
        f"stroke-width='2'><title>{today}</title></rect>"
    )
    # Names go where there is room: to the left in the right half.
    right = x > x0 + WIDE / 2
    parts.append(
        _text(x + (-11 if right else 11), y + 4, today, fill=INK, anchor="end" if right else "start")
    )
    for number, point in enumerate(found.points, 1):
        x, y = place(point.aims)
        paint = KNEE if point.name == "knee" else ACCENT
        name = escape(f"{number} {say(f'frontier_name.{point.name}', lang)}")
        parts.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='9.5' fill='{paint}'><title>{name}</title></circle>"
        )
        parts.append(_text(x, y + 4.3, str(number), fill=ON, anchor="middle", more=" font-weight='600'"))
    return "".join(parts)


def _text(x: float, y: float, text: str, *, fill: str = SOFT, anchor: str = "start", more: str = "") -> str:
    kind = {INK: " class='ink'", ON: " class='on'"}.get(fill, "")  # for a page whose style sheet paints texts
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='{fill}' text-anchor='{anchor}'{kind}{more}>{escape(text)}</text>"
