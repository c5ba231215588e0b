"""How long a whole plan takes, and how near to the best it is proved to be, by size and seed.

    python -m tests.benchmarks.plans --store FOLDER --markdown docs/benchmarks.md

Each run is one command, ``python run.py plan CASE``, on a generated case: from tables on disk (Parquet where
pyarrow is installed) to written reports. Beside it, in the same run, one bare minimum-cost flow on the same arcs.
With ``--store`` every run is kept as it comes: a command begun again goes on where it was ended.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.benchmarks.runs import LARGE, TABLES_ONLY, Run, choose_options, fetch_run

ABOUT = f"""\
## Plans

From tables on disk to written reports: `python run.py plan --no-schedule`, from {LARGE:,} customers on with
`{" ".join(TABLES_ONLY)}` (assignments and all other tables, but no workbook, page or map). Generated cases with
skills, tiers, present owners, hand-over costs, hard capacity, and two balanced measures (hours ±10 %, potential
±15 %). The gap is (objective − bound) / objective, after taking from both the price of customers whom no rep may
serve. *Bare flow* is one `SimpleMinCostFlow` of OR-Tools on the arcs that planning considers, solved in the same run
(`tests/benchmarks/flow.py`: one measure, customers may be split, every other constraint forgotten); *command : flow* is
the wall time of the whole command over it. The last row of a size says what is asked at least.
"""
INSIDE = """\
*First plan*, *to 1 %* and *to 0.5 %* are seconds of solving until a plan that keeps every hard constraint, and
until it was proved to be that near to the best possible; *unavoidable* is the price of customers whom no rep may serve.
"""
PROFILE = "Where the time goes, in seconds on the wall (medians):\n"
HEAD = (
    "customers × reps, seed",
    "whole command s",
    "processor s",
    "peak MB",
    "gap",
    "bare flow s",
    "command : flow",
    "judge",
    "floors",
)
SHAPES = ("{:.1f}", "{:.1f}", "{:,.0f}", "{:.3%}", "{:.3g}", "{:,.1f}")
INSIDE_HEAD = (
    "customers × reps, seed",
    "solving s",
    "first plan s",
    "to 1 % s",
    "to 0.5 % s",
    "objective h",
    "bound h",
    "unavoidable h",
    "arcs",
    "stopped by",
)
INSIDE_SHAPES = (*["{:.1f}"] * 4, *["{:,.1f}"] * 3, "{:,.0f}")


@dataclass(frozen=True)
class Floor:
    """What is asked of a size at least: gap, seconds of the whole command or multiples of the bare flow, memory."""

    gap: float
    peak_mb: float
    seconds: float | None = None
    ratio: float | None = None

    def find_missed(self, run: Run) -> list[str]:
        """What a run does not keep."""
        return [
            name
            for name, missed in (
                ("gap", run.gap is None or run.gap > self.gap),
                ("seconds", self.seconds is not None and run.usage.wall > self.seconds),
                ("flow", self.ratio is not None and run.ratio > self.ratio),
                ("memory", run.usage.peak_mb > self.peak_mb),
            )
            if missed
        ]


FLOORS = {
    (1_000, 25): Floor(gap=0.003, seconds=30, peak_mb=500),
    (10_000, 100): Floor(gap=0.002, seconds=60, peak_mb=700),
    (100_000, 1_000): Floor(gap=0.003, ratio=5, peak_mb=2_000),
    (1_000_000, 5_000): Floor(gap=0.005, ratio=5, peak_mb=6_000),
}


def show_runs(runs: Sequence[Run]) -> str:
    """The judged table: a row a run, and for every size the medians and what is asked."""
    rows = []
    for same in _by_size(runs):
        figures = [_figures(run) for run in same]
        for run, values in zip(same, figures, strict=True):
            rows.append([_name(run), *_format(SHAPES, values), _show_judge(run), _show_floors(run)])
        name = _name(same[0], "median")
        rows.append([f"**{name}**", *(f"**{text}**" for text in _format(SHAPES, _medians(figures))), "", ""])
        floor = FLOORS.get(same[0].size)
        if floor is not None:
            asked = _format(SHAPES, [floor.seconds, None, floor.peak_mb, floor.gap, None, floor.ratio])
            asked = ["" if text == "–" else f"≤ {text}" for text in asked]
            rows.append([_name(same[0], "asked"), *asked, "", ""])
    return make_table(HEAD, rows)


def show_inside(runs: Sequence[Run]) -> str:
    """What happened while solving: a row a run."""
    rows = []
    for run in runs:
        values = [
            run.solving,
            run.first_plan,
            run.seconds_to(0.01),
            run.seconds_to(0.005),
            run.result["objective"],
            run.result["bound"],
            run.unavoidable,
            run.flow["arcs"],
        ]
        rows.append([_name(run), *_format(INSIDE_SHAPES, values), run.result["stopped"]])
    return make_table(INSIDE_HEAD, rows)


def show_profile(runs: Sequence[Run]) -> str:
    """Where the time goes: medians of the steps of solving, and of what lies around it, by size."""
    stages = list(dict.fromkeys(stage for run in runs for stage in run.result["stages"]))
    rows = []
    for same in _by_size(runs):
        around = [run.usage.wall - run.solving for run in same]
        steps = [[run.result["stages"].get(stage, 0.0) for run in same] for stage in stages]
        medians = [statistics.median(column) for column in (around, *steps)]
        rows.append([_name(same[0], ""), *(f"{seconds:.1f}" for seconds in medians)])
    return make_table(("customers × reps", "reading, evaluating, writing", *stages), rows)


def _by_size(runs: Sequence[Run]) -> list[list[Run]]:
    return [[run for run in runs if run.size == size] for size in dict.fromkeys(run.size for run in runs)]


def _name(run: Run, what: str | None = None) -> str:
    size = f"{run.customers:,} × {run.reps:,}"
    what = str(run.seed) if what is None else what
    return f"{size}, {what}" if what else size


def _figures(run: Run) -> list[float | None]:
    return [
        run.usage.wall,
        run.usage.cpu,
        run.usage.peak_mb,
        run.gap,
        run.flow["solve_seconds"],
        run.ratio,
    ]


def _medians(figures: list[list[float | None]]) -> list[float | None]:
    columns = [[v for v in column if v is not None] for column in zip(*figures, strict=True)]
    return [statistics.median(c) if len(c) == len(figures) else None for c in columns]


def _format(shapes: Sequence[str], values: Sequence[float | None]) -> list[str]:
    return ["–" if v is None else shape.format(v) for shape, v in zip(shapes, values, strict=True)]


def _show_judge(run: Run) -> str:
    if run.complaints is None:
        return "not asked"
    return f"{run.complaints} wrong" if run.complaints else "agrees"


def _show_floors(run: Run) -> str:
    if run.size not in FLOORS:
        return ""
    missed = FLOORS[run.size].find_missed(run)
    return "missed: " + ", ".join(missed) if missed else "kept"


def show_page(runs: Sequence[Run]) -> str:
    """The section of the page."""
    codes = len({run.code for run in runs})
    mixed = f" The runs were made with {codes} states of the code." if codes > 1 else ""
    return "\n".join(
        [
            ABOUT,
            show_runs(runs),
            INSIDE,
            show_inside(runs),
            PROFILE,
            show_profile(runs),
            f"{describe_machine()}{mixed}",
            "",
            "Made by `python -m tests.benchmarks.plans`.",
        ]
    )


def read_sizes(text: str) -> list[tuple[int, int]]:
    """``1000x25,10000x100`` as pairs of numbers."""
    pairs = [size.lower().split("x") for size in text.split(",") if size]
    return [(int(customers), int(reps)) for customers, reps in pairs]


def read_numbers(text: str) -> list[int]:
    """``0,1,2`` as numbers."""
    return [int(number) for number in text.split(",")]


def main(arguments: list[str] | None = None) -> list[Run]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.plans", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", type=read_sizes, default=list(FLOORS), help="customers x reps, by commas")
    parser.add_argument("--seeds", type=read_numbers, default=[0, 1, 2])
    parser.add_argument(
        "--store", type=Path, help="folder where runs are kept, and taken from when begun again"
    )
    parser.add_argument("--keep", action="store_true", help="take stored runs of older code too")
    parser.add_argument("--no-judge", action="store_true", help="do not ask the judge")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    runs: list[Run] = []
    print(make_table(HEAD, []), end="")
    for size in given.sizes:
        for seed in given.seeds:
            runs.append(
                fetch_run(
                    *size,
                    seed,
                    store=given.store,
                    keep=given.keep,
                    options=choose_options(size[0]),
                    judged=not given.no_judge,
                )
            )
            print(show_runs(runs[-1:]).splitlines()[2], flush=True)
            if given.markdown is not None:
                write_section(given.markdown, "plans", show_page(runs))
    print("\n" + show_page(runs))
    return runs


if __name__ == "__main__":
    main()
