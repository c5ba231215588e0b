"""What several commands share: exit codes, arguments and options, and how bad input is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.findings import Finding

PLANNED, BROKEN, BAD_INPUT, CRASHED, GIVEN_UP = 0, 1, 2, 70, 130


class ReportName(StrEnum):
    """What may be written beside the tables."""

    WORKBOOK = "workbook"
    PAGE = "page"
    MAP = "map"
    REPS = "reps"
    NONE = "none"


CaseArgument = Annotated[
    Path, typer.Argument(metavar="CASE", help="A folder of CSV or Parquet tables, or one .xlsx workbook.")
]
AssignmentsOption = Annotated[
    Path, typer.Option("--assignments", "-a", metavar="FILE", help="Table with customer_id and rep_id.")
]
PlanOption = Annotated[
    Path, typer.Option("--plan", "-p", metavar="OUT", help="The folder that plan or rebalance wrote.")
]
ProgressOption = Annotated[
    Path, typer.Option("--progress", "-e", metavar="FILE", help="Events: a CSV, Excel or Parquet table.")
]
MadeWithOption = Annotated[
    Path | None,
    typer.Option(
        "--progress",
        "-e",
        metavar="FILE",
        help="With --plan of a folder that rebalance wrote: the events it was made with.",
    ),
]
MaybeProgressOption = Annotated[
    Path | None,
    typer.Option(
        "--progress", "-e", metavar="FILE", help="Events since the plan: a CSV, Excel or Parquet table."
    ),
]
DayOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="The evening to look at; later events have not happened [the last event's day within the horizon].",
    ),
]
MaxMovesOption = Annotated[
    int | None,
    typer.Option(
        "--max-moves", metavar="N", min=0, help="The most customers that may leave their owner [no limit]."
    ),
]
NoScheduleOption = Annotated[
    bool, typer.Option("--no-schedule", help="Only who owns which customer; no tasks into weeks.")
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write; replaced whole.")
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="S",
        min=0,
        help="Stop solving after S seconds; the answer then depends on the machine.",
    ),
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", metavar="N", min=0, help="Seed of the search [scenario's].")
]
ReportsOption = Annotated[
    list[ReportName] | None,
    typer.Option(
        "--reports",
        metavar="NAME",
        help="Beside the tables: workbook, page, map, reps (a folder for each), or none of them; "
        "repeat it for several [all].",
    ),
]


def choose_reports(reports: Sequence[ReportName] | None) -> list[str]:
    """The reports to write: all unless some, or none, are named."""
    every = [name.value for name in ReportName if name is not ReportName.NONE]
    return every if not reports else [name for name in every if name in reports]


def refuse(code: str, given: Path, findings: Sequence[Finding], out: Path | None) -> NoReturn:
    """Tell every finding on stderr and in findings.csv, and leave; an earlier plan in ``out`` stays."""
    from optimizer.folders import OutputError, choose_findings_folder, replace_folder
    from optimizer.reading import write_findings
    from optimizer.terminal import SHOWN, Screen, show_findings

    aside = Screen(stderr=True)
    errors = sum(f.severity == "error" for f in findings)
    file, place, trouble = None, out, None
    if out is not None:
        place = choose_findings_folder(out)
        try:
            with replace_folder(place) as folder:
                write_findings(findings, folder / "findings.csv")
            file = str(place / "findings.csv")
        except OutputError as error:  # then all of them are told here
            trouble = error
    show_findings(aside, findings, file=file, most=SHOWN if file is not None else None)
    aside.tell(say(f"cli.{code}", errors=errors, warnings=len(findings) - errors, given=given), "red")
    if file is not None:
        aside.tell(say("cli.findings_in", file=file))
    if trouble is not None:
        aside.tell(str(trouble))
    if place != out:
        aside.tell(say("cli.plan_stays", out=out))
    raise typer.Exit(BAD_INPUT)


def say_missing(error: ImportError) -> str:
    """Which package of the service is missing, and how to install them."""
    from optimizer.extras import find_install

    package = (error.name or "sqlalchemy").partition(".")[0]
    return say("store.needs_packages", package=package, install=find_install("server"))


def deny(code: str, name: str, known: Iterable[str], case: Path) -> NoReturn:
    """Say that what is asked of does not exist, and what may have been meant, and leave."""
    from optimizer.reading.collecting import nearest
    from optimizer.terminal import Screen

    known = set(known)
    near = None if name in known else nearest(name, known)  # it is there, and no answer to what was asked
    hint = "" if near is None else say("hint.is_near", near=near)
    Screen(stderr=True).tell(f"{say(code, name=name, case=case)} {hint}".rstrip(), "red")
    raise typer.Exit(BAD_INPUT)
