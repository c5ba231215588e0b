"""sweep: a case planned for many values of its scenario, with what each of them does to every figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.commands.ctrl_c import CTRL_C
from optimizer.commands.many import ClusterOption, Live, WorkersOption, planning
from optimizer.commands.options import BROKEN, PLANNED, CaseArgument, refuse
from optimizer.commands.variants import VariantOption, read_varied
from optimizer.messages import look_up, say

if TYPE_CHECKING:
    from optimizer.comparing.sweep.sweeping import Point, Swept
    from optimizer.result import Progress
    from optimizer.terminal import Screen

# pandas and the rest are imported inside the command: `--help` answers at once.


SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PLACE=V1,V2,...",
        help="A value of scenario.toml and what to try for it: corridors.0.tolerance=0.05,0.1; repeat it for "
        "several: every combination is planned.",
    ),
]
PointsOption = Annotated[
    Path | None,
    typer.Option(
        "--points",
        metavar="FILE",
        help="Instead of --set: a CSV table with a column a setting and a row a point.",
    ),
]
SeedsOption = Annotated[
    str | None,
    typer.Option(
        "--seeds", metavar="N,N,...", help="Plan every point with each of these seeds [scenario's]."
    ),
]
KeptOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write; finished points in it are kept.")
]


def sweep(
    case: CaseArgument,
    settings: SettingsOption = None,
    points: PointsOption = None,
    seeds: SeedsOption = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    variant: VariantOption = None,
    out: KeptOption = Path("sweep"),
) -> None:
    """Plan a case for many values of its scenario, and show what each does to every figure of the plan.

    Ctrl-C stops; the same command again plans only what was not finished.
    """
    from optimizer.comparing.running.clusters import check_cluster
    from optimizer.comparing.running.keeping import POINTS
    from optimizer.comparing.sweep.sweep_words import read_points, read_seeds, read_settings
    from optimizer.comparing.sweep.sweeping import list_points
    from optimizer.comparing.sweep.sweeping import sweep as run_sweep
    from optimizer.cores import count_cores
    from optimizer.findings import InputError
    from optimizer.folders import FINDINGS
    from optimizer.reading.collecting import Findings
    from optimizer.reports.comparisons.sweep_files import check_sweep_folder, write_sweep
    from optimizer.terminal import Screen, Watch

    if settings and points is not None:
        raise typer.BadParameter(say("sweep.set_or_points"))
    screen, aside = Screen(), Screen(stderr=True)
    # What is wrong stands beside an earlier sweep, not in it.
    beside = out if not out.exists() else out.with_name(FINDINGS.format(out.name))
    aside.tell(say("cli.reading", case=case))
    given = read_varied(case, variant, beside)
    findings = Findings()
    if cluster is not None:
        findings.extend(check_cluster(cluster))
    values: Any = read_settings(settings or [], findings)
    if points is not None:
        values = read_points(points, findings)
    numbers = [] if seeds is None else read_seeds(seeds, findings)
    asked: list[Point] = []
    try:
        if values or numbers or not findings.has_errors:
            asked = list_points(given, values, numbers)
    except InputError as error:
        findings.extend(error.findings)
    if findings.has_errors:
        refuse("bad_sweep", case, findings.listed(), beside)
    check_sweep_folder(out)
    watch = Watch(aside)
    telling = _Telling(screen, aside, asked)
    kept = sum((out / POINTS / f"{point.key}.json").is_file() for point in asked)
    processes = min(workers or count_cores(), max(1, len(asked) - kept))
    where = (
        say("sweep.workers", count=processes) if cluster is None else say("sweep.cluster", address=cluster)
    )
    aside.tell(
        say("sweep.begin", count=len(asked), kept=say("sweep.kept", count=kept) if kept else "", where=where)
    )
    with CTRL_C.stops(watch):
        with telling.live, planning("bad_sweep", case, out):
            found = run_sweep(
                given,
                values,
                seeds=numbers,
                workers=workers,
                cluster=cluster,
                keep=out / POINTS,
                on_progress=telling.hear,
                on_done=telling.tell,
                should_stop=lambda: watch.stopping,
            )
        write_sweep(found, out)
    done = sum(swept.finished for swept in found.points)
    failed = sum(swept.status == "failed" for swept in found.points)
    if found.whole:
        screen.tell(say("sweep.end_whole", count=len(found.points), out=out))
    else:
        screen.tell(say("sweep.end_left", points=len(found.points), done=done, failed=failed, out=out))
    raise typer.Exit(PLANNED if found.whole else BROKEN)


class _Telling:
    """A line for every point that ends; on a terminal also one that lives, with the gap of each that is running."""

    def __init__(self, screen: Screen, aside: Screen, points: list[Point]) -> None:
        self.screen, self.aside, self.points = screen, aside, points
        self.live = Live(aside, self._line)
        self.running: dict[str, tuple[Point, Progress | None]] = {}
        self.done = 0

    def hear(self, point: Point, glimpse: Progress | None) -> None:
        """What a point tells while it is planned."""
        self.running[point.key] = (point, glimpse)
        self.live.tell()

    def tell(self, swept: Swept) -> None:
        """How a point ended."""
        self.running.pop(swept.point.key, None)
        self.done += 1
        gaps = {
            "done": self.done,
            "points": len(self.points),
            "width": len(str(len(self.points))),
            "point": self._name(swept.point),
        }
        if swept.failure is not None:
            self.screen.tell(say("sweep.failed", failure=swept.failure, **gaps), "red")
            return
        cost, gap = swept.kpis.get("cost"), swept.kpis.get("gap")
        unknown = say("sweep.unknown")
        self.screen.tell(
            say(
                "sweep.done",
                status=look_up("sweep_status", swept.status),
                cost=unknown if cost is None else f"{cost:,.1f}",
                gap=unknown if gap is None else f"{gap:.2%}",
                **gaps,
            )
        )

    def _name(self, point: Point) -> str:
        from optimizer.comparing.sweep.sweeping import write_value

        named = [f"{place}={write_value(value)}" for place, value in point.values.items()]
        return "  ".join([*named, say("sweep.seed", seed=point.seed)])

    def _line(self) -> str:
        unknown = say("sweep.unknown")
        running = [
            say(
                "sweep.one_running",
                point=self._name(point),
                gap=unknown if glimpse is None or glimpse.gap is None else f"{glimpse.gap:.2%}",
            )
            for point, glimpse in self.running.values()
        ]
        return say("sweep.running", done=self.done, points=len(self.points), running="; ".join(running))
