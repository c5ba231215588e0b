"""What a job came to, in words of JSON. What solving came to, kept as a step, is the same when it is read back."""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import Progress, Result, Status, Worth

_ARRAY = "$array"
_PLAIN = ("bound", "gap", "method", "stopped", "seed", "seconds", "stages")


def dump_result(result: Result) -> dict[str, Any]:
    """A result in words of JSON. What the plan is worth is not kept: the checker finds it again."""
    told = {name: getattr(result, name) for name in _PLAIN}
    prices = result.prices
    told["prices"] = (
        None if prices is None else {f.name: getattr(prices, f.name) for f in dataclasses.fields(prices)}
    )
    told["notes"] = [[code, dict(gaps)] for code, gaps in result.notes]
    told["trace"] = [dataclasses.asdict(dataclasses.replace(glimpse, plan=None)) for glimpse in result.trace]
    packed: dict[str, Any] = _pack(told | {"status": result.status.value, "owner": result.plan.owner})
    return packed


def load_result(content: Mapping[str, Any], problem: Problem) -> Result:
    """The result again, of the same problem."""
    told = _unpack(dict(content))
    plan, prices = Plan(told["owner"]), told["prices"]
    if prices is not None:
        prices = Worth(**prices | {"budgets": tuple(prices["budgets"])})
    return Result(
        status=Status(told["status"]),
        plan=plan,
        score=evaluate(problem, plan),
        notes=[(code, gaps) for code, gaps in told["notes"]],
        trace=[Progress(**glimpse) for glimpse in told["trace"]],
        prices=prices,
        **{name: told[name] for name in _PLAIN},
    )


def plain(value: Any) -> Any:
    """A value as JSON knows it, whatever is in it; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _pack(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        content = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {_ARRAY: content, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, Mapping):
        return {str(name): _pack(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict) and _ARRAY in value:
        content = np.frombuffer(base64.b64decode(value[_ARRAY]), np.dtype(value["dtype"]))
        return content.reshape(value["shape"]).copy()
    if isinstance(value, dict):
        return {name: _unpack(entry) for name, entry in value.items()}
    return [_unpack(entry) for entry in value] if isinstance(value, list) else value
