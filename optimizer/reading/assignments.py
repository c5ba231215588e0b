"""A plan made by hand or by another tool: a table of customers and the reps they are given to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.messages import Phrase
from optimizer.plan import UNSERVED
from optimizer.problem import Ints
from optimizer.reading.aliases import rename_columns
from optimizer.reading.collecting import Findings, nearest, suggest
from optimizer.reading.files import read_file, read_frame
from optimizer.reading.mapped import apply_mapping
from optimizer.reading.mapping import Mapping
from optimizer.reading.tables import RawTable, as_text
from optimizer.records import positions_of

_TABLE = "assignments"
_NOBODY = ("-1", "unserved", "未分配", "无")


def read_assignments(given: str | Path | pd.DataFrame, case: Case) -> tuple[Ints, list[Finding]]:
    """Owner of every customer of the case as an index into its reps, [n], -1 for unserved; and the findings.

    Columns ``customer_id`` and ``rep_id`` (or their usual other names); an empty rep means unserved. Unknown
    customers and reps, customers named twice (the first counts) and customers left out (unserved) are
    warnings. Raises InputError when the file cannot be read, has not the columns or no rows, or names no customer
    of the case.
    """
    findings = Findings()
    raw = load_columns(_TABLE, given, ("customer_id", "rep_id"), findings)
    if raw.frame.empty and len(case.records.customers):
        findings.add("empty_table", "error", _TABLE)
        raise InputError(findings.listed())
    customer, rep = as_text(raw.frame["customer_id"]), as_text(raw.frame["rep_id"])
    rep = rep.mask(rep.isin(_NOBODY) & ~rep.isin(case.records.reps["rep_id"]))
    return _assign(customer, rep, case, findings), findings.listed()


def load_columns(
    table: str,
    given: str | Path | pd.DataFrame,
    columns: Sequence[str],
    findings: Findings,
    rules: Mapping | None = None,
) -> RawTable:
    """The one table of a file, which must have ``columns``; InputError with the findings when it has not.

    ``rules``: how its columns are made, where a mapping says so.
    """
    raw = _load(table, given, findings)
    if raw is None:
        raise InputError(findings.listed())
    if rules is not None:
        raw = apply_mapping(table, raw, rules, findings)
    findings.rows[table] = raw.rows
    raw = rename_columns(table, raw, findings, taken=() if rules is None else set(rules.columns))
    for column in columns:
        if column not in raw.frame.columns:
            hint = suggest(column, map(str, raw.frame.columns))
            findings.add("missing_column", "error", table, None, column, origin=raw.origin, hint=hint)
    if findings.has_errors:
        raise InputError(findings.listed())
    return raw


def _load(name: str, given: str | Path | pd.DataFrame, findings: Findings) -> RawTable | None:
    """The one table of a file (of a workbook: the sheet of this name, else the first)."""
    if isinstance(given, pd.DataFrame):
        return read_frame(name, given, findings)
    path = Path(given)
    told = Findings()
    try:
        if not path.is_file():
            findings.add("no_such_file", "error", name, value=path)
            return None
        tables = read_file(path, told)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        findings.add("unreadable", "error", name, value=path, reason=getattr(error, "strerror", "") or error)
        return None
    # what is said of a file of a case is said of this table here
    findings.extend(replace(f, table=name) if f.table == "case" else f for f in told.listed())
    if findings.has_errors:
        return None
    if not tables:
        findings.add("empty_file", "error", name, value=path.name)
        return None
    return next((table for table in tables if table.name.casefold() == name), tables[0])


def refuse_other_case(customer: pd.Series[str], case: Case, findings: Findings) -> None:
    """InputError where a plan holds customers, and none of them is one of the case."""
    if len(customer) and not customer.isin(case.records.customers["customer_id"]).any():
        gaps = {"count": len(customer), "case": case.name}
        findings.add("other_case", "error", _TABLE, None, "customer_id", customer.iloc[0], **gaps)
        raise InputError(findings.listed())


def _assign(customer: pd.Series[str], rep: pd.Series[str], case: Case, findings: Findings) -> Ints:
    customers, reps = case.records.customers["customer_id"], case.records.reps["rep_id"]
    owner = np.full(len(customers), UNSERVED, dtype=np.int64)
    nameless = np.flatnonzero(customer.isna())
    findings.add_all("missing_key", "warning", _TABLE, nameless, "customer_id")
    at, to = positions_of(customers, customer), positions_of(reps, rep)
    refuse_other_case(customer.dropna(), case, findings)  # row by row there would be nothing but strangers
    for column, ids, unknown, known in (
        ("customer_id", customer, customer.notna().to_numpy() & (at < 0), customers),
        ("rep_id", rep, rep.notna().to_numpy() & (to < 0), reps),
    ):
        rows = np.flatnonzero(unknown)
        hints = {value: _hint(value, known) for value in ids.iloc[rows].unique()[:20]}
        details = [{"hint": hints.get(value, "")} for value in ids.iloc[rows]]
        refers = "customers" if column == "customer_id" else "reps"
        values = ids.iloc[rows].to_list()
        findings.add_all("unknown_reference", "warning", _TABLE, rows, column, values, details, refers=refers)
    twice = customer.duplicated().to_numpy() & (at >= 0)
    rows = np.flatnonzero(twice)
    firsts = positions_of(customer, customer.iloc[rows])
    first = [{"first": int(findings.rows[_TABLE][k])} for k in firsts]
    findings.add_all(
        "duplicate_key", "warning", _TABLE, rows, "customer_id", customer.iloc[rows].to_list(), first
    )
    counts = (at >= 0) & ~twice
    owner[at[counts]] = to[counts]
    left_out = customers[positions_of(customer, customers) < 0]
    for value in left_out:
        findings.add("customer_left_out", "warning", _TABLE, None, "customer_id", value)
    return owner


def _hint(value: str, known: pd.Series[str]) -> str | Phrase:
    near = nearest(value, known.iloc[:2000])
    return "" if near is None else Phrase("hint.is_near", {"near": near})
