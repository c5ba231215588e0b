"""The long part of a workbook: rows of records written straight in the words of the file format.

A workbook library looks at every cell by itself; at 100,000 rows that takes longer than making the plan's other
files together. So the library makes the book with its styles, headers and one model row a sheet, whose cells
carry the style of their column; here the rows take the place of the model row, a chunk at a time. The format is
Office Open XML (ECMA-376 part 1, 18.3.1): a ``row`` of ``c`` cells, text as inline strings, so that nothing in
the records can run as a formula.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from optimizer.reports.book.cell_styles import LINE_HEIGHT

ROWS_AT_ONCE = 5_000
MOST_CHARACTERS = 32_767  # of a cell
SQUEEZE = 5  # of zlib: nearly as small as its default, in little more than half the time
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What cannot stand in a cell as it is: XML's letters, blanks at the ends, and _x0041_, which Excel reads as A.
SPECIAL = re.compile(FORBIDDEN.pattern + r"|[&<>]|^\s|\s$|_x[0-9a-fA-F]{4}_")
ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")


@dataclass(frozen=True, eq=False)
class Body:
    """The rows of a sheet, column by column: numbers (NaN: empty) or texts (empty: empty), and a last line.

    ``lines``: that each row takes; empty: one each.
    """

    cells: list[list[Any]]
    is_number: list[bool]
    note: str = ""
    lines: list[int] = field(default_factory=list)


def clean(text: str) -> str:
    """Text as a cell can hold it: no control characters, no half characters, not too long."""
    text = FORBIDDEN.sub("\ufffd", text)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def fill_workbook(empty: IO[bytes], bodies: Mapping[str, Body], path: Path) -> None:
    """Write the workbook ``empty`` to ``path`` with rows in the place of the model rows.

    ``bodies`` by the name of the sheet's file within the book; each of these sheets has a header in row 1 and a
    model row 2 in which every cell of a column is styled and empty.
    """
    squeezed = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=SQUEEZE)
    with zipfile.ZipFile(empty) as book, squeezed as filled:
        for name in book.namelist():
            with filled.open(name, "w") as file:  # dated 1980, so that the same plan gives the same bytes
                text = book.read(name)
                if name in bodies:
                    for part in _fill_sheet(text.decode(), bodies[name]):
                        file.write(part.encode("utf-8"))
                else:
                    file.write(text)


def _fill_sheet(sheet: str, body: Body) -> Iterator[str]:
    start, end = sheet.index('<row r="2"'), sheet.index("</sheetData>")
    model = re.findall(r'<c r="([A-Z]+)2" s="(\d+)"/>', sheet[start:end])
    count = len(body.cells[0])
    last = count + 1 + bool(body.note)
    yield re.sub(r'(<dimension ref="A1:[A-Z]+)2"', rf'\g<1>{last}"', sheet[:start], count=1)
    for first in range(0, count, ROWS_AT_ONCE):
        numbers = range(first + 2, min(first + ROWS_AT_ONCE, count) + 2)
        columns = [
            _write_numbers(letters, style, numbers, cells[first : first + ROWS_AT_ONCE])
            if is_number
            else _write_texts(letters, style, numbers, cells[first : first + ROWS_AT_ONCE])
            for (letters, style), cells, is_number in zip(model, body.cells, body.is_number, strict=True)
        ]
        lines = body.lines[first : first + ROWS_AT_ONCE] or [1] * len(numbers)
        starts = [
            f'<row r="{row}">' if n == 1 else f'<row r="{row}" ht="{n * LINE_HEIGHT}" customHeight="1">'
            for row, n in zip(numbers, lines, strict=True)
        ]
        rows = zip(starts, *columns, strict=True)
        yield "</row>".join(map("".join, rows)) + "</row>"
    if body.note:
        (note,) = _write_texts("A", model[0][1], range(last, last + 1), [body.note])
        yield f'<row r="{last}">{note}</row>'
    yield sheet[end:]


def _write_numbers(letters: str, style: str, numbers: range, cells: list[float]) -> list[str]:
    start = f'<c r="{letters}%d" s="{style}"><v>%.16G</v></c>'
    return [
        start % (row, cell) if math.isfinite(cell) else "" for row, cell in zip(numbers, cells, strict=True)
    ]


def _write_texts(letters: str, style: str, numbers: range, cells: list[str]) -> list[str]:
    start, end = f'" s="{style}" t="inlineStr"><is>', "</is></c>"
    return [
        f'<c r="{letters}{row}{start}{_write_text(cell)}{end}' if cell else ""
        for row, cell in zip(numbers, cells, strict=True)
    ]


@lru_cache(maxsize=50_000)  # owners, tiers and most names stand there many times
def _write_text(text: str) -> str:
    if len(text) <= MOST_CHARACTERS and not SPECIAL.search(text):
        return f"<t>{text}</t>"
    plain = ESCAPED.sub(r"_x005F\1", clean(text))
    for letter, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        plain = plain.replace(letter, name)
    return f'<t xml:space="preserve">{plain}</t>'
