"""Many plans in one command: where they are made, what is told meanwhile, and what a mistake found on the way does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.options import refuse

if TYPE_CHECKING:
    from optimizer.terminal import Screen

TELL_SECONDS = 5.0  # between lines about what is running, where nobody watches

WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Processes of this machine [as many as cores]."),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="URL",
        help="A dask.distributed scheduler, tcp://host:8786, that plans instead of this machine.",
    ),
]


@contextmanager
def planning(code: str, case: Path, out: Path) -> Iterator[None]:
    """In this block many plans are made and what is finished is kept in ``out``, which stays as far as it came.

    What is wrong with the cluster or the case is told by ``code``; a folder that cannot be written is an OutputError.
    """
    from optimizer.comparing.running.keeping import POINTS
    from optimizer.findings import InputError
    from optimizer.folders import OutputError

    try:
        yield
    except InputError as error:
        with suppress(OSError):  # what holds anything stays
            (out / POINTS).rmdir()
            out.rmdir()
        refuse(code, case, error.findings, None)
    except OSError as error:
        raise OutputError("cannot_write", path=str(out), reason=error.strerror or str(error)) from error


class Live:
    """What is running now: a line that lives on a terminal, elsewhere one now and then."""

    def __init__(self, aside: Screen, write: Callable[[], str]) -> None:
        self.aside, self.write = aside, write
        self.status = aside.status("") if aside.is_interactive else None
        self.told = time.monotonic()

    def __enter__(self) -> Live:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is not None:
            self.status.stop()

    def tell(self) -> None:
        """Something has changed."""
        if self.status is not None:
            self.status.update(self.write())
        elif time.monotonic() - self.told > TELL_SECONDS:
            self.told = time.monotonic()
            self.aside.tell(self.write())
