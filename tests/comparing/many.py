"""Small cases and jobs for tests of many solves at once; processes of a pool load this too."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from optimizer.case import Case
from tests.cases import make_case


def small_case() -> Case:
    """Twelve customers on a line, three reps on it."""
    reps = [{"lat": 50.0, "lon": 8.0 + k} for k in range(3)]
    customers = [
        {"tier": "ABC"[k % 3], "hours": 5.0 + k % 4, "lat": 50.1, "lon": 7.5 + k / 4, "owner": f"r{k % 3}"}
        for k in range(12)
    ]
    return make_case(reps, customers, scenario={"corridors": [{"measure": "hours", "price": 2.0}]})


def behave(shared: str, job: str, tell: Callable[[Any], None], should_stop: Callable[[], bool]) -> str:
    """A job that does what it is called."""
    if job == "dies":
        os._exit(3)
    if job == "fails":
        raise ValueError("as it should")
    return f"{shared} {job}"
