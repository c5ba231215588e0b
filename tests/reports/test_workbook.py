"""The workbook holds the plan as numbers and texts, and nothing in it can run."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from optimizer.messages import width
from optimizer.reports.book import sheet_rows, workbook
from optimizer.reports.book.sheet_rows import clean
from optimizer.reports.book.workbook import write_workbook
from optimizer.reports.content.report import Report
from tests.reports.answers import EVIL, small_case, small_report


def read(report: Report, folder: Path) -> openpyxl.Workbook:
    write_workbook(report, folder)
    return openpyxl.load_workbook(folder / "plan.xlsx")


def test_the_sheets_stand_in_order_with_frozen_filterable_headers(tmp_path: Path) -> None:
    book = read(small_report(), tmp_path)
    sheets = ["Summary", "Assignments", "Territories", "Moves", "Unserved", "Violations", "Findings"]
    assert book.sheetnames == sheets
    for name in sheets[1:]:
        assert book[name].freeze_panes is not None
        assert book[name].auto_filter.ref is not None
    assert [file.name for file in tmp_path.iterdir()] == ["plan.xlsx"], "no scratch is left"


def test_numbers_are_numbers_and_shares_are_percentages(tmp_path: Path) -> None:
    sheet = read(small_report(), tmp_path)["Territories"]
    header = {cell.value: k for k, cell in enumerate(sheet[1])}
    row = sheet[2]
    assert row[header["Hours"]].value == 16.625
    assert row[header["Utilization"]].value == pytest.approx(16.625 / 48)
    assert row[header["Utilization"]].number_format == "0.0%"
    assert row[header["Customers"]].value == 2


def test_names_stand_beside_ids(tmp_path: Path) -> None:
    sheet = read(small_report(), tmp_path)["Moves"]
    header = {cell.value: k for k, cell in enumerate(sheet[1])}
    assert sheet[2][header["From"]].value == "r1"
    assert sheet[2][header["From name"]].value == "-Anna"
    assert sheet[3][header["To name"]].value is None


def test_what_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    sheet = read(small_report(), tmp_path)["Assignments"]
    assert sheet["B2"].value == EVIL
    assert sheet["B2"].data_type == "s" or sheet["B2"].data_type == "inlineStr"
    with zipfile.ZipFile(tmp_path / "plan.xlsx") as file:
        for name in file.namelist():
            text = file.read(name)
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in text
            assert b"<hyperlink" not in text


def test_the_summary_says_objective_bound_and_gap(tmp_path: Path) -> None:
    report = small_report()
    sheet = read(report, tmp_path)["Summary"]
    said = {row[0]: row[1:] for row in sheet.iter_rows(values_only=True) if row[0]}
    assert said["Objective (hours, less is better)"][1] == pytest.approx(report.summary.after.objective_hours)
    assert said["Bound (hours)"][1] == pytest.approx(report.summary.bound_hours)
    assert said["Gap"][1] == pytest.approx(report.summary.gap)
    assert said["Customers without an owner"][:3] == (2, 1, -1)
    assert said["Travel"][1] + said["Hand-over"][1] + said["Unserved"][1] + said["Corridors"][1] + said.get(
        "Misfit", (0, 0)
    )[1] + said.get("Pair cost", (0, 0))[1] == pytest.approx(said["Total"][1])


def test_a_table_too_long_for_excel_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    book = read(small_report(), tmp_path)
    assert book["Assignments"].max_row == 1
    assert "7 rows" in book["Assignments"]["A1"].value
    assert "assignments.csv" in book["Assignments"]["A1"].value
    assert book["Territories"].max_row == 4


def test_cells_are_cut_at_what_excel_holds_and_lose_what_xml_forbids() -> None:
    assert len(clean("x" * 40_000)) == 32_767
    assert clean("a\x00b\x1fc\ud800\n") == "a\ufffdb\ufffdc\ufffd\n"
    assert width("苏州ab") == 6


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_workbook(small_report(), tmp_path / name)
    assert (tmp_path / "a" / "plan.xlsx").read_bytes() == (tmp_path / "b" / "plan.xlsx").read_bytes()


def test_every_text_arrives_as_it_was_written(tmp_path: Path) -> None:
    names = ["a<b>&amp;\"'", "  blanks  ", "two\nlines", "苏州 ☕", "]]>", "x\x07y", "_x0041_"]
    case = small_case(customers=[{"name": name, "hours": 1.0} for name in names], tasks=[])
    sheet = read(small_report(case), tmp_path)["Assignments"]
    shown = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    expected = [*names[:5], "x\ufffdy"]
    assert shown[:6] == expected
    again = (
        CalamineWorkbook.from_path(str(tmp_path / "plan.xlsx")).get_sheet_by_name("Assignments").to_python()
    )
    assert [row[1] for row in again[1:7]] == expected
    with zipfile.ZipFile(tmp_path / "plan.xlsx") as file:
        assert b"_x005F_x0041_" in file.read("xl/worksheets/sheet2.xml"), "Excel reads _x0041_ as A"


def test_the_size_of_a_sheet_is_the_size_of_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_rows, "ROWS_AT_ONCE", 3)  # 7 customers: three chunks
    report = small_report()
    sheet = read(report, tmp_path)["Assignments"]
    assert sheet.dimensions == "A1:L8"
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [f"c{k}" for k in range(7)]
    assert sheet["G2"].number_format == "#,##0.000"
    with zipfile.ZipFile(tmp_path / "plan.xlsx") as file:
        rows = re.findall(r'<row r="(\d+)"', file.read("xl/worksheets/sheet2.xml").decode())
    assert rows == [str(k) for k in range(1, 9)], "no row of the model is left"


def test_violations_beyond_what_a_sheet_holds_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(small_report().violations)
    monkeypatch.setattr(workbook, "MOST_ROWS", count - 1)
    sheet = read(small_report(), tmp_path)["Violations"]
    assert sheet.max_row == count + 1
    assert f"The first {count - 1} of {count} rows" in sheet.cell(count + 1, 1).value


def test_a_text_behind_a_number_stands_off_it_and_a_long_one_goes_on_in_the_next_line(tmp_path: Path) -> None:
    book = read(small_report(), tmp_path)
    sheet = book["Violations"]
    header = {cell.value: cell for cell in sheet[1]}
    is_number = [cell.alignment.horizontal == "right" for cell in sheet[1]]
    behind = [k + 1 for k in range(1, len(is_number)) if is_number[k - 1] and not is_number[k]]
    assert behind and isinstance(sheet.cell(2, behind[0] - 1).value, int | float)
    for cell in (sheet.cell(row, k) for k in behind for row in (1, 2) if sheet.cell(row, k).value):
        assert (cell.alignment.horizontal, cell.alignment.indent) == ("left", 1)
    sentences = header["What is broken"].column
    wide = sheet.column_dimensions[header["What is broken"].column_letter].width
    for row in range(2, sheet.max_row + 1):
        text = str(sheet.cell(row, sentences).value)
        height = sheet.row_dimensions[row].height or sheet_rows.LINE_HEIGHT
        assert width(text) <= height / sheet_rows.LINE_HEIGHT * wide, text
        if width(text) > wide:
            assert sheet.cell(row, sentences).alignment.wrap_text
