"""A frontier whose runs share what they find, beside solving each of its points from scratch.

    python -m tests.benchmarks.frontiers --markdown docs/benchmarks.md

From scratch means: the problem is built from the case, and solved at the point's rates to the same gap, with nothing
known. Dominance is checked by ``evaluate`` over all points. Seconds are of processor.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from optimizer import (
    Case,
    Frontier,
    build_problem,
    evaluate,
    frontier,
    look_at,
    measure_kpis,
    read_case,
    solve,
)
from optimizer.comparing.frontier.frontiers import AIMS, FEWEST, MOST, dominates
from optimizer.generating import generate_frames
from optimizer.problem import UNITS_PER_HOUR
from tests.benchmarks.measuring import ROOT, make_table, write_part

CASES = ("east_china_quarter", "us_field_sales")
SIZES = ((1_000, 25),)
ABOUT = """\
## A frontier

`frontier` with {points} points: *shared* is one call, from the case to its plans, each run on the model of the first
and with the prices, bounds and plans of those before. *From scratch* builds the problem and solves it anew for each
point, at the same rates and to the same gap. Processor seconds. *Gap* is the mean over the points, of each its own
bound; *costs more* what the shared plans cost above those from scratch at their rates, in the mean and at the worst
point (below zero: less). *Dominated*: points that another one beats, by what `evaluate` says. Asked: the same quality
in at most half the time.
"""
HEAD = (
    "case",
    "points of runs",
    "shared s",
    "from scratch s",
    "shared : scratch",
    "gap shared",
    "gap scratch",
    "costs more",
    "at worst",
    "dominated",
)


@dataclass(frozen=True)
class Race:
    """Both ways on one case: processor seconds, and of every point its gap and cost (hours) either way."""

    name: str
    runs: int
    shared: float
    scratch: float
    gaps: tuple[tuple[float, float], ...]
    costs: tuple[tuple[float, float], ...]
    dominated: int


def run_race(name: str, case: Case, points: int) -> Race:
    """Draw the frontier, then solve each of its points anew."""
    began = time.process_time()
    found = frontier(case, points=points)
    shared = time.process_time() - began
    scratch, gaps, costs = 0.0, [], []
    for point in found.points:
        began = time.process_time()
        anew = replace(found.trade, problem=build_problem(case)).at(point.rates)
        result = solve(anew, gap=point.target)
        scratch += time.process_time() - began
        gaps.append((point.gap, result.gap or 0.0))
        costs.append((point.objective, result.objective / UNITS_PER_HOUR))
    return Race(name, found.runs, shared, scratch, tuple(gaps), tuple(costs), count_dominated(found))


def count_dominated(found: Frontier) -> int:
    """Points that another one dominates, judged anew."""
    aims = []
    for point in found.points:
        kpis = measure_kpis(look_at(found.problem, point.plan, evaluate(found.problem, point.plan)))
        aims.append([kpis[name] or 0.0 for name in AIMS])
    return sum(any(dominates(other, one) for other in aims) for one in aims)


def show_races(races: Sequence[Race]) -> str:
    """A row a case."""
    rows = []
    for race in races:
        more = [a / b - 1 for a, b in race.costs]
        means = [sum(pair[k] for pair in race.gaps) / len(race.gaps) for k in (0, 1)]
        rows.append(
            [
                race.name,
                f"{len(race.gaps)} of {race.runs}",
                f"{race.shared:.1f}",
                f"{race.scratch:.1f}",
                f"{race.shared / race.scratch:.2f}",
                *(f"{mean:.2%}" for mean in means),
                f"{sum(more) / len(more):+.2%}",
                f"{max(more):+.2%}",
                f"{race.dominated}",
            ]
        )
    return make_table(HEAD, rows)


def main(arguments: list[str] | None = None) -> list[Race]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.frontiers", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--cases", default=",".join(CASES), help="of scenarios")
    parser.add_argument("--sizes", default=",".join(f"{n}x{r}" for n, r in SIZES), help="of generated cases")
    parser.add_argument("--points", type=int, default=MOST)
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    frontier(read_case(ROOT / "scenarios" / "quickstart"), points=FEWEST)  # so that all modules are loaded
    races = [
        run_race(name, read_case(ROOT / "scenarios" / name), given.points)
        for name in filter(None, given.cases.split(","))
    ]
    for size in filter(None, given.sizes.split(",")):
        customers, reps = map(int, size.split("x"))
        frames, scenario = generate_frames(customers, reps, 1)
        case = read_case(frames, scenario=tomllib.loads(scenario))
        races.append(run_race(f"{customers:,} × {reps:,}", case, given.points))
    table = show_races(races)
    print(table)
    write_part(given.markdown, "frontiers", ABOUT.format(points=given.points), table)
    return races


if __name__ == "__main__":
    main()
