"""Small maps of a sizing: customers pale, homes of who stays, who leaves and who comes, one map a headcount."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from optimizer.comparing.sizing.size_curve import Headcount, Sizing
from optimizer.geography import unit_points
from optimizer.messages import say
from optimizer.problem import Floats
from optimizer.reports.comparisons.small_maps import MOST_POINTS, Places, place_points
from optimizer.reports.content.sampling import draw_sample

MOST_MAPS = 9
CROSS = 3.6  # half of the cross over who leaves
NAMED = 6  # newcomers whose place is written beside them


def draw_size_maps(sizing: Sizing, lang: str = "") -> str:
    """The maps as markup; nothing where there are no points or nobody comes or goes."""
    shown = choose_headcounts(sizing)
    homes = sizing.problem.rep_point
    teams = [one.best.team for one in shown]
    new = [_find_points(team.rows) for team in teams]
    places = place_points([sizing.problem.customer_point, homes, *new])
    if places is None or not shown:
        return ""
    customers, present, *come = places
    ids = sizing.problem.rep_ids
    figures = []
    for one, there in zip(shown, come, strict=True):
        gone = np.isin(ids, one.best.team.leave)
        drawn = [
            _draw_customers(customers),
            *(_draw_home(x, y, "stays") for x, y in _list(present, ~gone)),
            *(_draw_cross(x, y) for x, y in _list(present, gone)),
            *_draw_newcomers(one, there),
        ]
        told = say(
            "size.map_caption",
            lang,
            stay=int((~gone).sum()),
            leave=int(gone.sum()),
            come=len(one.best.team.join),
        )
        label = escape(say("size.map_label", lang, reps=one.size))
        figures.append(
            f"<figure><figcaption><strong>{label}</strong> <span>{escape(told)}</span></figcaption>"
            f"<svg class=map viewBox='0 0 {customers.wide:.0f} {customers.high:.0f}' role='img' aria-label='{label}'>"
            f"{''.join(drawn)}</svg></figure>"
        )
    return f"<div class=maps>{''.join(figures)}</div>"


def choose_headcounts(sizing: Sizing) -> list[Headcount]:
    """Those whose team is not today's: the smallest that is enough, and those around it first."""
    changed = [one for one in sizing.headcounts if one.best.team.leave or one.best.team.join]
    middle = sizing.today if sizing.smallest is None else sizing.smallest.size
    near = sorted(changed, key=lambda one: (abs(one.size - middle), one.size))[:MOST_MAPS]
    return sorted(near, key=lambda one: one.size)


def _find_points(rows: Sequence[dict[str, object]]) -> Floats:
    def read(name: str) -> Floats:
        return np.array(
            [float(str(row[name])) if row.get(name) is not None else np.nan for row in rows], dtype=np.float64
        )

    return unit_points(read("lat"), read("lon")) if rows else np.empty((0, 3))


def _draw_customers(places: Places) -> str:
    shown = draw_sample(np.flatnonzero(np.isfinite(places.x)), MOST_POINTS)
    dot = float(np.clip(70 / np.sqrt(max(len(shown), 1)), 1.6, 5.0))
    path = "".join(
        f"M{x:.1f} {y:.1f}h0" for x, y in zip(places.x[shown].tolist(), places.y[shown].tolist(), strict=True)
    )
    return f"<path d='{path}' class='point' stroke-width='{dot:.1f}'/>"


def _list(places: Places, some: object) -> list[tuple[float, float]]:
    at = np.flatnonzero(np.asarray(some) & np.isfinite(places.x))
    return list(zip(places.x[at].tolist(), places.y[at].tolist(), strict=True))


def _draw_home(x: float, y: float, kind: str) -> str:
    return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='2.8' class='{kind}'/>"


def _draw_cross(x: float, y: float) -> str:
    left, top, bottom, wide = x - CROSS, y - CROSS, y + CROSS, 2 * CROSS
    lines = f"M{left:.1f} {top:.1f}l{wide} {wide}M{left:.1f} {bottom:.1f}l{wide} {-wide}"
    return f"<path d='{lines}' class='leaves'/>"


def _draw_newcomers(one: Headcount, places: Places) -> list[str]:
    drawn = []
    taken: dict[tuple[float, float], int] = {}
    for k, row in enumerate(one.best.team.rows):
        x, y = float(places.x[k]), float(places.y[k])
        if not np.isfinite(x):
            continue
        beside = taken[x, y] = taken.get((x, y), -1) + 1  # several at one place stand below each other
        y += 11 * beside
        drawn.append(f"<path d='M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z' class='comes'/>")
        if len(one.best.team.join) <= NAMED:
            right = x > places.wide / 2
            drawn.append(
                f"<text x='{x + (-9 if right else 9):.1f}' y='{y + 4:.1f}' text-anchor='{'end' if right else 'start'}' "
                f"class='who'>{escape(str(row['rep_id']))}</text>"
            )
    return drawn
