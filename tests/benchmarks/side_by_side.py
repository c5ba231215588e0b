"""Other tools on the same cases under the same clock, and by how much their plans are dearer than ours.

    python -m tests.benchmarks.side_by_side --store FOLDER --markdown docs/benchmarks.md

The two packages from PyPI are not among our dependencies. Install them into an environment of their own and name its
Python: ``python -m venv FOLDER/rivals``, ``FOLDER/rivals/bin/pip install k-means-constrained
b2b-territory-optimization``, then ``--pypi-python FOLDER/rivals/bin/python``. A tool that is not installed is a row
that says so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.contest import OURS, RIVALS, Entry, hold_contest
from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.benchmarks.plans import read_numbers, read_sizes

ABOUT = """\
## Side by side

The same generated cases (two balanced measures, skills, tiers, locks, groups, rivals, hand-over, hard capacity)
given to other tools, each in a process of its own and with the same clock: {clock} s, or as long as our own solving
took where that is longer. Reading tables and building models is not on their clock. Every plan is judged by our
`evaluate`, which shares no code with any solver. *Gap* is (its objective − our bound) / its objective; *dearer* is
against our objective. A plan that breaks hard constraints is no plan for this problem: its objective is shown, not
compared.
"""
NOTES = """\
How each is used:

- **CP-SAT, SCIP, HiGHS** (OR-Tools): the whole model, every constraint and price of it, from the arrays that our
  own solver reads, and a plan to begin with as a hint: the present owners, with customers left out where a rep has more
  than the hard limits allow. *All arcs*: every pair that no hard constraint forbids; *16 cheapest arcs*: for each
  customer the 16 cheapest of them, its present owner and nobody, which makes the search smaller and is a choice a good
  modeller would make; the solver's own bound then speaks of plans on those arcs only. CP-SAT has a worker for each
  core, SCIP one thread, HiGHS as many as it takes; all are told to go on to a gap of 0. SCIP and HiGHS are called
  through MathOpt, because the other interfaces of OR-Tools 9.15 lose the plan that HiGHS has when its time ends.
- **k-means-constrained** groups points into clusters with a least and a most number of members. Clusters begin at
  the homes of the reps, sizes are customers : reps ±10 %; every few rounds they are matched with the reps at least
  true cost, and the cheapest is kept. It cannot say: hours, potential, capacity, skills, tiers, present owners,
  locks, groups, rivals, leaving a customer out.
- **b2b-territory-optimization** (0.1.4) has no optimizer for territories in it, whatever its name says:
  `TerritoryAllocator` sorts the accounts of a bucket (equal values in chosen columns) by one metric and gives each to
  the territory with the smallest sum so far; `IntelligentAssigner` then matches people to finished territories. Used
  with regions as buckets, as many territories as reps work in a region, hours as the metric, and locks as locked
  accounts; *owners locked*: every present owner as a lock too, so that only customers without one are dealt out. It
  cannot say: place, travel, capacity, unequal targets, a second measure, skills, tiers, groups, rivals, leaving a
  customer out.
"""
HEAD = (
    "tool",
    "wall s",
    "processor s",
    "peak MB",
    "objective h",
    "hard constraints broken",
    "gap to our bound",
    "dearer than ours",
    "its own bound h",
)


def show_case(entries: Sequence[Entry]) -> str:
    """The table of one case, ours first."""
    ours = entries[0]
    rows = []
    for entry in entries:
        figures = [entry.tool, f"{entry.wall:.1f}", f"{entry.cpu:.1f}", f"{entry.peak_mb:,.0f}"]
        if entry.objective is None:
            rows.append([*figures, "–", "–", entry.remark, "–", "–"])
            continue
        gap = dearer = "–"
        if not entry.broken and ours.bound is not None and entry.objective > 0:
            gap = f"{(entry.objective - ours.bound) / entry.objective:.3%}"
        if not entry.broken and entry is not ours and ours.objective and not ours.broken:
            dearer = f"{entry.objective / ours.objective - 1:+.3%}"
        bound = "–" if entry.bound is None else f"{entry.bound:,.1f}"
        rows.append([*figures, f"{entry.objective:,.1f}", f"{entry.broken:,}", gap, dearer, bound])
    return make_table(HEAD, rows)


def show_page(contests: Sequence[Sequence[Entry]], seconds: float) -> str:
    """The section of the page."""
    parts = [ABOUT.format(clock=f"{seconds:g}")]
    for entries in contests:
        ours = entries[0]
        clock = max(seconds, ours.clock)
        parts += [
            f"**{ours.customers:,} × {ours.reps:,}, seed {ours.seed}**, clock {clock:.0f} s\n",
            show_case(entries),
        ]
    parts += [NOTES, describe_machine(), "\nMade by `python -m tests.benchmarks.side_by_side`."]
    return "\n".join(parts)


def read_arcs(text: str) -> list[int | None]:
    """``all,16`` as numbers of arcs, None for all."""
    return [None if word == "all" else int(word) for word in text.split(",")]


def main(arguments: list[str] | None = None) -> list[list[Entry]]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.side_by_side", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", type=read_sizes, default=[(1_000, 25), (10_000, 100)])
    parser.add_argument("--seeds", type=read_numbers, default=[0])
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="the clock, where our own solving is shorter"
    )
    parser.add_argument(
        "--arcs", type=read_arcs, default=[None, 16], help="cheapest arcs for the solvers: all,16"
    )
    parser.add_argument(
        "--tools", type=lambda text: text.split(","), default=list(RIVALS), help="of " + ",".join(RIVALS)
    )
    parser.add_argument(
        "--pypi-python", default=sys.executable, help="Python that has the packages from PyPI"
    )
    parser.add_argument(
        "--store", type=Path, help="folder where rows are kept, and taken from when begun again"
    )
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    contests: list[list[Entry]] = []
    for size in given.sizes:
        for seed in given.seeds:
            contests.append([])
            with tempfile.TemporaryDirectory() as folder:
                for entry in hold_contest(
                    *size,
                    seed,
                    Path(folder),
                    seconds=given.seconds,
                    arcs=given.arcs,
                    tools=given.tools,
                    pypi_python=given.pypi_python,
                    store=given.store,
                ):
                    contests[-1].append(entry)
                    lines = show_case(contests[-1]).splitlines()
                    print("\n".join(lines if entry.tool == OURS else lines[-1:]), flush=True)
            if given.markdown is not None:
                write_section(given.markdown, "side by side", show_page(contests, given.seconds))
    return contests


if __name__ == "__main__":
    main()
