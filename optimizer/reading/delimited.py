"""A CSV file as a planner's tools write it: any usual encoding and separator, every ragged row named."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import Phrase
from optimizer.reading.collecting import Findings
from optimizer.reading.headers import take_headers
from optimizer.reading.tables import RawTable, table_from_columns

_CHUNK = 50_000  # rows turned into columns at a time: bounds the memory of Python strings
_LONGEST_CELL = 1_000_000
_LINES_IN_A_CELL = 50  # more than these and the quote was never closed
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_delimited(
    data: bytes, name: str, origin: str, findings: Findings, encoding: str | None = None
) -> RawTable | None:
    """The table in ``data``; None (with findings) when there is none. Separators: comma, semicolon, tab."""
    text = decode(data, origin, findings, encoding)
    if text is None:
        return None
    delimiter, text = _find_delimiter(text)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header, at = _read_header(reader)
        if header is None:
            findings.add("empty_file", "error", "case", value=origin)
            return None
        kept = take_headers(header, at, origin, findings)
        columns, rows = _read_columns(reader, len(header), at, origin, findings)
    except csv.Error as error:
        findings.add("bad_csv", "error", "case", value=origin, reason=error.args[0], line=reader.line_num)
        return None
    names = [header for _, header in kept]
    return table_from_columns(name, origin, names, [columns[k] for k, _ in kept], rows, delimiter == ";")


def decode(data: bytes, origin: str, findings: Findings, encoding: str | None = None) -> str | None:
    """The text of a file: as ``encoding`` says, else by its byte order mark, else utf-8, else gb18030."""
    tried = (
        [encoding] if encoding else [e for bom, e in _BOMS if data.startswith(bom)] or ["utf-8", "gb18030"]
    )
    if data[:4] == b"PK\x03\x04" or (b"\0" in data and not tried[0].casefold().startswith("utf-16")):
        findings.add("binary_file", "error", "case", value=origin)
        return None
    for name in tried:
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" in text:
            findings.add("binary_file", "error", "case", value=origin)
            return None
        return text
    findings.add("unknown_encoding", "error", "case", value=origin, tried=", ".join(tried))
    return None


def _find_delimiter(text: str) -> tuple[str, str]:
    """The separator that stands most often in the header, and the text after an Excel ``sep=`` line."""
    first, _, _ = text[:10].partition("\n")
    if first.casefold().startswith("sep=") and len(first.strip()) == 5:
        return first[4], "\n" + text[len(first) + 1 :]
    for line in io.StringIO(text[:100_000]):
        if line.strip() and not line.startswith("#"):
            return max(",;\t", key=line.count), text
    return ",", text


def _read_header(reader: Iterator[list[str]]) -> tuple[list[str] | None, int]:
    """The first row that says something and does not begin with ``#``, and its number."""
    for at, row in enumerate(reader, start=1):
        if any(cell.strip() for cell in row) and not row[0].startswith("#"):
            return row, at
    return None, 0


def _read_columns(
    reader: Any, width: int, header_at: int, origin: str, findings: Findings
) -> tuple[list[pd.Series[Any]], np.ndarray[Any, np.dtype[np.int64]]]:
    """All records as one text column each; short rows are filled, long ones cut, both with a finding."""
    done: list[list[Any]] = [[] for _ in range(width)]
    numbers: list[np.ndarray[Any, np.dtype[np.int64]]] = []
    at, line = header_at, reader.line_num
    while True:
        chunk, kept = [], []
        for row in reader:
            at += 1
            if reader.line_num - line > _LINES_IN_A_CELL:
                raise csv.Error(Phrase("reason.open_quote", {"row": at, "lines": reader.line_num - line}))
            line = reader.line_num
            if len(row) != width:
                row = _straighten(row, width, at, origin, findings)
            if row:
                chunk.append(row)
                kept.append(at)
            if len(chunk) == _CHUNK:
                break
        if not chunk:
            break
        numbers.append(np.array(kept, dtype=np.int64))
        for pieces, cells in zip(done, zip(*chunk, strict=True), strict=True):
            pieces.append(pd.Series(list(cells), dtype="str"))
    columns = [pd.concat(p, ignore_index=True) if p else pd.Series([], dtype="str") for p in done]
    return columns, np.concatenate(numbers) if numbers else np.zeros(0, dtype=np.int64)


def _straighten(row: list[str], width: int, at: int, origin: str, findings: Findings) -> list[str]:
    """A row of the header's width. Empty cells past the end are no mistake; a blank row becomes []."""
    if not any(cell.strip() for cell in row):
        return []
    if len(row) < width:
        findings.add("short_row", "warning", "case", at, None, origin, cells=len(row), width=width)
        return row + [""] * (width - len(row))
    if any(cell.strip() for cell in row[width:]):
        findings.add("long_row", "error", "case", at, None, origin, cells=len(row), width=width)
    return row[:width]
