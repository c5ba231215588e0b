"""What a rival is asked and what it answers, as files of plain arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
NOBODY = -1
NOT_INSTALLED = 3  # exit code


@dataclass(frozen=True, eq=False)
class Question:
    """One territory problem: n customers, R reps; U units (customers or groups) of which each takes one of K arcs.

    Arcs are sorted by unit; ``rep`` is NOBODY where the unit stays unserved. Rows are ranges over sums of arcs;
    entry e adds ``entry_value[e]`` of arc ``entry_arc[e]`` to row ``entry_row[e]``; ``price`` is per unit outside,
    ignored where the row is ``hard``. Costs are milli-hours, whole. The rest is for tools that know no arcs.
    """

    unit_of_customer: Array  # [n]
    unit: Array  # [K]
    rep: Array  # [K]
    cost: Array  # [K]
    entry_row: Array
    entry_arc: Array
    entry_value: Array
    low: Array  # [m] -inf where open
    high: Array  # [m]
    price: Array  # [m]
    hard: Array  # [m]
    start: Array  # [U] arcs to begin with: the present owners, some left out so that no hard row is exceeded
    customer_point: Array  # [n, 3] on the unit sphere, NaN without a point
    rep_point: Array  # [R, 3]
    hours: Array  # [n]
    owner: Array  # [n] present owner or NOBODY
    forced: Array  # [n] rep a lock insists on, or NOBODY
    region: Array  # [n] name
    team: Array  # [R] name of the region where a rep works

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return len(self.unit_of_customer)

    @property
    def n_reps(self) -> int:
        """Number of reps."""
        return len(self.rep_point)

    def owners(self, arcs: Array) -> Array:
        """Owner of each customer, [n], from the chosen arc of each unit, [U]."""
        return np.asarray(self.rep[arcs][self.unit_of_customer])

    def save(self, file: Path) -> None:
        """Write the arrays."""
        np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})


@dataclass(frozen=True, eq=False)
class Answer:
    """Owner of each customer; ``bound``: milli-hours that the rival proved no plan can cost less than, or NaN."""

    owner: Array  # [n]
    bound: float = float("nan")


def read_question(file: Path) -> Question:
    """The question in a file."""
    with np.load(file) as arrays:
        return Question(**arrays)


def read_answer(file: Path) -> Answer:
    """The answer in a file."""
    with np.load(file) as arrays:
        return Answer(arrays["owner"], float(arrays["bound"]))


def reply(solve: Callable[..., Answer | None]) -> None:
    """Run a rival from the command line: ``solve(question, seconds, *variant)``; None is no answer."""
    question, target, seconds, *variant = sys.argv[1:]
    try:
        answer = solve(read_question(Path(question)), float(seconds), *variant)
    except ImportError as error:
        print(f"{error.name} is not installed")
        sys.exit(NOT_INSTALLED)
    if answer is not None:
        np.savez(target, **asdict(answer))
