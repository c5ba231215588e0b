"""report.html: the plan as one page that opens anywhere, offline, and contacts nobody.

The template and its style and scripts stand beside this file. Data goes in as JSON and reaches the page as
text, never as markup; a content security policy allows the page's own scripts by their hashes and no
network at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from optimizer.explaining import explain_score
from optimizer.messages import load_catalogue, look_up, say
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints
from optimizer.reports.content.headlines import Headline, list_change, list_headlines
from optimizer.reports.content.limits import list_dearest
from optimizer.reports.content.news import ASIDE
from optimizer.reports.content.origin import list_origin
from optimizer.reports.content.report import Report
from optimizer.reports.content.shapes import colours
from optimizer.reports.content.tables import Table, measure_decimals, term_label, texts
from optimizer.reports.page.customer_page import choose_listed, choose_told, list_customers
from optimizer.reports.page.ledger_page import list_ledger
from optimizer.reports.page.week_page import list_weeks
from optimizer.reports.page.why_page import list_why

MOST_ROWS = 5_000  # of a table inside the page
SCRIPTS = ("elements.js", "why.js", "ledger.js", "map.js", "weeks.js", "page.js")  # the last begins


def write_page(report: Report, folder: Path) -> None:
    """Write report.html."""
    data = json.dumps(list_page(report), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    style, scripts = _part("page.css"), [_part(name) for name in SCRIPTS]
    policy = "default-src 'none'; img-src data:; " + "; ".join(
        (f"style-src {_hash(style)}", "script-src " + " ".join(_hash(s) for s in scripts), "base-uri 'none'")
    )
    page = _part("page.html")
    for gap, text in (
        ("{{lang}}", say("language.tag", report.lang)),
        ("{{title}}", say("page.overline", report.lang)),
        ("{{policy}}", policy),
        ("{{style}}", style),
        ("{{scripts}}", "\n".join(f"<script>{script}</script>" for script in scripts)),
        ("{{no_script}}", say("page.no_script", report.lang)),
        ("{{data}}", escape_json(data)),  # last: nothing is looked for in the records
    ):
        page = page.replace(gap, text)
    (folder / "report.html").write_text(page, encoding="utf-8", errors="replace", newline="\n")


def escape_json(text: str) -> str:
    """JSON that cannot end the script element it stands in, whatever the records say."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _part(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def list_page(report: Report) -> dict[str, Any]:
    """Everything the page shows."""
    summary, lang = report.summary, report.lang
    catalogue = load_catalogue(lang)
    words = {c.removeprefix("page."): t for c, t in catalogue.items() if c.startswith("page.")}
    words["comma"] = catalogue["limit.comma"]
    timetable = report.timetable
    scheduled = () if timetable is None else (timetable.slip_groups, timetable.slipping, timetable.tasks)
    hard = [
        *report.score.hard_violations,
        *([] if timetable is None else timetable.result.score.hard_violations),
    ]
    ledger = explain_score(report.problem, report.plan)
    told = choose_told(report)
    listed = choose_listed(report, told)
    place = np.searchsorted(listed, told)  # of those who are told among those who are listed
    return {
        "lang": say("language.tag", lang),
        "words": words,
        "name": summary.name,
        "description": report.case.scenario.description,
        "status": summary.status,
        "statusWord": say(f"status_word.{summary.status}", lang),
        "keepsAll": report.score.keeps_all,
        "verdict": summary.verdict,
        "certificate": summary.certificate,
        "broken": [violation.sentence(lang) for violation in hard[:20]],
        "brokenCount": len(hard),
        "hasBefore": summary.before is not None,
        "objective": summary.after.objective_hours,
        "bound": summary.bound_hours,
        "gap": summary.gap,
        "headlines": [_list_headline(line) for line in list_headlines(summary, lang)],
        "change": [_list_headline(line) for line in list_change(summary, lang)],
        "figures": _list_figures(report),
        "terms": _list_terms(report),
        "limits": [[sentence, round(hours, 3)] for sentence, hours in list_dearest(report)],
        "reps": _list_reps(report),
        "bands": _list_bands(report),
        "ledger": list_ledger(ledger, lang),
        "customers": list_customers(report, ledger, listed),
        "why": list_why(report, ledger, told) | {"told": place.tolist()},
        "map": _list_map(report, told, place) if summary.has_points else None,
        "weeks": None if timetable is None else list_weeks(report, timetable),
        "tables": {
            table.name: _list_table(table, lang)
            for table in (
                report.territories,
                report.moves,
                report.unserved,
                report.violations,
                report.findings,
                *scheduled,
            )
        },
        "origin": list_origin(report),
    }


def _list_headline(line: Headline) -> dict[str, Any]:
    return {
        "label": line.label,
        "style": line.style,
        "before": line.before,
        "after": line.after,
        "better": line.better,
    }


def _list_figures(report: Report) -> dict[str, Any]:
    """The figures of the tiles, present and planned."""
    summary = report.summary

    def pair(field: str) -> list[Any]:
        before = None if summary.before is None else getattr(summary.before, field)
        return [before, getattr(summary.after, field)]

    fields = (
        "objective_hours", "unserved", "travel_hours", "least_utilization", "most_utilization", "overloaded"
    )  # fmt: skip
    balances = [
        {
            "measure": look_up("measure", now.measure, report.lang),
            "tolerance": now.tolerance,
            "inside": [old and old.inside, now.inside],
        }
        for now, old in zip(
            summary.after.balances,
            summary.before.balances if summary.before else [None] * len(summary.after.balances),
            strict=True,
        )
    ]
    return {field: pair(field) for field in fields} | {
        "customers": summary.customers,
        "reps": summary.reps,
        "moved": summary.moved,
        "moved_share": summary.moved_share,
        "handover_hours": summary.handover_hours,
        "newly_served": summary.newly_served,
        "balances": balances,
    }


