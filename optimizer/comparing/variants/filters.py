"""Which rows are meant: ``tier = "A" and region = "华东"``, read by a grammar of its own, never run as code."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from optimizer.messages import Phrase
from optimizer.problem import Bools

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*'|“[^”]*”)|(?P<date>\d{4}-\d\d-\d\d)|(?P<number>[+-]?\d+(?:\.\d+)?)(?!\w)"""
    r"""|(?P<word>\w+(?:\.\w+)?)|(?P<sign><=|>=|!=|[=<>(),＝＜＞（），]))"""
)
_PLAIN = str.maketrans("＝＜＞（），", "=<>(),")
_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
LISTED = ", ".join(["=", "!=", *_ORDERS, "in (...)", "has", "is empty", "is not empty"])


class FilterError(ValueError):
    """A filter that cannot be read; ``phrase`` says why."""

    def __init__(self, code: str, **gaps: Any) -> None:
        super().__init__(code)
        self.phrase = Phrase(f"filter.{code}", gaps)


@dataclass(frozen=True)
class Test:
    """One comparison: the column, how (``=``, ``<``, ``has``, ``empty``...), and with which values."""

    column: str
    how: str
    values: tuple[str | float, ...] = ()


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Either:
    """At least one part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Filter


Filter = Test | All | Either | Not


def read_filter(text: str) -> Filter:
    """The filter a text says; nothing said: every row. FilterError when it cannot be read.

    ``COLUMN = VALUE``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``COLUMN in (VALUE, VALUE)``, ``COLUMN has VALUE`` (a
    list of names or skills), ``COLUMN is empty``, ``COLUMN is not empty``; put together by ``and``, ``or``, ``not`` and
    brackets. Texts stand in quotes; numbers and dates (2027-01-04) do not need them.
    """
    words = _Words(text)
    if not words.left:
        return All(())
    found = _read_either(words, 0)
    if words.left:
        words.fail()
    return found


def find_rows(given: Filter, holds: Callable[[Test], Bools], n: int) -> Bools:
    """Which of ``n`` rows a filter means; ``holds`` answers for one comparison."""
    if isinstance(given, Test):
        return holds(given)
    if isinstance(given, Not):
        return ~find_rows(given.part, holds, n)
    parts = [find_rows(part, holds, n) for part in given.parts]
    join = np.logical_and if isinstance(given, All) else np.logical_or
    return np.asarray(join.reduce(parts), dtype=bool) if parts else np.ones(n, dtype=bool)


def compare(cells: pd.Series[Any], how: str, values: tuple[Any, ...]) -> Bools:
    """Which cells stand so to the values, of the same type; an empty cell is only ``empty`` or ``!=``."""
    given = cells.notna().to_numpy(dtype=bool)
    if how == "empty":
        return ~given
    if how in ("=", "in"):
        return cells.isin(values).to_numpy(dtype=bool) & given
    if how == "!=":
        return ~(cells.isin(values).to_numpy(dtype=bool) & given)
    if how == "has":
        lists = cells.fillna("").astype("str").str.split(";").explode().str.split("[:@]", regex=True).str[0]
        return lists.isin(values).groupby(level=0).any().reindex(cells.index).to_numpy(dtype=bool)
    met = np.zeros(len(cells), dtype=bool)
    met[given] = np.asarray(_ORDERS[how](cells[given], values[0]), dtype=bool)
    return met


class _Words:
    """The words of a filter that are still to be read."""

    def __init__(self, text: str) -> None:
        self.left: list[tuple[str, str, int]] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise FilterError("letter", at=at + 1, word=text[at:].strip()[:20])
            kind = str(match.lastgroup)
            self.left.append((kind, match[kind].translate(_PLAIN) if kind == "sign" else match[kind], at + 1))
            at = match.end()
        self.left.reverse()

    def take(self, *wanted: str) -> bool:
        """Whether the next word is one of these; then it is read."""
        if self.left and self.left[-1][0] in ("word", "sign") and self.left[-1][1].casefold() in wanted:
            self.left.pop()
            return True
        return False

    def fail(self, code: str = "word") -> NoReturn:
        if not self.left:
            raise FilterError("end", known=LISTED)
        _, word, at = self.left[-1]
        raise FilterError(code, at=at, word=word, known=LISTED)


_DEEPEST = 50  # brackets within brackets


def _read_either(words: _Words, depth: int) -> Filter:
    parts = [_read_all(words, depth)]
    while words.take("or"):
        parts.append(_read_all(words, depth))
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _read_all(words: _Words, depth: int) -> Filter:
    parts = [_read_one(words, depth)]
    while words.take("and"):
        parts.append(_read_one(words, depth))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _read_one(words: _Words, depth: int) -> Filter:
    if depth > _DEEPEST:
        raise FilterError("deep")
    if words.take("not"):
        return Not(_read_one(words, depth + 1))
    if words.take("("):
        inner = _read_either(words, depth + 1)
        if not words.take(")"):
            words.fail("bracket")
        return inner
    if not words.left or words.left[-1][0] != "word":
        words.fail("column")
    column = words.left.pop()[1]
    if words.take("is"):
        negated = words.take("not")
        if not words.take("empty"):
            words.fail()
        return Not(Test(column, "empty")) if negated else Test(column, "empty")
    if words.take("in"):
        if not words.take("("):
            words.fail("bracket")
        values = [_read_value(words)]
        while words.take(","):
            values.append(_read_value(words))
        if not words.take(")"):
            words.fail("bracket")
        return Test(column, "in", tuple(values))
    for how in ("=", "!=", *_ORDERS, "has"):
        if words.take(how):
            return Test(column, how, (_read_value(words),))
    words.fail()


def _read_value(words: _Words) -> str | float:
    if not words.left or words.left[-1][0] not in ("text", "number", "date"):
        words.fail("value")
    kind, word, _ = words.left.pop()
    return float(word) if kind == "number" else word if kind == "date" else word[1:-1]
