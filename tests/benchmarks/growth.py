"""How time grows with size: a picture on two logarithmic axes and the exponent that fits it.

    python -m tests.benchmarks.growth --store FOLDER --picture docs/pictures/growth.svg --markdown docs/benchmarks.md

Draws every run in the store that wrote tables only, as ``tests.benchmarks.plans`` does for large cases, after adding
the smaller sizes and those in between. An exponent of 1 means twice the customers take twice the time.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.loglog import Series, draw
from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.benchmarks.plans import read_numbers, read_sizes
from tests.benchmarks.runs import TABLES_ONLY, Run, fetch_run, newest_runs

ADDED = [(1_000, 25), (10_000, 100), (20_000, 200), (50_000, 500), (200_000, 1_500), (500_000, 3_000)]
FIRST, LAST = 10_000, 1_000_000  # customers between which the exponent is fitted
ASKED = 1.2
LINES = {
    "whole command": lambda run: run.usage.wall,
    "its processor time": lambda run: run.usage.cpu,
    "one bare flow on the same arcs": lambda run: run.flow["solve_seconds"],
}
COLOURS = ("#1b6ca8", "#c8553d", "#6b7280")


def find_medians(runs: Sequence[Run], line: str) -> dict[int, float]:
    """Median seconds by number of customers, ascending."""
    sizes = sorted({run.customers for run in runs})
    return {n: statistics.median(LINES[line](run) for run in runs if run.customers == n) for n in sizes}


def fit_exponent(seconds: Mapping[int, float], first: float = FIRST, last: float = LAST) -> float | None:
    """The e of seconds = c x customers^e, by least squares on logarithms; None with fewer than two sizes."""
    points = [(math.log(n), math.log(s)) for n, s in seconds.items() if first <= n <= last and s > 0]
    if len(points) < 2:
        return None
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def show_page(runs: Sequence[Run], picture: str) -> str:
    """The section of the page; ``picture`` is the path of the drawing from there."""
    medians = {line: find_medians(runs, line) for line in LINES}
    sizes = {run.customers: run.reps for run in runs}
    rows = [[f"{n:,} × {sizes[n]:,}", *(f"{medians[line][n]:,.3g}" for line in LINES)] for n in sorted(sizes)]
    exponents = [fit_exponent(medians[line]) for line in LINES]
    fitted = ["–" if e is None else f"**{e:.2f}**" for e in exponents]
    rows.append([f"**exponent, {FIRST:,} to {LAST:,}**", *fitted])
    return "\n".join(
        [
            "## Growth\n",
            f"Seconds of the whole command, from tables on disk to written tables (`plan {' '.join(TABLES_ONLY)}`),\n"
            "against the number of customers; medians of all seeds of a size. The exponent e of seconds = "
            f"c × customersᵉ is\nfitted between {FIRST:,} and {LAST:,} customers; at most {ASKED} is asked of the "
            "whole command. Reps grow along.\n",
            f"![Time against size on two logarithmic axes]({picture})\n",
            make_table(("customers × reps", *(f"{line} s" for line in LINES)), rows),
            describe_machine(),
            "\nMade by `python -m tests.benchmarks.growth`.",
        ]
    )


def make_series(runs: Sequence[Run]) -> list[Series]:
    """One line of the picture for each kind of time, its exponent in its name."""
    found = []
    for line, colour in zip(LINES, COLOURS, strict=True):
        medians = find_medians(runs, line)
        exponent = fit_exponent(medians)
        name = line if exponent is None else f"{line}: exponent {exponent:.2f}"
        single = [(run.customers, LINES[line](run)) for run in runs]
        found.append(Series(name, colour, list(medians.items()), single))
    return found


def main(arguments: list[str] | None = None) -> list[Run]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.growth", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--store", type=Path, required=True, help="folder where runs are kept")
    parser.add_argument("--sizes", type=read_sizes, default=ADDED, help="sizes to add, customers x reps")
    parser.add_argument("--seeds", type=read_numbers, default=[0])
    parser.add_argument("--keep", action="store_true", help="take stored runs of older code too")
    parser.add_argument("--picture", type=Path, help="SVG to write")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    for size in given.sizes:
        for seed in given.seeds:
            fetch_run(*size, seed, store=given.store, keep=given.keep, options=TABLES_ONLY)
    runs = newest_runs(given.store, TABLES_ONLY)
    if given.picture is not None:
        given.picture.parent.mkdir(parents=True, exist_ok=True)
        drawing = draw(make_series(runs), "customers", "seconds")
        given.picture.write_text(drawing, encoding="utf-8", newline="\n")
    if given.markdown is not None and given.picture is not None:
        link = Path(os.path.relpath(given.picture, given.markdown.parent)).as_posix()
        write_section(given.markdown, "growth", show_page(runs, link))
    print(show_page(runs, str(given.picture)))
    return runs


if __name__ == "__main__":
    main()
