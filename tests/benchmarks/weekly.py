"""A picture of panels in rows, lines over weeks on plain axes, as SVG, drawn without any library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 340, 190  # of a panel's plot
LEFT, GAP, TOP, BELOW = 56, 70, 34, 66  # margins of each panel
NAME = 20  # from one name below to the next


@dataclass(frozen=True)
class Line:
    """One line through (week, value)."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """Lines under a title; the axis goes from 0, or from just below the least where it ends at ``most``."""

    title: str
    lines: Sequence[Line]
    most: float | None = None

    def find_ends(self) -> tuple[float, float]:
        """The ends of the axis upwards."""
        values = [value for line in self.lines for _, value in line.points]
        if self.most is not None:
            step = find_step(self.most - min(values))
            return math.floor(min(values) / step) * step, self.most
        step = find_step(max(values))
        return 0.0, max(math.ceil(max(values) / step), 1) * step


def find_step(span: float) -> float:
    """A round step that cuts a span into four to ten."""
    if span <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(span / 4))
    return next(step * size for step in (5, 2, 1) if span / (step * size) >= 4)


def draw_panels(rows: Sequence[Sequence[Panel]], across: str) -> str:
    """The whole picture; the names of the first panel's lines stand below. ValueError without a point."""
    if not any(line.points for row in rows for panel in row for line in panel.lines):
        raise ValueError("nothing to draw")
    names = rows[0][0].lines
    width = LEFT + max(len(row) for row in rows) * (WIDTH + GAP) - GAP + 20
    height = len(rows) * (TOP + HEIGHT + BELOW) + NAME * len(names)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="13" fill="#1f2937">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for r, row in enumerate(rows):
        for c, panel in enumerate(row):
            parts += _draw_panel(panel, LEFT + c * (WIDTH + GAP), TOP + r * (TOP + HEIGHT + BELOW), across)
    for number, line in enumerate(names):
        at = len(rows) * (TOP + HEIGHT + BELOW) + NAME * number + 4
        parts.append(
            f'<path d="M{LEFT} {at - 4}h26" stroke="{line.colour}" stroke-width="3"/>'
            f'<text x="{LEFT + 34}" y="{at}">{escape(line.name)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _draw_panel(panel: Panel, left: float, top: float, across: str) -> list[str]:
    low, high = panel.find_ends()
    weeks = [week for line in panel.lines for week, _ in line.points]
    first, last = min(weeks), max(max(weeks), min(weeks) + 1)

    def place(week: float, value: float) -> tuple[float, float]:
        x = left + (week - first) / (last - first) * WIDTH
        return x, top + HEIGHT - (value - low) / (high - low) * HEIGHT

    parts = [f'<text x="{left}" y="{top - 12}" font-weight="bold">{escape(panel.title)}</text>']
    step = find_step(high - low)
    for k in range(round((high - low) / step) + 1):
        y = place(first, low + k * step)[1]
        parts.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{low + k * step:,g}</text>')
    for week in range(math.ceil(first), math.floor(last) + 1):
        x = place(week, low)[0]
        parts.append(f'<text x="{x:.1f}" y="{top + HEIGHT + 18}" text-anchor="middle">{week}</text>')
    parts.append(
        f'<text x="{left + WIDTH / 2}" y="{top + HEIGHT + 38}" text-anchor="middle">{escape(across)}</text>'
    )
    for line in panel.lines:
        corners = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in line.points)
        parts.append(f'<polyline points="{corners}" fill="none" stroke="{line.colour}" stroke-width="2.5"/>')
    return parts
