"""Pace: how many requests somebody may send, so that one who asks too much does not keep the others waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MOST = 10_000  # whose pace is remembered; who has not come for the longest is forgotten first


class Pace:
    """``rate`` a second for each key, ``burst`` of them at once."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one; 0, or the seconds to wait where there is none left."""
        return self._look(key, 1.0)

    def peek(self, key: str) -> float:
        """The seconds to wait, without taking one."""
        return self._look(key, 0.0)

    def _look(self, key: str, wanted: float) -> float:
        with self._lock:
            at = self._clock()
            left, seen = self._left.pop(key, (float(self.burst), at))
            left = min(float(self.burst), left + (at - seen) * self.rate)
            if left < 1.0:
                self._left[key] = left, at
                return (1.0 - left) / self.rate
            self._left[key] = left - wanted, at
            if len(self._left) > MOST:
                del self._left[next(iter(self._left))]
            return 0.0
