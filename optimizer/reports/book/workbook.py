"""plan.xlsx: the plan as a planner works on it in a spreadsheet, a sheet a table and a summary in front.

Every text is written as text, so that nothing in the records can run as a formula. A table that would take
Excel long to open, or that it cannot hold, says why it is not here and where it is instead; a cell with too
many characters is cut.
"""

from __future__ import annotations

import datetime as dt
import shutil
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from numpy.typing import NDArray
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from optimizer.messages import say, width
from optimizer.reports.book.cell_styles import (
    ASIDE,
    HEAT_OVER,
    INK,
    LINE,
    OVER,
    SOFT,
    choose_font,
    count_lines,
    list_heat_rules,
    style_head,
)
from optimizer.reports.book.sheet_rows import Body, clean, fill_workbook
from optimizer.reports.content.headlines import Headline, list_change, list_headlines, list_schedule_figures
from optimizer.reports.content.limits import list_dearest, list_limits
from optimizer.reports.content.news import REP_COLUMNS
from optimizer.reports.content.origin import list_origin
from optimizer.reports.content.report import Report
from optimizer.reports.content.tables import Column, Table, term_label, texts
from optimizer.reports.content.timetable import Timetable

Objects = NDArray[np.object_]

MOST_ROWS = 200_000  # of a sheet: it opens in seconds; Excel itself ends at 1,048,576
MOST_CHART_REPS = 80  # more bars cannot be told apart
SQUARE = 12  # columns after which a head in Chinese goes on in the next line
LOOK_AHEAD = 200  # rows that decide how wide a column is
WIDEST = 60  # a column; longer texts go on in the next line


def write_workbook(report: Report, folder: Path) -> None:
    """Write plan.xlsx."""
    scratch = folder / ".rows"  # where rows wait until their sheet is closed
    scratch.mkdir()
    book = _Book(scratch, report.lang)
    book.add_summary(report)
    customers, reps = report.problem.customer_ids, report.problem.rep_ids
    customer_names = texts(report.case.records.customers, "name")
    rep_names = texts(report.case.records.reps, "name")
    if report.news is not None:
        for table in report.news.sheets:
            book.add_table(add_names(table, REP_COLUMNS, reps, rep_names, report.lang))
    assignments = add_names(report.assignments, ("customer_id",), customers, customer_names, report.lang)
    book.add_table(
        add_names(assignments, ("rep_id", "previous_rep_id"), reps, rep_names, report.lang), freeze=2
    )
    book.add_table(report.territories, freeze=2)
    book.add_table(
        add_names(report.moves, ("from_rep_id", "to_rep_id"), reps, rep_names, report.lang), freeze=2
    )
    book.add_table(report.unserved)
    if report.timetable is not None:
        _add_schedule(book, report, report.timetable)
    if report.limits:
        book.add_table(list_limits(report))
    book.add_table(report.violations)
    book.add_table(report.findings)
    book.write(folder / "plan.xlsx")
    shutil.rmtree(scratch)


def _add_schedule(book: _Book, report: Report, timetable: Timetable) -> None:
    """The sheets of a schedule: weeks by rep as a heat map, all tasks, and what slips."""
    problem, records, lang = report.problem, report.case.records, report.lang
    customers = (problem.customer_ids, texts(records.customers, "name"))
    reps = (problem.rep_ids, texts(records.reps, "name"))
    book.add_table(timetable.heat, freeze=2)
    tasks = add_names(timetable.tasks, ("customer_id",), *customers, lang)
    book.add_table(add_names(tasks, ("rep_id", "owner_id"), *reps, lang), freeze=1)
    slips = add_names(timetable.slipping, ("customer_id",), *customers, lang)
    book.add_table(add_names(slips, ("rep_id",), *reps, lang))