def _list_terms(report: Report) -> list[dict[str, Any]]:
    before, after = report.summary.before, report.summary.after
    names = list(after.terms) + [term for term in (before.terms if before else {}) if term not in after.terms]
    rows = [
        {
            "label": term_label(name, report.lang),
            "before": None if before is None else before.terms.get(name, 0.0),
            "after": after.terms.get(name, 0.0),
        }
        for name in names
    ]
    return [row for row in rows if row["before"] or row["after"]]


def _list_reps(report: Report) -> dict[str, Any]:
    x, y, z = report.problem.rep_point.T
    home = np.degrees(np.column_stack([np.arctan2(y, x), np.arcsin(np.clip(z, -1, 1))]))
    return {
        "id": report.problem.rep_ids.tolist(),
        "name": texts(report.case.records.reps, "name").tolist(),
        "skills": texts(report.case.records.reps, "skills").tolist(),
        "colour": colours(report.problem.n_reps),
        "home": [_numbers(point, 5) for point in home],
        "before": report.before.customers.tolist(),
        "after": report.after.customers.tolist(),
    }


def _list_bands(report: Report) -> list[dict[str, Any]]:
    """What is compared by rep: hours against capacity, then each balanced measure against its corridor."""
    problem, before, after = report.problem, report.before, report.after

    def band(
        label: str, goal: Any, low: Any, high: Any, held: tuple[Ints, Ints], scale: float
    ) -> dict[str, Any]:
        decimals = min(measure_decimals(scale), 1)
        return {
            "label": label,
            "goal": _numbers(goal / scale, decimals),
            "low": None if low is None else _numbers(_ratio(low, goal), 5),
            "high": _numbers(_ratio(high, goal), 5),
            "before": _numbers(held[0] / scale, decimals),
            "after": _numbers(held[1] / scale, decimals),
            "shareBefore": _numbers(_ratio(held[0], goal), 5),
            "shareAfter": _numbers(_ratio(held[1], goal), 5),
        }

    words = load_catalogue(report.lang)
    rows = [
        band(
            words["page.workload"],
            problem.capacity,
            None,
            problem.load_limit,
            (before.rep_load, after.rep_load),
            UNITS_PER_HOUR,
        )
    ]
    for corridor in problem.corridors:
        measure = problem.measures[corridor.measure]
        held = (before.sizes[corridor.measure], after.sizes[corridor.measure])
        label = f"{look_up('measure', measure.name, report.lang)} ±{corridor.tolerance:.0%}"
        rows.append(band(label, corridor.target, corridor.low, corridor.high, held, measure.scale))
    return rows


def _ratio(amount: Any, goal: Any) -> Floats:
    goal = np.asarray(goal, dtype=float)
    share: Floats = np.divide(amount, goal, out=np.full(goal.shape, np.nan), where=goal != 0)
    return share


def _list_map(report: Report, told: Ints, place: Ints) -> dict[str, Any]:
    """Points of the customers who are ``told`` and have one, and the outlines of territories, present and planned."""
    lon, lat = report.unwrapped, report.points[1]
    known = int(np.isfinite(lon).sum())
    drawn = np.isfinite(lon[told])
    at = told[drawn]
    return {
        "known": known,
        "missing": len(lon) - known,
        "outlined": len(report.outlined),
        "at": place[drawn].tolist(),
        "lon": _numbers(lon[at], 5),
        "lat": _numbers(lat[at], 5),
        "outlines": {
            "before": [_list_rings(shape) for shape in report.outlines_before],
            "after": [_list_rings(shape) for shape in report.outlines_after],
        },
    }


def _list_rings(shape: BaseGeometry | None) -> list[list[float]]:
    """The outer ring of each part as one list of lon, lat, lon, lat...; lines and points need none."""
    parts = [] if shape is None else getattr(shape, "geoms", [shape])
    return [
        np.round(shapely.get_coordinates(part.exterior), 4).ravel().tolist()
        for part in parts
        if part.geom_type == "Polygon"
    ]


def _list_table(table: Table, lang: str) -> dict[str, Any]:
    frame = table.frame.head(MOST_ROWS)
    shown = {name: column for name, column in table.columns.items() if name not in ASIDE}
    if "reason" in shown:  # beside whom it is about, before the figures
        shown = dict(sorted(shown.items(), key=lambda item: item[1].is_number))
    columns = [
        {"key": name, "label": column.label, "kind": column.kind, "decimals": column.decimals}
        for name, column in shown.items()
    ]
    cells = [
        _numbers(frame[name].to_numpy(dtype=float), max(column.decimals, 4 if column.kind == "share" else 0))
        if column.is_number
        else table.read_texts(name, lang)[:MOST_ROWS]
        for name, column in shown.items()
    ]
    return {"columns": columns, "cells": cells, "count": len(table)}


def _numbers(values: Any, decimals: int) -> list[float | None]:
    """Rounded numbers, None for those that are not finite."""
    rounded = np.round(np.asarray(values, dtype=float), decimals) + 0.0
    whole = decimals == 0
    return [
        (int(v) if whole else v) if f else None
        for v, f in zip(rounded.tolist(), np.isfinite(rounded).tolist(), strict=True)
    ]
