"""rebalance.json and rebalance.html: the answer to what happened, for programs and for people.

The page opens offline, runs nothing and contacts nobody: verdict, the curve of moves with its knee, balance before and
after by rep, every change with its reason, and what happened.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.messages import say
from optimizer.rebalancing.curve import CurvePoint
from optimizer.reports.news import ASIDE, News, describe_rebalance
from optimizer.reports.report import Report
from optimizer.reports.still_page import write_section, write_still_page, write_table

MOST_BARS = 60  # reps whose balance is drawn, those that change most


def write_rebalance(report: Report, news: News, folder: Path, *, page: bool = True) -> None:
    """Write rebalance.json and, with ``page``, rebalance.html."""
    text = json.dumps(describe_rebalance(news, report.lang), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / "rebalance.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    if page:
        html = build_page(report, news)
        (folder / "rebalance.html").write_text(html, encoding="utf-8", errors="replace", newline="\n")


def build_page(report: Report, news: News) -> str:
    """The page, whole."""
    lang, found = report.lang, news.rebalance

    def words(code: str, **gaps: Any) -> str:
        return escape(say(f"rebalance_page.{code}", lang, **gaps))

    tiles = [
        ("moves", f"{found.n_moves:,}", words("placed", placed_count=found.n_placed)),
        ("gain", words("hours", hours=f"{found.gain / 1000:,.1f}"), words("cost", cost=found.cost / 1000)),
        (
            "objective",
            words("hours", hours=f"{found.result.score.objective_hours:,.1f}"),
            words("before", hours=found.before.objective_hours),
        ),
        (
            "hard",
            f"{len(found.result.score.hard_violations):,}",
            words("hard_before", count=len(found.before.hard_violations)),
        ),
    ]
    parts = [
        f"<p class=overline>{escape(report.summary.name)}</p><h1>{words('title', day=found.state.as_of)}</h1>",
        f"<div class=verdict><div><p><strong>{escape(found.sentence(lang))}</strong></p>"
        f"<p>{escape(found.certificate(lang))}</p></div></div>",
        "<div class='tiles even'>"
        + "".join(
            f"<div class=tile><div class=label>{words(label)}</div><div class=value>{value}</div>"
            f"<div class=sub>{sub}</div></div>"
            for label, value, sub in tiles
        )
        + "</div>",
    ]
    if len(found.curve) > 1:
        parts.append(
            write_section(
                words("curve"),
                words("curve_note"),
                _draw_curve(found.curve, lang) + write_table(news.curve, lang),
            )
        )
    if news.cover is not None:
        parts.append(write_section(words("cover"), words("cover_note"), write_table(news.cover, lang)))
    parts.append(
        write_section(words("changes"), words("changes_note"), write_table(news.changes, lang, ASIDE))
    )
    parts.append(
        write_section(
            words("balance"),
            words("balance_note"),
            _draw_balance(news, lang) + write_table(news.balance, lang),
        )
    )
    parts.append(
        write_section(
            words("happened"),
            words("happened_note", count=len(found.state.events)),
            write_table(news.happened, lang),
        )
    )
    return write_still_page(report.summary.name, "rebalance.css", parts, lang)


def _draw_curve(points: tuple[CurvePoint, ...], lang: str) -> str:
    """Moves to the right, objective upward; hollow where hard constraints are broken, ringed at the knee."""
    wide, high, left, low = 720, 240, 76, 34
    moves = np.array([point.moves for point in points], dtype=float)
    hours = np.array([point.objective_hours for point in points])
    span = float(hours.max() - hours.min()) or 1.0
    x = left + (wide - left - 30) * moves / max(float(moves.max()), 1.0)
    y = 22 + (high - low - 40) * (hours.max() - hours) / span
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    marks = []
    for point, a, b in zip(points, x, y, strict=True):
        kind = "hollow" if point.score.hard_violations else "full"
        if point.knee:
            marks.append(f"<circle cx='{a:.1f}' cy='{b:.1f}' r='10' class='ring'/>")
            label = escape(say("rebalance_page.knee", lang))
            marks.append(f"<text x='{a:.1f}' y='{b - 14:.1f}' class='mark'>{label}</text>")
        marks.append(f"<circle cx='{a:.1f}' cy='{b:.1f}' r='4.5' class='{kind}'/>")
        marks.append(f"<text x='{a:.1f}' y='{high - 8}' class='tick'>{point.moves:,}</text>")
    for at, edge in ((26, hours.max()), (high - low - 14, hours.min())):
        label = escape(say("rebalance_page.hours", lang, hours=f"{edge:,.0f}"))
        marks.append(f"<text x='{left - 12}' y='{at}' class='side'>{label}</text>")
    title = escape(say("rebalance_page.curve", lang))
    return (
        f"<svg class=curve viewBox='0 0 {wide} {high}' role='img' aria-label='{title}'>"
        f"<polyline points='{line}'/>{''.join(marks)}</svg>"
    )


def _draw_balance(news: News, lang: str) -> str:
    """Bars of hours against capacity of the reps whose territory changes: doing nothing above, proposed below."""
    problem = news.rebalance.problem
    changed = np.abs(news.after.rep_load - news.before.rep_load)
    order = np.argsort(-changed, kind="stable")[:MOST_BARS]
    order = order[changed[order] > 0]
    if not len(order):
        return ""
    capacity = np.maximum(problem.capacity, 1).astype(float)
    before, after = news.before.rep_load / capacity, news.after.rep_load / capacity
    before, after = np.minimum(before, 9.99), np.minimum(after, 9.99)
    widest = max(1.2, float(before[order].max()), float(after[order].max()))
    scale, rows = 520 / widest, []
    for row, rep in enumerate(order):
        top = 6 + 34 * row
        rows.append(f"<text x='0' y='{top + 17}' class='who'>{escape(str(problem.rep_ids[rep]))}</text>")
        for part, (share, kind) in enumerate(((before[rep], "before"), (after[rep], "after"))):
            at = top + 13 * part
            rows.append(f"<rect x='90' y='{at}' width='{share * scale:.1f}' height='11' class='{kind}'/>")
            rows.append(
                f"<text x='{96 + share * scale:.1f}' y='{at + 9.5:.1f}' class='share'>{share:.0%}</text>"
            )
    high = 12 + 34 * len(order)
    full = 90 + scale
    label = escape(say("rebalance_page.balance", lang))
    return (
        f"<svg class=bars viewBox='0 0 720 {high}' role='img' aria-label='{label}'>{''.join(rows)}"
        f"<line x1='{full:.1f}' x2='{full:.1f}' y1='0' y2='{high}'/></svg>"
        f"<p class=note>{escape(say('rebalance_page.legend', lang))}</p>"
    )
