"""Templates are the contract itself: every column, every key, and what they say reads as the defaults."""

from __future__ import annotations

import tomllib
from pathlib import Path

import openpyxl
import pytest
from pydantic import BaseModel

from optimizer import read_case
from optimizer.folders import OutputError
from optimizer.records import TABLES
from optimizer.scenario import Scenario
from optimizer.templates import describe_tables, scenario_template, write_templates


def uncomment(text: str) -> str:
    """The template with every example switched on."""
    lines = [line[2:] if line.startswith("# ") else line for line in text.splitlines()]
    lines = [line[2:] if line.startswith("# ") else line for line in lines]
    return "\n".join(line for line in lines if " = " in line.split("  ")[0] or line.startswith("["))


def test_a_folder_has_every_table_with_the_header_of_the_contract(tmp_path: Path):
    assert write_templates(tmp_path / "mine") == tmp_path / "mine"
    for table, model in TABLES.items():
        lines = (tmp_path / "mine" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        assert lines == [",".join(model.model_fields)]


def test_columns_md_says_of_every_column_what_it_means_and_holds():
    text = describe_tables()
    for table, model in TABLES.items():
        section = text.split(f"## {table}.csv")[1].split("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
        assert [row.split(" | ")[0][2:] for row in rows] == list(model.model_fields)
        assert all(field.description for field in model.model_fields.values()), table
    assert "| lat |  | degrees, -90 to 90 |" in text
    assert "| kind | yes | one of keep, force, forbid |" in text
    assert "| owner |  | a rep_id |" in text
    assert "| after |  | task_ids with ; between |" in text
    assert "| hours | yes | hours, 0 or more |" in text


def test_the_scenario_template_reads_as_the_defaults():
    assert Scenario.model_validate(tomllib.loads(scenario_template())) == Scenario()


def test_every_key_of_the_scenario_is_in_the_template_with_its_meaning():
    lines = scenario_template().splitlines()

    def check(model: type[BaseModel]) -> None:
        for name, field in model.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                assert f"[{name}]" in lines
                check(inner)
            elif name not in ("tiers", "corridors", "budgets", "seasons"):
                said = [line for line in lines if line.lstrip("# ").startswith(f"{name} = ")]
                assert any(str(field.description) in line for line in said), name

    check(Scenario)


def test_the_examples_are_valid_when_switched_on():
    wishes = Scenario.model_validate(tomllib.loads(uncomment(scenario_template())))
    assert wishes.horizon.start is not None
    assert wishes.distance.limit_km is not None and wishes.distance.price is not None
    assert wishes.counts.tiers["A"].max is not None
    assert [b.scope for b in wishes.disruption.budgets] == ["all", "rep", "tier"]


def test_a_workbook_has_a_sheet_a_table_with_commented_frozen_headers(tmp_path: Path):
    write_templates(tmp_path / "mine.xlsx")
    book = openpyxl.load_workbook(tmp_path / "mine.xlsx")
    assert book.sheetnames == list(TABLES)
    for table, model in TABLES.items():
        sheet = book[table]
        headers = list(sheet[1])
        assert [cell.value for cell in headers] == list(model.model_fields)
        assert sheet.freeze_panes == "B2"
        for cell, field in zip(headers, model.model_fields.values(), strict=True):
            assert cell.font.bold and cell.comment is not None
            assert str(field.description) in cell.comment.text
            assert ("Required" in cell.comment.text) == field.is_required()
        assert sheet.max_row == 1
    locks = {str(v.sqref)[0]: v.formula1 for v in book["locks"].data_validations.dataValidation}
    assert locks == {"C": '"keep,force,forbid"'}
    columns = book["customers"].column_dimensions
    assert columns["A"].number_format == "@" and columns["D"].number_format != "@"
    wishes = tomllib.loads((tmp_path / "mine.scenario.toml").read_text(encoding="utf-8"))
    assert Scenario.model_validate(wishes) == Scenario()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.scenario.toml", "mine.xlsx"]


@pytest.mark.parametrize("name", ["folder", "book.xlsx"])
def test_a_template_that_is_filled_in_reads_without_findings(tmp_path: Path, name: str):
    target = write_templates(tmp_path / name)
    rows = {"reps": ["0017"], "customers": ["001", "Mill", "A"]}
    if target.is_dir():
        for table, cells in rows.items():
            with (target / f"{table}.csv").open("a", encoding="utf-8") as file:
                file.write(",".join(cells) + "\n")
    else:
        book = openpyxl.load_workbook(target)
        for table, cells in rows.items():
            book[table].append(cells)
        book.save(target)
    case = read_case(target)
    assert [f for f in case.findings if f.severity == "error"] == []
    assert case.records.reps["rep_id"].tolist() == ["0017"]
    assert case.records.customers["tier"].tolist() == ["A"]
    assert case.scenario == Scenario()


@pytest.mark.parametrize("name", ["full", "mine.xlsx", "other.xlsx"])
def test_what_is_there_is_left_as_it_is(tmp_path: Path, name: str):
    (tmp_path / "full").mkdir()
    for file in ("full/reps.csv", "mine.xlsx", "other.scenario.toml"):
        (tmp_path / file).write_text("mine")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    with pytest.raises(OutputError, match="is left as it is"):
        write_templates(tmp_path / name)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
    assert (tmp_path / "mine.xlsx").read_text() == "mine"
