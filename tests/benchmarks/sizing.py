"""How long it takes to size a team, and what comes of it: proved, found or open.

    python -m tests.benchmarks.sizing --markdown docs/benchmarks.md

The last case is made so that its number is known: its customers fill so many reps to the last hour.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import Usage, make_table, run_measured, write_part
from tests.benchmarks.runs import generate

FIELD_SALES = Path("scenarios/us_field_sales")
LARGE = (10_000, 100, 0)  # customers, reps, seed
KNOWN, PRESENT, EACH = 40, 50, 8  # reps that suffice, reps there are, customers that fill one
ABOUT = """\
## How many reps

`size` with its default headcounts and one worker, from the tables to the written page. *Least*: fewer are proved not to
be enough. *Enough*: the smallest number for which a plan was found that serves everybody. Both the same: the
number is proved. *Gap*: of the plans of the curve from the least on, each to its own bound, in the median. Asked: the
default in less than 300 s of processor time at 10,000 × 100 and 60 s on us_field_sales. The case of a known number is
made so that exactly {known} of its {present} reps suffice.
"""
HEAD = ("case", "reps today", "least", "enough", "proved", "headcounts", "gap", "processor s", "peak MB")


@dataclass(frozen=True)
class Sized:
    """What the command answered, and what it took."""

    name: str
    told: dict[str, Any]
    usage: Usage


def run_sizing(name: str, case: Path) -> Sized:
    """Size a case in a process of its own. RuntimeError where the command fails."""
    with tempfile.TemporaryDirectory() as out:
        usage = run_measured(["size", case, "--workers", "1", "--out", Path(out) / "size"])
        if usage.code:
            raise RuntimeError(usage.output)
        told = json.loads((Path(out) / "size" / "result.json").read_text(encoding="utf-8"))
    return Sized(name, told, usage)


def make_known(folder: Path) -> Path:
    """A case in which each of ``KNOWN`` reps is full with ``EACH`` customers, and no fewer can have them all."""
    folder.mkdir()
    reps = [f"r{k},50,8" for k in range(PRESENT)]
    shops = [f"c{k},{100 / EACH},50,8" for k in range(KNOWN * EACH)]
    (folder / "reps.csv").write_text("\n".join(["rep_id,lat,lon", *reps]) + "\n", encoding="utf-8")
    (folder / "customers.csv").write_text(
        "\n".join(["customer_id,hours,lat,lon", *shops]) + "\n", encoding="utf-8"
    )
    scenario = "[horizon]\nweeks = 10\nhours_per_week = 10\nfield_share = 1.0\n"
    (folder / "scenario.toml").write_text(scenario, encoding="utf-8")
    return folder


def show_runs(runs: Sequence[Sized]) -> str:
    """A row a case."""
    rows = []
    for run in runs:
        told, counts = run.told, run.told["headcounts"]
        gaps = sorted(one["kpis"]["gap"] for one in counts
                      if one["reps"] >= (told["lower"] or 0) and one["kpis"].get("gap") is not None)  # fmt: skip
        gap = f"{gaps[len(gaps) // 2]:.2%}" if gaps else ""
        rows.append(
            [run.name, str(told["today"]), str(told["lower"]), str(told["smallest"]), "yes" if told["proved"] else "no",
             str(len(counts)), gap, f"{run.usage.cpu:.0f}", f"{run.usage.peak_mb:,.0f}"]
        )  # fmt: skip
    return make_table(HEAD, rows)


def main(arguments: list[str] | None = None) -> list[Sized]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.sizing", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", choices=("field_sales", "large", "known"), help="one case alone")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    runs = []
    with tempfile.TemporaryDirectory() as gone:
        if given.only in (None, "known"):
            runs.append(run_sizing(f"known: {KNOWN}", make_known(Path(gone) / "known")))
        if given.only in (None, "field_sales"):
            runs.append(run_sizing("us_field_sales", FIELD_SALES))
        if given.only in (None, "large"):
            case, _ = generate(*LARGE, Path(gone))
            runs.append(run_sizing(f"{LARGE[0]:,} × {LARGE[1]:,}", case))
    table = show_runs(runs)
    print(table)
    write_part(given.markdown, "sizing", ABOUT.format(known=KNOWN, present=PRESENT), table)
    return runs


if __name__ == "__main__":
    main()
