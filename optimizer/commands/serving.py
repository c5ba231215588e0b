"""serve and token: the service on a port, and keys to it."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, NoReturn

import typer

from optimizer.commands.options import BAD_INPUT, say_missing
from optimizer.messages import say

# FastAPI, SQLAlchemy and the rest are imported inside the commands: the core works without them.

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="postgresql://USER:PASSWORD@HOST/NAME, or a SQLite file [DATABASE_URL, else optimizer-data/store.db].",
    ),
]


def serve(
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="HOST", help="Where it listens [OPTIMIZER_HOST, else 127.0.0.1]."),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", help="[OPTIMIZER_PORT, else 8000].")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            min=0,
            help="Jobs at once in this process, 0: none [OPTIMIZER_JOBS, else 1].",
        ),
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Serve the API and the first page; works at once on a SQLite file, with no other process.

    A new embedded store gets an admin token, printed once or written to OPTIMIZER_TOKEN_FILE. All settings:
    docs/how-to/run-the-service.md.
    """
    try:
        from optimizer.store import Refused, open_store
        from optimizer.web.serving import NoAccess, listen, open_door
        from optimizer.web.serving import serve as serve_store
        from optimizer.web.settings import BadSetting, read_settings
    except ImportError as error:
        _leave(say_missing(error))
    try:
        settings = read_settings(host=host, port=port, jobs=jobs)
        with closing(open_store(database)) as opened:
            try:
                bound = listen(settings)
            except OSError as error:
                reason = error.strerror or str(error)
                _leave(say("web.port_taken", host=settings.host, port=settings.port, error=reason))
            try:  # after the port: a token that nobody is shown would lock everybody out
                secret = open_door(opened, settings)
            except OSError as error:
                reason = error.strerror or str(error)
                _leave(say("web.token_not_written", file=settings.token_file, error=reason))
            if secret is not None and settings.token_file:
                typer.echo(say("web.token_written", file=settings.token_file))
            elif secret is not None:
                typer.echo(say("web.first_token"))
                typer.echo(secret)
            shown = f"[{settings.host}]" if ":" in settings.host else settings.host
            url = f"http://{shown}:{bound.getsockname()[1]}"
            with bound:
                serve_store(
                    opened,
                    settings,
                    bound,
                    lambda: typer.echo(say("web.serving", place=opened.place, url=url)),
                )
            typer.echo(say("web.stopped"))
    except Refused as refusal:
        _leave(refusal.sentence())
    except (BadSetting, NoAccess) as problem:
        _leave(str(problem))


def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what it is for.")],
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help="viewer, planner, approver, admin or service.")
    ] = "admin",
    workspace: Annotated[
        str, typer.Option("--workspace", metavar="ID", help="For this workspace only [all of them].")
    ] = "-",
    database: DatabaseOption = None,
) -> None:
    """Make a token for the API, and show it once."""
    try:
        from optimizer.store import SYSTEM, Refused, Role, make_token, open_store
    except ImportError as error:
        _leave(say_missing(error))
    if role not in list(Role):
        _leave(say("web.bad_role", role=role, known=", ".join(Role)))
    try:
        with closing(open_store(database)) as opened:
            made, secret = opened.perform(
                workspace, "command line", lambda write: make_token(write, name, Role(role))
            )
    except Refused as refusal:
        _leave(refusal.sentence())
    where = say("store.whole") if made.workspace == SYSTEM else made.workspace
    typer.echo(say("web.token_made", name=name, role=role, workspace=where))
    typer.echo(secret)


def _leave(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(BAD_INPUT)
