"""The benchmark commands work, and a small generated case is planned well. No time is asserted."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import plans, reading
from tests.benchmarks.measuring import write_section


def test_a_small_plan_is_measured_judged_and_good(tmp_path: Path):
    page = tmp_path / "page.md"
    (run,) = plans.main(["--sizes", "300x8", "--seeds", "5", "--markdown", str(page)])
    assert run.result["gap"] < 0.02 and run.complaints == 0 and run.usage.code == 0
    assert run.first_plan is not None and run.first_plan <= run.solving <= run.usage.wall
    assert 50 < run.usage.peak_mb < 2000 and run.usage.cpu > 0.5
    text = page.read_text(encoding="utf-8")
    assert "| 300 × 8, 5 |" in text and "agrees" in text and "cores" in text


def test_reading_is_measured(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# Mine\n", encoding="utf-8")
    runs = reading.main(["--customers", "500", "--reps", "10", "--times", "1", "--markdown", str(page)])
    assert runs[0].code == 0
    assert page.read_text(encoding="utf-8").startswith("# Mine\n\n<!-- reading: begin -->")


def test_a_section_is_replaced_and_the_rest_of_the_page_stays(tmp_path: Path):
    page = tmp_path / "page.md"
    write_section(page, "a", "first")
    write_section(page, "b", "other")
    write_section(page, "a", "second \\1")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks") and "first" not in text
    assert text.index("second \\1") < text.index("other")
