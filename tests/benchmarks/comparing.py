"""How long it takes to compare ten plans, from their folders to the written page.

    python -m tests.benchmarks.comparing --markdown docs/benchmarks.md

One plan of a generated case is written by ``plan``; in each of the others some customers have changed places.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.measuring import Usage, make_table, run_measured, write_part
from tests.benchmarks.plans import read_sizes
from tests.benchmarks.runs import TABLES_ONLY, generate

SIZES = [(10_000, 100), (100_000, 1_000)]
PLANS = 10
MOVED = 0.01  # of the customers, that change places from one plan to the next
ABOUT = """\
## Comparing

`compare` of {plans} plans of a generated case, seed {seed}, in a process of its own: *told* on the terminal alone,
*written* with the table, the workbook and the page with its maps. Reading and checking the case is part of it. In each
plan {moved:.0%} more of the customers have changed places. Asked: ten plans of 100,000 customers in less than 10 s.
"""
HEAD = ("customers × reps", "told s", "processor s", "peak MB", "written s", "processor s", "peak MB")


@dataclass(frozen=True)
class Comparing:
    """What both took."""

    customers: int
    reps: int
    told: Usage
    written: Usage


def run_comparing(customers: int, reps: int, seed: int, home: Path) -> Comparing:
    """Compare ten plans of a generated case, made in ``home`` unless they are there. RuntimeError: a command fails."""
    case, plans = make_plans(customers, reps, seed, home)
    told = run_measured(["compare", case, *plans])
    with tempfile.TemporaryDirectory() as out:
        written = run_measured(["compare", case, *plans, "--out", Path(out) / "compared"])
    for usage in (told, written):
        if usage.code not in (0, 1):
            raise RuntimeError(usage.output)
    return Comparing(customers, reps, told, written)


def make_plans(customers: int, reps: int, seed: int, home: Path) -> tuple[Path, list[Path]]:
    """The case and its plans: one by ``plan``, and in each of the others some customers have changed places."""
    made = home / f"{customers}x{reps}-{seed}"
    plans = [made / f"plan-{number}" for number in range(PLANS)]
    if not plans[-1].exists():
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        case, _ = generate(customers, reps, seed, made)
        usage = run_measured(["plan", case, "--no-schedule", "--out", plans[0], *TABLES_ONLY])
        if usage.code not in (0, 1):
            raise RuntimeError(usage.output)
        table = pd.read_csv(plans[0] / "assignments.csv", dtype=str, keep_default_na=False)
        rng = np.random.default_rng(seed)
        for folder in plans[1:]:
            folder.mkdir()
            at = rng.choice(len(table), max(2, round(MOVED * len(table))), replace=False)
            column = table["rep_id"].to_numpy(dtype=object)
            column[at] = column[np.roll(at, 1)]
            table["rep_id"] = column
            table.to_csv(folder / "assignments.csv", index=False)
            shutil.copy(plans[0] / "result.json", folder)
    parquet = made / "parquet"  # generate makes it where it can be read
    return parquet if parquet.exists() else made / "case", plans


def show_runs(runs: Sequence[Comparing]) -> str:
    """A row a size."""
    rows = [
        [f"{run.customers:,} × {run.reps:,}"]
        + [f for u in (run.told, run.written) for f in (f"{u.wall:.1f}", f"{u.cpu:.1f}", f"{u.peak_mb:,.0f}")]
        for run in runs
    ]
    return make_table(HEAD, rows)


def main(arguments: list[str] | None = None) -> list[Comparing]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.comparing", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", type=read_sizes, default=SIZES, help="customers x reps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="folder where the plans are kept, and found again")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as gone:
        runs = [run_comparing(*size, given.seed, given.home or Path(gone)) for size in given.sizes]
    table = show_runs(runs)
    print(table)
    about = ABOUT.format(plans=PLANS, seed=given.seed, moved=MOVED)
    write_part(given.markdown, "comparing", about, table)
    return runs


if __name__ == "__main__":
    main()
