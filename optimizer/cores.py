"""Cores: how many threads one solve may use, so that many at once do not get into each other's way."""

from __future__ import annotations

import os

_share: int | None = None  # of this process; None: all cores are its own


def count_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def count_threads() -> int:
    """Threads that one solve in this process may use. A plan is the same with any number of them."""
    return count_cores() if _share is None else _share


def use_threads(count: int) -> None:
    """From now on solves in this process use at most ``count`` threads each."""
    global _share
    _share = max(1, count)
