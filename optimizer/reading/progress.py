"""Progress as it is handed in: a file, a DataFrame or a list of events becomes one clean table of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.findings import Finding
from optimizer.problem import Bools
from optimizer.progress import COLUMNS, HEAD, KINDS, ROW, TABLE, Event, needed_fields, unite_events
from optimizer.reading.assignments import load_columns
from optimizer.reading.cases import Settings
from optimizer.reading.collecting import Findings
from optimizer.reading.columns import EVENTS
from optimizer.reading.mapping import read_mapping
from optimizer.reading.normalising import empty_table, normalise
from optimizer.reading.tables import RawTable, as_text


def read_progress(
    given: str | Path | pd.DataFrame | Sequence[Event], *, mapping: Settings = None
) -> tuple[pd.DataFrame, list[Finding]]:
    """Events in order of day and id, each once, with the columns of ``progress.COLUMNS`` and ``row``; and findings.

    ``given``: a CSV, Excel (the sheet progress, else the first) or Parquet file, a DataFrame, or a list of events.
    ``mapping``: a path or dict with a table ``[progress]``, as ``mapping.toml`` has. A row that cannot be
    understood is a finding (a warning) and left out; the rest is taken in. InputError when the file cannot be read or
    has not the columns event_id, at and kind. What the events speak of is looked up when they are applied to a plan.
    """
    findings = Findings()
    if not isinstance(given, str | Path | pd.DataFrame):
        given = pd.DataFrame([event.model_dump(exclude_none=True) for event in given])
    if isinstance(given, pd.DataFrame) and given.empty:
        return no_events(), []
    raw = load_columns(TABLE, given, HEAD, findings, read_mapping(mapping, findings).get(TABLE))
    events, good = _understand(raw, findings)
    united, clashes = unite_events(events[good])
    return united, [*findings.listed(), *clashes]


def _understand(raw: RawTable, findings: Findings) -> tuple[pd.DataFrame, Bools]:
    """Every row as the contract has it, and which of them say enough; findings are warnings."""
    told = Findings()
    frame = normalise(TABLE, raw, (), told)
    findings.extend(replace(f, severity="warning") for f in told.listed())
    good = frame[list(HEAD)].notna().all(axis=1).to_numpy(dtype=bool, copy=True)
    for name in EVENTS:
        if name in raw.frame.columns:  # said, but not understood
            good &= frame[name].notna().to_numpy() | as_text(raw.frame[name]).isna().to_numpy()
    kind = frame["kind"].to_numpy(dtype=object)
    for name in KINDS:
        mine = kind == name
        for column in needed_fields(name) if mine.any() else ():
            empty = mine & good & frame[column].isna().to_numpy()
            if empty.any():
                findings.add_all(
                    "event_incomplete", "warning", TABLE, np.flatnonzero(empty), column, kind=name
                )
                good &= ~empty
    frame[ROW] = raw.rows
    return frame, good


def no_events() -> pd.DataFrame:
    """A table without events."""
    frame = empty_table(TABLE)[list(COLUMNS)]
    frame[ROW] = np.zeros(0, dtype=np.int64)
    return frame
