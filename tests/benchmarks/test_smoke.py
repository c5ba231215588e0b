"""The benchmark commands work, and a small generated case is planned well. No time is asserted."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from tests.benchmarks import explain, growth, plans, reading, schedules
from tests.benchmarks.runs import FILE, TABLES_ONLY, read_runs
from tests.benchmarks.store import append_row, fingerprint
from tests.benchmarks.test_runs import RUN


def test_a_small_plan_is_measured_judged_and_good(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(plans, "choose_options", lambda customers: TABLES_ONLY)  # as for a large one
    page, store = tmp_path / "page.md", tmp_path / "store"
    (run,) = plans.main(["--sizes", "200x6", "--seeds", "5", "--store", str(store), "--markdown", str(page)])
    assert run.gap < 0.02 and run.complaints == 0 and run.usage.code == 0
    assert run.first_plan is not None and run.first_plan <= run.solving <= run.usage.wall
    assert 50 < run.usage.peak_mb < 2000 and run.usage.cpu > 0.5
    assert run.flow["arcs"] > 200 and run.flow["cost"] <= run.result["bound"]
    text = page.read_text(encoding="utf-8")
    assert "| 200 × 6, 5 |" in text and "agrees" in text and "cores" in text
    assert run.options == TABLES_ONLY and read_runs(store) == [run]
    assert not list(store.glob("*/")), "the generated case is not kept"


def test_growth_draws_the_stored_runs_that_wrote_tables_only(tmp_path: Path):
    page, picture, store = tmp_path / "page.md", tmp_path / "pictures" / "growth.svg", tmp_path / "store"
    tables = replace(RUN, options=TABLES_ONLY, code=fingerprint())
    for run in (RUN, tables, replace(tables, customers=50_000)):
        append_row(store / FILE, asdict(run))
    order = ["--store", str(store), "--sizes", "1000x25", "--picture", str(picture), "--markdown", str(page)]
    drawn = growth.main(order)  # 1,000 x 25 is there: nothing is run
    assert [run.customers for run in drawn] == [1000, 50_000] and drawn[0].options == TABLES_ONLY
    assert "](pictures/growth.svg)" in page.read_text(encoding="utf-8") and picture.exists()


def test_reading_is_measured(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# Mine\n", encoding="utf-8")
    runs = reading.main(["--customers", "500", "--reps", "10", "--times", "1", "--markdown", str(page)])
    assert runs[0].code == 0
    assert page.read_text(encoding="utf-8").startswith("# Mine\n\n<!-- reading: begin -->")


def test_a_schedule_is_measured_beside_its_rival_and_kept(tmp_path: Path):
    page, store = tmp_path / "page.md", tmp_path / "store"
    order = ["--sizes", "200x3", "--seeds", "4", "--store", str(store), "--markdown", str(page)]
    ours, rival = schedules.main(order)
    assert ours.gap is not None and ours.gap < 0.02 and ours.objective >= rival.bound
    assert rival.objective is None or rival.objective >= ours.bound
    assert schedules.main(order) == [ours, rival], "what is measured already is not run again"
    text = page.read_text(encoding="utf-8")
    assert "| 200 × 3, 4 | ours |" in text and "| 200 × 3, 4 | CP-SAT |" in text and "cores" in text


def test_questions_are_measured(tmp_path: Path):
    page = tmp_path / "page.md"
    runs = explain.main(["--sizes", "60x4", "--deep-sizes", "12x2", "--markdown", str(page)])
    assert len(runs["60x4"]["why_not"]) == explain.ASKED
    assert "| 60 × 4 |" in page.read_text(encoding="utf-8")
