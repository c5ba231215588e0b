"""What frontier writes: a table, a workbook, a picture and a page, and every plan in a folder of its own.

A plan's folder is as ``plan`` writes it, without a bound: that of a frontier holds at the plan's rates and stands in
the table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from optimizer.comparing.frontier.frontiers import AIMS, Frontier, FrontierPoint
from optimizer.folders import FRONTIER_FILES, PLANS, replace_frontier_folder
from optimizer.messages import Joined, say, spoken
from optimizer.plan import Plan
from optimizer.reports import build_report, write_report
from optimizer.reports.book.sheet_rows import clean
from optimizer.reports.comparisons.frontier_chart import draw_frontier
from optimizer.reports.comparisons.small_maps import draw_map, paint_reps, place
from optimizer.reports.comparisons.sweep_book import write_sheet
from optimizer.reports.comparisons.sweep_files import find_kpi
from optimizer.reports.content.kpi_texts import write_value
from optimizer.reports.content.tables import Column, Kind, Table
from optimizer.reports.files.csv_files import write_csv
from optimizer.reports.page.still_page import write_section, write_still_page

TODAY = "today"
_DECIMALS = {"hours": 3, "share": 6, "count": 0, "km": 3, "amount": 2}
_LOSSES = ("part_travel", "part_outside", "part_moves")


def write_frontier(
    found: Frontier, out: str | Path, *, reports: Collection[str] = (), lang: str = ""
) -> Path:
    """Write a frontier into the folder ``out``, which is replaced whole or not at all.

    ``reports``: what is written of each plan beside its tables, as for ``write_reports``. OutputError when ``out``
    holds anything that frontier did not write, or cannot be written.
    """
    lang = lang or spoken()
    table = list_frontier(found, lang)
    title = say("frontier.title", lang, name=found.case.name)
    with replace_frontier_folder(out) as folder:
        write_csv(table, folder)
        book = xlsxwriter.Workbook(str(folder / FRONTIER_FILES[1]), {"in_memory": True})
        book.set_properties({"title": clean(title), "created": dt.datetime(2000, 1, 1)})
        write_sheet(book, say("frontier.sheet", lang), title, table, lang)
        book.close()
        picture = draw_frontier(found, lang)
        for name, text in (
            (FRONTIER_FILES[2], picture),
            (FRONTIER_FILES[3], build_page(found, picture, lang, linked="page" in reports)),
        ):
            (folder / name).write_text(text, encoding="utf-8", errors="replace", newline="\n")
        for point in found.points:
            report = build_report(found.case, found.problem, point.plan, point.score, lang=lang)
            write_report(report, folder / PLANS / point.key, reports)
    return Path(out)


def list_frontier(found: Frontier, lang: str = "") -> Table:
    """A row a plan, and one for today's; all KPIs after the columns of the frontier."""
    points: list[FrontierPoint | None] = [*found.points, None]
    data: dict[str, Any] = {
        "point": [TODAY if point is None else point.key for point in points],
        "name": [say_name(point, lang) for point in points],
        "gives_up": ["" if point is None else say_loss(found, point, lang) for point in points],
    }
    columns = {
        "point": Column("id", say("frontier.point", lang)),
        "name": Column("text", say("frontier.name", lang)),
        "gives_up": Column("text", say("frontier.cost", lang)),
    }
    kpis = [{**found.today_kpis} if point is None else point.kpis for point in points]
    names = [*AIMS, *(name for name in kpis[-1] if name not in (*AIMS, "bound", "gap"))]

    def add(name: str, column: Column, values: list[float | None]) -> None:
        data[name] = np.array([np.nan if v is None else v for v in values], dtype=float)
        columns[name] = column

    def add_kpi(name: str) -> None:
        kpi = find_kpi(name)
        kind: Kind = "share" if kpi.unit == "share" else "number"
        add(name, Column(kind, kpi.label(lang), _DECIMALS[kpi.unit]), [one.get(name) for one in kpis])

    for name in names[: len(AIMS)]:
        add_kpi(name)
    for name in ("rate_balance", "rate_move", "objective", "bound", "gap"):
        values = [None if p is None else _read(p, name) for p in points]
        kind = Column(
            "share" if name == "gap" else "number", say(f"frontier.{name}", lang), 6 if name == "gap" else 3
        )
        add(name, kind, values)
    for name in names[len(AIMS) :]:
        add_kpi(name)
    return Table("frontier", pd.DataFrame(data), columns)


def _read(point: FrontierPoint, name: str) -> float:
    if name.startswith("rate_"):
        return float(getattr(point.rates, name.removeprefix("rate_")))
    return float(getattr(point, name))


