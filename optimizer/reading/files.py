"""Where a case lies: a folder of tables, one workbook, or DataFrames; found, named and opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.extras import find_install
from optimizer.messages import Phrase
from optimizer.reading.aliases import find_table
from optimizer.reading.collecting import Findings, nearest, suggest
from optimizer.reading.delimited import read_delimited
from optimizer.reading.headers import take_headers
from optimizer.reading.mapping import Mapping as TableMapping
from optimizer.reading.tables import RawTable, as_text, drop_blank, is_number
from optimizer.reading.workbooks import read_workbook
from optimizer.records import TABLES

_TEXT = {".csv", ".tsv", ".txt"}
_PARQUET = {".parquet", ".pq"}
_WORKBOOKS = {".xlsx"}
_LATER = {"progress", "touching"}  # tables of the design that planning does not read

Source = str | Path | Mapping[str, pd.DataFrame]


def find_beside(source: Source, name: str) -> Path | None:
    """``scenario.toml`` or ``mapping.toml`` of a source: in the folder, or beside a workbook.

    Beside ``north.xlsx``, ``north.scenario.toml`` wins over ``scenario.toml``.
    """
    if isinstance(source, Mapping):
        return None
    path = Path(source)
    places = [path / name] if path.is_dir() else [path.with_name(f"{path.stem}.{name}"), path.with_name(name)]
    return next((place for place in places if place.is_file()), None)


def read_tables(
    source: Source, mapping: Mapping[str, TableMapping], findings: Findings
) -> dict[str, RawTable]:
    """Every table of the source by its name in the contract, as it was handed in."""
    if isinstance(source, Mapping):
        loaded = [t for name, frame in source.items() if (t := read_frame(str(name), frame, findings))]
        return _name_tables(loaded, mapping, findings)
    path = Path(source)
    try:
        if path.is_dir():
            loaded = _read_folder(path, mapping, findings)
        elif path.suffix.casefold() in _WORKBOOKS and path.is_file():
            loaded = read_workbook(path, findings)
        else:
            findings.add("not_a_case" if path.exists() else "no_such_case", "error", "case", value=path)
            return {}
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        findings.add(
            "unreadable", "error", "case", value=path, reason=getattr(error, "strerror", None) or error
        )
        return {}
    return _name_tables(loaded, mapping, findings)


def read_file(path: Path, findings: Findings, encoding: str | None = None) -> list[RawTable]:
    """The table of one file, or the sheets of a workbook."""
    suffix = path.suffix.casefold()
    if suffix in _WORKBOOKS:
        return read_workbook(path, findings)
    if suffix in _PARQUET:
        table = _read_parquet(path, findings)
    else:
        try:
            data = path.read_bytes()
        except OSError as error:
            findings.add("unreadable", "error", "case", value=path.name, reason=error.strerror or error)
            return []
        table = read_delimited(data, path.stem, path.name, findings, encoding)
    return [] if table is None else [table]


def _read_folder(folder: Path, mapping: Mapping[str, TableMapping], findings: Findings) -> list[RawTable]:
    """Files that are tables by name or by the mapping; others are passed over.

    With a warning, unless the mapping names files: then whoever wrote it knows which are tables.
    """
    named = {m.file: m for m in mapping.values() if m.file is not None}
    loaded: list[RawTable] = []
    for path in sorted(folder.iterdir()):
        suffix = path.suffix.casefold()
        if path.name.startswith((".", "~")) or not path.is_file():
            continue
        wanted = path.name in named
        if suffix in _WORKBOOKS or wanted:
            loaded += read_file(path, findings, named[path.name].encoding if wanted else None)
        elif suffix in _TEXT | _PARQUET:
            if (table := find_table(path.stem)) is not None:
                encoding = mapping[table].encoding if table in mapping else None
                loaded += read_file(path, findings, encoding)
            elif suffix != ".txt" and not named and path.stem.casefold() not in _LATER:
                hint = suggest(path.stem, TABLES)
                findings.add("unused_file", "warning", "case", value=path.name, hint=hint)
    for name in named:
        if not (folder / name).is_file():
            files = [
                p.name
                for p in sorted(folder.iterdir())
                if p.suffix.casefold() in _TEXT | _PARQUET | _WORKBOOKS
            ]
            findings.add("mapping_no_file", "error", "mapping", value=name, hint=suggest(name, files))
    return loaded


def _name_tables(
    loaded: list[RawTable], mapping: Mapping[str, TableMapping], findings: Findings
) -> dict[str, RawTable]:
    """Which loaded table is which table of the contract: by the mapping, else by its name."""
    found: dict[str, RawTable] = {}
    claimed: set[int] = set()
    for table, wish in mapping.items():
        if wish.file is None and wish.sheet is None:
            continue
        fits = [raw for raw in loaded if _fits(raw, wish)]
        if fits:
            found[table] = fits[0]
            claimed.add(id(fits[0]))
        elif wish.sheet is not None:
            hint = suggest(wish.sheet, [raw.name for raw in loaded])
            findings.add("mapping_no_sheet", "error", "mapping", value=wish.sheet, hint=hint)
    for raw in loaded:
        name = find_table(raw.name)
        if id(raw) in claimed:
            continue
        if name is None:
            if (near := nearest(raw.name, TABLES)) is not None:  # other sheets and frames may be notes
                hint = Phrase("hint.near", {"near": near})
                findings.add("unused_file", "warning", "case", value=raw.name, hint=hint)
            continue
        if name in found:
            if not (name in mapping and (mapping[name].file or mapping[name].sheet)):
                findings.add("table_twice", "error", name, value=raw.origin, other=found[name].origin)
        else:
            found[name] = raw
    return found


def _fits(raw: RawTable, wish: TableMapping) -> bool:
    of_file = wish.file is None or raw.origin == wish.file or raw.origin.startswith(f"{wish.file}, sheet ")
    return of_file and (wish.sheet is None or raw.name == wish.sheet)


def read_frame(name: str, frame: Any, findings: Findings) -> RawTable | None:
    """A DataFrame as a raw table; a row is numbered as if its frame had been written to a file."""
    if not isinstance(frame, pd.DataFrame):
        findings.add("not_a_frame", "error", "case", value=name, type=type(frame).__name__)
        return None
    kept = take_headers(list(frame.columns), 1, name, findings)
    columns = {header: _settle(frame.iloc[:, k].reset_index(drop=True)) for k, header in kept}
    clean = pd.DataFrame(columns, index=range(len(frame)))
    return drop_blank(RawTable(name, name, clean, np.arange(2, len(frame) + 2, dtype=np.int64)))


def _settle(column: pd.Series[Any]) -> pd.Series[Any]:
    """Columns of text and of plain numbers as they are; anything else as text."""
    if is_number(column) and not pd.api.types.is_complex_dtype(column.dtype):
        return column.astype("float64") if column.isna().any() else column
    return as_text(column)


def _read_parquet(path: Path, findings: Findings) -> RawTable | None:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        findings.add("no_parquet", "error", "case", value=path.name, install=find_install("parquet"))
        return None
    # pyarrow tells of damage by many kinds of errors, its own and Python's.
    try:
        frame = parquet.read_table(path).to_pandas()
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        findings.add("unreadable", "error", "case", value=path.name, reason=reason)
        return None
    table = read_frame(path.stem, frame, findings)
    return None if table is None else RawTable(table.name, path.name, table.frame, table.rows)
