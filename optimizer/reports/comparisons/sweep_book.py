"""sweep.xlsx: the points of a sweep and its sensitivity as two sheets."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from optimizer.messages import say, width
from optimizer.reports.book.cell_styles import INK, SOFT, choose_font, style_head
from optimizer.reports.book.sheet_rows import clean
from optimizer.reports.content.tables import Table

NARROW, WIDE = 9, 42  # characters of a column


def write_sweep_book(name: str, points: Table, effects: Table, path: Path, lang: str) -> None:
    """Write the workbook. Every text is written as text; headers are frozen and can be filtered."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    title = say("sweep.title", lang, name=name)
    book.set_properties({"title": clean(title), "created": dt.datetime(2000, 1, 1)})
    write_sheet(book, say("sweep.sheet", lang), title, points, lang)
    write_sheet(book, say("sweep.effects", lang), say("sweep.note_effects", lang), effects, lang)
    book.close()


def write_sheet(book: Any, name: str, note: str, table: Table, lang: str) -> None:
    """A sheet with a note above the table."""

    def style(look: dict[str, Any]) -> Any:
        return book.add_format({"font_name": choose_font(lang)} | look)

    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, clean(note), style({"font_color": SOFT}))
    head, text = style(style_head()), style({"font_color": INK})
    first, last, lines = 2, 2 + len(table), 1
    for at, (key, column) in enumerate(table.columns.items()):
        sheet.write_string(first, at, clean(column.label), head)
        if column.is_number:
            pattern = (
                "0.0%"
                if column.kind == "share"
                else "#,##0" + "." * (column.decimals > 0) + "0" * min(column.decimals, 2)
            )
            look = style({"font_color": INK, "num_format": pattern})
            for row, value in enumerate(table.frame[key].to_numpy(dtype=float), first + 1):
                if np.isfinite(value):
                    sheet.write_number(row, at, value, look)
            widest = 0
        else:
            cells = table.read_texts(key, lang)
            for row, cell in enumerate(cells, first + 1):
                sheet.write_string(row, at, clean(cell), text)
            widest = max(map(width, cells), default=0)
        words = max(map(width, column.label.split()), default=0)
        wide = min(WIDE, max(NARROW, words + 2, widest + 2))
        lines = max(lines, -(-(width(column.label) + 2) // (wide - 1)))
        sheet.set_column(at, at, wide)
    sheet.set_row(first, 15 * lines)  # not every program makes room for a head of several lines by itself
    sheet.freeze_panes(first + 1, 1)
    sheet.autofilter(first, 0, max(last, first + 1), len(table.columns) - 1)
