"""Benchmarks of many plans at once work on a tiny case and tell what they measured. No time is asserted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.comparing.sweep.sweeping import Sweep, Swept, list_points
from tests.benchmarks import __main__ as everything
from tests.benchmarks import comparing, frontiers, sizing, sweeps
from tests.benchmarks.measuring import Usage
from tests.comparing.many import small_case


def test_a_frontier_is_measured_beside_its_points_from_scratch(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    order = ["--cases", "quickstart", "--sizes", "", "--points", "5", "--markdown", str(page)]
    (race,) = frontiers.main(order)
    assert race.dominated == 0 and len(race.costs) >= 3 and race.shared > 0 and race.scratch > 0
    assert all(abs(ours / theirs - 1) <= 0.02 for ours, theirs in race.costs)
    assert "| quickstart |" in page.read_text(encoding="utf-8")


def test_points_that_differ_in_a_digit_are_not_the_same() -> None:
    case = small_case()
    points = list_points(case, {"travel.price": [1, 2]})
    done = [Swept(point, "feasible", {"cost": 1.0}) for point in points]
    first = Sweep(case, tuple(done))
    assert sweeps.count_same(first, Sweep(case, tuple(done))) == 2
    other = [done[0], replace(done[1], kpis={"cost": 1.0 + 1e-15})]
    assert sweeps.count_same(first, Sweep(case, tuple(other))) == 1
    left = [done[0], Swept(points[1], "stopped")]
    assert sweeps.count_same(first, Sweep(case, tuple(left))) == 1
    table = sweeps.show_ways(
        [sweeps.Way("pool", first, 2, 3.2), sweeps.Way("again", Sweep(case, tuple(left)), 1, 1.0)]
    )
    assert "| again | 1 of 2 | 1 | 0 | 1 | 1 |" in table


def test_comparing_tells_what_both_took() -> None:
    usage = Usage(1.5, 2.5, 300.4, 0, False, "")
    table = comparing.show_runs([comparing.Comparing(1000, 25, usage, replace(usage, wall=9.0))])
    assert "| 1,000 × 25 | 1.5 | 2.5 | 300 | 9.0 | 2.5 | 300 |" in table


def test_a_sizing_whose_number_is_known_is_told_as_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("KNOWN", 2), ("PRESENT", 3), ("EACH", 2)):
        monkeypatch.setattr(sizing, name, value)
    (run,) = sizing.main(["--only", "known", "--markdown", str(tmp_path / "page.md")])
    assert (run.told["lower"], run.told["smallest"], run.told["proved"]) == (2, 2, True)
    assert "| known: 2 | 3 | 2 | 2 | yes |" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_all_four_are_parts_of_everything(tmp_path: Path) -> None:
    parts = everything.list_parts(tmp_path, tmp_path / "page.md", tmp_path, "python")
    assert {"comparing", "sizing", "frontiers", "sweeps"} <= set(parts)
