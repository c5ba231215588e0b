"""What a sweep found, as files: a row a point, what each value does to each figure, a workbook, a picture, a page."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.comparing.sweep.sweeping import Sweep, write_value
from optimizer.folders import OutputError
from optimizer.kpis import DEFINITIONS, Kpi
from optimizer.messages import say
from optimizer.reports.comparisons.sweep_book import write_sweep_book
from optimizer.reports.comparisons.sweep_chart import draw_sweep
from optimizer.reports.content.kpi_texts import write_value as write_kpi
from optimizer.reports.content.tables import Column, Table
from optimizer.reports.files.csv_files import write_csv
from optimizer.reports.files.kept_folder import check_kept_folder, put_file, write_text

FILES = ("sweep.csv", "sensitivity.csv", "sweep.xlsx", "sweep.svg", "sweep.html", "findings.csv")
MOST_ROWS = 1_000  # of the table in the page
_DECIMALS = {"hours": 3, "share": 6, "count": 0, "km": 3, "amount": 2}


def check_sweep_folder(out: str | Path) -> None:
    """OutputError unless ``out`` is missing, empty, or holds an earlier sweep: its finished points stay."""
    check_kept_folder(out, FILES, "not_a_sweep")


def write_sweep(sweep: Sweep, out: str | Path, *, lang: str = "") -> Path:
    """Write sweep.csv, sensitivity.csv, sweep.xlsx, sweep.svg and sweep.html into ``out``; returns the folder.

    Each file is replaced whole; the folder ``points`` in it stays. OutputError when ``out`` holds anything but a sweep.
    """
    folder = Path(out)
    check_sweep_folder(folder)
    points, effects = list_sweep_tables(sweep, lang)
    kpis = {name: find_kpi(name) for name in sweep.kpis}
    picture = draw_sweep(sweep, kpis, lang)
    page = _build_page(sweep, points, kpis, picture, lang)

    try:
        put_file(folder, "sweep.csv", lambda at: write_csv(points, at))
        put_file(folder, "sensitivity.csv", lambda at: write_csv(effects, at))
        put_file(
            folder,
            "sweep.xlsx",
            lambda at: write_sweep_book(sweep.case.name, points, effects, at / "sweep.xlsx", lang),
        )
        put_file(folder, "sweep.svg", lambda at: write_text(at / "sweep.svg", picture))
        put_file(folder, "sweep.html", lambda at: write_text(at / "sweep.html", page))
        (folder / "findings.csv").unlink(missing_ok=True)
    except OSError as error:
        raise OutputError("cannot_write", path=str(folder), reason=error.strerror or str(error)) from error
    return folder


def find_kpi(name: str) -> Kpi:
    """The figure that is called so: ``travel_hours``, ``coverage.A``."""
    first, _, part = name.partition(".")
    return Kpi(next(d for d in DEFINITIONS if d.name == first and bool(d.of) == bool(part)), part)


def list_sweep_tables(sweep: Sweep, lang: str = "") -> tuple[Table, Table]:
    """A row a point; and a row for each setting, value and figure."""
    kpis = {name: find_kpi(name) for name in sweep.kpis}
    data: dict[str, Any] = {"point": np.array([s.point.number for s in sweep.points], dtype=float)}
    columns = {"point": Column("number", "point")}
    for place in sweep.places:
        data[place] = [write_value(s.point.values.get(place)) for s in sweep.points]
        columns[place] = Column("text", place)
    data["seed"] = np.array([s.point.seed for s in sweep.points], dtype=float)
    columns["seed"] = Column("number", "seed")
    data["status"] = [s.status for s in sweep.points]
    columns["status"] = Column("id", "status", words=("sweep_status",))
    data["failure"] = [s.failure or "" for s in sweep.points]
    columns["failure"] = Column("text", "failure")
    for name, kpi in kpis.items():
        values = [s.kpis.get(name) for s in sweep.points]
        data[name] = np.array([np.nan if v is None else v for v in values], dtype=float)
        columns[name] = _kpi_column(kpi, lang)
    points = Table("sweep", pd.DataFrame(data), columns)
    effects = sweep.find_effects()
    frame = pd.DataFrame(
        {
            "setting": [e.place for e in effects],
            "value": [write_value(e.value) for e in effects],
            "kpi": [e.kpi for e in effects],
            "points": np.array([e.points for e in effects], dtype=float),
            "mean": np.array([e.mean for e in effects], dtype=float),
            "least": np.array([e.least for e in effects], dtype=float),
            "most": np.array([e.most for e in effects], dtype=float),
        }
    )
    kinds = {
        "setting": Column("text", "setting"),
        "value": Column("text", "value"),
        "kpi": Column("id", "kpi"),
    }
    kinds["points"] = Column("number", "points")
    kinds |= {name: Column("number", name, 6) for name in ("mean", "least", "most")}
    return points, Table("sensitivity", frame, kinds)


def _kpi_column(kpi: Kpi, lang: str) -> Column:
    return Column("share" if kpi.unit == "share" else "number", kpi.label(lang), _DECIMALS[kpi.unit])


def _build_page(sweep: Sweep, points: Table, kpis: dict[str, Kpi], picture: str, lang: str) -> str:
    """The page, whole: it opens offline, runs nothing and contacts nobody."""

    def words(code: str, **gaps: Any) -> str:
        return escape(say(f"sweep.{code}", lang, **gaps))

    parts = [files("optimizer.reports.page") / name for name in ("page.css", "rebalance.css")]
    style = "".join(part.read_text(encoding="utf-8") for part in parts)
    style += "svg.sweep { width: 100%; height: auto; margin-top: 16px; }\n"
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{seal}'; base-uri 'none'"
    title = words("title", name=sweep.case.name)
    return (
        f'<!doctype html>\n<html lang="{say("language.tag", lang)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"<p class=overline>{words('overline')}</p><h1>{title}</h1>\n"
        f"<section><h2>{words('sensitivity')}</h2><p class=note>{words('sensitivity_note')}</p>{picture}</section>\n"
        f"<section><h2>{words('points')}</h2><p class=note>{words('points_note')}</p>"
        f"{_write_table(points, kpis, lang)}</section>\n</main>\n</body>\n</html>\n"
    )


def _write_table(points: Table, kpis: dict[str, Kpi], lang: str) -> str:
    """The table of points; figures in their units."""
    cells, sides = [], []
    for name, column in points.columns.items():
        values = points.frame[name].head(MOST_ROWS)
        if name in kpis:
            numbers = values.to_numpy(dtype=float)
            cells.append([write_kpi(v if np.isfinite(v) else None, kpis[name].unit, lang) for v in numbers])
        elif column.is_number:
            cells.append([f"{v:.0f}" for v in values])
        else:
            cells.append(points.read_texts(name, lang)[:MOST_ROWS])
        sides.append("num" if column.is_number else column.kind)
    head = "".join(
        f"<th class='{side}'>{escape(column.label)}</th>"
        for side, column in zip(sides, points.columns.values(), strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(f"<td class='{s}'>{escape(c)}</td>" for s, c in zip(sides, row, strict=True))
        + "</tr>"
        for row in zip(*cells, strict=True)
    )
    return f"<div class=sheet><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
