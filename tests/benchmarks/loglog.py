"""A picture of lines on two logarithmic axes, as SVG, drawn without any library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, PLOT = 760, 380
LEFT, RIGHT, TOP = 70, 44, 20  # margins around the plot
LEGEND, NAME = 66, 20  # from the plot down to the first name, and from name to name
Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """A line through ``line``, and single points beside it; both in data units, above zero."""

    name: str
    colour: str
    line: Sequence[Point]
    points: Sequence[Point] = ()


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis over whole decades, from ``start`` to ``end`` on the page."""

    low: int
    high: int
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value lies on the page."""
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """The decades with their labels: 0.01, 1, 1,000."""
        return [
            (10.0**power, f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}")
            for power in range(self.low, self.high + 1)
        ]


def choose_axis(values: Sequence[float], start: float, end: float) -> Axis:
    """The fewest whole decades that hold all values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(low, max(high, low + 1), start, end)


def draw(series: Sequence[Series], across: str, up: str) -> str:
    """The whole picture; ``across`` and ``up`` name the axes. ValueError without a point."""
    places = [point for line in series for point in (*line.line, *line.points)]
    if not places:
        raise ValueError("nothing to draw")
    x = choose_axis([point[0] for point in places], LEFT, WIDTH - RIGHT)
    y = choose_axis([point[1] for point in places], TOP + PLOT, TOP)
    height = TOP + PLOT + LEGEND + NAME * len(series)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="13" fill="#1f2937">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for value, label in x.ticks():
        at = x.place(value)
        parts.append(_line(at, y.start, at, y.end))
        parts.append(f'<text x="{at:.1f}" y="{y.start + 20:.1f}" text-anchor="middle">{label}</text>')
    for value, label in y.ticks():
        at = y.place(value)
        parts.append(_line(x.start, at, x.end, at))
        parts.append(f'<text x="{x.start - 8:.1f}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    parts.append(
        f'<text x="{(x.start + x.end) / 2:.1f}" y="{y.start + 42:.1f}" text-anchor="middle">{escape(across)}</text>'
    )
    middle = (y.start + y.end) / 2
    parts.append(
        f'<text x="16" y="{middle:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle:.1f})">{escape(up)}</text>'
    )
    for number, one in enumerate(series):
        corners = " ".join(f"{x.place(a):.1f},{y.place(b):.1f}" for a, b in one.line)
        parts.append(f'<polyline points="{corners}" fill="none" stroke="{one.colour}" stroke-width="2"/>')
        for a, b in one.points:
            parts.append(
                f'<circle cx="{x.place(a):.1f}" cy="{y.place(b):.1f}" r="3.5" fill="{one.colour}" '
                'fill-opacity="0.7"/>'
            )
        at = TOP + PLOT + LEGEND + NAME * number
        parts.append(
            f'<path d="M{LEFT} {at - 4}h26" stroke="{one.colour}" stroke-width="3"/>'
            f'<text x="{LEFT + 34}" y="{at}">{escape(one.name)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#e5e7eb"/>'
