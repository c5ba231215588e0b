"""The benchmark of the store works on a small case. No time is asserted."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import keeping


def test_keeping_is_measured(tmp_path: Path):
    page = tmp_path / "page.md"
    order = [
        "--customers",
        "300",
        "--reps",
        "6",
        "--times",
        "1",
        "--databases",
        "sqlite",
        "--markdown",
        str(page),
    ]
    found = keeping.main(order)
    assert min(found["sqlite"].values()) > 0
    text = page.read_text(encoding="utf-8")
    assert "| keep a plan of 300 assignments |" in text and "| restore it |" in text
