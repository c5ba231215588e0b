"""size: how many reps a case needs, who of them and where, with the proof that fewer are not enough."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.ctrl_c import CTRL_C
from optimizer.commands.many import ClusterOption, Live, WorkersOption, planning
from optimizer.commands.options import BROKEN, PLANNED, CaseArgument, refuse
from optimizer.commands.variants import VariantOption, read_varied
from optimizer.messages import Joined, look_up, say

if TYPE_CHECKING:
    from optimizer.comparing.sizing.candidates import Candidate
    from optimizer.comparing.sizing.size_curve import Sizing
    from optimizer.comparing.sizing.size_least import Least
    from optimizer.comparing.sizing.size_teams import Team, Tried
    from optimizer.result import Progress
    from optimizer.terminal import Screen

# pandas and the rest are imported inside the command: `--help` answers at once.


def size(
    case: CaseArgument,
    reps: Annotated[
        str | None,
        typer.Option(
            "--reps",
            metavar="FROM:TO",
            help="Headcounts: a number, or first and last [from 2 below the least possible to 2 above present].",
        ),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option(
            "--places",
            metavar="FILE",
            help="Table of places where reps could be hired: place_id, lat, lon, and skills, tiers, role, "
            "hours_per_week, most [places on the map that stand for the customers around them].",
        ),
    ] = None,
    guardrails: Annotated[
        bool,
        typer.Option("--guardrails", help="A team is enough only if its plan keeps the case's guardrails."),
    ] = False,
    variant: VariantOption = None,
    save: Annotated[
        bool,
        typer.Option("--save", help="Also put the teams among the variants of the case, for plan --variant."),
    ] = False,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="Folder to write; finished teams in it are kept."),
    ] = Path("size"),
) -> None:
    """Find how many reps a case needs, who and where: the curve from headcount to cost, and the smallest number proved.

    Ctrl-C stops; the same command again plans only what was not finished.
    """
    from optimizer.comparing.running.clusters import check_cluster
    from optimizer.comparing.running.keeping import POINTS
    from optimizer.comparing.sizing.candidates import read_places
    from optimizer.comparing.sizing.size import check_range
    from optimizer.comparing.sizing.size import size as run_size
    from optimizer.findings import InputError
    from optimizer.folders import FINDINGS
    from optimizer.reports.comparisons.size_files import check_size_folder, write_size
    from optimizer.reports.comparisons.size_variants import save_variants
    from optimizer.terminal import Screen, Watch, show_findings

    screen, aside = Screen(), Screen(stderr=True)
    # What is wrong stands beside an earlier sizing, not in it.
    beside = out if not out.exists() else out.with_name(FINDINGS.format(out.name))
    aside.tell(say("cli.reading", case=case))
    given = read_varied(case, variant, beside)
    wrong = [] if cluster is None else check_cluster(cluster)
    asked = None
    try:
        asked = _read_range(reps)
    except InputError as error:
        wrong += error.findings
    candidates: list[Candidate] | None = None
    if places is not None:
        aside.tell(say("size.reading_places", file=places))
        try:
            candidates, warnings = read_places(places, given)
            show_findings(aside, warnings)
        except InputError as error:
            wrong += error.findings
    if not wrong:
        wrong += check_range(given, asked, candidates)
    if wrong:
        refuse("bad_size", case, wrong, beside)
    check_size_folder(out)
    watch = Watch(aside)
    telling = _Telling(screen, aside)
    with CTRL_C.stops(watch):
        with telling.live, planning("bad_size", case, out):
            found = run_size(
                given,
                asked,
                places=candidates,
                keep_guardrails=guardrails,
                workers=workers,
                cluster=cluster,
                keep=out / POINTS,
                on_least=telling.begin,
                on_progress=telling.hear,
                on_done=telling.tell,
                should_stop=lambda: watch.stopping,
            )
        write_size(found, out)
        if save:
            save_variants(found, case)
    _conclude(screen, found, case, out, save, variant)
    raise typer.Exit(PLANNED if found.whole else BROKEN)


def _read_range(text: str | None) -> tuple[int, int] | None:
    """The first and the last headcount; InputError where the words are none."""
    from optimizer.findings import Finding, InputError

    if text is None:
        return None
    first, sign, last = (word.strip() for word in text.partition(":"))
    numbers = [first, last] if sign else [first, first]
    if not all(word.isascii() and word.isdigit() and len(word) < 8 for word in numbers):
        raise InputError([Finding("size_words", "error", "size", None, "reps", text)])
    return int(numbers[0]), int(numbers[1])


def _conclude(screen: Screen, found: Sizing, case: Path, out: Path, saved: bool, variant: str | None) -> None:
    from optimizer.reports.comparisons.size_tables import name_variant, say_answer, say_proof

    screen.tell(say_answer(found), "bold")
    screen.tell(say_proof(found))
    left = sum(not tried.finished for one in found.headcounts for tried in one.tried)
    if left:
        screen.tell(say("size.end_left", count=left, out=out))
        return
    screen.tell(say("size.end_whole", out=out))
    named = {name: one.state for one in found.headcounts if (name := name_variant(one))}
    names = sorted(named, key=lambda name: named[name] != "enough")  # the smallest that is enough first
    if saved and names:
        laid = "" if variant is None else f"{variant}+"
        screen.tell(say("size.end_variants", case=case, name=laid + names[0]))
    elif names:
        screen.tell(say("size.end_ready", out=out))


class _Telling:
    """A line for every team that ends; on a terminal also one that lives, with the gap of each that is running."""

    def __init__(self, screen: Screen, aside: Screen) -> None:
        self.screen, self.aside = screen, aside
        self.live = Live(aside, self._line)
        self.running: dict[Team, Progress | None] = {}
        self.done = 0

    def begin(self, least: Least, sizes: tuple[int, ...]) -> None:
        """What is proved before anything is planned, and what is planned first."""
        why = least.explain()
        proof = say(why.code, **why.gaps)
        code = "size.begin_none" if least.people is None else "size.begin_least"
        self.aside.tell(say(code, reps=least.people, proof=proof))
        self.aside.tell(say("size.begin", count=len(sizes), sizes=Joined(tuple(map(str, sizes)))))

    def hear(self, team: Team, glimpse: Progress | None) -> None:
        """What is told of a team while it is planned."""
        self.running[team] = glimpse
        self.live.tell()

    def tell(self, tried: Tried) -> None:
        """How a team ended."""
        from optimizer.reports.content.kpi_texts import write_value

        self.running.pop(tried.team, None)
        self.done += 1
        team = tried.team
        change = ""
        if team.leave or team.join:
            change = say("size.change", leave=len(team.leave), join=len(team.join))
        if tried.failure is not None:
            line = say("size.failed", reps=team.size, change=change, failure=tried.failure)
            self.screen.tell(line, "red")
            return
        self.screen.tell(
            say(
                "size.done",
                reps=team.size,
                change=change,
                state=say("size.yes" if tried.enough else "size.no"),
                status=look_up("sweep_status", tried.status),
                cost=write_value(tried.total_hours, "hours"),
                unserved=write_value(tried.kpis.get("unserved"), "count"),
                kept=say("size.kept") if tried.reused else "",
            )
        )

    def _line(self) -> str:
        unknown = say("sweep.unknown")
        running = [
            say(
                "size.one_running",
                reps=team.size,
                gap=unknown if glimpse is None or glimpse.gap is None else f"{glimpse.gap:.2%}",
            )
            for team, glimpse in self.running.items()
        ]
        return say("size.running", count=self.done, running="; ".join(running))
