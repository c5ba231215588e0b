"""sweep.svg: every figure of a sweep against every setting, one small picture each."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from optimizer.comparing.sweep.sweeping import Effect, Sweep, write_value
from optimizer.kpis import Kpi
from optimizer.messages import Joined, say
from optimizer.reports.book.cell_styles import INK, LINE, SOFT
from optimizer.reports.content.kpi_texts import write_value as write_kpi

ACCENT = "#2b6ca3"
WIDE, HIGH = 300, 118  # of a small picture
LEFT, TOP, GAP = 250, 66, 26
MOST_DOTS = 400  # of a small picture; beyond, the range alone is drawn
STILL = 1e-9  # figures that change by less of themselves do not change


def draw_sweep(sweep: Sweep, kpis: Mapping[str, Kpi], lang: str = "") -> str:
    """The picture as SVG: a row a figure that changes, a column a setting; dots are plans, a line joins means."""
    effects = sweep.find_effects()
    places = list(dict.fromkeys(effect.place for effect in effects))
    by: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        by.setdefault((effect.kpi, effect.place), []).append(effect)
    spans = {name: _span(sweep, name) for name in kpis}
    moving = [name for name, span in spans.items() if span is not None and span[1] > span[0]]
    flat = [kpis[name].label(lang) for name, span in spans.items() if span is not None and span[1] <= span[0]]
    wide = LEFT + max(1, len(places)) * (WIDE + GAP)
    high = TOP + len(moving) * (HIGH + GAP) + 34
    parts = [
        f"<rect width='{wide}' height='{high}' rx='10' fill='#ffffff'/>",
        _text(20, 26, say("sweep.subtitle", lang, points=len(sweep.points)), fill=SOFT),
    ]
    parts += [
        _text(LEFT + k * (WIDE + GAP), 52, place, fill=INK, weight="600") for k, place in enumerate(places)
    ]
    for row, name in enumerate(moving):
        top = TOP + row * (HIGH + GAP)
        low, most = spans[name] or (0.0, 1.0)
        unit = kpis[name].unit
        parts += [
            _text(20, top + 22 + 16 * k, line, fill=INK)
            for k, line in enumerate(_fold(kpis[name].label(lang)))
        ]
        parts.append(_text(LEFT - 8, top + 18, write_kpi(most, unit, lang), anchor="end"))
        parts.append(_text(LEFT - 8, top + HIGH - 20, write_kpi(low, unit, lang), anchor="end"))
        for k, place in enumerate(places):
            left = LEFT + k * (WIDE + GAP)
            parts.append(_draw_one(sweep, by.get((name, place), []), (low, most), left, top))
    if flat:
        told = say("sweep.flat", lang, names=Joined(tuple(flat)))
        room = (wide - 40) // 6
        parts.append(_text(20, high - 14, told if len(told) <= room else told[: room - 1] + "…"))
    label = escape(say("sweep.title", lang, name=sweep.case.name))
    return (
        f"<svg class='sweep' xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide} {high}' role='img' "
        f"aria-label='{label}' font-family='system-ui, sans-serif' font-size='12.5'>{''.join(parts)}</svg>\n"
    )


def _draw_one(sweep: Sweep, effects: list[Effect], span: tuple[float, float], left: float, top: float) -> str:
    """One figure against one setting; values stand in the order in which they were given, evenly."""
    low, most = span
    step = WIDE / max(1, len(effects))
    at = {write_value(e.value): left + step * (k + 0.5) for k, e in enumerate(effects)}
    floor = top + HIGH - 18

    def height(value: float) -> float:
        return floor - 8 - (HIGH - 34) * (value - low) / (most - low)

    parts = [f"<rect x='{left}' y='{top}' width='{WIDE}' height='{HIGH - 18}' fill='none' stroke='{LINE}'/>"]
    for effect in effects:
        x = at[write_value(effect.value)]
        parts.append(
            f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{height(effect.least):.1f}' y2='{height(effect.most):.1f}' "
            f"stroke='{ACCENT}' stroke-opacity='0.35' stroke-width='5'/>"
        )
        parts.append(_text(x, top + HIGH - 3, _shorten(write_value(effect.value), step), anchor="middle"))
    if effects and len(sweep.points) <= MOST_DOTS:
        kpi, place = effects[0].kpi, effects[0].place
        for swept in sweep.points:
            value: Any = swept.kpis.get(kpi)
            tried = swept.point.seed if place == "seed" else swept.point.values.get(place)
            if value is not None:
                x = at[write_value(tried)]
                parts.append(
                    f"<circle cx='{x:.1f}' cy='{height(value):.1f}' r='3' fill='{ACCENT}' fill-opacity='0.5'/>"
                )
    line = " ".join(f"{at[write_value(e.value)]:.1f},{height(e.mean):.1f}" for e in effects)
    parts.append(f"<polyline points='{line}' fill='none' stroke='{ACCENT}' stroke-width='2'/>")
    return "".join(parts)


def _span(sweep: Sweep, kpi: str) -> tuple[float, float] | None:
    """Least and most of a figure; the same twice where it never really changes."""
    known = [v for swept in sweep.points if (v := swept.kpis.get(kpi)) is not None]
    if not known:
        return None
    low, most = min(known), max(known)
    return (low, most) if most - low > STILL * max(1.0, abs(most)) else (low, low)


def _text(
    x: float, y: float, text: str, *, fill: str = SOFT, anchor: str = "start", weight: str = "400"
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' fill='{fill}' text-anchor='{anchor}' font-weight='{weight}'>"
        f"{escape(text)}</text>"
    )


def _shorten(text: str, room: float) -> str:
    most = max(3, int(room / 7))
    return text if len(text) <= most else text[: most - 1] + "…"


def _fold(text: str, most: int = 25) -> list[str]:
    """A label in lines of at most so many letters, where it has blanks to break at."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
