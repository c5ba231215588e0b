"""Folders that are made whole or not at all, and never over somebody else's work.

Files are written into a fresh folder beside the one asked for; only when all are there an earlier output steps
aside, the fresh folder takes the name, and the old one is deleted. A run that dies at any point leaves the old
folder or the new one, perhaps with a leftover beside it that the next run sweeps. A folder in the making is
locked (``flock``, which the system releases when a process dies), so that nobody sweeps a run that still lives.
Only a plan replaces a plan: what is wrong with the data stands beside an earlier one until the next is made.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
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
SCHEDULE_FILES = (
    "slips.csv",
    "load.csv",
    "reps",
)  # besides, where tasks were put into weeks; reps is a folder
REBALANCE_FILES = (
    "rebalance.csv",
    "curve.csv",
    "rebalance.json",
    "rebalance.html",
)  # besides, of rebalance
RECIPE_FILES = ("cover.csv", "events.csv")  # besides these, of recipes
REP_FILES = ("calendar.ics", "tasks.xlsx")  # of each folder in reps
WATCH_FILES = (
    "watch.csv",
    "coverage.csv",
    "corridors.csv",
    "history.csv",
    "triggers.csv",
    "freezes.csv",
    "findings.csv",
    "watch.json",
)  # of watch, in a folder of its own
COMPARE_FILES = ("comparison.csv", "guardrails.csv", "comparison.xlsx", "comparison.html")  # of compare
DIFF_FILES = ("changes.csv", "ledger.csv", "diff.html")  # of diff
FRONTIER_FILES = ("frontier.csv", "frontier.xlsx", "frontier.svg", "frontier.html", "plans")  # of frontier
PLANS = FRONTIER_FILES[-1]  # a folder, in it one of each plan
MARKERS = ("result.json", "findings.csv")  # a plan, or what stood in its way
FINDINGS = "{}-findings"  # the folder beside a plan that says what stands in the way of the next
DAY = 86_400


class OutputError(Exception):
    """Nothing can be written where it was asked for; ``code`` is an entry ``output.<code>``."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code = code
        self.details = details
        super().__init__(self.sentence())

    def sentence(self, lang: str = "") -> str:
        """What is in the way and what to do about it."""
        return say(f"output.{self.code}", lang, **self.details)


@contextmanager
def new_folder(folder: str | Path) -> Iterator[Path]:
    """A fresh folder to write into; when the block ends well it becomes ``folder``, otherwise nothing is left.

    Parents are made. OutputError when ``folder`` is a file, holds anything, or cannot be written.
    """
    with _made_whole(Path(folder), refuse_to_overwrite) as fresh:
        yield fresh


@contextmanager
def replace_folder(out: str | Path) -> Iterator[Path]:
    """A fresh folder to write into; when the block ends well it becomes ``out``, otherwise nothing changes.

    The findings of an earlier run that stand beside it (``choose_findings_folder``) are then out of date and go.
    OutputError when ``out`` is a file, holds anything that this program does not write, or cannot be
    replaced.
    """
    with _made_whole(Path(out), _refuse_foreign) as fresh:
        yield fresh
    _drop_findings(_resolve(Path(out)))


@contextmanager
def replace_watch_folder(out: str | Path) -> Iterator[Path]:
    """As ``replace_folder``, for what ``watch`` writes: only a watch replaces a watch, and never a plan."""
    with _made_whole(Path(out), _refuse_all_but_watch) as fresh:
        yield fresh


@contextmanager
def replace_own_folder(out: str | Path, files: Sequence[str]) -> Iterator[Path]:
    """As ``replace_folder``, for a command whose folder holds ``files`` only, the first of them always."""

    def refuse(target: Path) -> None:
        _refuse_all_but(target, files, files[:1], "not_its_own")

    with _made_whole(Path(out), refuse) as fresh:
        yield fresh


