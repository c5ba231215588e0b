"""Pages: a long list, a part at a time, that stays in step while others write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list; ``next`` is the cursor for those behind it, None at the end."""

    items: tuple[T, ...]
    next: str | None


def cut(found: Sequence[T], limit: int, key: Callable[[T], str]) -> Page[T]:
    """A page of the first ``limit`` of what was found, which was asked for one more."""
    items = tuple(found[:limit])
    return Page(items, key(items[-1]) if len(found) > limit and items else None)