def say_name(point: FrontierPoint | None, lang: str = "") -> str:
    """What a plan is best at or gives up, numbered where several are called so; None: today's."""
    if point is None:
        return say(f"frontier_name.{TODAY}", lang)
    name = say(f"frontier_name.{point.name}", lang)
    return name if point.number == 1 else f"{name} {point.number}"


def say_loss(found: Frontier, point: FrontierPoint, lang: str = "") -> str:
    """By how much a plan is worse than the best of the frontier in each aim."""
    best = [min(other.aims[k] for other in found.points) for k in range(len(AIMS))]
    lost = [value - least for value, least in zip(point.aims, best, strict=True)]
    parts = [
        say(f"frontier.{code}", lang, count=round(amount, 1)) for code, amount in zip(_LOSSES, lost, strict=True)
        if round(amount, 1) > 0
    ]  # fmt: skip
    if not parts:
        return say("frontier.gives_up_nothing", lang)
    return say("frontier.gives_up", lang, parts=Joined(tuple(parts)))


def build_page(found: Frontier, picture: str, lang: str, *, linked: bool = False) -> str:
    """frontier.html, whole: it opens offline, runs nothing and contacts nobody. ``linked``: to the plans' own pages."""

    def words(code: str, **gaps: Any) -> str:
        return escape(say(f"frontier.{code}", lang, **gaps))

    title = say("frontier.title", lang, name=found.case.name)
    parts = [
        f"<p class=overline>{words('overline')}</p><h1>{escape(title)}</h1>"
        f"<p class=note>{words('note', count=len(found.points))}</p>",
        write_section(words("chart"), words("chart_note"), picture),
        write_section(words("table"), words("table_note"), _write_rows(found, lang, linked)),
    ]
    if maps := _draw_maps(found, lang):
        parts.append(write_section(words("maps"), words("maps_note"), maps))
    return write_still_page(title, "comparison.css", parts, lang)


def _write_rows(found: Frontier, lang: str, linked: bool) -> str:
    """The table of the page: the aims, what is given up, and at which rates a plan is best."""
    kpis = [find_kpi(name) for name in AIMS]
    heads = [say(f"frontier.{code}", lang) for code in ("number", "name")] + [kpi.label(lang) for kpi in kpis]
    heads += [say(f"frontier.{code}", lang) for code in ("cost", "rate_balance", "rate_move", "gap")]
    sides = ["num", "id", "num", "num", "num", "text", "num", "num", "num"]
    rows = []
    for number, point in enumerate(found.points, 1):
        name = escape(say_name(point, lang))
        cells = [str(number), f"<a href='{PLANS}/{point.key}/report.html'>{name}</a>" if linked else name]
        cells += [escape(write_value(v, k.unit, lang)) for v, k in zip(point.aims, kpis, strict=True)]
        cells += [
            escape(say_loss(found, point, lang)),
            f"{point.rates.balance:,.3g}",
            f"{point.rates.move:,.3g}",
        ]
        rows.append([*cells, escape(write_value(point.gap, "share", lang))])
    broken = len(found.today_score.hard_violations)
    today = say("frontier.today_broken" if broken else "frontier.today_whole", lang, count=broken)
    aims = [escape(write_value(v, k.unit, lang)) for v, k in zip(found.today_aims, kpis, strict=True)]
    rows.append(["", escape(say_name(None, lang)), *aims, escape(today), "", "", ""])
    head = "".join(f"<th class='{side}'>{escape(h)}</th>" for side, h in zip(sides, heads, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td class='{side}'>{cell}</td>" for side, cell in zip(sides, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<div class=sheet><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _draw_maps(found: Frontier, lang: str) -> str:
    """A map a plan with who would move, and today's."""
    places = place([found.problem])
    if places is None:
        return ""
    (paint,) = paint_reps([found.problem])
    figures = [_draw(places[0], found.today, paint, say_name(None, lang), "", None)]
    for number, point in enumerate(found.points, 1):
        moved = point.plan.moved(found.problem)
        told = say("frontier.map_moved", lang, count=int(moved.sum()))
        figures.append(_draw(places[0], point.plan, paint, f"{number} {say_name(point, lang)}", told, moved))
    return f"<div class=maps>{''.join(figures)}</div>"


def _draw(where: Any, plan: Plan, paint: list[str], name: str, told: str, moved: Any) -> str:
    drawn = draw_map(where, plan.owner, paint, escape(name), moved)
    caption = f"<strong>{escape(name)}</strong> <span>{escape(told)}</span>"
    return f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"
