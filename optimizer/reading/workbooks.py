"""An Excel workbook, a sheet a table; opened only once its true size is known, for a small file can unpack
to a huge one."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import Phrase
from optimizer.reading.collecting import Findings
from optimizer.reading.headers import take_headers
from optimizer.reading.tables import RawTable, table_from_columns

MOST_BYTES = 1_500_000_000  # unpacked, all parts together
_MOST_PARTS = 10_000
_MOST_CELLS = 60_000_000  # of the rectangle a sheet spans, empty ones included
_PIECE = 1 << 22
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')


def read_workbook(path: Path, findings: Findings) -> list[RawTable]:
    """Every visible sheet with a header row. A workbook that cannot be opened is a finding."""
    try:
        data = path.read_bytes()
    except OSError as error:
        findings.add("unreadable", "error", "case", value=path.name, reason=error.strerror or str(error))
        return []
    danger = find_danger(data)
    if danger:
        findings.add("unsafe_workbook", "error", "case", value=path.name, reason=danger)
        return []
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    # A broken workbook makes calamine raise many kinds of errors, its Rust panics (BaseException) among them.
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
        sheets = [(name, book.get_sheet_by_name(name)) for name in visible]
        contents = [(name, sheet.to_python(skip_empty_area=False)) for name, sheet in sheets]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        findings.add(
            "unreadable", "error", "case", value=path.name, reason=str(error) or type(error).__name__
        )
        return []
    tables = [_read_sheet(name, cells, f"{path.name}, sheet {name}", findings) for name, cells in contents]
    return [table for table in tables if table is not None]


def _read_sheet(name: str, cells: list[list[Any]], origin: str, findings: Findings) -> RawTable | None:
    at = next((k for k, row in enumerate(cells) if _says_something(row)), None)
    if at is None:
        return None
    row = cells[at]
    kept = take_headers(row, at + 1, origin, findings)
    records = cells[at + 1 :]
    columns = list(zip(*records, strict=True)) if records else [()] * len(row)
    rows = np.arange(at + 2, at + 2 + len(records), dtype=np.int64)
    series = [_settle(columns[k]) for k, _ in kept]
    return table_from_columns(name, origin, [header for _, header in kept], series, rows)


def _says_something(row: list[Any]) -> bool:
    return any(str(cell).strip() for cell in row) and not str(row[0]).startswith("#")


def _settle(cells: tuple[Any, ...]) -> pd.Series[Any]:
    """A column of the sheet: plain numbers, plain text, or whatever its cells hold. An empty cell is ""."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return pd.Series(list(cells), dtype="str")
    if kinds <= {float, int, str} and not any(isinstance(cell, str) and cell for cell in cells):
        return pd.Series([np.nan if cell == "" else cell for cell in cells], dtype="float64")
    return pd.Series(list(cells), dtype=object)


def find_danger(data: bytes) -> Phrase | None:
    """Why a workbook must not be opened, or None. Every part is unpacked piece by piece and only counted."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        ValueError,
        OverflowError,
        NotImplementedError,
    ) as error:
        return Phrase("reason.not_xlsx", {"error": error})
    if len(parts) > _MOST_PARTS:
        return Phrase("reason.many_parts", {"count": len(parts)})
    if (size := sum(part.file_size for part in parts)) > MOST_BYTES:
        return Phrase("reason.unpacks_large", {"size": size})
    for part in parts:
        try:
            danger = _check_part(data, part)
        except (zlib.error, IndexError, ValueError) as error:
            return Phrase("reason.damaged_part", {"part": part.filename, "error": error})
        if danger:
            return danger
    return None


def _check_part(data: bytes, part: zipfile.ZipInfo) -> Phrase | None:
    """Unpack one part and compare its true size with what it says; measure the rectangle of a sheet."""
    name_length = int.from_bytes(data[part.header_offset + 26 : part.header_offset + 28], "little")
    extra_length = int.from_bytes(data[part.header_offset + 28 : part.header_offset + 30], "little")
    start = part.header_offset + 30 + name_length + extra_length
    packed = data[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        pieces = iter([packed])
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        pieces = _inflate(packed)
    else:
        return Phrase("reason.odd_part", {"part": part.filename})
    total, tail, cells, far_row, far_column = 0, b"", 0, 0, 0
    is_sheet = part.filename.startswith("xl/worksheets/")
    for piece in pieces:
        total += len(piece)
        if total > part.file_size:
            return Phrase("reason.larger_part", {"part": part.filename})
        if is_sheet:
            found = _CELL.findall(tail + piece)
            tail = piece[-20:]
            cells += len(found)
            if found:
                far_row = max(far_row, int(found[0][1]), int(found[-1][1]))
                far_column = max(far_column, *map(_column_number, {letters for letters, _ in found}))
    if far_row * far_column > _MOST_CELLS and far_row * far_column > 20 * cells:
        gaps = {"part": part.filename, "cells": cells, "row": far_row, "column": far_column}
        return Phrase("reason.far_cell", gaps)
    return None


def _inflate(packed: bytes) -> Any:
    unpack = zlib.decompressobj(-15)
    piece = unpack.decompress(packed, _PIECE)
    while piece:
        yield piece
        piece = unpack.decompress(unpack.unconsumed_tail, _PIECE)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
