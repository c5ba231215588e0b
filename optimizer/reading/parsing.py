"""From what was written to what is meant: text to numbers, dates, truth values, choices and lists.

Whole columns at a time; whatever is not plain is looked at once per distinct value, so that a column of a
million rows costs little more than its distinct values. Only what can mean one thing is accepted.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from optimizer.problem import Bools, Floats
from optimizer.reading.tables import as_text, is_number
from optimizer.records import parse_skills


class Unclear(ValueError):
    """A value that cannot be taken; ``code`` says what is wrong with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Parsed = tuple[Any, dict[str, Bools]]  # the values, and where each finding code applies


def parse_numbers(series: pd.Series[Any], share: bool = False, comma_decimals: bool = False) -> Parsed:
    """Column -> (float64 [n] with NaN for missing and bad ones, where each code applies).

    Plain numbers and those of ``clean_number``. ``share``: per cent signs may be used.
    """
    if is_number(series):
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        return _refuse_infinite(numbers)
    text = as_text(series)
    missing = text.isna().to_numpy(dtype=bool)
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    odd = np.flatnonzero(~missing & np.isnan(numbers))
    if not len(odd):
        return _refuse_infinite(numbers)
    values, where = _by_distinct(text.iloc[odd], lambda t: clean_number(t, share, comma_decimals))
    numbers[odd] = np.array([math.nan if v is None else v for v in values], dtype=np.float64)
    numbers, bad = _refuse_infinite(numbers)
    for code, at in where.items():
        bad.setdefault(code, np.zeros(len(numbers), dtype=bool))[odd[at]] = True
    return numbers, bad


def _refuse_infinite(numbers: Floats) -> Parsed:
    infinite = np.isinf(numbers)
    numbers[infinite] = np.nan
    return numbers, {"not_finite": infinite} if infinite.any() else {}


_CURRENCY = "¥$€£"
_SCALES = {"万": 1e4, "亿": 1e8, "万元": 1e4, "亿元": 1e8, "元": 1.0}
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_EUROPEAN = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,(\d{1,2}|\d{4,})")


def clean_number(text: str, share: bool = False, comma_decimals: bool = False) -> float:
    """A number with a currency sign, thousands separators, a decimal comma, 万, 亿 or (``share``) %.

    ``1,234`` is 1234 unless the file's separator is a semicolon: there it may be 1.234, and is refused.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").replace("\u2212", "-").lstrip(_CURRENCY)
    scale = 1.0
    if plain.endswith("%"):
        if not share:
            raise Unclear("percent")
        plain, scale = plain[:-1], 0.01
    for unit, factor in _SCALES.items():
        if plain.endswith(unit):
            plain, scale = plain[: -len(unit)], factor
            break
    if _PLAIN.fullmatch(plain):
        number = float(plain)
    elif _THOUSANDS.fullmatch(plain):
        if comma_decimals and plain.count(",") == 1 and "." not in plain:
            raise Unclear("ambiguous_number")
        number = float(plain.replace(",", ""))
    elif _EUROPEAN.fullmatch(plain) or _DECIMAL_COMMA.fullmatch(plain):
        number = float(plain.replace(".", "").replace(",", "."))
    elif plain.casefold().lstrip("+-") in ("inf", "infinity", "nan", "∞"):
        raise Unclear("not_finite")
    else:
        raise Unclear("bad_number")
    return number * scale


_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {m: k for k, m in enumerate(_MONTH_NAMES, start=1)}
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?([T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_DAY_MONTH = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})\.?[-, ]+(\d{4})")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
FIRST_YEAR, LAST_YEAR = 1950, 2199


def parse_dates(series: pd.Series[Any]) -> Parsed:
    """Column -> (datetime64 [n] with NaT for missing and bad ones, where each code applies)."""
    text = as_text(series)
    days, where = _by_distinct(text, clean_date)
    values = np.array([np.datetime64("NaT") if d is None else np.datetime64(d) for d in days], dtype="M8[D]")
    return values.astype("M8[s]"), where


def clean_date(text: str) -> dt.date:
    """ISO, 2026/1/5, 2026年1月5日, 20260105, 5 Jan 2026, an Excel serial; 03/04/2026 is ambiguous."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if match := _YEAR_FIRST.fullmatch(plain):
        numbers = match[1], match[2], match[3]
    elif re.fullmatch(r"\d{8}", plain):
        numbers = plain[:4], plain[4:6], plain[6:]
    elif re.fullmatch(r"\d{5}(\.\d+)?", plain):
        return _in_range(dt.date(1899, 12, 30) + dt.timedelta(days=int(plain[:5])))
    elif match := _YEAR_LAST.fullmatch(plain):
        first, second = int(match[1]), int(match[2])
        if first <= 12 and second <= 12 and first != second:
            raise Unclear("ambiguous_date")
        numbers = (match[3], match[2], match[1]) if first > 12 else (match[3], match[1], match[2])
    elif (match := _DAY_MONTH.fullmatch(plain)) and match[2][:3].casefold() in _MONTHS:
        numbers = match[3], str(_MONTHS[match[2][:3].casefold()]), match[1]
    elif (match := _MONTH_DAY.fullmatch(plain)) and match[1][:3].casefold() in _MONTHS:
        numbers = match[3], str(_MONTHS[match[1][:3].casefold()]), match[2]
    else:
        raise Unclear("bad_date")
    try:
        return _in_range(dt.date(*map(int, numbers)))
    except ValueError:
        raise Unclear("bad_date") from None


