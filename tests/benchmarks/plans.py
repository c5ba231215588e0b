"""How long a whole plan takes and how near to the best it is proved to be, by size and seed.

    python -m tests.benchmarks.plans --sizes 1000x25,10000x100 --seeds 0,1,2 --markdown docs/benchmarks.md

Each run is one command, ``python run.py plan CASE``, on a generated case: from tables on disk (Parquet where
pyarrow is installed) to written reports.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from optimizer import generate_case
from tests.benchmarks.measuring import Usage, describe_machine, make_table, run_measured, write_section
from tests.judge import judge

HEAD = (
    "customers × reps, seed",
    "whole command s",
    "processor s",
    "peak MB",
    "solving s",
    "first plan s",
    "to 1 % s",
    "to 0.5 % s",
    "objective h",
    "bound h",
    "gap",
    "stopped by",
    "judge",
)

ABOUT = """\
## Plans

From tables on disk to written reports: `python run.py plan`. Generated cases with skills, tiers, present owners,
hand-over costs, hard capacity, and two balanced measures (hours ±10 %, potential ±15 %). *First plan*, *to 1 %* and
*to 0.5 %* are seconds of solving until a plan that keeps every hard constraint, and until it was proved to be that
near to the best possible. The gap is (objective − bound) / objective.
"""


@dataclass(frozen=True)
class Run:
    """One measured run: what it took, its result.json, and what the judge complained of."""

    size: tuple[int, int]
    seed: int
    usage: Usage
    result: dict[str, Any]
    complaints: int

    @property
    def solving(self) -> float:
        """Seconds of solving, of the whole command's."""
        return float(self.result["seconds"])

    def seconds_to(self, gap: float) -> float | None:
        """Seconds of solving until the plan was proved to be this near, None if it never was."""
        reached = (p["seconds"] for p in self.result["progress"] if p["gap"] is not None and p["gap"] <= gap)
        return next(reached, None)

    @property
    def first_plan(self) -> float | None:
        """Seconds of solving until the first plan that keeps every hard constraint."""
        return next((p["seconds"] for p in self.result["progress"] if p["keeps_all"]), None)


def run_plan(customers: int, reps: int, seed: int, folder: Path) -> Run:
    """Generate a case in ``folder``, plan it, and let the judge look at what was written."""
    tables = folder / "case"
    generate_case(tables, customers=customers, reps=reps, seed=seed)
    given = tables
    if find_spec("pyarrow") is not None:
        given = generate_case(folder / "parquet", customers=customers, reps=reps, seed=seed, format="parquet")
    usage = run_measured(["plan", given, "--out", folder / "out"])
    if usage.code not in (0, 1):
        raise RuntimeError(f"{customers} x {reps}, seed {seed}: exit code {usage.code}\n{usage.output}")
    result = json.loads((folder / "out" / "result.json").read_text(encoding="utf-8"))
    return Run((customers, reps), seed, usage, result, len(judge(tables, folder / "out")))


def show_runs(runs: list[Run]) -> str:
    """A table with a row a run, and a row of medians for every size."""
    rows = []
    for size in dict.fromkeys(run.size for run in runs):
        name = f"{size[0]:,} × {size[1]:,}"
        same = [run for run in runs if run.size == size]
        figures = [_figures(run) for run in same]
        for run, values in zip(same, figures, strict=True):
            words = [run.result["stopped"], "agrees" if not run.complaints else f"{run.complaints} wrong"]
            rows.append([f"{name}, {run.seed}", *_format(values), *words])
        columns = [[v for v in column if v is not None] for column in zip(*figures, strict=True)]
        medians = [statistics.median(c) if len(c) == len(same) else None for c in columns]
        rows.append([f"**{name}, median**", *(f"**{text}**" for text in _format(medians)), "", ""])
    return make_table(HEAD, rows)


def _figures(run: Run) -> list[float | None]:
    return [
        run.usage.wall,
        run.usage.cpu,
        run.usage.peak_mb,
        run.solving,
        run.first_plan,
        run.seconds_to(0.01),
        run.seconds_to(0.005),
        run.result["objective"],
        run.result["bound"],
        run.result["gap"],
    ]


def _format(values: list[float | None]) -> list[str]:
    shapes = ("{:.1f}", "{:.1f}", "{:,.0f}", *["{:.1f}"] * 4, "{:,.1f}", "{:,.1f}", "{:.3%}")
    return ["–" if v is None else shape.format(v) for shape, v in zip(shapes, values, strict=True)]


def read_sizes(text: str) -> list[tuple[int, int]]:
    """``1000x25,10000x100`` as pairs of numbers."""
    pairs = [size.lower().split("x") for size in text.split(",")]
    return [(int(customers), int(reps)) for customers, reps in pairs]


def main(arguments: list[str] | None = None) -> list[Run]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.plans", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--sizes", type=read_sizes, default="1000x25,10000x100", help="customers x reps, by commas"
    )
    parser.add_argument("--seeds", type=lambda text: [int(s) for s in text.split(",")], default="0,1,2")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    runs: list[Run] = []
    print(make_table(HEAD, []), end="")
    for size in given.sizes:
        for seed in given.seeds:
            with tempfile.TemporaryDirectory() as folder:
                runs.append(run_plan(*size, seed, Path(folder)))
            print(show_runs(runs[-1:]).splitlines()[2], flush=True)
    table = show_runs(runs)
    print("\n" + table)
    if given.markdown is not None:
        text = f"{ABOUT}\n{table}\n{describe_machine()}\n\nMade by `python -m tests.benchmarks.plans`."
        write_section(given.markdown, "plans", text)
    return runs


if __name__ == "__main__":
    main()
