"""The catalogue of everything the product says: a code, its gaps, and a sentence per language.

Sentences live beside this file in ``<area>.<lang>.toml``; a code is the path of tables, ``finding.bad_number.fix``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any
from unicodedata import east_asian_width

LANGUAGES = ("en", "zh")  # the first is spoken where nothing else is asked for
NAMED = 3  # of several that a sentence names
_SPOKEN = ContextVar("spoken", default=LANGUAGES[0])


def spoken() -> str:
    """The language in force here: of this thread, task or request, and of nobody beside it."""
    return _SPOKEN.get()


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Within this block sentences are in ``lang``, one of ``LANGUAGES``; ValueError for any other."""
    if lang not in LANGUAGES:
        raise ValueError(say("language.unknown", lang=lang, known=", ".join(LANGUAGES)))
    before = _SPOKEN.set(lang)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def load_catalogue(lang: str = "") -> dict[str, str]:
    """All sentences of one language by code; without a name, of the language in force."""
    return _load(lang or spoken())


@cache
def _load(lang: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(prefix: str, table: dict[str, Any]) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                walk(f"{prefix}{key}.", value)
            else:
                found[prefix + key] = value

    for file in sorted(files(__package__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(f".{lang}.toml"):
            walk("", tomllib.loads(file.read_text(encoding="utf-8")))
    return found


@dataclass(frozen=True)
class Phrase:
    """A part of a sentence that is itself in the catalogue; it fills a gap in whatever language the sentence has."""

    code: str
    gaps: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return say(self.code, **self.gaps)


@dataclass(frozen=True)
class Joined:
    """Parts of a sentence with commas between them, each in the language of the sentence, as are the commas."""

    parts: tuple[str | Phrase, ...]

    def __str__(self) -> str:
        return self.sentence()

    def sentence(self, lang: str = "") -> str:
        """The parts in words."""
        return load_catalogue(lang)["limit.comma"].join(str(_fill(part, lang)) for part in self.parts)


def join_sentences(*sentences: str, lang: str = "") -> str:
    """Sentences one after the other, with a space between them where the language has one; none for empty ones."""
    return load_catalogue(lang)["limit.full_stop"].join(filter(None, sentences))


def join(parts: Sequence[str | Phrase], count: int, named: int = NAMED) -> Joined | Phrase:
    """``a, b, c``, or the first ``named`` of ``count`` ``and 9 more``."""
    shown = Joined(tuple(parts[:named]))
    return shown if count <= named else Phrase("limit.and_more", {"first": shown, "count": count - named})


def _fill(value: Any, lang: str) -> Any:
    """What stands in a gap, in the language of its sentence."""
    if isinstance(value, Phrase):
        return say(value.code, lang, **value.gaps)
    return value.sentence(lang) if isinstance(value, Joined) else value


def say(code: str, lang: str = "", /, **gaps: Any) -> str:
    """The sentence of ``code`` with its gaps filled, in ``lang`` or else in the language in force.

    ``{count:rep has|reps have}`` is the first form when count is 1, else the second; ``{unit:@unit}`` is the word
    that the catalogue has for the unit, ``unit.<its name>``, and the name itself where it has none; ``{stage:~15}``
    fills up to 15 columns of a terminal. An unknown code is a programming mistake: KeyError.
    """
    lang = lang or spoken()
    sentence = load_catalogue(lang)[code]
    gaps = {name: _fill(value, lang) for name, value in gaps.items()}
    if any(sign in sentence for sign in ("|", ":@", ":~")):
        return _Forms(lang).vformat(sentence, (), gaps)
    return sentence.format(**gaps)


def look_up(area: str, code: str, lang: str = "") -> str:
    """The word for ``code`` in an area of the catalogue; the code itself where there is none."""
    return load_catalogue(lang).get(f"{area}.{code}", code)


def width(text: str) -> int:
    """Columns that a text takes on a terminal or in a cell: a Chinese character takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


class _Forms(Formatter):
    """Fills gaps as ``str.format`` does, chooses between one and many, looks names up, and fills up columns."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def format_field(self, value: Any, spec: str) -> str:
        if spec.startswith("@"):
            return look_up(spec[1:], str(value), self.lang)
        if spec.startswith("~"):
            return str(value) + " " * (int(spec[1:]) - width(str(value)))
        one, bar, many = spec.partition("|")
        return super().format_field(value, spec) if not bar else one if value == 1 else many