def add_names(table: Table, columns: tuple[str, ...], ids: Objects, names: Objects, lang: str) -> Table:
    """The table with the names beside the ids of some columns, where there are any names."""
    if not any(names):
        return table
    positions = pd.Index(ids)
    shown = np.append(names, "")
    frame: dict[str, Any] = {}
    described = {}
    for name, column in table.columns.items():
        frame[name], described[name] = table.frame[name], column
        if name in columns:
            own = name.replace("_id", "_name")
            frame[own] = shown[positions.get_indexer(pd.Index(table.frame[name]))]
            described[own] = Column("text", say("column.name_of", lang, column=column.label))
    return Table(table.name, pd.DataFrame(frame), described)


class _Book:
    def __init__(self, scratch: Path, lang: str) -> None:
        self.lang = lang
        self.empty = BytesIO()
        self.bodies: dict[str, Body] = {}
        self.book = xlsxwriter.Workbook(self.empty, {"constant_memory": True, "tmpdir": str(scratch)})
        # A fixed date of making, so that the same plan gives the same bytes.
        self.book.set_properties({"title": say("page.overline", lang), "created": dt.datetime(2000, 1, 1)})
        self.head = self._format(**style_head())
        self.head_right = self._format(**style_head(), align="right")
        self.head_aside = self._format(**style_head(), **ASIDE)
        self.title = self._format(bold=True, font_size=18)
        self.section = self._format(bold=True, font_size=12, bottom=1, bottom_color=LINE)
        # By whether it stands off the number before it, and whether it goes on in the next line.
        self.texts = {
            (aside, wraps): self._format(valign="top", text_wrap=wraps, **ASIDE if aside else {})
            for aside in (False, True)
            for wraps in (False, True)
        }
        self.plain, self.wrapped = self.texts[False, False], self.texts[False, True]
        self.soft = self._format(font_color=SOFT, valign="top", text_wrap=True)
        self.numbers: dict[str, Format] = {}

    def _format(self, **style: Any) -> Format:
        plain = {"font_name": choose_font(self.lang), "font_size": 11, "font_color": INK}
        return self.book.add_format(plain | style)

    def number(self, pattern: str) -> Format:
        """The cell format of a number pattern, made once."""
        if pattern not in self.numbers:
            self.numbers[pattern] = self._format(num_format=pattern, valign="top")
        return self.numbers[pattern]

    def write(self, path: Path) -> None:
        """Write the book with all its rows."""
        self.book.close()
        fill_workbook(self.empty, self.bodies, path)

    def add_table(self, table: Table, freeze: int = 1) -> None:
        """A sheet with a frozen, filterable header and a row a record."""
        sheet = self.book.add_worksheet(say(f"sheet.{table.name}", self.lang))
        count, note = min(len(table), MOST_ROWS), ""
        if len(table) > MOST_ROWS:
            gaps = {"rows": len(table), "most": MOST_ROWS, "name": table.name}
            if table.name != "violations":  # they have no file of their own
                sheet.set_column(0, 0, 90)
                sheet.write_string(0, 0, say("sheet.too_long", self.lang, **gaps), self.wrapped)
                return
            note = say("sheet.only_here", self.lang, **gaps)
        widths = [_column_width(table, name, column) for name, column in table.columns.items()]
        is_number = [column.is_number for column in table.columns.values()]
        aside = [before and not now for before, now in pairwise([False, *is_number])]
        sheet.set_row(0, 32)
        for k, column in enumerate(table.columns.values()):
            sheet.set_column(k, k, widths[k])
            head = self.head_right if is_number[k] else self.head_aside if aside[k] else self.head
            sheet.write_string(0, k, clean(column.label), head)
        sheet.freeze_panes(1, freeze)
        sheet.autofilter(0, 0, max(count, 1), len(table.columns) - 1)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.fit_to_pages(1, 0)
        if not count:
            return
        for k, column in enumerate(table.columns.values()):
            text = self.texts[aside[k], widths[k] >= WIDEST]
            sheet.write_blank(1, k, None, self._style(column) if is_number[k] else text)
        cells = [
            table.frame[name].iloc[:count].tolist()
            if column.is_number
            else table.read_texts(name, self.lang)[:count]
            for name, column in table.columns.items()
        ]
        name = f"xl/worksheets/sheet{len(self.book.worksheets())}.xml"
        long = [cells[k] for k, wide in enumerate(widths) if wide >= WIDEST and not is_number[k]]
        lines = [max(count_lines(text, WIDEST) for text in row) for row in zip(*long, strict=True)]
        self.bodies[name] = Body(cells, is_number, note, lines)
        if table.name == "territories":
            self._colour_utilization(sheet, table)
        if table.name == "heat":
            over = self.book.add_format({"bg_color": HEAT_OVER})
            for rule in list_heat_rules(over):
                sheet.conditional_format(1, 2, len(table), len(table.columns) - 1, rule)

    def _style(self, column: Column) -> Format:
        if column.kind == "share":
            return self.number("0.0%")
        return self.number("#,##0" + ("." + "0" * min(column.decimals, 3) if column.decimals else ""))

    def _colour_utilization(self, sheet: Worksheet, table: Table) -> None:
        k = list(table.columns).index("utilization")
        bar = {
            "type": "data_bar",
            "bar_color": "#9fb8d8",
            "bar_solid": True,
            "min_type": "num",
            "min_value": 0,
        }
        sheet.conditional_format(1, k, len(table), k, bar)
        over = self.book.add_format({"font_color": "#b3261e", "bold": True})
        rule = {"type": "cell", "criteria": ">", "value": OVER, "format": over}
        sheet.conditional_format(1, k, len(table), k, rule)

    def add_summary(self, report: Report) -> None:
        """The first sheet: verdict, certificate, figures before and after, terms, provenance."""
        summary, lang = report.summary, self.lang
        sheet = self.book.add_worksheet(say("sheet.summary", lang))
        sheet.set_column(0, 0, 54)
        sheet.set_column(1, 3, 14)
        sheet.hide_gridlines(2)
        sheet.fit_to_pages(1, 0)
        sheet.write_string(0, 0, clean(summary.name), self.title)
        bold = self._format(bold=True, valign="top", font_color=INK if report.score.keeps_all else "#b3261e")
        sheet.write_string(1, 0, summary.verdict, bold)
        sheet.write_string(2, 0, summary.certificate, self._format(font_color=SOFT))
        row = 4
        self._write_heads(sheet, row, "figure")
        for line in list_headlines(summary, lang):
            row += 1
            self._write_line(sheet, row, line)
        row += 1
        for line in list_change(summary, lang):
            row += 1
            self._write_line(sheet, row, line)
        row = self._write_terms(sheet, row + 2, report)
        row = self._write_schedule(sheet, row, report.timetable)
        row = self._write_limits(sheet, row, report)
        self._add_chart(sheet, report)
        self._write_origin(sheet, row + 2, report)

    def _write_heads(self, sheet: Worksheet, row: int, first: str) -> None:
        for k, code in enumerate((first, "before", "after", "change")):
            head = self.head_right if k else self.head
            sheet.write_string(row, k, say(f"headline.{code}", self.lang), head)

    def _write_line(self, sheet: Worksheet, row: int, line: Headline) -> None:
        pattern = {"count": "#,##0", "hours": "#,##0.0", "share": "0.0%"}[line.style]
        if line.style == "share" and line.after is not None and 0 < line.after < 0.01:
            pattern = "0.00%"
        sheet.write_string(row, 0, clean(line.label), self.plain)
        for k, value in ((1, line.before), (2, line.after)):
            if value is not None:
                sheet.write_number(row, k, value, self.number(pattern))
        if line.change is not None:
            sheet.write_number(row, 3, line.change, self.number(f"+{pattern};-{pattern};0"))

    def _write_terms(self, sheet: Worksheet, row: int, report: Report) -> int:
        before, after = report.summary.before, report.summary.after
        self._write_heads(sheet, row, "terms")
        names = list(after.terms) + [t for t in (before.terms if before else {}) if t not in after.terms]
        for name in names:
            row += 1
            old = None if before is None else before.terms.get(name, 0.0)
            line = Headline(term_label(name, self.lang), "hours", old, after.terms.get(name, 0.0))
            self._write_line(sheet, row, line)
        old = None if before is None else before.objective_hours
        total = Headline(say("headline.total", self.lang), "hours", old, after.objective_hours)
        self._write_line(sheet, row + 1, total)
        return row + 1

    def _write_schedule(self, sheet: Worksheet, row: int, timetable: Timetable | None) -> int:
        """What the schedule is worth: verdict, figures and costs; nothing where there is none."""
        if timetable is None:
            return row
        row += 2
        self._write_heads(sheet, row, "schedule")
        for line in list_schedule_figures(timetable, self.lang):
            row += 1
            self._write_line(sheet, row, line)
        for text in (timetable.verdict, timetable.certificate):
            row += 1
            sheet.write_string(row, 0, text, self._format(font_color=SOFT))
        return row

    def _write_limits(self, sheet: Worksheet, row: int, report: Report) -> int:
        """The limits whose next step is worth most; nothing where there are no prices."""
        dearest = list_dearest(report)
        if not dearest:
            return row
        row += 2
        sheet.write_string(row, 0, say("headline.limits", self.lang), self.head)
        sheet.write_blank(row, 1, None, self.head)
        for sentence, hours in dearest:
            row += 1
            sheet.write_string(row, 0, clean(sentence), self.plain)
            sheet.write_number(row, 1, hours, self.number("#,##0.00"))
        return row

    def _add_chart(self, sheet: Worksheet, report: Report) -> None:
        """Bars of each rep's hours, present and planned, with capacity; read from the territories' sheet."""
        count = report.problem.n_reps
        if not 0 < count <= MOST_CHART_REPS:
            return
        place = say("sheet.territories", self.lang)
        at = {name: k for k, name in enumerate(report.territories.columns)}
        chart = self.book.add_chart({"type": "column"})
        line = self.book.add_chart({"type": "line"})
        series = [("previous_hours", "before", "#b4bcc6"), ("hours", "after", "#24638f")]
        for column, label, colour in series if report.summary.before else series[1:]:
            chart.add_series(
                {
                    "name": say(f"headline.{label}", self.lang),
                    "categories": [place, 1, 0, count, 0],
                    "values": [place, 1, at[column], count, at[column]],
                    "fill": {"color": colour},
                    "gap": 60,
                }
            )
        line.add_series(
            {
                "name": report.territories.columns["capacity_hours"].label,
                "categories": [place, 1, 0, count, 0],
                "values": [place, 1, at["capacity_hours"], count, at["capacity_hours"]],
                "line": {"none": True},
                "marker": {"type": "long_dash", "size": 9, "fill": {"color": INK}, "border": {"color": INK}},
            }
        )
        chart.combine(line)
        chart.set_title({"name": say("headline.chart", self.lang), "name_font": {"size": 12, "color": INK}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis(
            {"major_gridlines": {"visible": True, "line": {"color": LINE}}, "line": {"none": True}}
        )
        chart.set_size({"width": max(560, 26 * count + 120), "height": 380})
        sheet.insert_chart("F5", chart)

    def _write_origin(self, sheet: Worksheet, row: int, report: Report) -> None:
        for code, text in list_origin(report):
            sheet.write_string(row, 0, clean(f"{code}: {text}"), self._format(font_color=SOFT))
            row += 1


def _column_width(table: Table, name: str, column: Column) -> float:
    """Wide enough for what the first rows hold, within reason."""
    label = max((min(width(word), max(len(word), SQUARE)) for word in column.label.split()), default=0)
    if column.is_number:
        return max(11, label + 3)
    shown = [str(value) for value in table.frame[name].head(LOOK_AHEAD)]
    return float(min(max([label + 3, 8] + [width(text) + 2 for text in shown]), WIDEST))
