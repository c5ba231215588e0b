"""store: looking after the database of the service."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from optimizer.commands.options import BAD_INPUT, BROKEN, say_missing
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.store import AuditCheck
    from optimizer.terminal import Screen


class StoreAction(StrEnum):
    """What is done."""

    UPGRADE = "upgrade"
    BACKUP = "backup"
    RESTORE = "restore"
    VERIFY_AUDIT = "verify-audit"


WITH_FILE = (StoreAction.BACKUP, StoreAction.RESTORE)


def store(
    action: Annotated[
        StoreAction,
        typer.Argument(
            metavar="ACTION",
            help="upgrade (to this release), backup FILE, restore FILE (into an empty database), or verify-audit.",
        ),
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The backup: written new, or read.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="postgresql://USER:PASSWORD@HOST/NAME, or a SQLite file "
            "[DATABASE_URL, else optimizer-data/store.db].",
        ),
    ] = None,
) -> None:
    """Look after the database of the service: bring it to this release, back it up, restore it, verify its audit log.

    A backup is one file for either kind of database; restoring it is also the way from SQLite to PostgreSQL.
    """
    from optimizer.terminal import Screen

    screen = Screen()
    if (file is None) == (action in WITH_FILE):
        code = "store.needs_file" if file is None else "store.no_file"
        _leave(say(code, action=action.value))
    try:
        from optimizer.store import Refused
    except ImportError as error:
        _leave(say_missing(error))
    try:
        if not _act(screen, action, file, database):
            raise typer.Exit(BROKEN)
    except Refused as refusal:
        _leave(refusal.sentence())


def _act(screen: Screen, action: StoreAction, file: Path | None, database: str | None) -> bool:
    """Whether all is as it should be."""
    from optimizer.store import (
        find_place,
        open_any_release,
        open_store,
        restore_backup,
        upgrade_place,
        verify_all,
        write_backup,
    )

    place = find_place(database)
    match action:
        case StoreAction.UPGRADE:
            before, after = upgrade_place(place)
            code = "store.up_to_date" if before == after else "store.upgraded"
            screen.tell(say(code, place=place, before=before or "-", after=after))
        case StoreAction.BACKUP if file is not None:
            with closing(open_any_release(place)) as opened:
                written = write_backup(opened, file)
            screen.tell(say("store.backed_up", count=written.rows, place=place, file=file))
        case StoreAction.RESTORE if file is not None:
            read = restore_backup(place, file)
            screen.tell(say("store.restored", count=read.rows, file=file, release=read.release, place=place))
        case _:
            open_any_release(place).close()  # a file that is not there is not made
            with closing(open_store(database)) as opened, opened.view() as connection:
                checks = verify_all(connection)
            for check in checks:
                screen.tell(_tell(check), "" if check.ok else "red")
            return all(check.ok for check in checks)
    return True


def _tell(check: AuditCheck) -> str:
    workspace = say("store.whole") if check.workspace == "-" else check.workspace
    code = "holds" if check.ok else check.problem
    gaps = {"broken": check.broken, "count": check.count, "head": check.head}
    return say(f"store.audit_{code}", workspace=workspace, **gaps)


def _leave(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(BAD_INPUT)
