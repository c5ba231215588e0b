"""Two languages, one product: the catalogues say the same, and what is asked for in Chinese comes in Chinese."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import openpyxl
import pytest
import typer

from optimizer.cli import app, run
from optimizer.commands.language import choose_language, find_help
from optimizer.findings import Finding
from optimizer.messages import LANGUAGES, Phrase, load_catalogue, say, speaking, spoken, width
from optimizer.reading import check_case
from optimizer.reading.columns import CONTRACT
from optimizer.reports import write_report
from optimizer.result import Progress
from optimizer.terminal import progress_line
from tests.reports.answers import small_weeks

ROOT = Path(__file__).parents[1]
QUICKSTART = ROOT / "scenarios" / "quickstart"
CHINESE = re.compile("[\u4e00-\u9fff]")
# Alike in both: units, marks, names of other programs.
ALIKE = {"unit.km", "finding.not_a_frame.expected", "language.tag"}
# Three English words one after another are a sentence that was left; file names, keys and commands are not words.
LEFT = re.compile(r"(?<![\w./\[\]=\"'-])[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}(?![\w/=-])")
COMMANDS = re.compile(r"optimizer new DIR|python (run\.py|-m) [-\w {}./]+|pip install")


def translated(lang: str) -> dict[str, str]:
    """The catalogue without what stands in English in the code: help beside its option, meanings in the row models."""
    own = ("help.", "meaning.")
    return {code: text for code, text in load_catalogue(lang).items() if not code.startswith(own)}


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def plain(sentence: str) -> str:
    return COMMANDS.sub("", re.sub(r"\{[^}]*\}", "", sentence))


def test_both_catalogues_have_the_same_sentences() -> None:
    english, chinese = translated("en"), translated("zh")
    assert english.keys() - chinese.keys() == set(), "not translated"
    assert chinese.keys() - english.keys() == set(), "translated, but nobody says it"


def test_a_sentence_has_the_same_gaps_in_both_languages() -> None:
    english, chinese = translated("en"), translated("zh")
    unlike = {code for code in english.keys() & chinese.keys() if gaps(english[code]) != gaps(chinese[code])}
    assert not unlike


def test_no_english_is_left_in_the_chinese_catalogue() -> None:
    english, chinese = load_catalogue("en"), load_catalogue("zh")
    left = {code: text for code, text in chinese.items() if LEFT.search(plain(text))}
    assert not left
    silent = [
        code
        for code, text in chinese.items()
        if not CHINESE.search(text) and re.search("[a-z]{3}", plain(english.get(code, "")))
    ]
    assert set(silent) <= ALIKE


def test_an_area_that_names_are_looked_up_in_is_there() -> None:
    for lang in LANGUAGES:
        words = load_catalogue(lang)
        areas = {code.partition(".")[0] for code in words}
        for code, text in words.items():
            assert set(re.findall(r"\{\w+:@(\w+)\}", text)) <= areas, code


def test_every_word_of_help_is_there_in_chinese() -> None:
    words = load_catalogue("zh")
    top = typer.main.get_command(app)
    for command in (top, *top.commands.values()):  # type: ignore[attr-defined]
        assert f"help.{command.name or 'optimizer'}.about" in words
        for parameter in command.params:
            assert find_help(words, command.name, parameter.name), f"{command.name} {parameter.name}"


def test_every_column_of_every_table_is_explained_in_chinese(tmp_path: Path) -> None:
    words = load_catalogue("zh")
    for table, columns in CONTRACT.items():
        assert not [name for name in ("about", *columns) if f"meaning.{table}.{name}" not in words], table
    assert run(["new", str(tmp_path / "mine"), "--lang", "zh"]) == 0
    text = (tmp_path / "mine" / "columns.md").read_text(encoding="utf-8")
    assert "| hours | 是 | 小时，不小于 0 | 工时 |" in text and not LEFT.search(text)
    assert check_case(tmp_path / "mine")[0].code == "empty_table"


def test_no_function_speaks_english_whatever_language_is_in_force() -> None:
    fixed = [p.name for p in (ROOT / "optimizer").rglob("*.py") if 'lang: str = "en"' in p.read_text("utf-8")]
    assert not fixed


# Speaking -------------------------------------------------------------------------------------------------


def test_the_language_in_force_is_of_one_thread_and_one_block() -> None:
    heard: list[str] = []
    with speaking("zh"):
        other = threading.Thread(target=lambda: heard.append(say("kind.visit")))
        other.start()
        other.join()
        assert say("kind.visit") == "拜访"
        assert say("kind.visit", "en") == "visit"
        with speaking("en"):
            assert spoken() == "en"
        assert spoken() == "zh"
    assert heard == ["visit"]
    assert spoken() == "en"
    with pytest.raises(ValueError, match="no language 'fr'"), speaking("fr"):
        pass


def test_a_part_of_a_sentence_speaks_as_the_sentence_does_whenever_it_was_made() -> None:
    hint = Phrase("hint.known", {"listed": "A, B"})
    found = Finding("unknown_tier", "error", "customers", 3, "tier", "Z", {"hint": hint})
    assert found.fix() == "Correct the tier (known: A, B), or add [tiers.Z] to scenario.toml"
    assert found.fix("zh") == "请更正等级（已知：A, B），或在 scenario.toml 中添加 [tiers.Z]"


def test_columns_line_up_whatever_the_width_of_the_words() -> None:
    glimpses = [Progress(1.0, 10.0, 9.0, 0.1, stage, True) for stage in ("model", "search", "exact")]
    for lang in LANGUAGES:
        lines = [progress_line(glimpse, 1.0, lang=lang) for glimpse in glimpses]
        assert len({width(line.partition("10.0")[0]) for line in lines}) == 1
    assert width("产能h") == 5


# The command line -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "variable", "lang", "rest"),
    [
        (["--lang", "zh", "check", "a"], None, "zh", ["check", "a"]),
        (["check", "a", "--lang=zh"], "en", "zh", ["check", "a"]),
        (["check", "--", "--lang", "zh"], None, "en", ["check", "--", "--lang", "zh"]),
        (["check", "a"], "zh_CN.UTF-8", "zh", ["check", "a"]),
        (["check", "a"], "", "en", ["check", "a"]),
        (["--lang", "en", "check"], "zh", "en", ["check"]),
    ],
)
def test_the_language_is_chosen_before_or_behind_a_command_or_by_the_environment(
    arguments: list[str], variable: str | None, lang: str, rest: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPTIMIZER_LANG", raising=False)
    if variable is not None:
        monkeypatch.setenv("OPTIMIZER_LANG", variable)
    assert choose_language(arguments) == (lang, rest)


@pytest.mark.parametrize("arguments", [["--lang", "fr", "check", "a"], ["check", "a", "--lang"]])
def test_an_unknown_language_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "known: en, zh" in capsys.readouterr().err


def test_help_and_findings_are_told_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "plan", "--help"]) == 0
    told = capsys.readouterr().out
    assert "谁负责哪个客户" in told and "显示本说明并退出" in told and "Show this message" not in told
    (tmp_path / "customers.csv").write_text("customer_id,tier,hours,owner\nk,Z,x,r1\n", encoding="utf-8")
    (tmp_path / "reps.csv").write_text("rep_id\nr\n", encoding="utf-8")
    (tmp_path / "scenario.toml").write_text("[horizon]\nweeks = 'x'\nweks = 3\n", encoding="utf-8")
    assert run(["check", str(tmp_path), "--lang", "zh"]) == 2
    told = capsys.readouterr().out
    assert "错误 customers 第 2 行，列 hours：hours x 不是数字" in told
    assert "不能采用：应为整数" in told and "是否指“weeks”？" in told
    assert not LEFT.search(told.replace(str(tmp_path), ""))
    assert spoken() == "en", "a run leaves no language behind"


# What is written ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same answer in both languages."""
    folder = tmp_path_factory.mktemp("languages")
    for lang in LANGUAGES:
        with speaking(lang):
            write_report(small_weeks(), folder / lang)
    return {lang: folder / lang for lang in LANGUAGES}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def test_the_page_is_chinese_throughout(written: dict[str, Path]) -> None:
    page = (written["zh"] / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page and "<title>销售区域方案</title>" in page
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page, re.S)[0])
    assert data["lang"] == "zh-CN" and data["words"]["comma"] == "、"
    assert "join(words.comma)" in page and 'join(", ")' not in page, (
        "lists stand with the commas of the language"
    )
    for part in ("words", "verdict", "certificate", "headlines", "change", "terms", "limits", "bands"):
        assert not [text for text in texts(data[part]) if LEFT.search(plain(text))], part
    labels = [column["label"] for table in data["tables"].values() for column in table["columns"]]
    assert all(CHINESE.search(label) for label in labels), labels
    assert "拜访" in data["weeks"]["agenda"]["kinds"]
    assert {b["measure"] for b in data["figures"]["balances"]} <= {"工时", "客户数", "潜力", "收入"}


