"""The text format in which the literature's generalized assignment problems travel.

Whole numbers with any white space between, however many a line: agents m and jobs n, the costs agent by agent
(m rows of n), the resources agent by agent (m rows of n), the capacities (m). A file of OR-Library may begin with
the number of instances that follow one another; both forms are read.
Source: J. E. Beasley, OR-Library, "Generalised assignment problem",
people.brunel.ac.uk/~mastjjb/jeb/orlib/gapinfo.html.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from optimizer.problem import Ints
from tests.benchmarks.gap import Gap

LARGEST = 10**9  # of a number: sums of them stay whole everywhere


class GapTextError(ValueError):
    """A text is no generalized assignment problem; the message says where and why."""


def read_gaps(path: Path) -> list[Gap]:
    """The instances of a file, in its order. Raises GapTextError, or OSError when it cannot be opened."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise GapTextError(f"{path}: not a text file (byte {error.start})") from None
    try:
        return parse_gaps(text)
    except GapTextError as error:
        raise GapTextError(f"{path}: {error}") from None


def parse_gaps(text: str) -> list[Gap]:
    """The instances that a text holds; GapTextError when it holds anything else."""
    numbers = _read_numbers(text)
    if len(numbers) < 2:
        raise GapTextError("nothing to read: it should begin with the numbers of agents and jobs")
    # One instance says its own length. What does not have it begins with a count, where the sizes that follow
    # say so; where nothing fits, a number alone in the first line was meant as one.
    alone = len(text.split("\n", 1)[0].split()) == 1
    plain = len(numbers) == _length(int(numbers[0]), int(numbers[1]))
    if plain or not (_begins_with_count(numbers) or alone):
        gap, at = _cut(numbers, 0, "the instance")
        gaps = [gap]
    else:
        gaps, at = [], 1
        for k in range(1, int(numbers[0]) + 1):
            gap, at = _cut(numbers, at, f"instance {k} of {numbers[0]}")
            gaps.append(gap)
    if not gaps or at < len(numbers):
        raise GapTextError(f"{len(numbers) - at:,} numbers too many after the last of {len(gaps)} instances")
    return gaps


def format_gaps(gaps: list[Gap]) -> str:
    """The text of one instance, or of several with their count before them; a row a line."""
    lines = [str(len(gaps))] if len(gaps) != 1 else []
    for gap in gaps:
        lines.append(f"{gap.agents} {gap.jobs}")
        rows = [*gap.cost, *gap.resource, gap.capacity]
        lines.extend(" ".join(map(str, row.tolist())) for row in rows)
    return "\n".join(lines) + "\n"


def write_gaps(path: Path, gaps: list[Gap]) -> None:
    """Write instances as ``read_gaps`` reads them."""
    path.write_text(format_gaps(gaps), encoding="utf-8", newline="\n")


def _length(agents: int, jobs: int) -> int:
    """How many numbers an instance of this size has."""
    return 2 + 2 * agents * jobs + agents


def _read_numbers(text: str) -> Ints:
    try:
        numbers = [int(word) for word in text.split()]
        if all(-LARGEST <= number <= LARGEST for number in numbers):
            return np.array(numbers, dtype=np.int64)
    except ValueError:
        pass
    for at, line in enumerate(text.splitlines(), 1):
        for word in line.split():
            try:
                number = int(word)
            except ValueError:
                raise GapTextError(f"line {at}: {word[:30]!r} is not a whole number") from None
            if abs(number) > LARGEST:
                raise GapTextError(f"line {at}: {number} is too large")
    raise AssertionError("one of the words is at fault")


def _begins_with_count(numbers: Ints) -> bool:
    """Whether the sizes, followed from instance to instance, end exactly where the numbers end."""
    at = 1
    for _ in range(min(int(numbers[0]), len(numbers))):
        if at + 2 > len(numbers) or numbers[at : at + 2].min() < 1:
            return False
        at += _length(int(numbers[at]), int(numbers[at + 1]))
    return bool(at == len(numbers) and numbers[0] >= 1)


def _cut(numbers: Ints, at: int, name: str) -> tuple[Gap, int]:
    """The instance that begins at ``at``, and where the next one begins."""
    if len(numbers) < at + 2:
        raise GapTextError(f"{name}: missing")
    agents, jobs = int(numbers[at]), int(numbers[at + 1])
    if agents < 1 or jobs < 1:
        raise GapTextError(f"{name}: {agents} agents and {jobs} jobs: both should be at least 1")
    needed, found = _length(agents, jobs), len(numbers) - at
    if found < needed:
        raise GapTextError(
            f"{name}: {agents:,} agents and {jobs:,} jobs need {needed:,} numbers, there are {found:,}"
        )
    pairs = agents * jobs
    cost, resource, capacity = np.split(numbers[at + 2 : at + needed], [pairs, 2 * pairs])
    for what, values in (("resource", resource), ("capacity", capacity)):
        if values.min() < 0:
            raise GapTextError(f"{name}: a {what} is {values.min()}, below zero")
    return Gap(cost.reshape(agents, jobs), resource.reshape(agents, jobs), capacity), at + needed
