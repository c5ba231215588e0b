"""new and generate: an empty case to fill, or an invented one of any size."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from optimizer.messages import say


class Format(StrEnum):
    """File formats of generated tables."""

    CSV = "csv"
    PARQUET = "parquet"


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
