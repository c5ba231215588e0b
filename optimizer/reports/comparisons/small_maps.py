"""Small maps that stand beside each other: the same customers, the same frame, each plan's owners in colour.

Points in Mercator's projection as SVG paths, one a rep, so that thousands of them stay small; no script draws them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from optimizer.problem import Bools, Floats, Ints, Problem
from optimizer.reports.content.sampling import draw_sample
from optimizer.reports.content.shapes import colours, unwrap

MOST_POINTS = 4_000  # of each map
WIDE, HIGH = 360.0, 260.0  # a small map at most
EDGE = 8.0
OUTLYING, FAR = (
    0.01,
    0.35,
)  # share of customers at either end, and how far beyond the rest, as a share of its span
LATITUDE = 85.0  # where Mercator's map ends


@dataclass(frozen=True, eq=False)
class Places:
    """Where customers stand on every map: ``x`` and ``y`` [n] in pixels, NaN without a point; size of the frame."""

    x: Floats
    y: Floats
    wide: float
    high: float


def place(problems: Sequence[Problem], wide: float = WIDE, high: float = HIGH) -> list[Places] | None:
    """The customers of every problem in one frame for all; None where none has a point.

    A frame at most ``wide`` x ``high``, as tall as the country is; who lives far outside stands at its edge.
    """
    return place_points([problem.customer_point for problem in problems], wide, high)


def place_points(points: Sequence[Floats], wide: float = WIDE, high: float = HIGH) -> list[Places] | None:
    """The same for points on the sphere, [n, 3] each, such as customers and homes."""
    ends = np.cumsum([0, *map(len, points)])
    point = np.concatenate(points)
    if not np.isfinite(point).all(axis=1).any():
        return None
    lon = unwrap(np.degrees(np.arctan2(point[:, 1], point[:, 0])))
    lat = np.clip(np.degrees(np.arcsin(np.clip(point[:, 2], -1, 1))), -LATITUDE, LATITUDE)
    x, y = np.radians(lon), -np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))
    (west, east), (north, south) = _frame(x), _frame(y)
    span = max(east - west, 1e-4), max(south - north, 1e-4)
    x, y = np.clip(x, west, east), np.clip(y, north, south)
    scale = min((wide - 2 * EDGE) / span[0], (high - 2 * EDGE) / span[1])
    tall = max(80.0, scale * span[1] + 2 * EDGE)
    left = (wide - scale * span[0]) / 2
    top = (tall - scale * span[1]) / 2
    x, y = left + (x - west) * scale, top + (y - north) * scale
    return [Places(x[a:b], y[a:b], wide, tall) for a, b in pairwise(ends)]


def _frame(along: Floats) -> tuple[float, float]:
    """The ends of the frame on one axis; a few customers far from all others do not shrink the map of all others."""
    ends = float(np.nanmin(along)), float(np.nanmax(along))
    low, high = np.nanquantile(along, (OUTLYING, 1 - OUTLYING)).tolist()
    room = FAR * max(high - low, 1e-6)
    return max(ends[0], low - room), min(ends[1], high + room)


def draw_map(
    places: Places, owner: Ints, paint: Sequence[str], label: str, strong: Bools | None = None
) -> str:
    """One map as SVG. ``owner`` [n] indexes ``paint``; the unserved are hollow.

    ``strong`` [n]: these customers are drawn large and the others pale; None: all alike. ``label`` is plain markup.
    """
    known = np.flatnonzero(np.isfinite(places.x))
    if strong is not None:  # what differs is never left out for what does not
        first = draw_sample(known[strong[known]], MOST_POINTS)
        shown = np.concatenate([draw_sample(known[~strong[known]], MOST_POINTS), first])
    else:
        shown = draw_sample(known, MOST_POINTS)
    dot = float(np.clip(90 / np.sqrt(max(len(shown), 1)), 2.0, 7.0))
    layers = [(shown, "point")] if strong is None else [
        (shown[~strong[shown]], "point pale"), (shown[strong[shown]], "point strong"),
    ]  # fmt: skip
    parts = []
    for at, kind in layers:
        order = at[np.argsort(owner[at], kind="stable")]
        whose, starts = np.unique(owner[order], return_index=True)
        for rep, some in zip(whose.tolist(), np.split(order, starts)[1:], strict=True):
            path = "".join(
                f"M{a:.1f} {b:.1f}h0"
                for a, b in zip(places.x[some].tolist(), places.y[some].tolist(), strict=True)
            )
            size = dot * (1.5 if kind.endswith("strong") else 1.0)
            if rep < 0:
                parts.append(f"<path d='{path}' class='{kind} nobody' stroke-width='{size * 1.2:.1f}'/>")
            else:
                parts.append(
                    f"<path d='{path}' class='{kind}' stroke='{paint[rep]}' stroke-width='{size:.1f}'/>"
                )
    frame = f"viewBox='0 0 {places.wide:.0f} {places.high:.0f}'"
    return f"<svg class=map {frame} role='img' aria-label='{label}'>{''.join(parts)}</svg>"


def paint_reps(problems: Sequence[Problem]) -> list[list[str]]:
    """A colour for each rep of each problem: the same rep has the same one on every map."""
    ids = list(dict.fromkeys(rep for problem in problems for rep in problem.rep_ids.tolist()))
    known = dict(zip(ids, colours(len(ids)), strict=True))
    return [[known[rep] for rep in problem.rep_ids.tolist()] for problem in problems]
