"""comparison.xlsx: KPIs down, plans across, the baseline first marked, the best of each KPI in green, differences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter

from optimizer.comparing.comparison import Comparison
from optimizer.kpis import Unit
from optimizer.messages import say
from optimizer.reports.book.cell_styles import INK, SOFT, choose_font, style_head
from optimizer.reports.book.sheet_rows import clean
from optimizer.reports.content.tables import Table

BEST = "#d9efe3"
FORMATS: dict[Unit, str] = {
    "hours": "#,##0.0", "share": "0.00%", "count": "#,##0", "km": "#,##0.0", "amount": "#,##0"
}  # fmt: skip


def write_comparison_book(comparison: Comparison, guardrails: Table, folder: Path, lang: str) -> None:
    """Write comparison.xlsx."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(folder / "comparison.xlsx", options) as book:
        font = {"font_name": choose_font(lang), "font_color": INK}
        head = book.add_format(style_head() | {"font_name": choose_font(lang)})
        text, soft = book.add_format(font), book.add_format(font | {"font_color": SOFT})
        _fill_kpis(book, comparison, head, text, soft, font, lang)
        if len(guardrails):
            sheet = book.add_worksheet(clean(say("guardrail.title", lang)))
            sheet.freeze_panes(1, 0)
            for k, (name, column) in enumerate(guardrails.columns.items()):
                sheet.write_string(0, k, clean(column.label), head)
                sheet.set_column(k, k, 60 if name == "verdict" else 18)
                for row, value in enumerate(guardrails.frame[name].tolist(), 1):
                    if column.is_number and value == value:
                        sheet.write_number(row, k, value, text)
                    elif not column.is_number:
                        sheet.write_string(row, k, clean(value), text)


def _fill_kpis(
    book: Any, comparison: Comparison, head: Any, text: Any, soft: Any, font: dict[str, Any], lang: str
) -> None:
    sheet = book.add_worksheet(clean(say("compare.sheet", lang)))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 48)
    count = len(comparison.plans)
    sheet.set_column(1, 2 * count, 16)
    sheet.set_column(2 * count, 2 * count, 90)
    sheet.write_string(0, 0, say("compare.kpi", lang), head)
    others = [k for k in range(count) if k != comparison.baseline]
    for k, plan in enumerate(comparison.plans):
        mark = say("compare.is_baseline", lang, plan=plan.name) if k == comparison.baseline else plan.name
        sheet.write_string(0, 1 + k, clean(mark), head)
    for k, other in enumerate(others):
        told = say("compare.less_baseline", lang, plan=comparison.plans[other].name)
        sheet.write_string(0, 1 + count + k, clean(told), head)
    sheet.write_string(0, count + 1 + len(others), say("compare.formula", lang), head)
    for row, kpi in enumerate(comparison.kpis, 1):
        pattern = FORMATS[kpi.unit]
        plain = book.add_format(font | {"num_format": pattern})
        good = book.add_format(font | {"num_format": pattern, "bg_color": BEST, "bold": True})
        sign = book.add_format(font | {"num_format": f"+{pattern};-{pattern};{pattern}"})
        sheet.write_string(row, 0, clean(kpi.label(lang)), text)
        best = comparison.best(kpi)
        for k, value in enumerate(comparison.values(kpi)):
            if value is not None:
                sheet.write_number(row, 1 + k, value, good if k in best else plain)
        differences = comparison.differences(kpi)
        for k, other in enumerate(others):
            if (difference := differences[other]) is not None:
                sheet.write_number(row, 1 + count + k, difference, sign)
        sheet.write_string(row, count + 1 + len(others), clean(kpi.formula(lang)), soft)