def test_workbooks_are_for_people_and_csv_files_for_programs(written: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(written["zh"] / "plan.xlsx")
    assert book.sheetnames[0] == "摘要" and all(CHINESE.search(name) for name in book.sheetnames)
    heads = [cell.value for sheet in book.worksheets[1:] for cell in sheet[1] if cell.value]
    assert all(CHINESE.search(head) or re.fullmatch(r"\d{4}-W\d\d", head) for head in heads)
    assert {cell.font.name for cell in book["客户分配"][1]} == {"DengXian"}
    own = openpyxl.load_workbook(next((written["zh"] / "reps").glob("*/tasks.xlsx")))
    assert own.sheetnames == ["各周", "任务"]
    for english in written["en"].glob("*.csv"):
        with (
            english.open(encoding="utf-8") as one,
            (written["zh"] / english.name).open(encoding="utf-8") as two,
        ):
            rows = list(csv.reader(one)), list(csv.reader(two))
        assert rows[0][0] == rows[1][0], f"the columns of {english.name} are promised"
        codes = [
            k for k, name in enumerate(rows[0][0]) if name not in ("reason", "problem", "expected", "fix")
        ]
        assert [[r[k] for k in codes] for r in rows[0]] == [[r[k] for k in codes] for r in rows[1]]


def test_calendars_say_chinese_things(written: dict[str, Path]) -> None:
    calendar = next((written["zh"] / "reps").glob("*/calendar.ics")).read_text(encoding="utf-8")
    assert "个任务" in calendar and "小时" in calendar
