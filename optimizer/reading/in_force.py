"""The plan in force, read from the folder that ``plan`` wrote: assignments.csv, tasks.csv, result.json."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

from optimizer.findings import Finding, InputError
from optimizer.in_force import TASK_COLUMNS, PlanInForce, no_tasks
from optimizer.reading.assignments import load_columns
from optimizer.reading.collecting import Findings
from optimizer.reading.parsing import parse_dates, parse_numbers
from optimizer.reading.tables import as_text

_TABLE, _PREVIOUS, _MOVED = "assignments", "previous_rep_id", "moved_on"


class RebalanceFile(BaseModel):
    """What a ``rebalance.json`` says of how the rebalance was made.

    How many ``events`` counted; what was asked of its moves: how many at most (None: any), how often hand-over counted
    (``hurdle``) and to what share of their width corridors were mended (``calm``); None: not told, by older releases.
    ``recipe``: the one that was followed, its ``kind`` and what it was told.
    """

    events: NonNegativeInt = 0
    max_moves: NonNegativeInt | None = None
    hurdle: float | None = Field(None, ge=1)
    calm: float | None = Field(None, ge=0, le=1)
    recipe: dict[str, Any] | None = None


def read_plan(folder: str | Path, *, with_tasks: bool = True) -> tuple[PlanInForce, list[Finding]]:
    """Owners and weeks of the plan in ``folder``, and findings about its files.

    ``tasks.csv`` may be missing, and is not looked at without ``with_tasks``; ``result.json`` may hold ``as_of``, the
    last day that the plan knew of, and its ``gap``. InputError when there is no ``assignments.csv`` that can be read.
    """
    folder, findings = Path(folder), Findings()
    raw = load_columns(_TABLE, folder / "assignments.csv", ("customer_id", "rep_id"), findings)
    columns = [name for name in ("customer_id", "rep_id", _PREVIOUS, _MOVED) if name in raw.frame.columns]
    owners = pd.DataFrame({name: as_text(raw.frame[name]) for name in columns})
    known = owners[owners["customer_id"].notna()].drop_duplicates("customer_id")
    repeated = owners["customer_id"].duplicated() & owners["customer_id"].notna()
    rows = repeated.to_numpy().nonzero()[0]
    at = pd.Index(known["customer_id"]).get_indexer(pd.Index(owners["customer_id"].iloc[rows]))
    first = [{"first": int(raw.rows[known.index[k]])} for k in at]
    values = owners["customer_id"].iloc[rows].to_list()
    findings.add_all("duplicate_key", "warning", _TABLE, rows, "customer_id", values, first)
    tasks = _read_tasks(folder / "tasks.csv", findings) if with_tasks else no_tasks()
    since = read_since(folder)
    known = known.set_index("customer_id")
    gap = read_gap(folder)
    moved_on = None
    if _MOVED in known:
        moved_on = pd.Series(parse_dates(known[_MOVED])[0], index=known.index)
    return PlanInForce(known["rep_id"], tasks, since, known.get(_PREVIOUS), gap, moved_on), findings.listed()


def _read_tasks(path: Path, findings: Findings) -> pd.DataFrame:
    if not path.exists():
        return no_tasks()
    try:
        raw = load_columns("published", path, ("task_id", "rep_id", "week"), Findings())
    except InputError as error:
        findings.extend(error.findings)
        raise InputError(findings.listed()) from error
    columns: dict[str, Any] = {}
    for name in TASK_COLUMNS:
        given = raw.frame[name] if name in raw.frame.columns else pd.Series([None] * len(raw.frame))
        columns[name] = parse_numbers(given)[0] if name == "hours" else as_text(given).astype("str")
    frame = pd.DataFrame(columns, index=range(len(raw.frame)))
    kept: pd.DataFrame = frame[frame["task_id"].notna()].drop_duplicates("task_id").reset_index(drop=True)
    return kept


def read_since(folder: Path) -> dt.date | None:
    """The day that ``result.json`` names, if it names one: the evening on which a rebalance was made."""
    try:
        return dt.date.fromisoformat(_read_key(folder / "result.json", "as_of"))
    except (ValueError, TypeError):
        return None


def read_gap(folder: Path) -> float | None:
    """By what share of its cost a plan is at most above the best possible, as ``result.json`` says."""
    gap = _read_key(folder / "result.json", "gap")
    return float(gap) if isinstance(gap, float) and 0 <= gap <= 1 else None


def read_rebalance(folder: Path) -> RebalanceFile:
    """What ``rebalance.json`` says; as if it said nothing where it cannot be read."""
    try:
        return RebalanceFile.model_validate_json((folder / "rebalance.json").read_bytes())
    except (OSError, ValidationError):
        return RebalanceFile()


def _read_key(path: Path, key: str) -> Any:
    """What a file of JSON says under a key, None if it cannot be read or says nothing."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, KeyError, TypeError):
        return None
