"""Folders are made whole or not at all: what is half written is never seen under its final name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optimizer.messages import say


@contextmanager
def new_folder(folder: str | Path) -> Iterator[Path]:
    """A temporary folder beside ``folder`` that takes its name when the block ends without an exception.

    FileExistsError (with a sentence for the user) when ``folder`` is a file or holds anything; an empty
    folder is fine. Parents are made. After an exception nothing is left.
    """
    folder = Path(folder)
    refuse_to_overwrite(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.absolute().with_name(f".{folder.absolute().name}.{os.getpid()}.partial")
    partial.mkdir()
    try:
        yield partial
        refuse_to_overwrite(folder)
        if folder.exists():
            folder.rmdir()  # a rename over an empty folder fails on Windows
        partial.replace(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def refuse_to_overwrite(target: Path) -> None:
    """FileExistsError when ``target`` is a file, or a folder that holds anything."""
    if target.is_file():
        raise FileExistsError(say("generating.file_exists", target=target))
    if target.is_dir() and any(target.iterdir()):
        raise FileExistsError(say("generating.not_empty", target=target))
