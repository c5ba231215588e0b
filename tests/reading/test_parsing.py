"""What text means: only what can mean one thing is accepted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.reading.parsing import (
    Unclear,
    clean_date,
    clean_names,
    clean_number,
    clean_skills,
    parse_dates,
    parse_numbers,
)
from optimizer.reading.tables import as_text
from optimizer.records import parse_skills


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5),
        ("￥1,200", 1200),
        ("1.234,5", 1234.5),
        ("12,5", 12.5),
        ("1.2万", 12000),
        ("3亿元", 3e8),
        ("１２", 12),
        ("-1,234,567", -1234567),
        ("$ 5", 5),
        ("1,234", 1234),
        ("\u22127", -7),
    ],
)
def test_a_number_that_can_mean_one_thing_is_taken(text: str, number: float) -> None:
    assert clean_number(text) == pytest.approx(number)


@pytest.mark.parametrize(
    "text", ["1,23,456", "0x1F", "1_000", "1 or 2", "12%", "1,2,3", ".", "inf", "nan", "1..2", "½"]
)
def test_a_number_that_can_mean_two_things_or_none_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        clean_number(text)


def test_one_comma_is_refused_in_a_file_of_semicolons() -> None:
    with pytest.raises(Unclear, match="ambiguous_number"):
        clean_number("1,234", comma_decimals=True)
    assert clean_number("1,234.5", comma_decimals=True) == 1234.5


def test_per_cent_is_for_shares() -> None:
    numbers, bad = parse_numbers(pd.Series(["12%", "0.5"], dtype="str"), share=True)
    assert numbers.tolist() == pytest.approx([0.12, 0.5]) and not bad


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_written_by_python_is_read_as_itself(number: float) -> None:
    numbers, bad = parse_numbers(pd.Series([repr(number)], dtype="str"))
    assert numbers[0] == number and not bad


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026/1/5",
        "2026.01.05",
        "2026年1月5日",
        "20260105",
        "46027",
        "46027.0",
        "2026-01-05T09:30:00Z",
        "5 Jan 2026",
        "Jan 5, 2026",
        "05-January-2026",
        "２０２６-01-05",
    ],
)
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert clean_date(text) == dt.date(2026, 1, 5)


def test_a_day_above_twelve_settles_which_is_the_month() -> None:
    assert clean_date("25/12/2026") == clean_date("12/25/2026") == dt.date(2026, 12, 25)
    assert clean_date("03/03/2026") == dt.date(2026, 3, 3)


@pytest.mark.parametrize(
    "text", ["03/04/2026", "2026-02-30", "26-01-05", "0001-01-01", "9999-12-31", "tomorrow", "7"]
)
def test_a_date_that_is_none_or_two_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        clean_date(text)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2199, 12, 31)))
def test_every_iso_date_is_read_as_itself(day: dt.date) -> None:
    days, bad = parse_dates(pd.Series([day.isoformat()], dtype="str"))
    assert pd.Timestamp(days[0]).date() == day and not bad


def test_lists_take_chinese_separators_and_lose_doubles() -> None:
    assert clean_names("A；B、 C，A; ;") == "A;B;C"
    assert clean_names("；") is None


def test_skills_come_out_in_one_form_that_the_model_reads() -> None:
    text = clean_skills(" cardio：3、mandarin:1 ；export:2@2027/3/31")
    assert text == "cardio:3;mandarin;export:2@2027-03-31"
    assert parse_skills(text)[2].expires == dt.date(2027, 3, 31)


@pytest.mark.parametrize(
    "text", [":3", "cardio:x", "cardio:0", "cardio:101", "a@soon", "@2026-01-01", "a:1:2"]
)
def test_skills_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(Unclear, match="bad_skill"):
        clean_skills(text)


@given(st.text(max_size=30))
def test_whatever_stands_in_a_list_of_skills_the_model_can_read_what_comes_out(text: str) -> None:
    try:
        cleaned = clean_skills(text)
    except Unclear:
        return
    parse_skills(cleaned)
    assert cleaned is None or clean_skills(cleaned) == cleaned


def test_ids_are_text_whatever_the_spreadsheet_made_of_them() -> None:
    cells = pd.Series(
        [7.0, "007", 12, True, dt.datetime(2026, 1, 5), None, " a\u3000", ["x", "y"], np.nan], dtype=object
    )
    assert as_text(cells).fillna("-").tolist() == [
        "7",
        "007",
        "12",
        "true",
        "2026-01-05",
        "-",
        "a",
        "x;y",
        "-",
    ]
