"""What watching a plan found, as files: how reps, customers and corridors stand, and what calls for a rebalance."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.findings import Finding
from optimizer.folders import replace_watch_folder
from optimizer.rebalancing import Watch
from optimizer.rebalancing.replay.freezing import explain_freeze
from optimizer.reports.content.tables import Column, Table, list_findings
from optimizer.reports.files.csv_files import write_csv

_WHOLE = ("customers", "row", "planned_visits", "visits_made", "days", "corridor", "corridors_outside")
_STATUSES = ("on_track", "due", "overdue", "never")


def write_watch(
    watch: Watch, out: str | Path, findings: list[Finding], *, refused: int | None = None, lang: str = ""
) -> Path:
    """Write the tables and watch.json into the folder ``out``, which is replaced whole or not at all.

    ``findings``: everything found on the way, those of the state among them; ``refused``: rows of progress that were
    not taken in (None: those that the state found). Returns the folder. OutputError when ``out`` holds anything but an
    earlier watch, a plan above all, or cannot be written.
    """
    with replace_watch_folder(out) as folder:
        for table in list_watch_tables(watch, findings, lang):
            write_csv(table, folder)
        text = json.dumps(describe_watch(watch, lang, refused), ensure_ascii=False, indent=2, allow_nan=False)
        (folder / "watch.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return Path(out)


def list_watch_tables(watch: Watch, findings: list[Finding], lang: str) -> list[Table]:
    """Every table by the name of its file."""
    freezes = watch.state.freezes
    sentences = [explain_freeze(*pair, lang) for pair in zip(freezes["reason"], freezes["what"], strict=True)]
    triggers = pd.DataFrame(
        {
            "code": [t.code for t in watch.triggers],
            "rep_id": [t.rep_id or "" for t in watch.triggers],
            "since": [t.since for t in watch.triggers],
            "value": np.array([t.value for t in watch.triggers], dtype=float),
            "threshold": np.array([t.threshold for t in watch.triggers], dtype=float),
            "sentence": [t.sentence(lang) for t in watch.triggers],
        }
    )
    return [
        _table("watch", watch.reps),
        _table("coverage", watch.coverage),
        _table("corridors", watch.corridors),
        _table("history", watch.history),
        _table("triggers", triggers),
        _table("freezes", freezes.drop(columns="what").assign(sentence=sentences)),
        list_findings(findings, lang),
    ]


def describe_watch(watch: Watch, lang: str, refused: int | None = None) -> dict[str, Any]:
    """watch.json: the totals and what rings, for other programs; ``refused`` as in ``write_watch``."""
    return {
        "as_of": watch.as_of.isoformat(),
        "rings": watch.rings,
        "total": {name: _number(value) for name, value in watch.total.items()},
        "triggers": [
            {
                "code": t.code,
                "rep_id": t.rep_id,
                "since": t.since,
                "value": _number(t.value),
                "threshold": _number(t.threshold),
                "sentence": t.sentence(lang),
            }
            for t in watch.triggers
        ],
        "frozen": int(watch.state.freezes["customer_id"].nunique()),
        "events": len(watch.state.events),
        "not_taken_in": len(watch.state.findings) if refused is None else refused,
        "state_hash": watch.state.case.input_hash,
    }


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _table(name: str, frame: pd.DataFrame) -> Table:
    """A frame with the kinds of its columns; missing texts and days are empty."""
    data, columns = {}, {}
    for column in map(str, frame.columns):
        values = frame[column]
        if pd.api.types.is_bool_dtype(values.dtype):
            data[column], kind = values.map({True: "true", False: "false"}).astype(object), "id"
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            data[column], kind = values.dt.strftime("%Y-%m-%d").fillna("").astype(object), "id"
        elif pd.api.types.is_numeric_dtype(values.dtype):
            data[column], kind = values.astype(float), "number"
        else:
            data[column] = values.astype(object).where(values.notna(), "")
            kind = "text" if column == "sentence" else "id"
        decimals = 0 if column in _WHOLE + _STATUSES else 3
        columns[column] = Column(kind, column, decimals)  # type: ignore[arg-type]
    return Table(name, pd.DataFrame(data), columns)
