"""The command line: plan, check, evaluate, new, generate.

Exit codes: 0 a plan; 1 no plan keeps every hard constraint (the best effort is written); 2 bad input.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from optimizer.messages import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.findings import Finding

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

CaseArgument = Annotated[
    Path, typer.Argument(metavar="CASE", help="A folder of CSV or Parquet tables, or one .xlsx workbook.")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write; replaced whole.")]


class Format(StrEnum):
    """File formats of generated tables."""

    CSV = "csv"
    PARQUET = "parquet"


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
            typer.echo(say("cli.no_such_case") + "\n", err=True)
            typer.echo(context.get_help())
            raise typer.Exit(BAD_INPUT)
        plan(case)


@app.command()
def plan(
    case: CaseArgument,
    out: OutOption = Path("out"),
    time_limit: Annotated[
        float | None,
        typer.Option(metavar="S", min=0, help="Stop solving after S seconds; the plan then depends on the machine."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Seed of the search [scenario's].")] = None,
) -> None:
    """Plan a case: who owns which customer. Ctrl-C stops and writes the best plan so far."""
    from optimizer.building import build_problem
    from optimizer.findings import InputError
    from optimizer.reading import read_case
    from optimizer.reports import summarize, write_reports
    from optimizer.solving import solve
    from optimizer.terminal import Watch, show_summary, show_violations

    console, watcher = _consoles()
    watcher.print(say("cli.reading", case=case), highlight=False)
    try:
        given = read_case(case)
    except InputError as error:
        _refuse(case, error.findings, out)
    problem = build_problem(given)
    watcher.print(say("cli.read", customers=problem.n_customers, reps=problem.n_reps), highlight=False)
    with _stoppable() as stop, Watch(watcher) as watch:
        result = solve(
            problem, seed=seed, time_limit=time_limit, on_progress=watch.show, should_stop=stop.is_set
        )
    write_reports(given, result, out, problem=problem)
    show_summary(console, summarize(given, problem, result))
    show_violations(console, result.score.violations)
    for code, gaps in result.notes:
        console.print(say(f"note.{code}", **gaps), highlight=False)
    if given.findings:
        console.print(say("cli.warnings", count=len(given.findings), out=out), highlight=False)
    console.print(say("cli.planned", out=out), highlight=False)
    console.print(say("cli.look_next", out=out), highlight=False)
    raise typer.Exit(PLANNED if result.ok else BROKEN)


@app.command()
def check(case: CaseArgument) -> None:
    """Check a case and tell every finding; nothing is planned or written."""
    from optimizer.reading import check_case
    from optimizer.terminal import show_findings

    console, _ = _consoles()
    findings = check_case(case)
    errors = sum(f.severity == "error" for f in findings)
    show_findings(console, findings)
    if errors:
        console.print(say("cli.bad_input", errors=errors, warnings=len(findings) - errors, case=case), highlight=False)
        raise typer.Exit(BAD_INPUT)
    code = "cli.only_warnings" if findings else "cli.no_findings"
    console.print(say(code, case=case, count=len(findings)), highlight=False)


@app.command()
def evaluate(
    case: CaseArgument,
    assignments: Annotated[
        Path, typer.Option("--assignments", "-a", metavar="FILE", help="Table with customer_id and rep_id.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write all reports of the judged plan too.")
    ] = None,
) -> None:
    """Judge a plan made by hand or by another tool: its score and every violation, named."""
    from optimizer.building import build_problem
    from optimizer.evaluation import evaluate as judge
    from optimizer.findings import InputError
    from optimizer.plan import Plan
    from optimizer.reading import read_assignments, read_case
    from optimizer.reports import summarize_plan, write_evaluation
    from optimizer.terminal import show_findings, show_summary, show_violations

    console, watcher = _consoles()
    try:
        given = read_case(case)
        owner, findings = read_assignments(assignments, given)
    except InputError as error:
        _refuse(case, error.findings, out)
    show_findings(watcher, findings)
    problem = build_problem(given)
    judged = Plan(owner)
    score = judge(problem, judged)
    if out is not None:
        write_evaluation(given, problem, judged, score, out)
    show_summary(console, summarize_plan(given, problem, judged, score))
    for term, amount in score.terms.items():
        console.print(f"  {term:<12} {amount / 1000:>14,.3f} h", highlight=False)
    show_violations(console, score.violations)
    if out is not None:
        console.print(say("cli.judged", out=out), highlight=False)
    raise typer.Exit(PLANNED if score.keeps_all else BROKEN)


@app.command()
def new(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, or a name ending in .xlsx for one workbook.")
    ],
) -> None:
    """Make an empty case: every table with its columns, what they mean, and a commented scenario."""
    from optimizer.templates import write_templates

    target = write_templates(directory)
    workbook = target.suffix.lower() == ".xlsx"
    meanings = "comments on the header cells" if workbook else f"{target}/columns.md"
    typer.echo(say("cli.new_case", target=target, meanings=meanings))


@app.command()
def generate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    customers: Annotated[int, typer.Option(metavar="N", min=1, help="Number of customers.")],
    reps: Annotated[int, typer.Option(metavar="N", min=1, help="Number of reps.")],
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same case.")] = 0,
    format: Annotated[Format, typer.Option(help="File format of the tables.")] = Format.CSV,
) -> None:
    """Generate a realistic synthetic case of any size, for trials and benchmarks."""
    from optimizer.generating import generate_case

    folder = generate_case(directory, customers=customers, reps=reps, seed=seed, format=format.value)
    typer.echo(say("cli.generated", customers=customers, reps=reps, folder=folder))


def main(home: str | Path | None = None) -> NoReturn:
    """Run the command line and leave the process. ``home``: where scenarios/ is, besides the current folder."""
    try:
        app(obj=home, standalone_mode=True)
    except SystemExit as leaving:
        _leave(leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None))
    except KeyboardInterrupt:
        typer.echo(say("cli.given_up"), err=True)
        _leave(GIVEN_UP)
    except (FileExistsError, ImportError, ValueError) as error:
        # What templates and generating refuse, in their own sentences.
        _fail(error, BAD_INPUT)
    except MemoryError:
        typer.echo(say("cli.out_of_memory"), err=True)
        _leave(CRASHED)
    except Exception as error:  # the last floor: no traceback reaches a user
        _fail(error, BAD_INPUT if type(error).__name__ == "OutputError" else CRASHED)


def _fail(error: Exception, code: int) -> NoReturn:
    if os.environ.get("OPTIMIZER_DEBUG"):
        raise error
    text = str(error) if code == BAD_INPUT else say("cli.unexpected", error=f"{type(error).__name__}: {error}")
    typer.echo(text, err=True)
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process without waiting for a solver thread that was told to stop and is still in C++."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _consoles():  # type: ignore[no-untyped-def]
    """Consoles for what was asked (stdout) and for what happens meanwhile (stderr)."""
    from rich.console import Console

    return Console(), Console(stderr=True)


def _refuse(case: Path, findings: Sequence[Finding], out: Path | None) -> NoReturn:
    """Tell every finding on stderr and in findings.csv, and leave."""
    from optimizer.reading import write_findings
    from optimizer.reports import replace_folder
    from optimizer.terminal import show_findings

    _, console = _consoles()
    errors = sum(f.severity == "error" for f in findings)
    file = None
    if out is not None:
        with replace_folder(out) as folder:
            write_findings(findings, folder / "findings.csv")
        file = str(out / "findings.csv")
    show_findings(console, findings, file)
    console.print(say("cli.bad_input", errors=errors, warnings=len(findings) - errors, case=case), style="red", highlight=False)
    if file is not None:
        console.print(say("cli.findings_in", file=file), highlight=False)
    raise typer.Exit(BAD_INPUT)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """While solving, the first Ctrl-C asks to stop; the second gives up."""
    stop = threading.Event()

    def on_interrupt(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        typer.echo(say("cli.stopping"), err=True)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
