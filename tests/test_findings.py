"""What a list of findings comes to when it is told: each thing once, with its rows."""

from __future__ import annotations

from optimizer.findings import Finding, InputError, sum_up


def test_findings_that_say_the_same_are_told_once_with_their_rows() -> None:
    alike = [Finding("point_at_zero", "warning", "customers", row, "lat", "0, 0") for row in range(2, 62)]
    other = [
        Finding("too_big", "error", "customers", row, "hours", row, {"largest": 9}) for row in (5, 6, 7, 8)
    ]
    told = sum_up([*alike, *other])
    assert [(t.first.code, t.count, t.untold) for t in told] == [
        ("too_big", 1, 0),
        ("too_big", 1, 0),
        ("too_big", 1, 1),
        ("point_at_zero", 60, 0),
    ]
    assert told[3].place == "customers rows 2, 3, 4, 5, 6 and 55 more, column lat"
    assert len(sum_up(other, None)) == 4 and str(InputError(other)).endswith("... and 1 more")
