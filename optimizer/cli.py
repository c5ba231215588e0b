"""The command line: plan, check, evaluate, new, generate.

Exit codes: 0 a plan; 1 no plan keeps every hard constraint (the best effort is written); 2 bad input.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.findings import Finding
    from optimizer.terminal import Watch

# OR-Tools, pandas and the rest are imported inside the commands: `--help` answers at once.

QUICKSTART = Path("scenarios") / "quickstart"
PLANNED, BROKEN, BAD_INPUT, CRASHED, GIVEN_UP = 0, 1, 2, 70, 130

app = typer.Typer(
    help="Plan sales territories with a proven bound, named violations and a disruption budget. "
    "With no command at all, scenarios/quickstart is planned into ./out.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


class CtrlC:
    """What Ctrl-C means: give up at once; while solving, stop and write; once all is written, nothing."""

    def __init__(self) -> None:
        self.watch: Watch | None = None
        self.given_up = False

    def listen(self) -> Any:
        """Hear Ctrl-C from now on; returns who heard it before."""
        self.watch, self.given_up = None, False
        return signal.signal(signal.SIGINT, self)

    def __call__(self, number: int, frame: object) -> None:
        """Python calls this for each Ctrl-C."""
        if self.watch is not None and not self.watch.stopping:
            self.watch.stop()
            return
        self.given_up = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # on the way out there is nothing more to ask
        raise KeyboardInterrupt

    @contextmanager
    def stops(self, watch: Watch) -> Iterator[None]:
        """In this block, which solves and writes, the first Ctrl-C asks to stop; the second gives up."""
        self.watch = watch
        yield
        signal.signal(signal.SIGINT, signal.SIG_IGN)


_ctrl_c = CtrlC()

CaseArgument = Annotated[
    Path, typer.Argument(metavar="CASE", help="A folder of CSV or Parquet tables, or one .xlsx workbook.")
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write; replaced whole.")
]


class Format(StrEnum):
    """File formats of generated tables."""

    CSV = "csv"
    PARQUET = "parquet"


class ReportName(StrEnum):
    """What may be written beside the tables."""

    WORKBOOK = "workbook"
    PAGE = "page"
    MAP = "map"
    NONE = "none"


ReportsOption = Annotated[
    list[ReportName] | None,
    typer.Option(
        "--reports",
        metavar="NAME",
        help="Beside the tables: workbook, page, map, or none of them; repeat it for several [all].",
    ),
]


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    """Plan scenarios/quickstart when no command is given."""
    if version:
        from optimizer import __version__

        typer.echo(f"optimizer {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        home = Path(context.obj) if context.obj else Path()
        case = QUICKSTART if QUICKSTART.exists() else home / QUICKSTART
        if not case.exists():
            typer.echo(say("cli.no_such_case", command=context.command_path), err=True)
            raise typer.Exit(BAD_INPUT)
        plan(case)


@app.command()
def plan(
    case: CaseArgument,
    out: OutOption = Path("out"),
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="S", min=0, help="Stop solving after S seconds; the plan then depends on the machine."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Seed of the search [scenario's].")
    ] = None,
    reports: ReportsOption = None,
) -> None:
    """Plan a case: who owns which customer. Ctrl-C stops and writes the best plan so far."""
    from optimizer.building import build_problem
    from optimizer.findings import InputError
    from optimizer.folders import check_replaceable
    from optimizer.reading import read_case
    from optimizer.reports import build_report, write_report
    from optimizer.solving import solve
    from optimizer.terminal import Screen, Watch, show_summary, show_violations

    screen, aside = Screen(), Screen(stderr=True)
    check_replaceable(out)
    aside.tell(say("cli.reading", case=case))
    try:
        given = read_case(case)
    except InputError as error:
        _refuse("bad_case", case, error.findings, out)
    problem = build_problem(given)
    watch = Watch(aside)
    with _ctrl_c.stops(watch):
        aside.tell(say("cli.read", customers=problem.n_customers, reps=problem.n_reps))
        with watch:
            result = solve(
                problem,
                seed=seed,
                time_limit=time_limit,
                on_progress=watch.show,
                should_stop=lambda: watch.stopping,
            )
        aside.tell(say("cli.writing"))
        report = build_report(given, problem, result.plan, result.score, result)
        write_report(report, out, _chosen(reports))
    show_summary(screen, report.summary)
    show_violations(screen, result.score.violations)
    for code, gaps in result.notes:
        screen.tell(say(f"note.{code}", **gaps))
    if given.findings:
        screen.tell(say("cli.warnings", count=len(given.findings), out=out))
    screen.tell(say("cli.planned", out=out))
    screen.tell(say("cli.look_next", out=out))
    raise typer.Exit(PLANNED if result.ok else BROKEN)


@app.command()
def check(case: CaseArgument) -> None:
    """Check a case and tell every finding; nothing is planned or written."""
    from optimizer.reading import check_case
    from optimizer.terminal import Screen, show_findings

    screen = Screen()
    findings = check_case(case)
    errors = sum(f.severity == "error" for f in findings)
    show_findings(screen, findings, most=None)
    if errors:
        screen.tell(say("cli.bad_case", errors=errors, warnings=len(findings) - errors, given=case), "red")
        raise typer.Exit(BAD_INPUT)
    screen.tell(say("cli.only_warnings" if findings else "cli.no_findings", case=case, count=len(findings)))


@app.command()
def evaluate(
    case: CaseArgument,
    assignments: Annotated[
        Path, typer.Option("--assignments", "-a", metavar="FILE", help="Table with customer_id and rep_id.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write the files of the judged plan too."),
    ] = None,
    reports: ReportsOption = None,
) -> None:
    """Judge a plan made by hand or by another tool: its score and every violation, named."""
    from optimizer.building import build_problem
    from optimizer.evaluation import evaluate as judge
    from optimizer.findings import InputError
    from optimizer.folders import check_replaceable
    from optimizer.plan import Plan
    from optimizer.reading import read_assignments, read_case
    from optimizer.reports import build_report, summarize_plan, write_report
    from optimizer.terminal import Screen, show_findings, show_summary, show_violations

    screen, aside = Screen(), Screen(stderr=True)
    if out is not None:
        check_replaceable(out)
    try:
        given = read_case(case)
    except InputError as error:
        _refuse("bad_case", case, error.findings, out)
    try:
        owner, findings = read_assignments(assignments, given)
    except InputError as error:
        _refuse("bad_assignments", assignments, error.findings, out)
    show_findings(aside, findings)
    given = replace(given, findings=[*given.findings, *findings])
    problem = build_problem(given)
    judged = Plan(owner)
    score = judge(problem, judged)
    if out is None:
        show_summary(screen, summarize_plan(given, problem, judged, score))
    else:
        report = build_report(given, problem, judged, score)
        write_report(report, out, _chosen(reports))
        show_summary(screen, report.summary)
    for term, amount in score.terms.items():
        screen.tell(f"  {say(f'term.{term}'):<20} {amount / 1000:>14,.3f} h")
    show_violations(screen, score.violations)
    if out is not None:
        screen.tell(say("cli.judged", out=out))
    raise typer.Exit(PLANNED if score.keeps_all else BROKEN)


@app.command()
def new(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or a name ending in .xlsx for one workbook.")
    ],
) -> None:
    """Make an empty case: every table with its columns, what they mean, and a commented scenario."""
    from optimizer.templates import write_templates
    from optimizer.terminal import Screen

    target = write_templates(directory)
    code = "cli.new_workbook" if target.suffix.lower() == ".xlsx" else "cli.new_case"
    Screen().tell(say(code, target=target))


@app.command()
def generate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    customers: Annotated[int, typer.Option(metavar="N", min=1, help="Number of customers.")],
    reps: Annotated[int, typer.Option(metavar="N", min=1, help="Number of reps.")],
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same case.")] = 0,
    format: Annotated[Format, typer.Option(help="File format of the tables.")] = Format.CSV,
) -> None:
    """Generate a realistic synthetic case of any size, for trials and benchmarks."""
    from optimizer.generating import check_order, generate_case
    from optimizer.terminal import Screen

    try:
        check_order(customers, reps, format.value)
    except (ImportError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    folder = generate_case(directory, customers=customers, reps=reps, seed=seed, format=format.value)
    Screen().tell(say("cli.generated", customers=customers, reps=reps, folder=folder))


def main(home: str | Path | None = None) -> NoReturn:
    """Run the command line and leave the process. ``home``: where scenarios/ is, besides the current folder."""
    code = run(home=home)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # whoever read along has left
            stream.flush()
    # Without waiting for a solver thread that was told to stop and is still in C++.
    os._exit(code)


def run(arguments: Sequence[str] | None = None, home: str | Path | None = None) -> int:
    """Run one command and return its exit code: whatever goes wrong ends in a sentence, not in a traceback."""
    from optimizer.folders import OutputError

    before = _ctrl_c.listen()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # letters that this terminal does not know
            stream.reconfigure(errors="replace")
    try:
        code = app(list(arguments) if arguments is not None else None, obj=home, standalone_mode=False)
        if code == GIVEN_UP:  # how typer reports Ctrl-C
            typer.echo(say("cli.given_up"), err=True)
        return code or PLANNED
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = "optimizer" if context is None else context.command_path
        typer.echo(say("cli.usage", problem=_end_sentence(error.format_message()), command=command), err=True)
        return BAD_INPUT
    except OutputError as error:
        typer.echo(str(error), err=True)
        return BAD_INPUT
    except KeyboardInterrupt:
        typer.echo(say("cli.given_up"), err=True)
        return GIVEN_UP
    except MemoryError:
        typer.echo(say("cli.out_of_memory"), err=True)
        return CRASHED
    except Exception as error:  # the last floor: no traceback reaches a user
        if _ctrl_c.given_up:  # some libraries turn Ctrl-C into an error of their own
            typer.echo(say("cli.given_up"), err=True)
            return GIVEN_UP
        if os.environ.get("OPTIMIZER_DEBUG"):
            raise
        typer.echo(say("cli.unexpected", error=f"{type(error).__name__}: {error}"), err=True)
        return CRASHED
    finally:
        if not _ctrl_c.given_up:
            signal.signal(signal.SIGINT, before)


def _chosen(reports: Sequence[ReportName] | None) -> list[str]:
    """The reports to write: all unless some, or none, are named."""
    every = [name.value for name in ReportName if name is not ReportName.NONE]
    return every if not reports else [name for name in every if name in reports]


def _refuse(code: str, given: Path, findings: Sequence[Finding], out: Path | None) -> NoReturn:
    """Tell every finding on stderr and in findings.csv, and leave."""
    from optimizer.folders import replace_folder
    from optimizer.reading import write_findings
    from optimizer.terminal import SHOWN, Screen, show_findings

    aside = Screen(stderr=True)
    errors = sum(f.severity == "error" for f in findings)
    file = None
    if out is not None:
        with replace_folder(out) as folder:
            write_findings(findings, folder / "findings.csv")
        file = str(out / "findings.csv")
    show_findings(aside, findings, file=file, most=SHOWN if file is not None else None)
    aside.tell(say(f"cli.{code}", errors=errors, warnings=len(findings) - errors, given=given), "red")
    if file is not None:
        aside.tell(say("cli.findings_in", file=file))
    raise typer.Exit(BAD_INPUT)


def _end_sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."
