"""The literature's text files are read as they are meant, and a broken one is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.gap import Gap, make_gap
from tests.benchmarks.gap_text import GapTextError, format_gaps, parse_gaps, read_gaps, write_gaps

SMALL = "2 3\n1 2 3\n4 5 6\n7 8 9\n10 11 12\n20 30\n"


def _same(one: Gap, other: Gap) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("cost", "resource", "capacity")
    )


def test_rows_are_agents_first_costs_then_resources_then_capacities():
    (gap,) = parse_gaps(SMALL)
    assert gap.cost.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert gap.resource.tolist() == [[7, 8, 9], [10, 11, 12]]
    assert gap.capacity.tolist() == [20, 30]


def test_white_space_means_nothing():
    (gap,) = parse_gaps(SMALL)
    for text in (SMALL.replace("\n", " "), SMALL.replace(" ", "\n\n"), "\t " + SMALL.replace("\n", "\r\n")):
        assert _same(parse_gaps(text)[0], gap)


def test_a_count_before_the_instances_is_read_for_one_and_for_several():
    other = "1 1\n5\n6\n7\n"
    assert [gap.jobs for gap in parse_gaps("1\n" + SMALL)] == [3]
    assert [gap.jobs for gap in parse_gaps("3\n" + SMALL + other + SMALL)] == [3, 1, 3]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_what_is_written_is_read_back(tmp_path: Path, count: int):
    gaps = [make_gap("CDE"[k % 3], 2 + k, 9 - k, k) for k in range(count)]
    write_gaps(tmp_path / "file", gaps)
    back = read_gaps(tmp_path / "file")
    assert len(back) == count and all(map(_same, back, gaps))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to read"),
        ("7", "nothing to read"),
        ("2 3\n1 2 3\n4 5 x\n", r"line 3: 'x' is not a whole number"),
        (SMALL.replace("11", "1.5"), r"line 5: '1.5' is not a whole number"),
        (SMALL.replace("30", "9" * 12), r"line 6: 9+ is too large"),
        (SMALL.replace("20 30", "20"), "2 agents and 3 jobs need 16 numbers, there are 15"),
        (SMALL + "1", "1 numbers too many after the last of 1 instances"),
        (SMALL + SMALL, "16 numbers too many"),
        ("2\n" + SMALL, "instance 2 of 2: missing"),
        ("2\n" + SMALL + "1 1 1", "instance 2 of 2: 1 agents and 1 jobs need 5 numbers, there are 3"),
        ("1\n" + SMALL + SMALL, "16 numbers too many after the last of 1 instances"),
        ("0\n" + SMALL, "16 numbers too many after the last of 0 instances"),
        ("0 3\n1 2", "0 agents and 3 jobs: both should be at least 1"),
        ("-2 3\n" + SMALL, "-2 agents"),
        (SMALL.replace("7 8", "7 -8"), "a resource is -8, below zero"),
        (SMALL.replace("20", "-20"), "a capacity is -20, below zero"),
        ("2\n" + SMALL + SMALL.replace("20", "-1"), "instance 2 of 2: a capacity is -1"),
    ],
)
def test_a_broken_text_is_refused_with_the_reason(text: str, message: str):
    with pytest.raises(GapTextError, match=message):
        parse_gaps(text)


def test_an_error_names_the_file(tmp_path: Path):
    path = tmp_path / "d20400"
    path.write_text("2 3 4", encoding="utf-8")
    with pytest.raises(GapTextError, match=r"d20400: the instance: 2 agents"):
        read_gaps(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GapTextError, match="d20400: not a text file"):
        read_gaps(path)


def test_a_negative_cost_is_a_cost():
    (gap,) = parse_gaps(SMALL.replace("4 5 6", "-4 5 6"))
    assert gap.cost.min() == -4


def test_the_text_of_an_instance_is_a_row_a_line():
    assert format_gaps(parse_gaps(SMALL)) == SMALL
