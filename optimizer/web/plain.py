"""Plain values: what the library and pandas hold, as words of JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from optimizer.messages import Joined, Phrase


def to_plain(value: Any) -> Any:
    """A value as JSON can say it: no NaN, no numbers of numpy, no halves of letter pairs."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Phrase | Joined):
        return str(value)
    if hasattr(value, "tolist"):
        return to_plain(value.tolist())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [to_plain(one) for one in value]
    return to_plain(str(value))
