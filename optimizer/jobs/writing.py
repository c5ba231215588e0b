"""Writing down: a plan that was made goes into the store as ``plan`` writes it into a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.in_force import TASK_COLUMNS
from optimizer.reports import Report, write_report
from optimizer.reports.files.result_file import list_result
from optimizer.store import KeptPlan, Write, save_plan

FILES = {"page": "report.html", "workbook": "plan.xlsx", "map": "territories.geojson"}
ALWAYS = ("result.json",)
_LONG = ("violations", "progress", "prices")  # they stand in result.json


@dataclass(frozen=True, eq=False)
class Written:
    """Everything of a plan that is kept, put together before anything is locked."""

    owners: pd.DataFrame
    tasks: pd.DataFrame
    files: dict[str, bytes]
    summary: dict[str, Any]

    def save(self, write: Write, case_version_id: str, **more: Any) -> KeptPlan:
        """Keep it; ``more`` as for ``save_plan``."""
        return save_plan(
            write,
            case_version_id,
            self.owners,
            tasks=self.tasks,
            files=self.files,
            summary=self.summary,
            **more,
        )


def write_down(report: Report, reports: Sequence[str]) -> Written:
    """A report as it is kept: tables, the files that are asked for, and what a list of plans shows."""
    wanted = (*ALWAYS, *(FILES[name] for name in reports))
    with tempfile.TemporaryDirectory(prefix="optimizer-") as folder:
        out = write_report(report, Path(folder) / "plan", reports)
        files = {name: (out / name).read_bytes() for name in wanted if (out / name).exists()}
        files |= {file.name: file.read_bytes() for file in out.glob("rebalance*") if file.is_file()}
    told = list_result(report)
    summary = {name: value for name, value in told.items() if name not in _LONG}
    if isinstance(schedule := summary.get("schedule"), dict):
        summary["schedule"] = {name: value for name, value in schedule.items() if name not in _LONG}
    summary["accepted"] = report.keeps_all and report.accepted
    owners, tasks = report.assignments.frame, report.tasks.frame
    return Written(
        owners.assign(**{name: _blank(owners[name]) for name in ("rep_id", "previous_rep_id")}),
        tasks[list(TASK_COLUMNS)].assign(**{name: _blank(tasks[name]) for name in ("rep_id", "week")}),
        files,
        summary,
    )


def _blank(ids: pd.Series[Any]) -> pd.Series[Any]:
    """Tables of reports say nothing where there is nobody; the store says that nobody is there."""
    return ids.astype("str").where(ids != "")