@contextmanager
def replace_frontier_folder(out: str | Path) -> Iterator[Path]:
    """As ``replace_own_folder``, for what ``frontier`` writes: the plans in it hold only what a plan holds."""

    def refuse(target: Path) -> None:
        findings = MARKERS[1]  # of a run that could not begin
        _refuse_all_but(target, (*FRONTIER_FILES, findings), (FRONTIER_FILES[0], findings), "not_its_own")
        if (target / PLANS).exists():
            _refuse_foreign_plans(target / PLANS)

    with _made_whole(Path(out), refuse) as fresh:
        yield fresh


def check_frontier_folder(out: str | Path) -> None:
    """OutputError when ``replace_frontier_folder(out)`` would fail."""
    with suppress(_TriedOut), replace_frontier_folder(out):
        raise _TriedOut


def check_own_folder(out: str | Path, files: Sequence[str]) -> None:
    """OutputError when ``replace_own_folder(out, files)`` would fail."""
    with suppress(_TriedOut), replace_own_folder(out, files):
        raise _TriedOut


def check_watch_folder(out: str | Path) -> None:
    """OutputError when ``replace_watch_folder(out)`` would fail."""
    with suppress(_TriedOut), replace_watch_folder(out):
        raise _TriedOut


def choose_findings_folder(out: str | Path) -> Path:
    """Where to write what is wrong with the data: ``out``, or ``out-findings`` while ``out`` holds a plan.

    The plan of last week is not given away for a typo of today.
    """
    folder = Path(out)
    while (folder / "result.json").is_file():
        target = _resolve(folder)
        # Beside the folder itself, not beside a link to it; as the planner wrote it where that is the same.
        named = folder if folder.absolute() == target else target
        folder = named.with_name(FINDINGS.format(named.name))
    return folder


def check_replaceable(out: str | Path) -> None:
    """OutputError when ``replace_folder(out)`` would fail: what is in the way is better told before the work.

    Tries whether a folder can be made there, and leaves nothing behind.
    """
    with suppress(_TriedOut), replace_folder(out):
        raise _TriedOut


class _TriedOut(Exception):
    """Ends the trial of an output folder."""


def refuse_to_overwrite(target: Path) -> None:
    """OutputError when ``target`` is a file, or a folder that holds anything."""
    with _told(target):
        if target.is_dir():
            if any(target.iterdir()):
                raise OutputError("not_empty", path=str(target))
        elif target.exists():
            raise OutputError("file_exists", path=str(target))


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A name beside ``target`` to write to; when the block ends well the file becomes ``target``.

    Parents are made. OutputError when ``target`` exists or cannot be written.
    """
    refuse_to_overwrite(target)
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = _sibling(target, "new")
        try:
            yield partial
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def _made_whole(folder: Path, refuse: Callable[[Path], None]) -> Iterator[Path]:
    target = _resolve(folder)
    with _told(target), ExitStack() as stack:
        _refuse_places(target)
        refuse(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent):
            _sweep(target)
            refuse(target)  # the sweep may have brought an earlier output back
            fresh = _sibling(target, "new")
            fresh.mkdir()
            stack.callback(shutil.rmtree, fresh, ignore_errors=True)
            stack.enter_context(_locked(fresh))
        yield fresh
        _swap(fresh, target, refuse)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Turn what the system refuses into a sentence for the planner."""
    try:
        yield
    except OSError as error:
        raise OutputError("cannot_write", path=str(target), reason=error.strerror or str(error)) from error


def _resolve(folder: Path) -> Path:
    """The absolute name, links followed."""
    try:
        return folder.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links; a NUL in the name
        raise OutputError("cannot_write", path=str(folder), reason=str(error)) from error


def _sibling(target: Path, role: str) -> Path:
    return target.with_name(f".{target.name}.optimizer-{role}-{token_hex(4)}")


def _refuse_places(target: Path) -> None:
    """Raise for folders that cannot be given to another name: the current one, a drive, the top of all."""
    if target == Path.cwd():
        raise OutputError("current_folder", path=str(target))
    if not target.name or os.path.ismount(target):
        raise OutputError("cannot_move", path=str(target))


