"""A newcomer: one customer more, read beside a case that is checked already, by the same rules and at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.findings import InputError
from optimizer.reading.aliases import rename_columns
from optimizer.reading.checks.measures import wanted_measures
from optimizer.reading.checks.points import check_points
from optimizer.reading.checks.references import check_references
from optimizer.reading.checks.tiers import check_tiers
from optimizer.reading.collecting import Findings
from optimizer.reading.files import read_frame
from optimizer.reading.normalising import normalise
from optimizer.reading.tables import as_text, is_number
from optimizer.records import Records

TABLE = "customers"


def read_newcomer(case: Case, values: Mapping[str, Any]) -> pd.DataFrame:
    """A customer that the case does not have, as one row with the columns and types of the case's customers.

    ``values`` by column, as a table would have them. What is not said is empty; a column that the case does not have
    is passed over. InputError with all that is wrong.
    """
    findings, customers = Findings(), case.records.customers
    raw = read_frame(TABLE, pd.DataFrame({str(name): [value] for name, value in values.items()}), findings)
    assert raw is not None  # a frame is one
    measures = wanted_measures(case.scenario)
    raw = rename_columns(TABLE, raw, findings, keep=measures)
    row = normalise(TABLE, raw, measures, findings)
    for name in row.columns.intersection(customers.columns):  # one value does not tell what its column is
        if is_number(row[name]) and not is_number(customers[name]):
            row[name] = as_text(raw.frame[name])
        elif is_number(customers[name]) and not is_number(row[name]):
            if row[name].notna().item():
                findings.add("bad_number", "error", TABLE, None, name, row[name].item())
            row[name] = np.nan
    ids = row["customer_id"].dropna()
    if len(ids) and bool(customers["customer_id"].isin(ids).any()):
        findings.add("customer_known", "error", TABLE, None, "customer_id", ids.item())
    nothing = {name: table.head(0) for name, table in case.records.tables().items()}
    records = Records(**nothing | {"reps": case.records.reps, TABLE: row})
    check_references(records, findings)
    check_points(records, findings)
    check_tiers(records, case.scenario, findings)
    if findings.has_errors:
        raise InputError([replace(found, row=None) for found in findings.listed()])
    return row.reindex(columns=customers.columns).astype(customers.dtypes.to_dict())
