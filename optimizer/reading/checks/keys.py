"""Each rep, customer and task once; each pair, lock and absence said once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.findings import Severity
from optimizer.reading.collecting import Findings
from optimizer.records import Records

_UNIQUE = {"reps": "rep_id", "customers": "customer_id", "tasks": "task_id"}
_SAID_ONCE = {
    "locks": ["customer_id", "rep_id", "kind"],
    "pairs": ["customer_id", "rep_id"],
    "absences": ["rep_id", "starts", "ends"],
}


def check_keys(records: Records, findings: Findings) -> None:
    """An id used twice is an error; a row said twice a warning, unless the second says something else."""
    tables = records.tables()
    for table, key in _UNIQUE.items():
        ids = tables[table][key]
        at = np.flatnonzero(ids.duplicated() & ids.notna())
        first = _first_rows(findings, table, pd.factorize(ids)[0], at) if len(at) else []
        findings.add_all("duplicate_key", "error", table, at, key, ids.iloc[at].to_list(), first)
    for table, columns in _SAID_ONCE.items():
        frame = tables[table]
        repeated = frame.duplicated(columns) & frame[columns[0]].notna()
        # A pair said twice with other figures leaves open which are meant; a lock or an absence does not.
        unclear = ~frame.duplicated() & (table == "pairs")
        _tell_repeated(table, frame, columns, repeated & unclear, "error", findings)
        _tell_repeated(table, frame, columns, repeated & ~unclear, "warning", findings)
    _check_apart(records.apart, findings)


def _check_apart(apart: pd.DataFrame, findings: Findings) -> None:
    if not len(apart):
        return
    given = apart["customer_a"].notna() & apart["customer_b"].notna()
    itself = np.flatnonzero(given & (apart["customer_a"] == apart["customer_b"]))
    findings.add_all(
        "apart_from_itself", "error", "apart", itself, None, apart["customer_a"].iloc[itself].to_list()
    )
    pairs = np.sort(apart[["customer_a", "customer_b"]].fillna("").to_numpy(dtype=object), axis=1)
    sorted_pairs = pd.DataFrame(pairs, columns=["customer_a", "customer_b"])
    repeated = sorted_pairs.duplicated() & given
    _tell_repeated("apart", sorted_pairs, ["customer_a", "customer_b"], repeated, "warning", findings)


def _tell_repeated(
    table: str, frame: pd.DataFrame, columns: list[str], where: Any, severity: Severity, findings: Findings
) -> None:
    """Rows whose ``columns`` an earlier row has said already."""
    at = np.flatnonzero(where)
    if not len(at):
        return
    codes = frame.groupby(columns, dropna=False, sort=False).ngroup()
    first = _first_rows(findings, table, codes, at)
    findings.add_all("duplicate_row", severity, table, at, None, _joined(frame, columns, at), first)


def _first_rows(findings: Findings, table: str, codes: Any, repeated: Any) -> list[dict[str, int]]:
    """For each repeated position the spreadsheet row where the same was said first."""
    if not len(repeated):
        return []
    codes = np.asarray(codes)
    firsts = pd.Series(np.arange(len(codes))).groupby(codes, sort=False).first()
    rows = findings.rows[table]
    return [{"first": int(rows[firsts[code]])} for code in codes[repeated]]


def _joined(frame: pd.DataFrame, columns: list[str], positions: Any) -> list[str]:
    some = frame.iloc[positions][columns]
    return [", ".join("" if pd.isna(v) else _shown(v) for v in row) for row in some.itertuples(index=False)]


def _shown(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
