"""A folder that is written again and again while what is finished in it stays: each file is replaced whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from optimizer.comparing.running.keeping import POINTS
from optimizer.folders import OutputError


def check_kept_folder(out: str | Path, files: Sequence[str], code: str) -> None:
    """OutputError unless ``out`` is missing, empty, or holds ``files`` and finished points only; ``code``: else.

    The folder, and that of the points in it, are made.
    """
    folder = Path(out)
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError("not_a_folder", path=str(folder))
        names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
        foreign = sorted(name for name in names - {*files, POINTS} if not name.startswith("."))
        if foreign:
            raise OutputError(code, path=str(folder), name=foreign[0])
        (folder / POINTS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError("cannot_write", path=str(folder), reason=error.strerror or str(error)) from error


def put_file(folder: Path, name: str, write: Callable[[Path], None]) -> None:
    """Replace one file, or one folder, whole; ``write`` gets the folder to write it into."""
    fresh = folder / f".new-{os.getpid()}"
    fresh.mkdir(exist_ok=True)
    try:
        write(fresh)
        if (fresh / name).is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)
        (fresh / name).replace(folder / name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """A text as it is, whatever letters it has."""
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
