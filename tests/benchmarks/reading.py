"""How long it takes to read and check a large case from CSV.

    python -m tests.benchmarks.reading --customers 100000 --reps 1000 --markdown docs/benchmarks.md

The whole command ``python run.py check CASE``: start-up, all tables, every check.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from optimizer import generate_case
from tests.benchmarks.measuring import Usage, describe_machine, make_table, run_measured, write_section

HEAD = ("customers × reps, run", "whole command s", "processor s", "peak MB", "customers.csv MB")


def run_reading(customers: int, reps: int, seed: int, times: int) -> tuple[list[Usage], float]:
    """Read and check the same generated case ``times`` times; also the size of its customers.csv in MB."""
    with tempfile.TemporaryDirectory() as folder:
        case = generate_case(Path(folder) / "case", customers=customers, reps=reps, seed=seed)
        size = (case / "customers.csv").stat().st_size / 1e6
        runs = [run_measured(["check", case]) for _ in range(times)]
    for run in runs:
        if run.code != 0:
            raise RuntimeError(f"exit code {run.code}\n{run.output}")
    return runs, size


def main(arguments: list[str] | None = None) -> list[Usage]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.reading", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--reps", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    runs, size = run_reading(given.customers, given.reps, given.seed, given.times)
    name = f"{given.customers:,} × {given.reps:,}"
    figures = [(run.wall, run.cpu, run.peak_mb) for run in runs]
    middle = [statistics.median(column) for column in zip(*figures, strict=True)]
    rows = [
        [f"{name}, {label}", f"{wall:.1f}", f"{cpu:.1f}", f"{peak:,.0f}", f"{size:.1f}"]
        for label, (wall, cpu, peak) in [*enumerate(figures, 1), ("median", middle)]
    ]
    table = make_table(HEAD, rows)
    print(table)
    if given.markdown is not None:
        text = (
            "## Reading\n\nA generated case read and checked from CSV: `python run.py check`, start-up included.\n\n"
            f"{table}\nSeed {given.seed}. {describe_machine()}\n\nMade by `python -m tests.benchmarks.reading`."
        )
        write_section(given.markdown, "reading", text)
    return runs


if __name__ == "__main__":
    main()
