"""The catalogue of everything the product says: a code, its gaps, and a sentence per language.

Sentences live beside this file in ``<area>.<lang>.toml``; a code is the path of tables, ``finding.bad_number.fix``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any


@cache
def load_catalogue(lang: str) -> dict[str, str]:
    """All sentences of one language by code."""
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


def say(code: str, lang: str = "en", /, **gaps: Any) -> str:
    """The sentence of ``code`` with its gaps filled. An unknown code is a programming mistake: KeyError.

    ``{count:rep has|reps have}`` is the first form when count is 1, else the second.
    """
    sentence = load_catalogue(lang)[code]
    return _forms.vformat(sentence, (), gaps) if "|" in sentence else sentence.format(**gaps)


class _Forms(Formatter):
    """Fills gaps as ``str.format`` does, and chooses between one and many."""

    def format_field(self, value: Any, spec: str) -> str:
        one, bar, many = spec.partition("|")
        return super().format_field(value, spec) if not bar else one if value == 1 else many


_forms = _Forms()
