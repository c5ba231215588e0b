"""The fingerprint of a case: equal input has an equal one, whatever files or frames it came in."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from optimizer.records import Records
from optimizer.scenario import Scenario


def hash_input(records: Records, scenario: Scenario) -> str:
    """SHA-256 over every table (its rows in order, its columns by name) and the whole scenario."""
    digest = hashlib.sha256()
    for name, frame in records.tables().items():
        digest.update(f"{name}\n{len(frame)}\n".encode())
        for column in sorted(map(str, frame.columns)):
            if frame[column].isna().all():
                continue  # a blank column says nothing, as one that is not there
            kind, content = _content(frame[column])
            digest.update(f"{column}\n{kind}\n{len(content)}\n".encode("utf-8", "surrogatepass"))
            digest.update(content)
    digest.update(scenario.model_dump_json().encode())
    return digest.hexdigest()


def _content(column: pd.Series[Any]) -> tuple[str, bytes]:
    """Kind and bytes of a column, the same for equal values whatever holds them."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        numbers = column.to_numpy(dtype="<f8", na_value=np.nan, copy=True)
        numbers[np.isnan(numbers)] = np.nan
        return "number", (numbers + 0.0).tobytes()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "date", column.to_numpy().astype("M8[s]").astype("<i8").tobytes()
    # Each different text once, in the order of first use, and which of them every row holds (-1: none).
    # Lengths stand in front, so that no two lists of texts run together alike.
    code, distinct = pd.factorize(column)
    cells = [str(cell) for cell in distinct.tolist()]
    lengths = np.fromiter(map(len, cells), dtype="<i8", count=len(cells))
    texts = "".join(cells).encode("utf-8", "surrogatepass")
    return "text", b"".join((code.astype("<i8").tobytes(), lengths.tobytes(), texts))