def _in_range(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unclear("bad_date")
    return day


_TRUE = {"true", "yes", "y", "t", "1", "是", "对", "允许", "√"}
_FALSE = {"false", "no", "n", "f", "0", "否", "不", "禁止", "×"}


def clean_flag(text: str) -> bool:
    """true/false, yes/no, 1/0, 是/否."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain in _TRUE or plain in _FALSE:
        return plain in _TRUE
    raise Unclear("bad_flag")


def clean_choice(text: str, choices: tuple[str, ...], others: dict[str, str]) -> str:
    """One of ``choices``, whatever its case, or what one of the ``others`` names means."""
    plain = text.casefold()
    if plain in choices:
        return plain
    if plain in others:
        return others[plain]
    raise Unclear("bad_choice")


_SEPARATORS = str.maketrans({"；": ";", "、": ";", "，": ";", ",": ";", "\n": ";", "：": ":", "＠": "@"})


def clean_names(text: str) -> str | None:
    """A list in canonical form ``a;b``: one separator, no blanks around, nothing twice, order kept."""
    parts = [part.strip() for part in text.translate(_SEPARATORS).split(";")]
    return ";".join(dict.fromkeys(part for part in parts if part)) or None


def clean_skills(text: str) -> str | None:
    """Skills in canonical form ``cardio:3;mandarin;export@2027-03-31``; named twice, the first counts."""
    cleaned: dict[str, str] = {}
    for part in (clean_names(text) or "").split(";"):
        rest, at, day = part.partition("@")
        if at and not rest.strip():
            raise Unclear("bad_skill")
        try:
            until = f"@{clean_date(day).isoformat()}" if at else ""
            for skill in parse_skills(rest):
                level = f":{skill.level}" if skill.level != 1 else ""
                cleaned.setdefault(skill.name, f"{skill.name}{level}{until}")
        except ValueError:
            raise Unclear("bad_skill") from None
    return ";".join(cleaned.values()) or None


def parse_by(series: pd.Series[Any], clean: Callable[[str], Any], kind: str) -> Parsed:
    """Column -> (values of dtype ``kind``, where each code applies), ``clean`` asked once per text."""
    text = as_text(series)
    values, where = _by_distinct(text, clean)
    return pd.Series(values, index=series.index, dtype=kind), where


def _by_distinct(
    text: pd.Series[Any], clean: Callable[[str], Any]
) -> tuple[np.ndarray[Any, Any], dict[str, Bools]]:
    """``clean`` of every value, asked once per distinct one; None where it is missing or refused."""
    codes, distinct = pd.factorize(text)
    answers = np.full(len(distinct) + 1, None, dtype=object)
    refused: dict[str, list[int]] = {}
    for k, value in enumerate(distinct):
        try:
            answers[k] = clean(value)
        except Unclear as unclear:
            refused.setdefault(unclear.code, []).append(k)
    return answers[codes], {code: np.isin(codes, ks) for code, ks in refused.items()}
