"""tasks.xlsx: one rep's own weeks and tasks, and nothing of anybody else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from optimizer.messages import say
from optimizer.reports.book.cell_styles import (
    ASIDE,
    HEAT_OVER,
    INK,
    LINE_HEIGHT,
    SOFT,
    choose_font,
    count_lines,
    list_heat_rules,
    style_head,
)
from optimizer.reports.book.sheet_rows import clean

if TYPE_CHECKING:
    from optimizer.reports.files.rep_folders import OwnWeek


def write_rep_book(name: str, weeks: list[OwnWeek], path: Path, lang: str) -> None:
    """Write the workbook: a sheet of weeks and a sheet of tasks. Every text is written as text."""
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"title": clean(name), "created": dt.datetime(2000, 1, 1)})

    def style(look: dict[str, Any]) -> Any:
        return book.add_format({"font_name": choose_font(lang)} | look)

    styles = {
        "title": style({"bold": True, "font_size": 16, "font_color": INK}),
        "soft": style({"font_color": SOFT}),
        "head": style(style_head()),
        "right": style(style_head() | {"align": "right"}),
        "head_aside": style(style_head() | ASIDE),
        "plain": style({"font_color": INK, "valign": "top"}),
        "text": style({"font_color": INK, "valign": "top", "text_wrap": True}),
        "aside": style({"font_color": INK, "valign": "top", "text_wrap": True} | ASIDE),
        "hours": style({"font_color": INK, "valign": "top", "num_format": "#,##0.00"}),
        "share": style({"font_color": INK, "valign": "top", "num_format": "0%"}),
        "over": book.add_format({"bg_color": HEAT_OVER}),
    }
    _write_weeks(book.add_worksheet(say("own.weeks", lang)), name, weeks, styles, lang)
    _write_tasks(book.add_worksheet(say("own.tasks", lang)), weeks, styles, lang)
    book.close()


def _write_weeks(
    sheet: Worksheet, name: str, weeks: list[OwnWeek], styles: dict[str, Any], lang: str
) -> None:
    first, last = weeks[0].name, weeks[-1].name
    sheet.hide_gridlines(2)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 1, 14)
    sheet.set_column(2, 5, 13)
    sheet.write_string(
        0, 0, clean(say("own.title", lang, name=name, first=first, last=last)), styles["title"]
    )
    sheet.write_string(1, 0, say("own.until", lang, last=last), styles["soft"])
    for k, code in enumerate(("week", "starts", "number", "hours", "available", "use")):
        sheet.write_string(3, k, say(f"own.{code}", lang), styles["right" if k > 1 else "head"])
    for row, week in enumerate(weeks, start=4):
        sheet.write_string(row, 0, week.name, styles["plain"])
        sheet.write_string(row, 1, "" if week.starts is None else week.starts.isoformat(), styles["plain"])
        sheet.write_number(row, 2, len(week.tasks), styles["plain"])
        sheet.write_number(row, 3, week.hours, styles["hours"])
        sheet.write_number(row, 4, week.available, styles["hours"])
        if week.available > 0:
            sheet.write_number(row, 5, week.hours / week.available, styles["share"])
    for rule in list_heat_rules(styles["over"]):
        sheet.conditional_format(4, 5, 3 + len(weeks), 5, rule)


def _write_tasks(sheet: Worksheet, weeks: list[OwnWeek], styles: dict[str, Any], lang: str) -> None:
    columns = ("week", "customer", "customer_name", "kind", "hours", "due", "late", "task", "note")
    widths = (11, 14, 30, 16, 9, 12, 11, 24, 24)
    heads = ["head"] * len(columns)
    heads[4] = heads[6] = "right"
    heads[5] = heads[7] = "head_aside"  # a text behind a number stands off it
    for k, (code, wide) in enumerate(zip(columns, widths, strict=True)):
        sheet.set_column(k, k, wide)
        sheet.write_string(0, k, say(f"own.{code}", lang), styles[heads[k]])
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    row = 0
    for week in weeks:
        for task in week.tasks:
            row += 1
            note = "" if task.is_own else say("own.colleague", lang)
            done = (week.name, task.customer_id, task.customer, task.kind, task.hours, task.due)
            cells = (*done, task.late_weeks, task.task_id, note)
            lines = max(count_lines(str(cell), wide) for cell, wide in zip(cells, widths, strict=True))
            if lines > 1:
                sheet.set_row(row, lines * LINE_HEIGHT)
            for k, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, k, clean(cell), styles["aside" if k in (5, 7) else "text"])
                elif cell or k == 4:
                    sheet.write_number(row, k, cell, styles["hours" if k == 4 else "plain"])
    if not row:
        sheet.write_string(1, 0, say("own.nothing", lang), styles["soft"])
        return
    sheet.autofilter(0, 0, row, len(columns) - 1)