def _refuse_foreign(target: Path) -> None:
    """Raise unless ``target`` is missing, empty, or holds only what this program writes."""
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError("not_a_folder", path=str(target))
    names = _list_names(target)
    foreign = sorted(names - {*OUTPUT_FILES, *SCHEDULE_FILES, *REBALANCE_FILES, *RECIPE_FILES})
    if "reps" in names and not foreign:
        foreign = sorted(f"reps/{name}" for name in _find_foreign_reps(target / "reps"))
    if names and not foreign and not names & set(MARKERS):
        foreign = sorted(names)
    if foreign:
        raise OutputError("not_ours", path=str(target), name=foreign[0], count=len(foreign))


def _refuse_all_but_watch(target: Path) -> None:
    """Raise unless ``target`` is missing, empty, or holds what ``watch`` wrote."""
    _refuse_all_but(target, WATCH_FILES, ("watch.json", "findings.csv"), "not_a_watch")


def _refuse_all_but(target: Path, files: Sequence[str], markers: Sequence[str], code: str) -> None:
    """Raise ``code`` unless ``target`` is missing, empty, or holds ``files`` only and one of the ``markers``."""
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError("not_a_folder", path=str(target))
    names = _list_names(target)
    foreign = sorted(names - set(files) or (names if not names & set(markers) else ()))
    if foreign:
        raise OutputError(code, path=str(target), name=foreign[0], count=len(foreign))


def _refuse_foreign_plans(plans: Path) -> None:
    """Raise unless every entry of the folder is a plan."""
    if plans.is_symlink() or not plans.is_dir():
        raise OutputError("not_a_folder", path=str(plans))
    for name in sorted(_list_names(plans)):
        if not (plans / name).is_dir():
            raise OutputError("not_its_own", path=str(plans), name=name, count=1)
        _refuse_foreign(plans / name)


def _list_names(folder: Path) -> set[str]:
    """What is in a folder, but for what a desktop or an open spreadsheet leaves there: that is nobody's work."""
    names = {entry.name for entry in folder.iterdir()}
    return {n for n in names if n not in (".DS_Store", "Thumbs.db") and n[:2] not in ("~$", ".~")}


def _find_foreign_reps(folder: Path) -> set[str]:
    """What in the folder of the reps' own folders this program did not write."""
    if folder.is_symlink() or not folder.is_dir():
        return {"."}
    found = set()
    for name in _list_names(folder):
        own = folder / name
        if own.is_symlink() or not own.is_dir():
            found.add(name)
        else:
            found |= {f"{name}/{file}" for file in _list_names(own) - set(REP_FILES)}
    return found


def _swap(fresh: Path, target: Path, refuse: Callable[[Path], None]) -> None:
    """Give ``fresh`` the name of ``target``; the old folder comes back when that fails."""
    aside = _sibling(target, "old")
    with _locked(target.parent):
        refuse(target)  # it may have changed while we were writing
        try:
            if target.exists():
                target.rename(aside)
            fresh.rename(target)
        except BaseException:
            if aside.exists() and not target.exists():
                aside.rename(target)
            raise
    shutil.rmtree(aside, ignore_errors=True)


def _drop_findings(target: Path) -> None:
    """Delete the findings beside an output that has been made anew, and nothing else."""
    beside = target.with_name(FINDINGS.format(target.name))
    with suppress(OSError):
        ours = beside.is_dir() and not beside.is_symlink() and _list_names(beside) == {"findings.csv"}
        if ours and beside != Path.cwd():
            shutil.rmtree(beside)


def _sweep(target: Path) -> None:
    """Clear what dead runs left beside ``target``; the old output returns if one died between renames."""
    name = glob.escape(target.name)
    for aside in sorted(target.parent.glob(f".{name}.optimizer-old-*")):
        if not target.exists():
            aside.rename(target)
        else:
            shutil.rmtree(aside, ignore_errors=True)
    for fresh in target.parent.glob(f".{name}.optimizer-new-*"):
        if fresh.is_dir() and not _alive(fresh):
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
