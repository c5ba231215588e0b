"""The output folder: replaced whole or not at all, and never somebody else's.

Files are written into a fresh folder beside the output; only when all are there the old folder steps aside,
the new one takes its name, and the old one is deleted. A run that dies at any point leaves the old output
or the new one, perhaps with a leftover beside it that the next run sweeps. A folder in the making is locked
(``flock``, which the system releases when a process dies), so that nobody sweeps a run that is still alive.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from optimizer.messages import say

LOCKS = importlib.util.find_spec("fcntl") is not None  # not on Windows: there leftovers are told by their age
if LOCKS:
    import fcntl

OUTPUT_FILES = (
    "assignments.csv",
    "territories.csv",
    "moves.csv",
    "unserved.csv",
    "tasks.csv",
    "findings.csv",
    "result.json",
    "plan.xlsx",
    "report.html",
    "territories.geojson",
)
MARKERS = ("result.json", "findings.csv")  # a plan, or what stood in its way
DAY = 86_400


class OutputError(Exception):
    """The output cannot be written where it was asked for; ``code`` is an entry ``output.<code>``."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code = code
        self.details = details
        super().__init__(self.sentence())

    def sentence(self, lang: str = "en") -> str:
        """What is in the way and what to do about it."""
        return say(f"output.{self.code}", lang, **self.details)


@contextmanager
def replace_folder(out: str | Path) -> Iterator[Path]:
    """A fresh folder to write into; when the block ends well it becomes ``out``, otherwise nothing changes.

    OutputError when ``out`` is a file, holds anything that this program does not write, or cannot be
    replaced.
    """
    target = Path(out).resolve()
    with _told(target), ExitStack() as stack:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent):
            _refuse_foreign(target)
            _sweep(target)
            fresh = _sibling(target, "new")
            fresh.mkdir()
            stack.callback(shutil.rmtree, fresh, ignore_errors=True)
            stack.enter_context(_locked(fresh))
        yield fresh
        _swap(fresh, target)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Turn what the system refuses into a sentence for the planner."""
    try:
        yield
    except OSError as error:
        raise OutputError("cannot_write", path=str(target), reason=error.strerror or str(error)) from error


def _sibling(target: Path, role: str) -> Path:
    return target.with_name(f".{target.name}.optimizer-{role}-{token_hex(4)}")


def _refuse_foreign(target: Path) -> None:
    """Raise unless ``target`` is missing, empty, or holds only what this program writes."""
    if not target.exists():
        return
    if not target.name:  # the root of a drive has no name to give to another folder
        raise OutputError("not_ours", path=str(target), name="/", count=1)
    if not target.is_dir():
        raise OutputError("not_a_folder", path=str(target))
    names = {entry.name for entry in target.iterdir()}
    # What a desktop or an open spreadsheet leaves in a folder is nobody's work.
    names = {
        name for name in names if name not in (".DS_Store", "Thumbs.db") and name[:2] not in ("~$", ".~")
    }
    foreign = sorted(names - set(OUTPUT_FILES))
    if names and not foreign and not names & set(MARKERS):
        foreign = sorted(names)
    if foreign:
        raise OutputError("not_ours", path=str(target), name=foreign[0], count=len(foreign))


def _swap(fresh: Path, target: Path) -> None:
    """Give ``fresh`` the name of ``target``; the old folder comes back when that fails."""
    with _locked(target.parent):
        _refuse_foreign(target)  # it may have changed while we were writing
        aside = _sibling(target, "old")
        had = target.exists()
        if had:
            target.rename(aside)
        try:
            fresh.rename(target)
        except BaseException:
            if had:
                aside.rename(target)
            raise
    if had:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Clear what dead runs left beside ``target``; the old output returns if it died between renames."""
    name = glob.escape(target.name)
    for aside in sorted(target.parent.glob(f".{name}.optimizer-old-*")):
        if not target.exists():
            aside.rename(target)
        else:
            shutil.rmtree(aside, ignore_errors=True)
    for fresh in target.parent.glob(f".{name}.optimizer-new-*"):
        if not _alive(fresh):
            shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the system's lock on a folder; it ends with the process at the latest."""
    handle = os.open(folder, os.O_RDONLY) if LOCKS else -1
    try:
        if LOCKS:
            with suppress(OSError):  # some network drives know no locks: do without
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if LOCKS:
            os.close(handle)


def _alive(fresh: Path) -> bool:
    """Whether a run is still writing into a leftover."""
    if not LOCKS:
        return time.time() - fresh.stat().st_mtime < DAY
    handle = os.open(fresh, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
