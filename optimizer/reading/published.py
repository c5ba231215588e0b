"""What reps have been told already: the tasks.csv of an earlier plan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from optimizer.findings import Finding
from optimizer.reading.assignments import load_columns
from optimizer.reading.collecting import Findings
from optimizer.reading.tables import as_text

_TABLE = "published"


def read_published(given: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Columns task_id, rep_id and week as texts, a row a task that has all three; and the findings.

    A task named twice is a warning, and its first row counts. InputError when the file cannot be read or has not the
    columns.
    """
    findings = Findings()
    raw = load_columns(_TABLE, given, ("task_id", "rep_id", "week"), findings)
    frame = pd.DataFrame({name: as_text(raw.frame[name]) for name in ("task_id", "rep_id", "week")})
    whole = frame.notna().all(axis=1)
    twice = (frame["task_id"].duplicated() & whole).to_numpy()
    rows = twice.nonzero()[0]
    first = frame["task_id"].drop_duplicates()
    at = pd.Index(first).get_indexer(pd.Index(frame["task_id"].iloc[rows]))
    details = [{"first": int(raw.rows[first.index[k]])} for k in at]
    values = frame["task_id"].iloc[rows].to_list()
    findings.add_all("duplicate_key", "warning", _TABLE, rows, "task_id", values, details)
    kept: pd.DataFrame = frame[whole.to_numpy() & ~twice].reset_index(drop=True)
    return kept, findings.listed()
