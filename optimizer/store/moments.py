"""Moments: when something happened, in UTC, and how texts and moments stand in the database."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import DateTime, Dialect, String, TypeDecorator

from optimizer.store.refusals import Unfit

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none that look alike


def now() -> dt.datetime:
    """This moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def new_id() -> str:
    """A fresh id of 20 letters: 9 for the millisecond, so that ids sort by age, and 11 that nobody can guess."""
    number = (int(now().timestamp() * 1000) << 55) | secrets.randbits(55)
    return "".join(_LETTERS[(number >> shift) & 31] for shift in range(95, -1, -5))


def check_text(text: str) -> str:
    """The text itself. Unfit where a database could not hold it: a NUL, or half of a letter pair."""
    if "\x00" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise Unfit("bad_text", text=ascii(text[:40]))
    return text


class Text(TypeDecorator[str]):
    """A text, compared and sorted by its code points on every database."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Sorted by code points on PostgreSQL too."""
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Unfit for what no database holds."""
        return None if value is None else check_text(value)


class Moment(TypeDecorator[dt.datetime]):
    """A moment to the microsecond; SQLite, which knows no zones, keeps it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """In UTC; without a zone on SQLite."""
        if value is None:
            return None
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """In UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
