"""rebalance.json and rebalance.html: the answer to what happened, for programs and for people.

The page opens offline, runs nothing and contacts nobody: verdict, the curve of moves with its knee, balance before and
after by rep, every change with its reason, and what happened.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import say
from optimizer.problem import UNITS_PER_HOUR
from optimizer.rebalancing import Covering, Rebalance
from optimizer.reports.content.news import ASIDE, REP_COLUMNS, News, describe_rebalance
from optimizer.reports.content.report import Report
from optimizer.reports.content.tables import Table
from optimizer.reports.page.still_page import write_section, write_still_page, write_table

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
    say_it = partial(_words, lang)
    covering = found.covering
    title = (
        say_it("title", day=found.state.as_of)
        if covering is None
        else say_it("title_cover", rep=covering.rep_id, day=found.state.as_of)
    )
    proved = filter(None, (found.certificate(lang), found.plan_certificate(lang)))
    parts = [
        f"<p class=overline>{escape(report.summary.name)}</p><h1>{title}</h1>",
        f"<div class=verdict><div><p><strong>{escape(found.sentence(lang))}</strong></p>"
        + "".join(f"<p>{escape(sentence)}</p>" for sentence in proved)
        + "</div></div>",
        _write_tiles(_list_tiles(found, lang) if covering is None else _list_cover_tiles(covering, lang)),
    ]
    if len(found.curve) > 1:
        body = _draw_curve(found, lang) + write_table(_with_ticks(news.curve), lang)
        parts.append(write_section(say_it("curve"), say_it("curve_note"), body))
    names = _name_reps(report)
    if news.cover is None:
        changes = write_table(_with_names(news.changes, names), lang, ASIDE)
        parts.append(write_section(say_it("changes"), say_it("changes_note"), changes))
    else:
        who = write_table(_with_names(news.cover, names), lang)
        parts.append(write_section(say_it("cover"), say_it("cover_note"), who))
    body = _draw_balance(news, lang) + write_table(_with_names(news.balance, names), lang)
    note = "balance_note" if covering is None else "balance_cover_note"
    parts.append(write_section(say_it("balance"), say_it(note), body))
    note = say_it("happened_note", count=len(found.state.events))
    parts.append(write_section(say_it("happened"), note, write_table(news.happened, lang)))
    return write_still_page(report.summary.name, "rebalance.css", parts, lang)


def _words(lang: str, code: str, **gaps: Any) -> str:
    return escape(say(f"rebalance_page.{code}", lang, **gaps))


def _write_tiles(tiles: list[tuple[str, str, str]]) -> str:
    """Figures side by side: what it is, how much, and what to see beside it."""
    cells = "".join(
        f"<div class=tile><div class=label>{label}</div><div class=value>{value}</div>"
        f"<div class=sub>{sub}</div></div>"
        for label, value, sub in tiles
    )
    return f"<div class='tiles even'>{cells}</div>"


def _list_tiles(found: Rebalance, lang: str) -> list[tuple[str, str, str]]:
    words = partial(_words, lang)
    objective = words("hours", hours=f"{found.result.score.objective_hours:,.1f}")
    broken = len(found.result.score.hard_violations)
    return [
        (words("moves"), f"{found.n_moves:,}", words("placed", placed_count=found.n_placed)),
        (
            words("gain"),
            words("hours", hours=f"{found.gain / UNITS_PER_HOUR:,.1f}"),
            words("cost", cost=found.cost / UNITS_PER_HOUR),
        ),
        (words("objective"), objective, words("before", hours=found.before.objective_hours)),
        (words("hard"), f"{broken:,}", words("hard_before", count=len(found.before.hard_violations))),
    ]


def _list_cover_tiles(covering: Covering, lang: str) -> list[tuple[str, str, str]]:
    words = partial(_words, lang)
    every = covering.customers
    lent = every[every["cover_rep_id"].notna()]
    hours = words("hours", hours=f"{lent['hours'].sum():,.1f}")
    return [
        (words("covered"), f"{len(lent):,}", words("covered_of", count=len(every))),
        (words("covered_hours"), hours, words("covered_hours_of", hours=float(every["hours"].sum()))),
        (words("stand_ins"), f"{lent['cover_rep_id'].nunique():,}", words("stand_ins_note")),
        (words("waiting"), f"{len(every) - len(lent):,}", words("waiting_note")),
    ]


def _name_reps(report: Report) -> dict[str, str]:
    """What reps are called on the page."""
    reps = report.case.records.reps
    return {
        rep: name_rep(rep, name) for rep, name in zip(reps["rep_id"], reps["name"].fillna(""), strict=True)
    }


def name_rep(rep: str, name: str) -> str:
    """Id and name, where the tables have one; the name alone where the id is the name or a word of it."""
    alike = rep.casefold() in {name.casefold(), *name.casefold().split()}
    return name if alike else f"{rep} {name}".rstrip()


def _with_names(table: Table, names: dict[str, str]) -> Table:
    """The table with names beside the ids of reps."""
    frame = table.frame.copy()
    for column in REP_COLUMNS:
        if column in frame:
            frame[column] = [names.get(rep, rep) for rep in frame[column]]
    return replace(table, frame=frame)


def _with_ticks(curve: Table) -> Table:
    """The curve with a tick at the knee and at what is proposed, and nothing elsewhere."""
    ticks = {
        name: curve.frame[name].map({"true": "\N{CHECK MARK}", "false": ""}) for name in ("knee", "proposed")
    }
    return replace(curve, frame=curve.frame.assign(**ticks))


def _draw_curve(found: Rebalance, lang: str) -> str:
    """Moves to the right, objective upward; hollow where hard constraints are broken, ringed at the knee."""
    points = found.curve
    wide, high, left, right, low = 720, 240, 76, 46, 34
    moves = np.array([point.moves for point in points], dtype=float)
    hours = np.array([point.objective_hours for point in points])
    span = float(hours.max() - hours.min()) or 1.0
    x = left + (wide - left - right) * moves / max(float(moves.max()), 1.0)
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
        if point is found.chosen:
            label = escape(say("rebalance_page.proposed", lang))
            marks.append(f"<text x='{a:.1f}' y='{b + 20:.1f}' class='chosen'>{label}</text>")
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
    """Bars of hours against capacity of the reps whose territory changes: doing nothing above, proposed below, and a
    mark where it was planned to be.
    """  # fmt: skip
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
    planned = news.balance.frame.get("planned_utilization", pd.Series(np.nan, np.arange(problem.n_reps)))
    scale, rows = 520 / widest, []
    for row, rep in enumerate(order):
        top = 6 + 34 * row
        rows.append(f"<text x='0' y='{top + 17}' class='who'>{escape(str(problem.rep_ids[rep]))}</text>")
        both = [(top + 13 * part, share[rep]) for part, share in enumerate((before, after))]
        for (at, share), kind in zip(both, ("before", "after"), strict=True):
            rows.append(f"<rect x='90' y='{at}' width='{share * scale:.1f}' height='11' class='{kind}'/>")
        if np.isfinite(planned[rep]):
            x = 90 + min(planned[rep], widest) * scale
            rows.append(f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{top - 2}' y2='{top + 26}' class='planned'/>")
        for at, share in both:
            x = 96 + share * scale
            rows.append(f"<text x='{x:.1f}' y='{at + 9.5:.1f}' class='share'>{share:.0%}</text>")
    high = 12 + 34 * len(order)
    full = 90 + scale
    label = escape(say("rebalance_page.balance", lang))
    return (
        f"<svg class=bars viewBox='0 0 720 {high}' role='img' aria-label='{label}'>{''.join(rows)}"
        f"<line x1='{full:.1f}' x2='{full:.1f}' y1='0' y2='{high}'/></svg>"
        f"<p class=note>{escape(say('rebalance_page.legend', lang))}</p>"
    )
