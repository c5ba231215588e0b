"""A sweep of 36 points on a pool of processes and on a local cluster, with a worker killed and a run interrupted.

    python -m tests.benchmarks.sweeps --markdown docs/benchmarks.md

The cluster needs the extra ``[cluster]``; without it its rows are left out. Nothing of it is timed against a promise:
what is asked is that all ways give the same figures, that a dead worker loses nothing, and that what was finished is
not planned again.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from optimizer import Case, read_case
from optimizer.comparing.sweep.sweeping import Sweep, Swept, sweep
from tests.benchmarks.measuring import ROOT, make_table, write_part

GRID: dict[str, list[Any]] = {
    "corridors.0.tolerance": [0.1, 0.15, 0.2],
    "corridors.1.tolerance": [0.2, 0.25, 0.3],
    "disruption.weight": [0.5, 1.0, 2.0, 4.0],
}
WORKERS = 2
ABOUT = """\
## A sweep, many at once

`sweep` of {case}: {grid}, {count} points. *Same figures*: points whose status and every KPI, to the last
digit, are those of the first row. On the cluster (dask.distributed on this machine, {workers} workers of one thread)
one worker process is killed with SIGKILL when a third of the points is done. The interrupted run is stopped at half and
begun again with the same folder. *Planned anew*: points that were planned in that run.
"""
HEAD = ("way", "points done", "planned anew", "failed", "same figures", "wall s")


@dataclass(frozen=True)
class Way:
    """One way of running the sweep, what it came to, and how many points it planned itself."""

    name: str
    found: Sweep
    planned: int
    seconds: float


def run_way(name: str, case: Case, grid: dict[str, list[Any]], **options: Any) -> Way:
    """Run the sweep; ``options`` as of ``sweep``."""
    planned: list[str] = []
    on_done: Callable[[Swept], None] | None = options.pop("on_done", None)

    def hear(swept: Swept) -> None:
        if not swept.reused:
            planned.append(swept.point.key)
        if on_done is not None:
            on_done(swept)

    began = time.perf_counter()
    found = sweep(case, grid, on_done=hear, **options)
    return Way(name, found, len(planned), time.perf_counter() - began)


def run_cluster(case: Case, grid: dict[str, list[Any]], count: int) -> Way:
    """The same on a local cluster, one of whose workers is killed on the way."""
    distributed: Any = import_module("distributed")
    with distributed.LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster:
        victims = [worker.pid for worker in cluster.workers.values()][:1]
        done: list[str] = []

        def hear(swept: Swept) -> None:
            done.append(swept.point.key)
            if len(done) >= count // 3 and victims:
                os.kill(victims.pop(), signal.SIGKILL)

        return run_way(
            "cluster, a worker killed", case, grid, cluster=cluster.scheduler_address, on_done=hear
        )


def run_ways(case: Case, grid: dict[str, list[Any]]) -> list[Way]:
    """Every way that can be had here, the pool first."""
    first = run_way("pool", case, grid, workers=WORKERS)
    count = len(first.found.points)
    ways = [first]
    if find_spec("distributed") is not None:
        ways.append(run_cluster(case, grid, count))
    with tempfile.TemporaryDirectory() as keep:
        done: list[str] = []
        ways.append(
            run_way(
                "pool, interrupted",
                case,
                grid,
                workers=WORKERS,
                keep=keep,
                on_done=lambda swept: done.append(swept.point.key),
                should_stop=lambda: len(done) >= count // 2,
            )
        )
        ways.append(run_way("pool, begun again", case, grid, workers=WORKERS, keep=keep))
    return ways


def count_same(first: Sweep, other: Sweep) -> int:
    """Points that are done in both, with the same status and figures."""
    return sum(
        a.finished and a.status == b.status and dict(a.kpis) == dict(b.kpis)
        for a, b in zip(first.points, other.points, strict=True)
    )


def show_ways(ways: Sequence[Way]) -> str:
    """A row a way."""
    rows = []
    for way in ways:
        points = way.found.points
        rows.append(
            [
                way.name,
                f"{sum(p.finished for p in points)} of {len(points)}",
                f"{way.planned}",
                f"{sum(p.status == 'failed' for p in points)}",
                f"{count_same(ways[0].found, way.found)}",
                f"{way.seconds:.0f}",
            ]
        )
    return make_table(HEAD, rows)


def main(arguments: list[str] | None = None) -> list[Way]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.sweeps", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--case", type=Path, default=ROOT / "scenarios" / "us_field_sales")
    parser.add_argument("--values", type=int, default=4, help="values of each setting, at most")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    grid = {place: values[: given.values] for place, values in GRID.items()}
    ways = run_ways(read_case(given.case), grid)
    table = show_ways(ways)
    print(table)
    told = ", ".join(f"`{place}` {'/'.join(map(str, values))}" for place, values in grid.items())
    count = len(ways[0].found.points)
    about = ABOUT.format(case=given.case.name, grid=told, count=count, workers=WORKERS)
    write_part(given.markdown, "sweeps", about, table)
    return ways


if __name__ == "__main__":
    main()
