"""worker: doing the jobs that others ask the service for, on this machine."""

from __future__ import annotations

import signal
from contextlib import closing
from typing import Annotated, NoReturn

import typer

from optimizer.commands.options import BAD_INPUT, say_missing
from optimizer.messages import say


def worker(
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="postgresql://USER:PASSWORD@HOST/NAME, or a SQLite file "
            "[DATABASE_URL, else optimizer-data/store.db].",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, help="Jobs at once [one for each core, at most 4]."),
    ] = None,
    cores: Annotated[
        int | None,
        typer.Option(
            "--cores", metavar="N", min=1, help="Cores that all of them share [all of this machine]."
        ),
    ] = None,
    per_workspace: Annotated[
        int,
        typer.Option(
            "--per-workspace",
            metavar="N",
            min=1,
            help="Jobs of one workspace at once, counted over all workers, which should agree on it.",
        ),
    ] = 2,
    grace: Annotated[
        float,
        typer.Option(
            "--grace",
            metavar="SECONDS",
            min=0.0,
            help="How long running jobs have to end when the worker is told to; others are handed back.",
        ),
    ] = 20.0,
) -> None:
    """Do the jobs that others ask the service for; start as many workers, on as many machines, as there is work.

    Ctrl-C or SIGTERM ends it: what is running is finished or handed back. Twice ends it at once.
    """
    from optimizer.terminal import Screen

    screen = Screen(stderr=True)
    try:
        from optimizer.jobs import Worker
        from optimizer.store import Refused, open_store
        from optimizer.web.logs import start_logs
        from optimizer.web.sending import send_due
    except ImportError as error:
        _leave(say_missing(error))
    start_logs()
    try:
        with closing(open_store(database)) as store:
            crew = Worker(store, slots=jobs, cores=cores, per_workspace=per_workspace, chores=(send_due,))

            def end(*_: object) -> None:
                crew.ask_stop(0.0 if crew.stopping else grace)

            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, end)
            screen.tell(say("worker.begins", place=store.place, slots=crew.slots, count=crew.threads))
            crew.run()
            screen.tell(say("worker.ended"))
    except Refused as refusal:
        _leave(refusal.sentence())


def _leave(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(BAD_INPUT)
