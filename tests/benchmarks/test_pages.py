"""Side by side, growth and start-up: what was measured is what the page and the picture say. No time is asserted."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as everything
from tests.benchmarks import contest, growth, side_by_side, startup
from tests.benchmarks.contest import OURS, Entry, read_entries
from tests.benchmarks.loglog import Axis, Series, choose_axis, draw
from tests.benchmarks.measuring import Usage
from tests.benchmarks.test_runs import RUN

ENTRY = Entry(1000, 25, 0, OURS, 12.0, 14.0, 13.0, 300.0, 1000.0, 0, 999.0, "", "k")


def test_the_table_compares_plans_that_keep_everything_and_only_those():
    table = side_by_side.show_case(
        [
            ENTRY,
            replace(ENTRY, tool="worse", objective=1110.0, bound=None),
            replace(ENTRY, tool="better", objective=999.5, bound=998.0),
            replace(ENTRY, tool="breaker", objective=500.0, broken=1234, bound=None),
            replace(ENTRY, tool="silent", objective=None, bound=None, remark="killed after 99 s"),
        ]
    ).splitlines()[2:]
    assert table == [
        "| ours | 14.0 | 13.0 | 300 | 1,000.0 | 0 | 0.100% | – | 999.0 |",
        "| worse | 14.0 | 13.0 | 300 | 1,110.0 | 0 | 10.000% | +11.000% | – |",
        "| better | 14.0 | 13.0 | 300 | 999.5 | 0 | 0.050% | -0.050% | 998.0 |",
        "| breaker | 14.0 | 13.0 | 300 | 500.0 | 1,234 | – | – | – |",
        "| silent | 14.0 | 13.0 | 300 | – | – | killed after 99 s | – | – |",
    ]


def test_why_there_is_no_plan():
    usage = Usage(99.0, 90.0, 100.0, -9, True, "")
    assert contest._explain(usage) == "killed after 99 s"
    assert contest._explain(replace(usage, killed=False, code=0)) == "no plan in time"
    missing = replace(usage, killed=False, code=3, output="warning\nx is not installed\n")
    assert contest._explain(missing) == "x is not installed"
    crashed = replace(usage, killed=False, code=-11, output="")
    assert contest._explain(crashed) == "failed with code -11"


def test_a_small_contest_is_held_judged_and_kept(tmp_path: Path, monkeypatch):
    page, store = tmp_path / "page.md", tmp_path / "store"
    order = ["--sizes", "60x3", "--seeds", "1", "--seconds", "5", "--arcs", "all,2", "--store", str(store)]
    ((ours, whole, part),) = side_by_side.main([*order, "--tools", "scip", "--markdown", str(page)])
    assert ours.tool == OURS and ours.broken == 0 and ours.bound <= ours.objective
    assert whole.tool == "SCIP, all arcs" and whole.broken == 0 and whole.remark == ""
    assert ours.bound - 0.01 <= whole.objective <= part.objective + 0.01
    assert part.tool == "SCIP, 2 cheapest arcs"
    text = page.read_text(encoding="utf-8")
    assert "**60 × 3, seed 1**, clock 5 s" in text and "| SCIP, all arcs |" in text
    assert read_entries(store) == [ours, whole, part]

    def run_nothing(*_):
        raise AssertionError("what is stored is not made again")

    monkeypatch.setattr(contest, "_run_ours", run_nothing)
    monkeypatch.setattr(contest, "_run_rival", run_nothing)
    assert side_by_side.main([*order, "--tools", "scip"]) == [[ours, whole, part]]
    with pytest.raises(AssertionError):
        side_by_side.main([*order, "--tools", "scip", "--seconds", "6"])


def test_the_exponent_is_that_of_a_power_and_small_sizes_do_not_count():
    seconds = {1_000: 77.0} | {n: 0.003 * n**1.1 for n in (10_000, 50_000, 1_000_000)}
    assert growth.fit_exponent(seconds) == pytest.approx(1.1)
    assert growth.fit_exponent({1_000: 1.0, 10_000: 5.0}) is None


def test_growth_is_drawn_and_told_from_the_stored_runs():
    sizes = [(10_000, 20.0), (10_000, 30.0), (10_000, 22.0), (100_000, 220.0)]
    runs = [
        replace(RUN, customers=n, seed=k, usage=replace(RUN.usage, wall=s)) for k, (n, s) in enumerate(sizes)
    ]
    assert growth.find_medians(runs, "whole command") == {10_000: 22.0, 100_000: 220.0}
    page = growth.show_page(runs, "pictures/growth.svg")
    assert "![Time against size on two logarithmic axes](pictures/growth.svg)" in page
    assert "| 10,000 × 25 | 22 | 13 | 0.5 |" in page
    assert "| **exponent, 10,000 to 1,000,000** | **1.00** | **0.00** | **0.00** |" in page
    names = [series.name for series in growth.make_series(runs)]
    assert names[0] == "whole command: exponent 1.00"


def test_a_picture_is_svg_with_every_point_in_its_place():
    drawing = draw([Series("a < b", "#000", [(10, 1), (1000, 100)], [(100, 10)])], "customers", "seconds")
    root = ElementTree.fromstring(drawing)
    space = {"svg": "http://www.w3.org/2000/svg"}
    (line,) = root.findall("svg:polyline", space)
    (x1, y1), (x2, y2) = (tuple(map(float, corner.split(","))) for corner in line.attrib["points"].split())
    (dot,) = root.findall("svg:circle", space)
    assert float(dot.attrib["cx"]) == pytest.approx((x1 + x2) / 2, abs=0.2)
    assert float(dot.attrib["cy"]) == pytest.approx((y1 + y2) / 2, abs=0.2)
    assert x1 < x2 and y1 > y2
    words = [text.text for text in root.findall("svg:text", space)]
    assert {"a < b", "customers", "seconds", "10", "100", "1,000"} <= set(words)
    with pytest.raises(ValueError, match="nothing"):
        draw([], "customers", "seconds")


def test_an_axis_spans_whole_decades_and_labels_them():
    axis = choose_axis([0.02, 30.0], 0.0, 400.0)
    assert axis == Axis(-2, 2, 0.0, 400.0)
    assert axis.place(0.01) == 0.0 and axis.place(1.0) == pytest.approx(200.0)
    assert [label for _, label in axis.ticks()] == ["0.01", "0.1", "1", "10", "100"]
    assert choose_axis([10.0], 0.0, 1.0) == Axis(1, 2, 0.0, 1.0)


def test_start_up_is_measured_and_told(tmp_path: Path):
    page = tmp_path / "page.md"
    found = startup.main(["--times", "1", "--markdown", str(page)])
    assert [len(usages) for usages in found.values()] == [1, 1]
    assert all(usage.cpu > 0.02 for usages in found.values() for usage in usages)
    text = page.read_text(encoding="utf-8")
    assert "Medians of 1 runs" in text and "| `plan scenarios/quickstart` |" in text and "≤ 0.5" in text


def test_every_part_has_a_module_that_takes_its_arguments(tmp_path: Path):
    parts = everything.list_parts(tmp_path, tmp_path / "page.md", tmp_path, "python")
    for part, arguments in parts.items():
        source = (Path(everything.__file__).parent / f"{part}.py").read_text(encoding="utf-8")
        for option in (word for word in arguments if str(word).startswith("--")):
            assert f'"{option}"' in source, (part, option)


def test_an_unknown_part_is_refused(tmp_path: Path, capsys):
    with pytest.raises(SystemExit):
        everything.main(["--store", str(tmp_path), "--parts", "plans,plains"])
    assert "no part plains" in capsys.readouterr().err
