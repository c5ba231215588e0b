"""Downloads: a plan as a table, a workbook or a map; what is kept with it is given as it is, the rest is made."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimizer.evaluation import evaluate
from optimizer.reports import build_report, write_report
from optimizer.reports.files.csv_files import guard_formula
from optimizer.store import load_assignments
from optimizer.web.room import Room
from optimizer.web.warm import Warm

BYTE_ORDER = "\ufeff"  # by which Excel knows that a CSV is UTF-8


@dataclass(frozen=True)
class Download:
    """What a download is; ``file`` and ``report`` name it in ``optimizer.reports``."""

    media: str
    file: str = ""
    report: str = ""


DOWNLOADS: Mapping[str, Download] = {
    "csv": Download("text/csv; charset=utf-8"),
    "xlsx": Download(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "plan.xlsx", "workbook"
    ),
    "geojson": Download("application/geo+json", "territories.geojson", "map"),
    "page": Download("text/html; charset=utf-8", "report.html", "page"),
}


def write_csv(room: Room, plan_id: str) -> bytes:
    """Who owns whom under a plan."""
    with room.read() as view:
        frame = load_assignments(view, plan_id)
    return csv_of(frame)


def csv_of(frame: pd.DataFrame) -> bytes:
    """Rows of assignments as a table; no cell is taken for a formula."""
    out = io.StringIO(newline="")
    columns = []
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            columns.append(["" if value != value else f"{value:.3f}" for value in values.tolist()])
        else:
            cells = values.astype(object).where(values.notna(), "").tolist()
            columns.append([guard_formula(str(cell)) for cell in cells])
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(zip(*columns, strict=True))
    return (BYTE_ORDER + out.getvalue()).encode("utf-8", "replace")


def make_download(warm: Warm, room: Room, plan_id: str, kind: str) -> bytes:
    """A report of a plan, made from the plan as it is kept."""
    one = DOWNLOADS[kind]
    planned = warm.planned(room, plan_id)
    score = evaluate(planned.problem, planned.plan)
    report = build_report(planned.case, planned.problem, planned.plan, score)
    with tempfile.TemporaryDirectory(prefix="optimizer-") as folder:
        out = write_report(report, Path(folder) / "plan", [one.report])
        return (out / one.file).read_bytes()
